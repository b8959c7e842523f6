// Files of frames: valid at any moment, honest about a full disk, the same octets every time.
#include <capture_samples.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/capture/capture_file.hpp>
#include <sonda/capture/pcapng_writer.hpp>

namespace sonda {
namespace {

using capture::CaptureFile;
using capture::Frame;
using capture::FrameNumber;
using capture::Interface;
using capture::InterfaceId;
using capture::Octets;
using capture::PcapngProblem;
using capture::PcapngWriter;
using capture::Section;
using capture::Statistics;
using testing::Folder;
using testing::some_frame;
using testing::some_ns;

Octets octets_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// What a file holds, and why it could not be read to its end.
struct Contents {
  std::vector<Octets> frames{};
  std::vector<Statistics> statistics{};
  std::size_t interfaces = 0;
  std::optional<Failure> failure{};
  std::optional<capture::PcapngFault> fault{};
};
Contents contents_of(const std::string& path) {
  Contents out;
  auto file = CaptureFile::open(path);
  if (!file) {
    out.failure = file.error();
    return out;
  }
  for (;;) {
    const auto block = file->next();
    if (!block) out.failure = block.error();
    if (!block || !*block) break;
    if (const auto* const frame = std::get_if<Frame>(&(*block)->content))
      out.frames.emplace_back(frame->octets.begin(), frame->octets.end());
    if (const auto* const statistics = std::get_if<Statistics>(&(*block)->content))
      out.statistics.push_back(*statistics);
  }
  out.interfaces = file->interfaces().size();
  out.fault = file->fault();
  return out;
}

PcapngWriter writer_of(const std::string& path) {
  auto writer = PcapngWriter::create(path, Section{.application = "test"});
  EXPECT_TRUE(writer.has_value()) << writer.error().message();
  return std::move(*writer);
}

TEST(PcapngWriter, writes_exactly_the_blocks_it_was_given) {
  const Folder folder;
  const auto path = folder.file("all.pcapng");
  auto writer = PcapngWriter::create(path, testing::some_section());
  ASSERT_TRUE(writer.has_value());
  EXPECT_EQ(writer->add_interface(testing::some_interface()), InterfaceId{0});
  ASSERT_TRUE(writer->add_names(testing::some_names()));
  EXPECT_EQ(writer->write(some_frame()), FrameNumber{1});
  writer->set_statistics(testing::some_statistics());
  ASSERT_TRUE(writer->close());
  EXPECT_EQ(octets_of(path), testing::some_capture());
}

TEST(PcapngWriter, is_a_valid_file_before_the_first_frame) {
  const Folder folder;
  const auto path = folder.file("empty.pcapng");
  const auto writer = writer_of(path);
  EXPECT_EQ(octets_of(path), testing::block_of(Section{.application = "test"}));
}

TEST(PcapngWriter, counts_frames_as_wireshark_does_over_all_interfaces) {
  const Folder folder;
  auto writer = writer_of(folder.file("two.pcapng"));
  const auto first = writer.add_interface({.name = "a"});
  EXPECT_EQ(writer.write({.interface = *first}), FrameNumber{1});
  const auto second = writer.add_interface({.name = "b"});  // after a frame
  EXPECT_EQ(second, InterfaceId{1});
  ASSERT_TRUE(writer.add_names(testing::some_names()));
  EXPECT_EQ(writer.write({.interface = *second}), FrameNumber{2});
  EXPECT_EQ(writer.write({.interface = *first}), FrameNumber{3});
}

TEST(PcapngWriter, tells_of_each_interface_what_went_through_it) {
  const Folder folder;
  const auto path = folder.file("counted.pcapng");
  auto writer = writer_of(path);
  for (const auto* name : {"busy", "idle", "told"})
    ASSERT_TRUE(writer.add_interface({.name = name}));
  for (const auto ns : {some_ns, some_ns + 7, some_ns - 2})
    ASSERT_TRUE(writer.write({.interface = InterfaceId{0}, .unix_ns = ns}));
  ASSERT_TRUE(writer.write({.interface = InterfaceId{2}, .unix_ns = some_ns}));
  writer.set_statistics({.interface = InterfaceId{2},
                         .unix_ns = some_ns + 20,
                         .start_ns = some_ns - 10,
                         .end_ns = some_ns + 10,
                         .received = 5,
                         .dropped = 4});
  ASSERT_TRUE(writer.close());
  EXPECT_THAT(contents_of(path).statistics,
              ::testing::ElementsAre(Statistics{.interface = InterfaceId{0},
                                                .unix_ns = some_ns + 7,
                                                .start_ns = some_ns - 2,
                                                .end_ns = some_ns + 7,
                                                .delivered = 3},
                                     Statistics{.interface = InterfaceId{1}, .delivered = 0},
                                     Statistics{.interface = InterfaceId{2},
                                                .unix_ns = some_ns + 20,
                                                .start_ns = some_ns - 10,
                                                .end_ns = some_ns + 10,
                                                .received = 5,
                                                .dropped = 4,
                                                .delivered = 1}));
}

TEST(PcapngWriter, keeps_of_a_frame_what_the_snaplen_allows) {
  const Folder folder;
  const auto path = folder.file("cut.pcapng");
  auto writer = writer_of(path);
  ASSERT_TRUE(writer.add_interface({.snaplen = 4}));
  ASSERT_TRUE(writer.write({.octets = testing::some_octets}));
  ASSERT_TRUE(writer.flush());
  auto file = CaptureFile::open(path);
  ASSERT_TRUE(file.has_value());
  std::optional<capture::Block> last;
  for (int i = 0; i < 3; ++i) last = *file->next();
  const auto& frame = std::get<Frame>(last->content);
  EXPECT_EQ(frame.octets.size(), 4U);
  EXPECT_EQ(frame.original_length, testing::some_octets.size());
}

TEST(PcapngWriter, refuses_a_frame_alone_that_fits_into_no_file) {
  const Folder folder;
  const auto path = folder.file("refused.pcapng");
  auto writer = writer_of(path);
  ASSERT_TRUE(writer.add_interface({}));
  const auto stray = writer.write({.interface = InterfaceId{1}});
  ASSERT_FALSE(stray.has_value());
  EXPECT_EQ(stray.error(), (Failure{"write a frame of the unknown interface 1 to", EINVAL, path}));
  const auto talk =
      writer.write({.comments = std::vector<std::string>(300, std::string(65'535, 'x'))});
  ASSERT_FALSE(talk.has_value());
  EXPECT_EQ(talk.error().error_code, EMSGSIZE);
  EXPECT_EQ(writer.write({}), FrameNumber{1});
  ASSERT_TRUE(writer.close());
  EXPECT_EQ(contents_of(path).frames.size(), 1U);
}

TEST(PcapngWriter, has_everything_but_statistics_in_the_file_without_close) {
  const Folder folder;
  const auto path = folder.file("dropped.pcapng");
  {
    auto writer = writer_of(path);
    ASSERT_TRUE(writer.add_interface({}));
    ASSERT_TRUE(writer.write({}));
    EXPECT_EQ(contents_of(path).frames.size(), 0U);  // not flushed yet
  }
  const auto contents = contents_of(path);
  EXPECT_EQ(contents.frames.size(), 1U);
  EXPECT_EQ(contents.statistics.size(), 0U);
  EXPECT_FALSE(contents.failure.has_value());
}

TEST(PcapngWriter, refuses_everything_after_close) {
  const Folder folder;
  const auto path = folder.file("closed.pcapng");
  auto writer = writer_of(path);
  ASSERT_TRUE(writer.add_interface({}));
  ASSERT_TRUE(writer.close());
  EXPECT_TRUE(writer.close());
  const Failure refused{"write to", EBADF, path};
  EXPECT_EQ(writer.write({}).error(), refused);
  EXPECT_EQ(writer.add_interface({}).error(), refused);
  EXPECT_EQ(writer.add_names({}).error(), refused);
  EXPECT_EQ(writer.flush().error(), refused);
}

TEST(PcapngWriter, survives_being_moved) {
  const Folder folder;
  const auto path = folder.file("moved.pcapng");
  auto first = writer_of(path);
  ASSERT_TRUE(first.add_interface({}));
  ASSERT_TRUE(first.write({}));
  auto second = std::move(first);
  ASSERT_TRUE(second.write({}));
  second = writer_of(folder.file("other.pcapng"));
  EXPECT_EQ(contents_of(path).frames.size(), 2U);  // what was assigned to has gone, as ever
}

// ---------------------------------------------------------------------------- what the system says

TEST(PcapngWriter, says_where_a_file_cannot_be_made) {
  const Folder folder;
  const auto path = folder.file("no/such/folder.pcapng");
  const auto writer = PcapngWriter::create(path, {});
  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error(), (Failure{"create", ENOENT, path}));
}

TEST(PcapngWriter, notices_a_full_device_at_once) {
  const auto writer = PcapngWriter::create("/dev/full", {});
  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error(), (Failure{"write to", ENOSPC, "/dev/full"}));
}

// No file of this process grows beyond `octets` while it lives: the system takes a part of a write.
class FullDisk {
 public:
  explicit FullDisk(rlim_t octets) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{octets, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

Frame small_frame() { return {.octets = testing::some_octets, .comments = {"sonda: x"}}; }
constexpr std::size_t small_size = 72;  // octets of its block

// Writes small frames until the writer refuses one.
struct Outcome {
  std::uint64_t accepted = 0;
  Failure failure{};
};
Outcome write_until_refused(PcapngWriter& writer, bool flush_each) {
  Outcome outcome;
  for (int i = 0; i < 100'000; ++i) {
    const auto number = writer.write(small_frame());
    const auto flushed = flush_each ? writer.flush() : std::expected<void, Failure>{};
    if (number && flushed) {
      outcome.accepted = number->value();
      continue;
    }
    outcome.failure = number ? flushed.error() : number.error();
    return outcome;
  }
  ADD_FAILURE() << "was never refused";
  return outcome;
}

// One limit after another, so that the cut falls on each octet of a frame's block.
class OnAFullDisk : public ::testing::TestWithParam<bool> {};

TEST_P(OnAFullDisk, the_file_ends_with_its_last_whole_frame) {
  const Folder folder;
  ASSERT_EQ(testing::block_of(small_frame()).size(), small_size);
  for (rlim_t limit = 1'000; limit < 1'000 + small_size; ++limit) {
    SCOPED_TRACE(limit);
    const auto path = folder.file("full.pcapng");
    auto writer = writer_of(path);
    ASSERT_TRUE(writer.add_interface({}));
    Outcome outcome;
    {
      const FullDisk disk{limit};
      outcome = write_until_refused(writer, GetParam());
    }
    EXPECT_EQ(outcome.failure, (Failure{"write to", EFBIG, path}));
    // Room comes back, but the file must not go on behind the gap.
    EXPECT_EQ(writer.write({}).error(), outcome.failure);
    EXPECT_EQ(writer.flush().error(), outcome.failure);
    EXPECT_EQ(writer.close().error(), outcome.failure);
    const auto contents = contents_of(path);
    EXPECT_FALSE(contents.failure.has_value()) << contents.failure->message();
    const auto size = std::filesystem::file_size(path);
    EXPECT_LE(size, limit);
    EXPECT_GT(size + small_size, limit);
    EXPECT_EQ(contents.frames.size(), (size - 40 - 32) / small_size);
    if (GetParam()) {
      EXPECT_EQ(contents.frames.size(), outcome.accepted);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Flushing, OnAFullDisk, ::testing::Values(true, false), [](const auto& p) {
  return p.param ? "each_frame" : "when_enough_has_gathered";
});

TEST(PcapngWriter, cuts_off_nothing_that_it_did_not_write) {
  const Folder folder;
  const auto path = folder.file("appended.pcapng");
  {
    std::ofstream before{path};
    before << std::string(500, 'b');
  }
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  auto writer = PcapngWriter::adopt(descriptor, "standard output", {});
  ASSERT_TRUE(writer.has_value());
  ASSERT_TRUE(writer->add_interface({}));
  {
    const FullDisk disk{1'000};
    EXPECT_EQ(write_until_refused(*writer, false).failure.subject, "standard output");
  }
  const auto octets = octets_of(path);
  EXPECT_EQ(std::string(octets.begin(), octets.begin() + 500), std::string(500, 'b'));
  EXPECT_EQ((octets.size() - 500 - 28 - 32) % small_size, 0U);
  EXPECT_GT(octets.size() + small_size, 1'000U);
}

TEST(PcapngWriter, says_that_a_descriptor_is_not_open) {
  const auto writer = PcapngWriter::adopt(999'999, "standard output", {});
  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error(), (Failure{"write to", EBADF, "standard output"}));
}

TEST(PcapngWriter, reports_that_nobody_reads_its_pipe_any_more) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  auto writer = PcapngWriter::adopt(ends[1], "the pipe", {});
  ASSERT_TRUE(writer.has_value());
  ASSERT_TRUE(writer->add_interface({}));
  ::close(ends[0]);
  EXPECT_EQ(write_until_refused(*writer, true).failure, (Failure{"write to", EPIPE, "the pipe"}));
}

// ---------------------------------------------------------------------------------- reading it
// back

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
                                             std::to_string(octets.size() - 88) +
                                             " needs 88 octets, of which 87 are there");

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
