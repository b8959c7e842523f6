// Foreign and damaged messages: those told and those seen, matched across all probes.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <sonda/event/event.hpp>

#include "case.hpp"

namespace sonda::inline v0::verify {

struct StrangerSeen {
  bool damaged = false;  // its checksum is wrong
  Address from{};
  std::uint8_t type = 0, code = 0;
  std::optional<std::uint32_t> wire_sequence{};
  std::optional<ForeignReason> reason{};  // nothing: any will do
  bool must_be_told = true;
  std::int64_t unix_ns = 0;
  std::vector<std::uint64_t> frames{};
  std::optional<FrameComment> comment{};
  // Of a damaged reply: the first octet of the data that differs.
  std::optional<std::size_t> octet{};
  std::uint8_t was = 0, is = 0;
  bool compared = false;
};

struct StrangerTold {
  bool damaged = false;
  Address from{};
  std::uint8_t type = 0, code = 0;
  std::optional<std::uint32_t> wire_sequence{};
  ForeignReason reason{};
  std::int64_t unix_ns = 0;
  std::uint64_t line = 0;
  std::vector<std::uint64_t> frames{};
  std::optional<std::size_t> octet{};
  std::uint8_t was = 0, is = 0;
};

class Strangers {
 public:
  explicit Strangers(Case& shared) : case_{shared} {}

  void seen(StrangerSeen one);
  void told(StrangerTold one);
  // What found no partner.
  void finish();

 private:
  static constexpr std::size_t most_waiting = 4'096;  // of each kind

  [[nodiscard]] static bool fit(const StrangerSeen& seen, const StrangerTold& told);
  void judge(const StrangerSeen& seen, const StrangerTold& told);
  void judge_alone(const StrangerSeen& seen);
  void judge_alone(const StrangerTold& told);

  Case& case_;
  std::deque<StrangerSeen> seen_;
  std::deque<StrangerTold> told_;
};

}  // namespace sonda::inline v0::verify
