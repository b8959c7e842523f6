// The names of errno values, verbatim as <errno.h> spells them, and back.
#pragma once
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

namespace sonda::inline v0 {

namespace detail {
// Every errno that a socket call, a route look-up or a file of ours can meet on Linux.
inline constexpr std::array errno_names = std::to_array<std::pair<int, std::string_view>>({
#define SONDA_ERRNO(name) {name, #name}
    SONDA_ERRNO(EPERM),
    SONDA_ERRNO(ENOENT),
    SONDA_ERRNO(ESRCH),
    SONDA_ERRNO(EINTR),
    SONDA_ERRNO(EIO),
    SONDA_ERRNO(ENXIO),
    SONDA_ERRNO(E2BIG),
    SONDA_ERRNO(ENOEXEC),
    SONDA_ERRNO(EBADF),
    SONDA_ERRNO(ECHILD),
    SONDA_ERRNO(EAGAIN),
    SONDA_ERRNO(ENOMEM),
    SONDA_ERRNO(EACCES),
    SONDA_ERRNO(EFAULT),
    SONDA_ERRNO(EBUSY),
    SONDA_ERRNO(EEXIST),
    SONDA_ERRNO(EXDEV),
    SONDA_ERRNO(ENODEV),
    SONDA_ERRNO(ENOTDIR),
    SONDA_ERRNO(EISDIR),
    SONDA_ERRNO(EINVAL),
    SONDA_ERRNO(ENFILE),
    SONDA_ERRNO(EMFILE),
    SONDA_ERRNO(ENOTTY),
    SONDA_ERRNO(EFBIG),
    SONDA_ERRNO(ENOSPC),
    SONDA_ERRNO(ESPIPE),
    SONDA_ERRNO(EROFS),
    SONDA_ERRNO(EMLINK),
    SONDA_ERRNO(EPIPE),
    SONDA_ERRNO(EDOM),
    SONDA_ERRNO(ERANGE),
    SONDA_ERRNO(EDEADLK),
    SONDA_ERRNO(ENAMETOOLONG),
    SONDA_ERRNO(ENOSYS),
    SONDA_ERRNO(ENOTEMPTY),
    SONDA_ERRNO(ELOOP),
    SONDA_ERRNO(ENODATA),
    SONDA_ERRNO(ETIME),
    SONDA_ERRNO(ENONET),
    SONDA_ERRNO(ECOMM),
    SONDA_ERRNO(EPROTO),
    SONDA_ERRNO(EBADMSG),
    SONDA_ERRNO(EOVERFLOW),
    SONDA_ERRNO(EUSERS),
    SONDA_ERRNO(ENOTSOCK),
    SONDA_ERRNO(EDESTADDRREQ),
    SONDA_ERRNO(EMSGSIZE),
    SONDA_ERRNO(EPROTOTYPE),
    SONDA_ERRNO(ENOPROTOOPT),
    SONDA_ERRNO(EPROTONOSUPPORT),
    SONDA_ERRNO(ESOCKTNOSUPPORT),
    SONDA_ERRNO(EOPNOTSUPP),
    SONDA_ERRNO(EPFNOSUPPORT),
    SONDA_ERRNO(EAFNOSUPPORT),
    SONDA_ERRNO(EADDRINUSE),
    SONDA_ERRNO(EADDRNOTAVAIL),
    SONDA_ERRNO(ENETDOWN),
    SONDA_ERRNO(ENETUNREACH),
    SONDA_ERRNO(ENETRESET),
    SONDA_ERRNO(ECONNABORTED),
    SONDA_ERRNO(ECONNRESET),
    SONDA_ERRNO(ENOBUFS),
    SONDA_ERRNO(EISCONN),
    SONDA_ERRNO(ENOTCONN),
    SONDA_ERRNO(ESHUTDOWN),
    SONDA_ERRNO(ETOOMANYREFS),
    SONDA_ERRNO(ETIMEDOUT),
    SONDA_ERRNO(ECONNREFUSED),
    SONDA_ERRNO(EHOSTDOWN),
    SONDA_ERRNO(EHOSTUNREACH),
    SONDA_ERRNO(EALREADY),
    SONDA_ERRNO(EINPROGRESS),
    SONDA_ERRNO(ESTALE),
    SONDA_ERRNO(EREMOTEIO),
    SONDA_ERRNO(EDQUOT),
    SONDA_ERRNO(ECANCELED),
#undef SONDA_ERRNO
});
}  // namespace detail

// "ECONNREFUSED" for ECONNREFUSED; an empty view for a number that is not in the list.
[[nodiscard]] constexpr std::string_view errno_name(int number) noexcept {
  for (const auto& [value, text] : detail::errno_names)
    if (value == number) return text;
  return {};
}

// ECONNREFUSED for "ECONNREFUSED"; nothing for a name that is not in the list.
[[nodiscard]] constexpr std::optional<int> errno_number(std::string_view text) noexcept {
  for (const auto& [value, known] : detail::errno_names)
    if (known == text) return value;
  return std::nullopt;
}

}  // namespace sonda::inline v0
