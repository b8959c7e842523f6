// Texts bound over files, in mount namespaces of one's own.
#include <filesystem>
#include <fstream>
#include <sys/mount.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/namespace.hpp>
#include <sonda/net/replaced_file.hpp>

#include "../../../lib/src/net/small_file.hpp"
#include "in_a_child.hpp"

namespace sonda::net::testing {
namespace {

class ReplacedFile : public ::testing::TestWithParam<uid_t> {
 protected:
  ReplacedFile() : folder_{::testing::TempDir() + "replaced-" + std::to_string(::getpid())} {
    std::filesystem::create_directory(folder_);
  }
  ~ReplacedFile() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string put(const std::string& name, const std::string& text) const {
    std::ofstream{folder_ + "/" + name} << text;
    return folder_ + "/" + name;
  }
  std::string folder_;
};

TEST_P(ReplacedFile, reads_as_the_text_inside_and_as_ever_outside) {
  const auto before = contents_of("/etc/hosts");
  const auto mounts = contents_of("/proc/self/mounts");
  const auto said = in_a_child(GetParam(), []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    const auto earlier = contents_of("/proc/self/mounts");
    SONDA_DEMAND(replace_file("/etc/hosts", "10.3.13.1 admin-prohibited\n"));
    SONDA_HOLDS(contents_of("/etc/hosts") == "10.3.13.1 admin-prohibited\n");
    SONDA_DEMAND(replace_file("/etc/hosts", std::string(100'000, 'x')));
    SONDA_HOLDS(std::filesystem::file_size("/etc/hosts") == 100'000);
    SONDA_HOLDS(std::filesystem::status("/etc/hosts").permissions() ==
                std::filesystem::perms{0644});
    // Nothing but the file itself is mounted: /tmp is what it was.
    SONDA_HOLDS(contents_of("/proc/self/mounts").find(" /tmp ", earlier.size()) ==
                std::string::npos);
    SONDA_HOLDS(!std::filesystem::exists("/tmp/file"));
    return {};
  });
  EXPECT_EQ(said, "");
  EXPECT_EQ(contents_of("/etc/hosts"), before);
  EXPECT_EQ(contents_of("/proc/self/mounts"), mounts);
}

TEST_P(ReplacedFile, may_be_a_link_and_lie_where_the_moment_hides_it) {
  const auto real = put("resolv.conf", "nameserver 192.0.2.1\n");
  const auto link = folder_ + "/link";
  std::filesystem::create_symlink("resolv.conf", link);
  const auto said = in_a_child(GetParam(), [&]() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    SONDA_DEMAND(replace_file(link, "nameserver 198.51.100.1\n"));
    SONDA_HOLDS(contents_of(real) == "nameserver 198.51.100.1\n");
    SONDA_HOLDS(std::filesystem::is_symlink(link));
    return {};
  });
  EXPECT_EQ(said, "");
  EXPECT_EQ(contents_of(real), "nameserver 192.0.2.1\n");
}

TEST_P(ReplacedFile, must_be_there) {
  std::filesystem::create_symlink("absent.conf", folder_ + "/link");
  const auto said = in_a_child(GetParam(), [this]() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    return complaint(replace_file(folder_ + "/link", "x")) + "\n" +
           complaint(replace_file(folder_ + "/none", "x"));
  });
  EXPECT_EQ(said, "replace " + folder_ +
                      "/link, a link to absent.conf, which is not there: No such file or directory "
                      "(ENOENT)\nreplace " +
                      folder_ + "/none, which is not there: No such file or directory (ENOENT)");
}

INSTANTIATE_TEST_SUITE_P(For, ReplacedFile, ::testing::Values(uid_t{0}, nobody),
                         [](const auto& who) { return who.param == 0 ? "root" : "nobody"; });

}  // namespace
}  // namespace sonda::net::testing
