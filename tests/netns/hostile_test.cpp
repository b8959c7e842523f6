// Those who lie to sonda-ping: a forger who knows the identifier, names that hide escapes.
#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/ipv4.hpp>

#include "json_run.hpp"
#include "netns.hpp"

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;

const Ipv4Address client{10, 0, 0, 1}, server{10, 0, 0, 2};

// Sends one whole IPv4 packet from `host`; its header is ours.
void send_from(const Namespaces& lab, const std::string& host,
               const std::vector<std::uint8_t>& packet) {
  const auto there = lab.enter(host);
  const int socket = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  inet_pton(AF_INET, "10.0.0.1", &to.sin_addr);
  const auto sent = ::sendto(socket, packet.data(), packet.size(), 0,
                             reinterpret_cast<const sockaddr*>(&to), sizeof to);
  ::close(socket);
  ASSERT_EQ(sent, static_cast<ssize_t>(packet.size()));
}

std::vector<std::uint8_t> packet_of(std::size_t payload) {
  return std::vector<std::uint8_t>(Ipv4View::min_size + payload);
}

void put_header(std::vector<std::uint8_t>& packet) {
  const Ipv4Header ip{
      .identification = 7, .protocol = Protocol::icmp, .source = server, .destination = client};
  ip.emit(packet, packet.size() - Ipv4View::min_size);
}

// An answer by one who saw identifier and sequence number, but not the data.
std::vector<std::uint8_t> forged_reply(Identifier identifier, Sequence sequence) {
  const std::vector<std::uint8_t> data(56, 0x41);
  const Echo echo{
      .kind = EchoKind::reply, .identifier = identifier, .sequence = sequence, .data = data};
  auto packet = packet_of(echo.size());
  put_header(packet);
  echo.emit(MutableBytes{packet}.subspan(Ipv4View::min_size));
  return packet;
}

std::vector<std::uint8_t> forged_error(Identifier identifier, Sequence sequence) {
  const std::vector<std::uint8_t> data(56, 0x41);
  const Echo echo{.identifier = identifier, .sequence = sequence, .data = data};
  std::vector<std::uint8_t> quoted(Ipv4View::min_size + echo.size());
  const Ipv4Header ip{
      .identification = 9, .protocol = Protocol::icmp, .source = client, .destination = server};
  ip.emit(quoted, echo.size());
  echo.emit(MutableBytes{quoted}.subspan(Ipv4View::min_size));
  const Icmpv4Error error{.type = IcmpType::destination_unreachable, .code = 1, .quoted = quoted};
  auto packet = packet_of(error.size());
  put_header(packet);
  error.emit(MutableBytes{packet}.subspan(Ipv4View::min_size));
  return packet;
}

TEST(Forger, changes_nothing_without_the_tag_and_is_counted) {
  Namespaces lab;
  lab.link("c", "10.0.0.1/24", "s", "10.0.0.2/24");
  // The real server is mute: whatever is counted as an answer would be the forger's.
  lab.sysctl("s", "net.ipv4.icmp_echo_ignore_all", "1");
  auto ping = lab.start("c", {SONDA_PING, "--json", "-c", "3", "-i", "0.3", "-W", "1", "10.0.0.2"});
  ASSERT_TRUE(ping.wait_for("\"seq\":1"));
  const auto start = nlohmann::json::parse(ping.out().substr(0, ping.out().find('\n')));
  const Identifier identifier{start["identity"]["ids"][0].get<unsigned>()};
  for (unsigned i = 0; i < 5; ++i) {
    send_from(lab, "s", forged_reply(identifier, Sequence{1}));
    send_from(lab, "s", forged_error(identifier, Sequence{1}));
    send_from(lab, "s", forged_reply(Identifier{identifier.value() ^ 1}, Sequence{1}));
  }
  const auto run = JsonRun::read(ping.wait(15s));
  const auto summary = run.one("summary");
  EXPECT_EQ(run.result.status, 1);
  EXPECT_EQ(summary["received"], 0) << run.result.out;
  EXPECT_EQ(summary["errors"], 0);
  EXPECT_EQ(summary["lost"], 3);
  EXPECT_EQ(summary["foreign"], 10);
  for (const auto& foreign : run.all("foreign")) EXPECT_EQ(foreign["reason"], "tag");
}

