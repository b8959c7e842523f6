// A header of all headers that reaches upwards.
#pragma once
#include <sonda/event/clock.hpp>
#include <sonda/wire/upwards.hpp>
