// One run of a tool with --json, its events ready to be asked.
#pragma once
#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "netns.hpp"

namespace sonda::testing {

struct JsonRun {
  Result result;
  std::vector<nlohmann::json> events;

  [[nodiscard]] static JsonRun read(Result result) {
    JsonRun out{.result = std::move(result), .events = {}};
    std::istringstream lines{out.result.out};
    for (std::string line; std::getline(lines, line);)
      out.events.push_back(nlohmann::json::parse(line));
    return out;
  }
  [[nodiscard]] std::vector<nlohmann::json> all(const std::string& word) const {
    std::vector<nlohmann::json> out;
    std::ranges::copy_if(events, std::back_inserter(out),
                         [&word](const auto& event) { return event["event"] == word; });
    return out;
  }
  // The only event of that kind; throws where there is none or are several.
  [[nodiscard]] nlohmann::json one(const std::string& word) const {
    const auto found = all(word);
    if (found.size() != 1)
      throw std::runtime_error{std::to_string(found.size()) + " events '" + word + "' in:\n" +
                               result.out + result.err};
    return found[0];
  }
};

}  // namespace sonda::testing
