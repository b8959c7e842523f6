// What a session owns, in the order in which it can be built. Private to the library.
#pragma once
#include <memory>

#include <sonda/event/contract.hpp>
#include <sonda/run/clock.hpp>
#include <sonda/run/loop.hpp>
#include <sonda/run/session.hpp>

namespace sonda::inline v0 {

struct Session::State {
  State(std::unique_ptr<Engine> its_engine, std::unique_ptr<Link> its_link,
        std::unique_ptr<run::Clock> its_clock, run::LoopOptions options)
      : engine{std::move(its_engine)},
        link{std::move(its_link)},
        clock{std::move(its_clock)},
        loop{*engine, *link, *clock, std::move(options)} {}

  std::unique_ptr<Engine> engine;
  std::unique_ptr<Link> link;
  std::unique_ptr<run::Clock> clock;
  run::Loop loop;
};

}  // namespace sonda::inline v0
