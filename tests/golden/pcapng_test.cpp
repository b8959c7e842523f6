// Files of ours before judges that share no code with us: libpcap, tshark, capinfos.
#include <capture_samples.hpp>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <process.hpp>
#include <sched.h>
#include <set>
#include <sstream>
#include <string>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <sonda/capture/capture_file.hpp>
#include <sonda/capture/pcapng_writer.hpp>

namespace sonda::testing {
namespace {

using capture::Direction;
using capture::Frame;
using capture::InterfaceId;
using capture::LinkType;
using capture::PcapngWriter;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// 192.0.2.1 to 10.3.13.1, and 2001:db8::1 to fd00::1:3:1: echo requests without data.
constexpr auto echo_v4 =
    hex<"45 00 00 1c 00 01 00 00 40 01 a5 d5 c0 00 02 01 0a 03 0d 01"
        "08 00 f7 fe 00 00 00 01">();
constexpr auto echo_v6 =
    hex<"60 00 00 00 00 08 3a 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00"
        "01 fd 00 00 00 00 00 00 00 00 00 00 01 00 03 00 01"
        "80 00 55 3e 00 00 00 01">();

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(const std::string& text) {
  Rows rows;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    auto& row = rows.emplace_back();
    std::istringstream columns{line + '|'};
    for (std::string column; std::getline(columns, column, '|');) row.push_back(column);
  }
  return rows;
}

// One row per frame of `file`, one column per field; several values stand beside each other.
Rows tshark(const std::string& file, const std::vector<std::string>& fields,
            const std::string& options = "-n") {
  std::string line = "tshark " + options + " -r " + file +
                     " -T fields -E 'separator=|' -E 'aggregator=;' -E occurrence=a";
  for (const auto& field : fields) line += " -e " + field;
  const auto result = run(shell(line), std::chrono::seconds{60});
  EXPECT_EQ(result.status, 0) << result.err;
  return rows_of(result.out);
}

PcapngWriter writer_of(const std::string& path) {
  auto writer = PcapngWriter::create(
      path, {.comments = {"sonda: a lab"}, .os = "an os", .application = "sonda-lab"});
  if (!writer) throw std::runtime_error{writer.error().message()};
  return std::move(*writer);
}

// Two links of a lab, names, four frames, one of them without anything to say about it.
void write_lab(const std::string& path) {
  auto writer = writer_of(path);
  ASSERT_TRUE(writer.add_interface(
      {.name = "client-r1", .description = "the client's link", .filter = "icmp"}));
  ASSERT_TRUE(writer.add_names({{Ipv4Address{10, 3, 13, 1}, {"alias", "admin-prohibited"}},
                                {*Address::parse("fd00::1:3:1"), {"six-unreachable"}}}));
  ASSERT_TRUE(writer.write({.unix_ns = some_ns,
                            .octets = echo_v4,
                            .direction = Direction::out,
                            .comments = {"sonda: probe=12; sent; ttl=4", "two; \xe2\x82\xac"},
                            .packet_id = 77}));
  ASSERT_TRUE(
      writer.write({.unix_ns = some_ns + 1, .octets = echo_v6, .direction = Direction::in}));
  ASSERT_TRUE(writer.add_interface({.name = "r1-r2"}));
  ASSERT_TRUE(writer.write({.interface = InterfaceId{1},
                            .unix_ns = some_ns + 2,
                            .octets = Bytes{echo_v4}.first(20),
                            .original_length = 28,
                            .comments = {"sonda: probe=120; reply"},
                            .drops = 3}));
  ASSERT_TRUE(
      writer.write({.interface = InterfaceId{1}, .unix_ns = some_ns + 3, .octets = echo_v4}));
  ASSERT_TRUE(writer.close());
}

TEST(Tshark, shows_comments_interfaces_directions_and_nanoseconds) {
  const Folder folder;
  const auto file = folder.file("lab.pcapng");
  write_lab(file);
  EXPECT_THAT(
      tshark(file, {"frame.number", "frame.time_epoch", "frame.interface_name",
                    "frame.packet_flags_direction", "frame.comment", "frame.len", "frame.cap_len",
                    "frame.packet_id", "frame.drop_count", "frame.interface_description"}),
      ElementsAre(
          ElementsAre("1", "1700000000.123456789", "client-r1", "0x00000002",
                      "sonda: probe=12; sent; ttl=4;two; \xe2\x82\xac", "28", "28", "77", "",
                      "the client's link"),
          ElementsAre("2", "1700000000.123456790", "client-r1", "0x00000001", "", "48", "48", "",
                      "", "the client's link"),
          ElementsAre("3", "1700000000.123456791", "r1-r2", "", "sonda: probe=120; reply", "28",
                      "20", "", "3", ""),
          ElementsAre("4", "1700000000.123456792", "r1-r2", "", "", "28", "28", "", "", "")));
}

TEST(Tshark, finds_a_probe_by_its_comment_and_no_other) {
  const Folder folder;
  const auto file = folder.file("lab.pcapng");
  write_lab(file);
  EXPECT_THAT(tshark(file, {"frame.number"}, "-n -Y 'frame.comment contains \"probe=12;\"'"),
              ElementsAre(ElementsAre("1")));
  EXPECT_THAT(tshark(file, {"frame.number"}, "-n -Y 'frame.comment matches \"probe=12\\\\b\"'"),
              ElementsAre(ElementsAre("1")));
}

TEST(Tshark, knows_the_names_of_the_addresses) {
  const Folder folder;
  const auto file = folder.file("lab.pcapng");
  write_lab(file);
  const auto rows = tshark(file, {"ip.dst_host", "ipv6.dst_host"}, "-N n");
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_THAT(rows[0], ElementsAre("admin-prohibited", ""));  // the last of its names
  EXPECT_THAT(rows[1], ElementsAre("", "six-unreachable"));
}

TEST(Tshark, finds_nothing_malformed_and_no_frame_that_is_none) {
  const Folder folder;
  const auto file = folder.file("lab.pcapng");
  write_lab(file);
  const auto rows = tshark(file, {"_ws.malformed", "frame.protocols"});
  ASSERT_EQ(rows.size(), 4U);
  for (const auto i : {0U, 1U, 3U}) EXPECT_EQ(rows[i][0], "") << rows[i][1];
  EXPECT_EQ(rows[0][1], "raw:ip:icmp");
}

TEST(Tshark, reads_an_interface_of_ethernet_beside_one_of_raw_ip) {
  const Folder folder;
  const auto file = folder.file("mixed.pcapng");
  auto writer = writer_of(file);
  ASSERT_TRUE(writer.add_interface({.link_type = LinkType::ethernet, .name = "eth"}));
  ASSERT_TRUE(writer.add_interface({.link_type = LinkType::raw_ip, .name = "raw"}));
  auto frame = hex<"02 00 00 00 00 02 02 00 00 00 00 01 08 00">();
  Octets ethernet(frame.begin(), frame.end());
  ethernet.insert(ethernet.end(), echo_v4.begin(), echo_v4.end());
  ASSERT_TRUE(writer.write({.octets = ethernet}));
  ASSERT_TRUE(writer.write({.interface = InterfaceId{1}, .octets = echo_v4}));
  ASSERT_TRUE(writer.close());
  EXPECT_THAT(tshark(file, {"frame.protocols", "ip.dst"}),
              ElementsAre(ElementsAre("eth:ethertype:ip:icmp", "10.3.13.1"),
                          ElementsAre("raw:ip:icmp", "10.3.13.1")));
}

TEST(Capinfos, reads_the_section_the_interfaces_and_their_counts) {
  const Folder folder;
  const auto file = folder.file("lab.pcapng");
  write_lab(file);
  const auto result = run({"capinfos", file}, std::chrono::seconds{60});
  EXPECT_EQ(result.status, 0) << result.err;
  for (const auto* line :
       {"Wireshark/... - pcapng", "Number of packets:   4", "Capture oper-sys:    an os",
        "Capture application: sonda-lab", "Capture comment:     sonda: a lab",
        "Number of interfaces in file: 2", "Name = client-r1", "Description = the client's link",
        "Capture length = 262144", "Time precision = nanoseconds (9)", "Time resolution = 0x09",
        "Filter string = icmp", "Number of stat entries = 1", "Number of packets = 2"})
    EXPECT_THAT(result.out, HasSubstr(line));
}

struct Read {
  std::vector<Octets> octets{};
  std::vector<std::int64_t> unix_ns{};
  std::vector<std::uint32_t> lengths{};
  std::string error{};
};
Read by_libpcap(const std::string& file) {
  Read read;
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* const pcap =
      pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO, error);
  if (pcap == nullptr) return {.error = error};
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(pcap, &header, &data)) == 1) {
    read.octets.emplace_back(data, data + header->caplen);
    read.unix_ns.push_back(header->ts.tv_sec * 1'000'000'000LL + header->ts.tv_usec);
    read.lengths.push_back(header->len);
  }
  if (result == PCAP_ERROR) read.error = pcap_geterr(pcap);
  pcap_close(pcap);
  return read;
}

