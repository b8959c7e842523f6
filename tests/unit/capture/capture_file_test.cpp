// Reading a capture back from its file.
#include <cerrno>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture_contents.hpp"

namespace sonda {
namespace {

using capture::CaptureFile;
using capture::Octets;
using capture::PcapngProblem;
using testing::contents_of;
using testing::Folder;
using testing::writer_of;

TEST(CaptureFile, reads_what_is_larger_than_what_it_asks_for_at_once) {
  const Folder folder;
  const auto path = folder.file("large.pcapng");
  auto writer = writer_of(path);
  ASSERT_TRUE(writer.add_interface({}));
  std::vector<Octets> frames;
  for (std::size_t size = 1; size < 262'144; size = size * 3 + 1)
    frames.emplace_back(size, static_cast<std::uint8_t>(size));
  for (const auto& frame : frames) ASSERT_TRUE(writer.write({.octets = frame}));
  ASSERT_TRUE(writer.close());
  const auto contents = contents_of(path);
  EXPECT_FALSE(contents.failure.has_value());
  EXPECT_EQ(contents.frames, frames);
  EXPECT_EQ(contents.statistics.size(), 1U);
}

TEST(CaptureFile, tells_a_file_that_ends_inside_a_block_from_a_broken_one) {
  const Folder folder;
  const auto path = folder.file("cut.pcapng");
  const auto octets = testing::some_capture();
  const auto write = [&path](Bytes part) {
    std::ofstream out{path, std::ios::binary};
    for (const auto octet : part) out.put(static_cast<char>(octet));
  };
  write(Bytes{octets}.first(octets.size() - 1));
  auto contents = contents_of(path);
  EXPECT_EQ(contents.frames.size(), 1U);
  ASSERT_TRUE(contents.fault.has_value());
  EXPECT_EQ(contents.fault->problem, PcapngProblem::cut_short);
  EXPECT_EQ(contents.failure->message(), "read " + path + ": the block at octet " +
                                             std::to_string(octets.size() - 120) +
                                             " needs 120 octets, of which 119 are there");

  auto broken = octets;
  broken.back() = 1;
  write(broken);
  contents = contents_of(path);
  EXPECT_EQ(contents.frames.size(), 1U);
  EXPECT_EQ(contents.fault->problem, PcapngProblem::lengths_differ);
}

TEST(CaptureFile, stays_at_its_fault) {
  const Folder folder;
  const auto path = folder.file("text");
  {
    std::ofstream out{path};
    out << "this is no capture\n";
  }
  auto file = CaptureFile::open(path);
  ASSERT_TRUE(file.has_value());
  const auto first = file->next();
  ASSERT_FALSE(first.has_value());
  EXPECT_EQ(first.error().subject,
            path + ": the block at octet 0 is no section: this is no pcapng file");
  EXPECT_EQ(file->next().error(), first.error());
}

TEST(CaptureFile, says_what_cannot_be_opened_or_read) {
  const Folder folder;
  EXPECT_EQ(CaptureFile::open(folder.file("none")).error(),
            (Failure{"open", ENOENT, folder.file("none")}));
  auto directory = CaptureFile::open(folder.file(""));
  ASSERT_TRUE(directory.has_value());
  EXPECT_EQ(directory->next().error().error_code, EISDIR);
  const auto nothing = folder.file("nothing");
  std::ofstream{nothing};
  EXPECT_EQ(contents_of(nothing).fault->problem, PcapngProblem::cut_short);
}

}  // namespace
}  // namespace sonda
