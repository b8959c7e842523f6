// An event that reads the time, and a foreign header.
#pragma once
#include <chrono>

#include <nlohmann/json.hpp>

inline const auto started = std::chrono::steady_clock::now();
