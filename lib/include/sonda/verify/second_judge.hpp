// Another program's reading of the same frames, held against ours: addresses, ICMP, TCP, checksums.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/capture/network_layer.hpp>
#include <sonda/verify/faults.hpp>
#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

inline constexpr auto judge_fault_words = std::to_array<FaultWord>({
    {Claim::judge, "tshark_disagrees", "tshark reads another address, type, number or checksum"},
    {Claim::judge, "tshark_missing", "tshark is not installed"},
    {Claim::judge, "tshark_failed", "tshark has not read all of the capture"},
    {Claim::judge, "tshark_not_understood", "tshark's line is not what it was asked for"},
});

// The judge is tshark. It shares no code with us.
class SecondJudge {
 public:
  // The fields it is asked for, in this order, each line one frame: "-T fields -E separator=/t -E
  // occurrence=f" and "-e" for each.
  [[nodiscard]] static std::span<const std::string_view> fields();
  // What it needs to judge checksums, and to read fragments alone as we do.
  [[nodiscard]] static std::span<const std::string_view> preferences();

  // A frame and its line. `cut`: not all of the frame was captured.
  void compare(std::uint64_t frame, const capture::NetworkLayer& ours, bool cut,
               std::string_view line);
  // It could not be asked, or not to the end: one sentence.
  void silent(std::string fault, std::string sentence);
  void finish(Report& report);

 private:
  Tally tally_;
  std::vector<Finding> findings_;
  std::uint64_t more_ = 0;
};

}  // namespace sonda::inline v0::verify
