// A run's events in a file that the run can be gone on with: --resume.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sonda/event/event.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/probe/scan_space.hpp>

#include "scan/complaint.hpp"

namespace sonda::tools {

// How a plan's fingerprint is written in a run's first event.
[[nodiscard]] std::string fingerprint_text(const ScanSpace& space);

// JSON Lines, the same as --json writes. Each line is one write(2), so that a run which is killed
// leaves whole lines and at most one torn at the end, which opening cuts off. Several shards'
// journals may be put behind one another.
class Journal {
 public:
  // Makes the file or reads it; `known` is told of each result in it that counts, once: a port that
  // is unknown is asked again. Complaints: no journal, one of another plan, one that another run
  // writes.
  [[nodiscard]] static Asked<Journal> open(const std::string& path, const ScanSpace& space,
                                           const std::function<void(const PortResult&)>& known);

  // What need not be asked again; null where nothing is known.
  [[nodiscard]] std::shared_ptr<const SettledPlaces> settled() const { return settled_; }
  // False: it could not be written, and failure() says why; nothing is written any more.
  bool write(std::string line);
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  Journal() = default;

  net::Descriptor file_;
  std::string shown_;
  std::shared_ptr<SettledPlaces> settled_;
  std::optional<Failure> failure_;
};

}  // namespace sonda::tools
