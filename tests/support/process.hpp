// Runs a program and catches what it prints, in the foreground or the background.
#pragma once
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sonda::testing {

using Command = std::vector<std::string>;

// A line for the shell.
[[nodiscard]] inline Command shell(const std::string& line) { return {"/bin/sh", "-c", line}; }

struct Result {
  int status = -1;    // of the exit; 128 and the signal's number where one ended it, as in a shell
  bool late = false;  // it had to be killed
  std::string out, err;
};

// A running program. Its destructor kills it, with everything in its process group.
class Process {
 public:
  explicit Process(const Command& command, const std::string& input = {})
      : in_{memory_file()}, out_{memory_file()}, err_{memory_file()} {
    if (::write(in_, input.data(), input.size()) != static_cast<ssize_t>(input.size()))
      throw std::system_error{errno, std::generic_category(), "write the input"};
    ::lseek(in_, 0, SEEK_SET);
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid_ == 0) {
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      sigset_t none{};
      sigemptyset(&none);
      ::sigprocmask(SIG_SETMASK, &none, nullptr);
      ::dup2(in_, 0), ::dup2(out_, 1), ::dup2(err_, 2);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::setpgid(pid_, pid_);
    ended_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  }
  Process(Process&& other) noexcept
      : pid_{std::exchange(other.pid_, -1)},
        ended_{std::exchange(other.ended_, -1)},
        in_{std::exchange(other.in_, -1)},
        out_{std::exchange(other.out_, -1)},
        err_{std::exchange(other.err_, -1)} {}
  Process& operator=(Process&&) = delete;
  ~Process() {
    if (pid_ > 0) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    for (const int descriptor : {ended_, in_, out_, err_})
      if (descriptor >= 0) ::close(descriptor);
  }

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  // What it has printed so far.
  [[nodiscard]] std::string out() const { return contents(out_); }
  [[nodiscard]] std::string err() const { return contents(err_); }
  void signal(int number) const { ::kill(pid_, number); }

  // Waits until its standard output or error contains `text`; false where it ends or `most` passes
  // without it.
  [[nodiscard]] bool wait_for(const std::string& text,
                              std::chrono::milliseconds most = std::chrono::seconds{10}) const {
    const auto end = std::chrono::steady_clock::now() + most;
    const auto there = [&] {
      return out().find(text) != std::string::npos || err().find(text) != std::string::npos;
    };
    while (!there()) {
      if (std::chrono::steady_clock::now() > end) return false;
      if (has_ended(std::chrono::milliseconds{5})) return there();
    }
    return true;
  }
  // Waits for its end; kills it after `most`.
  [[nodiscard]] Result wait(std::chrono::milliseconds most = std::chrono::seconds{10}) {
    Result result;
    if (!has_ended(most)) {
      result.late = true;
      ::kill(-pid_, SIGKILL);
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = out();
    result.err = err();
    return result;
  }

 private:
  // A file rather than a pipe: nothing blocks, however much is printed.
  [[nodiscard]] static int memory_file() {
    const int descriptor = ::memfd_create("output", MFD_CLOEXEC);
    if (descriptor < 0) throw std::system_error{errno, std::generic_category(), "memfd_create"};
    return descriptor;
  }
  [[nodiscard]] static std::string contents(int descriptor) {
    struct stat about{};
    ::fstat(descriptor, &about);
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    const auto got = ::pread(descriptor, text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }
  [[nodiscard]] bool has_ended(std::chrono::milliseconds most) const {
    pollfd watched{.fd = ended_, .events = POLLIN, .revents = 0};
    return ::poll(&watched, 1, static_cast<int>(most.count())) > 0;
  }

  pid_t pid_ = -1;
  int ended_ = -1;
  int in_ = -1, out_ = -1, err_ = -1;
};

// Runs a program to its end, or for `most`.
[[nodiscard]] inline Result run(const Command& command,
                                std::chrono::milliseconds most = std::chrono::seconds{10},
                                const std::string& input = {}) {
  return Process{command, input}.wait(most);
}

}  // namespace sonda::testing
