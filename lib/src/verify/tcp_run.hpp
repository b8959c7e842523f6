// A run of the TCP scanner under judgement: its events, its frames, its ports.
#pragma once
#include "tcp_case.hpp"
#include "tcp_claims.hpp"
#include "tcp_frames.hpp"
#include "tcp_judge.hpp"

namespace sonda::inline v0::verify {

struct TcpRun {
  explicit TcpRun(Case& shared) : tcp{shared} {}

  void finish() {
    claims.finish();
    if (claims.interrupted()) judge.interrupted();
    ports.leave_all();
    judge.finish();
  }

  TcpCase tcp;
  TcpJudge judge{tcp};
  TcpPorts ports{[this](const TcpPort& port) { judge(port); }};
  TcpClaims claims{tcp, ports};
  TcpFrames frames{tcp, ports};
};

}  // namespace sonda::inline v0::verify
