// What an ICMP error means: for the program that asked, and for the port it asked for.
#include <iomanip>
#include <iostream>

#include <sonda/core/errno_name.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

int main() {
  using namespace sonda;
  const auto word = [](int error) { return error == 0 ? "-" : errno_name(error); };
  std::cout << std::left << std::setw(6) << "ICMP" << std::setw(22) << "NAME" << std::setw(14)
            << "CONNECT()" << std::setw(14) << "CONNECTED UDP" << "  THE PORT IS\n";
  for (const auto* name :
       {"net-unreachable", "host-unreachable", "proto-unreachable", "port-unreachable",
        "frag-needed", "admin-prohibited", "ttl-exceeded", "parameter-problem"}) {
    const auto* cause = find_icmp(IpVersion::v4, name);
    const auto state = port_state(*cause, false), of_target = port_state(*cause, true);
    std::cout << std::setw(6) << std::to_string(cause->type) + "/" + std::to_string(cause->code)
              << std::setw(22) << cause->name << std::setw(14) << word(cause->connect_errno)
              << std::setw(14) << word(cause->udp_errno) << "  "
              << (state ? sonda::name(*state) : "still to be seen");
    if (of_target != state)
      std::cout << ", or " << sonda::name(*of_target) << " if the target says so";
    std::cout << '\n';
  }
}
