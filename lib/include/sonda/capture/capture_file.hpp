// A pcapng file on disk, block after block; memory holds little more than one of them at a time.
#pragma once
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_reader.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::capture {

class InputFile;

class CaptureFile {
 public:
  // "-": standard input.
  [[nodiscard]] static std::expected<CaptureFile, Failure> open(const std::string& path);
  // One of which nothing was dropped yet.
  explicit CaptureFile(InputFile input);
  CaptureFile(CaptureFile&&) noexcept;
  CaptureFile& operator=(CaptureFile&&) noexcept;
  ~CaptureFile();

  // The next block, whose octets live until the next call; nothing at the end. A failure without an
  // errno says which block of the file is wrong: "read x.pcapng: the block at octet 96 ...". It is
  // final; fault() tells a file that ends inside a block (its writer was killed) from a broken one.
  [[nodiscard]] std::expected<std::optional<Block>, Failure> next();

  [[nodiscard]] const std::vector<KnownInterface>& interfaces() const noexcept {
    return reader_.interfaces();
  }
  [[nodiscard]] const std::optional<PcapngFault>& fault() const noexcept { return fault_; }

 private:
  std::unique_ptr<InputFile> input_;
  PcapngReader reader_;
  std::optional<PcapngFault> fault_;
};

}  // namespace sonda::inline v0::capture
