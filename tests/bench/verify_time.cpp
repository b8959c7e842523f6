// How many packets a second are verified: verify-time CAPTURE [RUN].
#include <chrono>
#include <cstdio>

#include <sonda/verify/verify.hpp>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto begin = std::chrono::steady_clock::now();
  const auto report = sonda::verify::verify({.capture = argv[1], .run = argc > 2 ? argv[2] : ""});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().message().c_str());
    return 4;
  }
  std::printf("%s, %llu frames, %llu events, %zu findings, %.2f s, %.0f packets/s\n",
              std::string{sonda::verify::word_of(report->verdict)}.c_str(),
              static_cast<unsigned long long>(report->frames),
              static_cast<unsigned long long>(report->events), report->findings.size(),
              took.count(), static_cast<double>(report->frames) / took.count());
  for (const auto& finding : report->findings) {
    std::printf("  %s: %s\n", finding.fault.c_str(), finding.sentence.c_str());
    if (&finding - report->findings.data() > 3) break;
  }
  return 0;
}