TEST(Libpcap, reads_every_frame_to_the_nanosecond) {
  const Folder folder;
  const auto file = folder.file("raw.pcapng");
  auto writer = writer_of(file);
  ASSERT_TRUE(writer.add_interface({}));
  ASSERT_TRUE(writer.add_names(some_names()));
  ASSERT_TRUE(writer.write({.unix_ns = some_ns, .octets = echo_v4, .comments = {"sonda"}}));
  ASSERT_TRUE(writer.write({.unix_ns = some_ns + 1, .octets = echo_v6, .original_length = 99}));
  ASSERT_TRUE(writer.close());
  const auto read = by_libpcap(file);
  EXPECT_EQ(read.error, "");
  EXPECT_THAT(read.unix_ns, ElementsAre(some_ns, some_ns + 1));
  EXPECT_THAT(read.lengths, ElementsAre(28, 99));
  EXPECT_THAT(read.octets, ElementsAre(Octets(echo_v4.begin(), echo_v4.end()),
                                       Octets(echo_v6.begin(), echo_v6.end())));
}

// What libpcap says of a file with two interfaces and a frame of each.
std::string libpcap_on(LinkType first, LinkType second) {
  const Folder folder;
  const auto file = folder.file("two.pcapng");
  auto writer = writer_of(file);
  for (std::uint32_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(writer.add_interface({.link_type = i == 0 ? first : second}));
    EXPECT_TRUE(writer.write({.interface = InterfaceId{i}, .octets = echo_v4}));
  }
  EXPECT_TRUE(writer.close());
  const auto read = by_libpcap(file);
  return read.error.empty() ? std::to_string(read.octets.size()) + " frames" : read.error;
}

