// What a report may include: nothing here is wrong.
#pragma once
#include <string>

#include <fmt/format.h>

#include <sonda/event/event.hpp>
#include <sonda/record/printable.hpp>
