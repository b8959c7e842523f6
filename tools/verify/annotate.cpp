// A copy of a capture with verdicts in it.
#include "verify/annotate.hpp"

#include <filesystem>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <sonda/capture/capture_source.hpp>
#include <sonda/capture/pcapng_writer.hpp>

namespace sonda::tools::verify {
namespace {

using Done = std::expected<void, Failure>;

class Copy {
 public:
  Copy(const capture::CaptureSource& source, std::string out, const Notes& notes)
      : source_{source}, out_{std::move(out)}, notes_{notes} {}

  [[nodiscard]] Done operator()(const capture::Section& section) {
    ids_.clear();
    if (!writer_) {
      auto created = capture::PcapngWriter::create(out_, section);
      if (!created) return std::unexpected{created.error()};
      writer_.emplace(std::move(*created));
      return {};
    }
    // The file has one section: what another one says about itself stands with its first
    // statistics.
    pending_ = section.comments;
    return {};
  }
  [[nodiscard]] Done operator()(const capture::InterfaceId& id) {
    if (!writer_) return {};
    const auto added = writer_->add_interface(source_.interfaces()[id.value()].described);
    if (!added) return std::unexpected{added.error()};
    ids_.push_back(*added);
    return {};
  }
  [[nodiscard]] Done operator()(const capture::NameTable& names) {
    return writer_ ? writer_->add_names(names) : Done{};
  }
  [[nodiscard]] Done operator()(capture::Frame& frame) {
    if (!writer_ || frame.interface.value() >= ids_.size()) return {};
    frame.interface = ids_[frame.interface.value()];
    constexpr std::string_view ours = "sonda-verify: ";
    std::erase_if(frame.comments,
                  [](const std::string& comment) { return comment.starts_with(ours); });
    for (const auto& note : notes_.of(source_.frame_number()))
      frame.comments.push_back(std::string{ours} + note.text);
    const auto written = writer_->write(frame);
    if (!written) return std::unexpected{written.error()};
    return {};
  }
  [[nodiscard]] Done operator()(capture::Statistics& statistics) {
    if (!writer_ || statistics.interface.value() >= ids_.size()) return {};
    statistics.interface = ids_[statistics.interface.value()];
    auto& comments = statistics.comments;
    comments.insert(comments.begin(), pending_.begin(), pending_.end());
    pending_.clear();
    return writer_->add_statistics(statistics);
  }
  // They are numbered as frames are.
  [[nodiscard]] Done operator()(const capture::OtherBlock& block) {
    constexpr std::uint32_t custom = 0xbad, custom_of_one = 0x4000'0bad, journal = 9;
    const bool in_any_order =
        block.type == custom || block.type == custom_of_one || block.type == journal;
    if (!writer_ || !(block.little_endian || in_any_order)) return {};
    return writer_->add_other(block);
  }

  // Not close(): the statistics are those of the capture, not ours.
  [[nodiscard]] Done flush() { return writer_ ? writer_->flush() : Done{}; }

 private:
  const capture::CaptureSource& source_;
  std::string out_;
  const Notes& notes_;
  std::optional<capture::PcapngWriter> writer_;
  std::vector<capture::InterfaceId> ids_;  // of this section's interfaces in the copy
  std::vector<std::string> pending_;
};

}  // namespace

std::expected<void, Failure> annotate(const Readable& capture, const std::string& out,
                                      const Notes& notes) {
  auto source = capture.open();
  if (!source) return std::unexpected{source.error()};
  Copy copy{*source, out, notes};
  while (true) {
    auto block = source->next();
    if (!block || !*block) return copy.flush();
    if (const auto done =
            std::visit([&](auto& content) { return copy(content); }, (*block)->content);
        !done)
      return done;
  }
}

bool same_file(const std::string& one, const std::string& other) {
  std::error_code error;
  return std::filesystem::equivalent(one, other, error) && !error;
}

}  // namespace sonda::tools::verify
