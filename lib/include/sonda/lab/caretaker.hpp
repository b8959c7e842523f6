// Keeps a lab going while programs run in it: packets, ended children, questions from outside.
#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/core/time.hpp>
#include <sonda/lab/laboratory.hpp>
#include <sonda/net/child.hpp>
#include <sonda/net/keeper.hpp>
#include <sonda/net/local_socket.hpp>

namespace sonda::inline v0::lab {

// One message asks, one message answers: "ok", or "no" and why, then what was asked for.
//
//   enter HOST      ok, the kinds of the namespaces that come along as descriptors, in the order in
//                   which they are entered
//   set SENTENCE    ok
//   status          ok, lines "key value"
//   trace           ok, then a message a line until one side closes
//   stop            ok; when the connection closes nothing is left
class Caretaker {
 public:
  Caretaker(Laboratory& laboratory, net::Keeper& keeper);
  Caretaker(const Caretaker&) = delete;
  Caretaker& operator=(const Caretaker&) = delete;
  ~Caretaker();

  // A line for each packet that passes.
  void trace_to(std::function<void(std::string_view line)> print);
  void listen(net::LocalListener listener);

  // Until `command` has ended: its wait status. Signals go to it. Where the lab is asked to end, or
  // its parent is gone, 128 and SIGTERM as a wait status.
  [[nodiscard]] int attend(const net::Child& command);
  // What is under way when the program has ended goes on: until nothing moves any more, for a
  // second at most.
  void linger();
  // Until it is asked to stop.
  [[nodiscard]] int attend();

 private:
  class Tracer;
  struct Client {
    net::LocalConnection connection;
    std::unique_ptr<Tracer> tracer;
    bool gone = false;
  };

  [[nodiscard]] int attend(const net::Child* command);
  void sleep() const;
  // The wait status of `command`, once it has ended.
  [[nodiscard]] std::optional<int> look_at_children(const net::Child* command);
  void admit_clients(Instant now);
  void serve(Client& client);
  void answer(Client& client, const std::string& request);
  void enter(Client& client, const std::string& host);
  [[nodiscard]] std::string status() const;

  Laboratory& lab_;
  net::Keeper& keeper_;
  std::unique_ptr<Tracer> tracer_;
  std::list<Client> clients_;
  std::optional<net::LocalListener> listener_;  // goes before the clients learn of the end
  Instant admit_at_{};  // where no client can be admitted: when to try again
  bool stopped_ = false;
};

// Without a lab of one's own: until `command` has ended; its wait status. Signals go to it.
[[nodiscard]] int await(net::Keeper& keeper, const net::Child& command);

}  // namespace sonda::inline v0::lab
