// Runs a fuzz target over files and folders of files, without libFuzzer: fuzz-replay-NAME PATH…
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "fuzz.hpp"

// A sanitizer's way out, where there is one.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

std::string current;

void name_the_file() { std::fprintf(stderr, "while replaying %s\n", current.c_str()); }

void on_signal(int number) {
  name_the_file();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

std::vector<std::filesystem::path> files_below(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{path})
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// On the heap without an octet to spare, so that a sanitizer sees the first read past the end.
void replay(const std::filesystem::path& file) {
  current = file.string();
  std::ifstream in{file, std::ios::binary};
  const std::vector<char> octets{std::istreambuf_iterator<char>{in}, {}};
  const auto exact = std::make_unique<std::uint8_t[]>(octets.size());
  std::ranges::copy(octets, exact.get());
  LLVMFuzzerTestOneInput(exact.get(), octets.size());
}

}  // namespace

int main(int argc, char** argv) {
  for (const int number : {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE})
    std::signal(number, on_signal);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(name_the_file);

  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    const auto files = files_below(argv[i]);
    if (files.empty()) std::fprintf(stderr, "%s: no files there\n", argv[i]);
    if (files.empty()) return 1;
    for (const auto& file : files) replay(file);
    count += files.size();
  }
  std::printf("%zu inputs replayed\n", count);
  return count == 0 ? 1 : 0;
}
