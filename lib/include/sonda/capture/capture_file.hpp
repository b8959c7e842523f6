// A pcapng file on disk, block after block; memory holds one of them at a time.
#pragma once
#include <cstddef>
#include <cstdio>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_reader.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::capture {

class CaptureFile {
 public:
  [[nodiscard]] static std::expected<CaptureFile, Failure> open(const std::string& path);

  // The next block, whose octets live until the next call; nothing at the end. A failure without an
  // errno says which block of the file is wrong: "read x.pcapng: the block at octet 96 ...". It is
  // final; fault() tells a file that ends inside a block (its writer was killed) from a broken one.
  [[nodiscard]] std::expected<std::optional<Block>, Failure> next();

  [[nodiscard]] const std::vector<KnownInterface>& interfaces() const noexcept {
    return reader_.interfaces();
  }
  [[nodiscard]] const std::optional<PcapngFault>& fault() const noexcept { return fault_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  CaptureFile(std::FILE* file, std::string path) : file_{file}, path_{std::move(path)} {}
  [[nodiscard]] std::expected<bool, Failure> hold(std::size_t octets);

  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  PcapngReader reader_;
  std::optional<PcapngFault> fault_;
  Octets held_;  // octets of the file, the first `used_` of which were read
  std::size_t used_ = 0;
};

}  // namespace sonda::inline v0::capture
