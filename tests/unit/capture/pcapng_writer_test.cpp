// Files of frames: the same octets every time, valid at any moment.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture_contents.hpp"

namespace sonda {
namespace {

using capture::CaptureFile;
using capture::Frame;
using capture::FrameNumber;
using capture::InterfaceId;
using capture::PcapngWriter;
using capture::Section;
using capture::Statistics;
using testing::contents_of;
using testing::Folder;
using testing::octets_of;
using testing::some_frame;
using testing::some_ns;
using testing::writer_of;

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

}  // namespace
}  // namespace sonda
