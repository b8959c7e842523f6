// Is it there? One echo request, and what came of it.
#include <iostream>

#include <sonda/run/session.hpp>
#include <sonda/wire/address_text.hpp>

void tell(const sonda::Occurrence& occurrence) {
  using namespace sonda;
  const auto& what = occurrence.event.what;
  if (const auto* reply = std::get_if<Reply>(&what); reply != nullptr && reply->rtt)
    std::cout << to_text(reply->from).view() << " answered after "
              << static_cast<double>(reply->rtt->rtt.count()) / 1e6 << " ms, off by at most "
              << static_cast<double>(reply->rtt->error.count()) / 1e6 << " ms\n";
  if (const auto* error = std::get_if<IcmpError>(&what))
    std::cout << to_text(error->from).view() << " refuses: " << error->icmp.name << '\n';
  if (std::holds_alternative<Lost>(what)) std::cout << "silence\n";
}

int main(int argc, char** argv) {
  const auto target = sonda::Address::parse(argc > 1 ? argv[1] : "127.0.0.1");
  if (!target) {
    std::cerr << "usage: echo ADDRESS\n";
    return 2;
  }
  auto run = sonda::ping({.target = *target, .count = 1}, {.on_event = tell});
  if (!run) {
    std::cerr << run.error().message() << '\n';
    return 3;
  }
  run->run();
}
