// tshark as a second judge of the frames of the run.
#pragma once
#include <string>

#include <sonda/verify/report.hpp>

#include "verify/files.hpp"
#include "verify/notes.hpp"

namespace sonda::tools::verify {

// Starts tshark on `capture` and holds what it reads of each frame with a note
// against what we read. Where it is not installed or fails, the report says so.
void ask_tshark(const Readable& capture, const Notes& notes, sonda::verify::Report& report);

}  // namespace sonda::tools::verify
