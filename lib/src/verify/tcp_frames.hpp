// The frames' side of a TCP scan: each is recognised by its ports and laid beside its port.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <sonda/verify/verifier.hpp>

#include "tcp_case.hpp"
#include "tcp_packet.hpp"

namespace sonda::inline v0::verify {

class TcpFrames {
 public:
  TcpFrames(TcpCase& shared, TcpPorts& ports) : tcp_{shared}, ports_{ports} {}

  void on_frame(const SeenFrame& frame);

 private:
  [[nodiscard]] std::unique_ptr<TcpComment> comment_of(const SeenFrame& frame);
  void comment_elsewhere(const TcpFrame& at);
  void on_segment(const TcpPacket& seen, TcpFrame at, bool cut);
  void on_syn(const TcpPacket& seen, TcpFrame at, bool cut);
  void on_answer(AnswerKind kind, const TcpPacket& seen, TcpFrame at);
  void on_other(const TcpPacket& seen, TcpFrame at, bool cut);
  void on_error(const TcpPacket& seen, TcpFrame at);
  void keep_answer(const PortKey& key, AnswerSeen answer);
  void after_the_verdict(const JudgedPort& judged, const PortKey& key, const TcpFrame& at);
  [[nodiscard]] bool is_own(const Address& address) const;
  [[nodiscard]] TcpPort* room_for(const PortKey& key);

  TcpCase& tcp_;
  TcpPorts& ports_;
  std::uint64_t strange_ = 0;
};

}  // namespace sonda::inline v0::verify