TEST(Libpcap, reads_several_interfaces_of_ethernet) {
  EXPECT_EQ(libpcap_on(LinkType::ethernet, LinkType::ethernet), "2 frames");
}

// What the headers say of libpcap 1.10. Where this fails, it has learned better.
TEST(Libpcap, refuses_a_second_interface_of_raw_ip_or_of_another_type) {
  EXPECT_THAT(libpcap_on(LinkType::raw_ip, LinkType::raw_ip), HasSubstr("different"));
  EXPECT_THAT(libpcap_on(LinkType::ethernet, LinkType::raw_ip), HasSubstr("different"));
}

// tshark and libpcap write into each other's hands; we read what comes of it.
TEST(CaptureFile, reads_what_editcap_made_of_ours) {
  const Folder folder;
  const auto ours = folder.file("lab.pcapng"), theirs = folder.file("edited.pcapng");
  write_lab(ours);
  ASSERT_EQ(run({"editcap", "-a", "2:sonda: probe=13; reply", ours, theirs}).status, 0);
  auto file = capture::CaptureFile::open(theirs);
  ASSERT_TRUE(file.has_value());
  std::vector<std::vector<std::string>> comments;
  std::vector<std::int64_t> times;
  for (;;) {
    const auto block = file->next();
    ASSERT_TRUE(block.has_value()) << block.error().message();
    if (!*block) break;
    const auto* const frame = std::get_if<Frame>(&(*block)->content);
    if (frame == nullptr) continue;
    comments.push_back(frame->comments);
    times.push_back(frame->unix_ns);
  }
  EXPECT_THAT(comments,
              ElementsAre(ElementsAre("sonda: probe=12; sent; ttl=4", "two; \xe2\x82\xac"),
                          ElementsAre("sonda: probe=13; reply"),
                          ElementsAre("sonda: probe=120; reply"), ElementsAre()));
  EXPECT_THAT(times, ElementsAre(some_ns, some_ns + 1, some_ns + 2, some_ns + 3));
  ASSERT_EQ(file->interfaces().size(), 2U);
  EXPECT_EQ(file->interfaces()[1].described.name, "r1-r2");
}

