// A pcapng file, of which the reader sees as much as the block that is asked for needs.
#include <utility>

#include <sonda/capture/capture_file.hpp>

#include "input_file.hpp"

namespace sonda::inline v0::capture {

CaptureFile::CaptureFile(InputFile input) : input_{std::make_unique<InputFile>(std::move(input))} {}
CaptureFile::CaptureFile(CaptureFile&&) noexcept = default;
CaptureFile& CaptureFile::operator=(CaptureFile&&) noexcept = default;
CaptureFile::~CaptureFile() = default;

std::expected<CaptureFile, Failure> CaptureFile::open(const std::string& path) {
  auto input = InputFile::open(path);
  if (!input) return std::unexpected{input.error()};
  return CaptureFile{std::move(*input)};
}

std::expected<std::optional<Block>, Failure> CaptureFile::next() {
  const auto refused = [this] {
    return std::unexpected{Failure{"read", 0, input_->name() + ": " + fault_->message()}};
  };
  if (fault_) return refused();
  if (input_->held().empty()) {
    const auto more = input_->hold(1);
    if (!more) return std::unexpected{more.error()};
    if (!*more && reader_.offset() > 0) return std::nullopt;
  }
  auto block = reader_.next(input_->held());
  bool more = true;
  while (more && !block && block.error().problem == PcapngProblem::cut_short) {
    const auto enough = input_->hold(block.error().needed);
    if (!enough) return std::unexpected{enough.error()};
    more = *enough;
    block = reader_.next(input_->held());
  }
  if (!block) {
    fault_ = block.error();
    return refused();
  }
  input_->drop(block->size);
  return std::optional{std::move(*block)};
}

}  // namespace sonda::inline v0::capture
