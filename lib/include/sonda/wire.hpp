// The wire layer, all of it: octets to values and back, without I/O, heap or clock.
#pragma once
#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/protocol.hpp>