// ------------------------------------------------------------------------------------- streaming

TEST(Streaming, shows_a_frame_in_tshark_while_the_capture_goes_on) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  // tshark reads our end by its number in this process; the shell's redirection inherits it.
  const auto from = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ends[0]);
  auto judge =
      Process{shell("exec tshark -n -l -i - -T fields -e frame.number -e frame.comment <" + from)};
  auto writer = PcapngWriter::adopt(ends[1], "the pipe", {});
  ASSERT_TRUE(writer.has_value());
  ASSERT_TRUE(writer->add_interface({.name = "live"}));
  for (int i = 1; i <= 3; ++i) {
    const auto comment = "sonda: probe=" + std::to_string(i) + "; sent";
    ASSERT_TRUE(writer->write({.unix_ns = some_ns + i, .octets = echo_v4, .comments = {comment}}));
    ASSERT_TRUE(writer->flush());
    ASSERT_TRUE(judge.wait_for(std::to_string(i) + '\t' + comment)) << judge.err();
  }
  ASSERT_TRUE(writer->close());
  ::close(ends[0]);
  EXPECT_EQ(judge.wait().status, 0);
}

// ----------------------------------------------------------------------- a killed process, no room

// Runs `child` in a process of its own, which is not to come back from it.
pid_t in_a_child(const std::function<void()>& child) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  child();
  ::_exit(3);
}

TEST(Files, of_a_killed_process_are_whole_up_to_their_last_frame) {
  const Folder folder;
  const auto file = folder.file("killed.pcapng");
  const auto pid = in_a_child([&file] {
    auto writer = writer_of(file);
    if (!writer.add_interface({})) return;
    for (std::int64_t i = 0;; ++i)
      if (!writer.write({.unix_ns = i, .octets = echo_v4, .comments = {"sonda"}})) return;
  });
  ::usleep(200'000);
  ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto read = by_libpcap(file);
  EXPECT_GT(read.unix_ns.size(), 1'000U);
  // The kernel may stop within the last write, which all readers tell and which costs no frame
  // before it.
  EXPECT_THAT(read.error, ::testing::AnyOf("", HasSubstr("truncated"))) << read.error;
  for (std::size_t i = 0; i < read.unix_ns.size(); ++i)
    ASSERT_EQ(read.unix_ns[i], static_cast<std::int64_t>(i));
}

// Needs root: a file system of 64 KiB, seen by the child alone.
TEST(Files, on_a_full_file_system_are_whole_up_to_their_last_frame) {
  const Folder folder;
  const auto copy = folder.file("full.pcapng");
  const auto pid = in_a_child([&] {
    const auto small = folder.file("");
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr))
      ::_exit(10);
    const auto there = small + "small";
    std::filesystem::create_directory(there);
    if (::mount("none", there.c_str(), "tmpfs", 0, "size=64k") != 0) ::_exit(11);
    auto writer = writer_of(there + "/full.pcapng");
    if (!writer.add_interface({})) ::_exit(12);
    std::expected<capture::FrameNumber, Failure> written;
    for (std::int64_t i = 0; written && i < 100'000; ++i)
      written = writer.write({.unix_ns = i, .octets = echo_v4, .comments = {"sonda"}});
    if (written || written.error().error_code != ENOSPC) ::_exit(13);
    if (writer.close() || writer.write({})) ::_exit(14);
    std::filesystem::copy_file(there + "/full.pcapng", copy);
    ::_exit(0);
  });
  int status = 0;
  ::waitpid(pid, &status, 0);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  // tshark says nothing of a file cut short, and exits with 0.
  const auto rows = tshark(copy, {"frame.number", "frame.comment"});
  ASSERT_GT(rows.size(), 500U);
  EXPECT_THAT(rows.back(), ElementsAre(std::to_string(rows.size()), "sonda"));
  // No room for one more.
  const auto block = block_of(Frame{.octets = echo_v4, .comments = {"sonda"}});
  EXPECT_GT(std::filesystem::file_size(copy) + block.size(), 65'536U);
  EXPECT_EQ(by_libpcap(copy).error, "");
}

}  // namespace
}  // namespace sonda::testing
