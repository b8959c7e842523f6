// A copy of a capture in which each frame of the run carries its verdict as a comment.
#pragma once
#include <expected>
#include <string>

#include <sonda/core/failure.hpp>

#include "verify/files.hpp"
#include "verify/notes.hpp"

namespace sonda::tools::verify {

// The comments are "sonda-verify: " and the note, in the place of such comments of an earlier
// copy. The copy is pcapng whatever `capture` is; its
// names, statistics and comments are kept, and it is valid at any moment. A capture that ends
// inside a block or is broken is copied up to there. Precondition: they are two files.
[[nodiscard]] std::expected<void, Failure> annotate(const Readable& capture, const std::string& out,
                                                    const Notes& notes);

// Whether both names mean one file, which would be destroyed by writing it.
[[nodiscard]] bool same_file(const std::string& one, const std::string& other);

}  // namespace sonda::tools::verify
