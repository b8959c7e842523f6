// A pcapng file, read by <cstdio> and no further than the block that is asked for needs.
#include <algorithm>
#include <cerrno>
#include <utility>

#include <sonda/capture/capture_file.hpp>

namespace sonda::inline v0::capture {
namespace {

constexpr std::size_t portion = std::size_t{64} << 10;  // octets asked of the system at once

}  // namespace

std::expected<CaptureFile, Failure> CaptureFile::open(const std::string& path) {
  auto* const file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return std::unexpected{Failure{"open", errno, path}};
  std::setvbuf(file, nullptr, _IONBF, 0);  // `held_` is the buffer
  return CaptureFile{file, path};
}

// Makes sure that so many octets are held that were not read yet; false where the file ends before.
std::expected<bool, Failure> CaptureFile::hold(std::size_t octets) {
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(std::exchange(used_, 0)));
  while (held_.size() < octets) {
    const auto before = held_.size();
    held_.resize(before + portion);
    errno = 0;
    const auto got = std::fread(held_.data() + before, 1, portion, file_.get());
    const auto error = errno;
    held_.resize(before + got);
    if (got > 0) continue;
    if (std::feof(file_.get()) != 0) return false;
    if (error != EINTR) return std::unexpected{Failure{"read", error, path_}};
    std::clearerr(file_.get());
  }
  return true;
}

std::expected<std::optional<Block>, Failure> CaptureFile::next() {
  const auto refused = [this] {
    return std::unexpected{Failure{"read", 0, path_ + ": " + fault_->message()}};
  };
  if (fault_) return refused();
  if (used_ == held_.size()) {
    const auto more = hold(1);
    if (!more) return std::unexpected{more.error()};
    if (!*more && reader_.offset() > 0) return std::nullopt;
  }
  auto block = reader_.next(Bytes{held_}.subspan(used_));
  bool more = true;
  while (more && !block && block.error().problem == PcapngProblem::cut_short) {
    const auto enough = hold(block.error().needed);
    if (!enough) return std::unexpected{enough.error()};
    more = *enough;
    block = reader_.next(Bytes{held_}.subspan(used_));
  }
  if (!block) {
    fault_ = block.error();
    return refused();
  }
  used_ += block->size;
  return std::optional{std::move(*block)};
}

}  // namespace sonda::inline v0::capture
