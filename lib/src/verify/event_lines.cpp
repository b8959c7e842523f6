// Lines of events.
#include "event_lines.hpp"

#include <cerrno>
#include <cstring>

namespace sonda::inline v0::verify {

void EventComments::operator()(std::span<const std::string> comments, const Take& take) {
  constexpr std::string_view begins = "sonda-event: ", goes_on = "sonda-event+: ";
  for (const std::string_view comment : comments) {
    if (comment.starts_with(goes_on)) {
      if (line_.size() < longest) line_ += comment.substr(goes_on.size());
    } else if (comment.starts_with(begins)) {
      finish(take);
      line_ = comment.substr(begins.size());
      has_line_ = true;
    }
  }
}

void EventComments::finish(const Take& take) {
  if (has_line_) take(line_);
  line_.clear();
  has_line_ = false;
}

std::expected<LineFile, Failure> LineFile::open(const std::string& path) {
  if (path == "-") return LineFile{stdin};
  auto* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return std::unexpected{Failure{"open", errno, path}};
  return LineFile{file};
}

std::optional<std::string_view> LineFile::next() {
  for (auto searched = begin_;;) {
    const auto* const from = room_.data() + searched;
    const auto* const found = static_cast<const char*>(std::memchr(from, '\n', end_ - searched));
    if (found != nullptr) {
      std::string_view line{room_.data() + begin_,
                            static_cast<std::size_t>(found - room_.data()) - begin_};
      begin_ += line.size() + 1;
      if (line.ends_with('\r')) line.remove_suffix(1);
      return line;
    }
    if (at_end_ || end_ - begin_ >= longest) {
      if (begin_ == end_) return std::nullopt;
      const std::string_view line{room_.data() + begin_, end_ - begin_};
      begin_ = end_;
      return line;
    }
    std::memmove(room_.data(), room_.data() + begin_, end_ - begin_);
    end_ -= begin_, begin_ = 0;
    searched = end_;
    if (end_ == room_.size()) room_.resize(2 * room_.size());
    const auto count = std::fread(room_.data() + end_, 1, room_.size() - end_, file_.get());
    end_ += count;
    at_end_ = count == 0;
    if (at_end_ && std::ferror(file_.get()) != 0) error_ = errno != 0 ? errno : EIO;
  }
}

}  // namespace sonda::inline v0::verify