// ip(8) lays the files of /etc/netns/NAME over /etc for whatever it runs there.
class Hosts {
 public:
  Hosts(const std::string& name_of_namespace, const std::string& content)
      : folder_{"/etc/netns/" + name_of_namespace} {
    std::filesystem::create_directories(folder_);
    std::ofstream{folder_ + "/hosts"} << content;
  }
  ~Hosts() { std::filesystem::remove_all(folder_); }
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;

 private:
  std::string folder_;
};

TEST(Names, of_target_and_router_stand_before_their_numbers_and_delay_nothing) {
  Namespaces lab;
  lab.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
  lab.forward("r");
  lab.route("c", "default via 10.0.0.2");
  lab.route("r", "unreachable 192.0.2.0/24");
  const Hosts hosts{lab.name("c"), "127.0.0.1 localhost\n10.0.0.2 r1\n192.0.2.1 far\n"};
  const auto near = lab.run("c", std::string{SONDA_PING} + " -c 2 -i 0.2 r1");
  EXPECT_NE(near.out.find("PING r1 (10.0.0.2)"), std::string::npos) << near.out << near.err;
  EXPECT_NE(near.out.find("64 bytes from r1 (10.0.0.2): icmp_seq=1"), std::string::npos);
  const auto far = lab.run("c", std::string{SONDA_PING} + " -c 2 -i 1.2 far");
  EXPECT_NE(far.out.find("From r1 (10.0.0.2) icmp_seq=2 Destination Host Unreachable"),
            std::string::npos)
      << far.out;
  const auto numeric = lab.run("c", std::string{SONDA_PING} + " -n -c 2 -i 1.2 far");
  EXPECT_EQ(numeric.out.find("r1"), std::string::npos) << numeric.out;
}

TEST(Names, that_hide_terminal_escapes_are_written_out) {
  Namespaces lab;
  lab.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
  lab.forward("r");
  lab.route("c", "default via 10.0.0.2");
  lab.route("r", "unreachable 192.0.2.0/24");
  const Hosts hosts{lab.name("c"), "10.0.0.2 r1\x1b[31m\x9b\x07\n192.0.2.1 far\n"};
  for (const std::string option : {"", "--json ", "-v "}) {
    const auto far = lab.run("c", std::string{SONDA_PING} + " " + option + "-c 2 -i 1.2 far");
    const auto all = far.out + far.err;
    EXPECT_EQ(all.find('\x1b'), std::string::npos) << all;
    EXPECT_EQ(all.find('\x9b'), std::string::npos) << all;
    EXPECT_EQ(all.find('\a'), std::string::npos) << all;
  }
  const auto typed = lab.run("c", Command{SONDA_PING, "-c", "1", "\x1b[31mred\x07"});
  EXPECT_EQ(typed.status, 4);
  EXPECT_EQ(typed.err.find('\x1b'), std::string::npos) << typed.err;
  EXPECT_NE(typed.err.find("\\x1b[31mred\\x07"), std::string::npos) << typed.err;
}

TEST(Doctor, says_what_works_for_this_user_and_what_mends_the_rest) {
  Namespaces lab;
  lab.host("c");
  const auto root = JsonRun::read(lab.run("c", std::string{SONDA_DOCTOR} + " --json"));
  EXPECT_EQ(root.result.status, 0) << root.result.out;
  for (const auto& trial : root.all("trial")) {
    if (!trial["name"].get<std::string>().starts_with("raw")) continue;
    EXPECT_EQ(trial["outcome"], "works") << trial;
  }

  lab.sysctl("c", "net.ipv4.ping_group_range", "1 0");
  const std::string ordinary = "setpriv --reuid 65534 --regid 65534 --clear-groups -- ";
  const auto nobody = JsonRun::read(lab.run("c", ordinary + SONDA_DOCTOR + " --json"));
  EXPECT_EQ(nobody.result.status, 1) << nobody.result.out;
  for (const auto& trial : nobody.all("trial"))
    if (trial["name"].get<std::string>().find("ICMP") != std::string::npos) {
      EXPECT_EQ(trial["outcome"], "fails") << trial;
      EXPECT_FALSE(trial["mend"].get<std::string>().empty()) << trial;
    }
  lab.sysctl("c", "net.ipv4.ping_group_range", "0 2147483647");
  const auto allowed = lab.run("c", ordinary + SONDA_DOCTOR);
  EXPECT_EQ(allowed.status, 0) << allowed.out;
}

}  // namespace
}  // namespace sonda::testing
