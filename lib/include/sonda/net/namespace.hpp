// Namespaces of our own: networks, mounts and processes that nobody else sees, without being root.
//
// For programs with one thread: a namespace belongs to a thread, and a user namespace can only be
// made by a program that has no other.
#pragma once
#include <cstdint>
#include <expected>
#include <string>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>

namespace sonda::inline v0::net {

enum class NamespaceKind : std::uint8_t { user, network, mount, pid };

// A namespace that lives at least as long as this value does.
class SONDA_EXPORT Namespace {
 public:
  // The one that the calling thread is in.
  [[nodiscard]] static std::expected<Namespace, Failure> current(NamespaceKind kind);
  // One that another process handed over. Error: EINVAL where it is no namespace of this kind.
  [[nodiscard]] static std::expected<Namespace, Failure> received(Descriptor descriptor,
                                                                  NamespaceKind kind);

  // The calling thread is in it from now on; in a pid namespace, only its future children are.
  // Where several are entered the user namespace comes first: it gives the right to the others.
  [[nodiscard]] std::expected<void, Failure> enter() const;

  [[nodiscard]] NamespaceKind kind() const noexcept { return kind_; }
  // To be handed to another process.
  [[nodiscard]] int fd() const noexcept { return descriptor_.get(); }
  // The same for all who are in the same one, and different from every other's.
  [[nodiscard]] std::uint64_t number() const;

 private:
  Namespace(Descriptor descriptor, NamespaceKind kind) noexcept
      : descriptor_{std::move(descriptor)}, kind_{kind} {}

  Descriptor descriptor_;
  NamespaceKind kind_;
};

// The calling thread is in another namespace while this lives; not for user and pid namespaces,
// which nobody returns from.
class SONDA_EXPORT InsideNamespace {
 public:
  [[nodiscard]] static std::expected<InsideNamespace, Failure> enter(const Namespace& there);
  InsideNamespace(InsideNamespace&&) noexcept = default;
  InsideNamespace& operator=(InsideNamespace&&) = delete;
  ~InsideNamespace();

 private:
  explicit InsideNamespace(Namespace back) noexcept : back_{std::move(back)} {}

  Namespace back_;
};

// Who we are inside a user namespace: with the caller's own numbers, or root.
enum class InsideAs : std::uint8_t { caller, root };

// From now on this program has a network without interfaces, mounts whose changes nobody outside
// sees (what is mounted outside later shows here), and its next child is the first process of a
// new pid namespace. Who may not do that gets a user namespace as well, with all capabilities in
// it and with no other user or group than his own; so root keeps every user of the system, which
// programs that give up privilege need. This program itself can have no further thread afterwards,
// its children can. The failure names the switch that is off, if one is.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> enter_own_namespaces(
    InsideAs inside = InsideAs::caller);
// The one line that mends a failure of enter_own_namespaces.
[[nodiscard]] SONDA_EXPORT std::string mend_of_namespaces(const Failure& failure);

// One more network, with nothing in it but a loopback that is down. We stay where we are.
[[nodiscard]] SONDA_EXPORT std::expected<Namespace, Failure> new_network();

}  // namespace sonda::inline v0::net
