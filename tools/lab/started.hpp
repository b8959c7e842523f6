// Labs that stay: where they are found, and how they are asked.
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/net/local_socket.hpp>

namespace sonda::tools::lab {

// A name a lab may have; its sentence where it may not.
[[nodiscard]] std::expected<std::string, std::string> lab_name(std::string_view text);
// Where the socket of a lab lies. Every error is the line to complain with.
[[nodiscard]] std::expected<std::string, std::string> socket_of(const std::string& name);
// All whose sockets lie there, whether they still live or not.
[[nodiscard]] std::vector<std::string> lab_names();

class StartedLab {
 public:
  [[nodiscard]] static std::expected<StartedLab, std::string> find(const std::string& name);

  // Whether a lab of that name has left its socket behind and is no more.
  [[nodiscard]] static bool is_left_over(const std::string& name);
  // Waits until the lab's processes are gone.
  void wait_for_end();

  // The answer to a request, or why it was refused.
  [[nodiscard]] std::expected<net::LocalMessage, std::string> ask(const std::string& request);
  // The next message, where several come; nothing when the lab has ended.
  [[nodiscard]] std::optional<std::string> next();

 private:
  explicit StartedLab(net::LocalConnection connection) : connection_{std::move(connection)} {}
  net::LocalConnection connection_;
};

}  // namespace sonda::tools::lab
