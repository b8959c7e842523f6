// A topology while it is read: what stands already, what is wrong, and what can be judged only once
// all names are known.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonda/lab/link_change.hpp>
#include <sonda/lab/topology.hpp>

#include "toml_tree.hpp"

namespace sonda::inline v0::lab {

class Draft {
 public:
  Topology topology{};

  // ------------------------------------------------------------------------------ what is wrong
  // The first complaint is the one that is told; reading goes on with defaults.
  void complain(Place place, std::string message) {
    if (!flaw_) flaw_ = Flaw{place, std::move(message)};
  }
  [[nodiscard]] const std::optional<Flaw>& flaw() const { return flaw_; }

  // Asked when everything has been read; empty where nothing is wrong.
  using Judgement = std::function<std::string(const Topology&)>;
  void judge_later(Place place, Judgement judgement) {
    judgements_.emplace_back(place, std::move(judgement));
  }
  void judge();

  // ---------------------------------------------------------------------------- reading of items
  using Handler = std::function<void(const Item&)>;
  using Handlers = std::vector<std::pair<std::string, Handler>>;
  // Gives each entry of a table to the handler of its key; complains of other keys.
  void read_table(const Item& table, const Handlers& handlers);
  // The entries of a list, or the item itself where it is no list.
  [[nodiscard]] std::vector<const Item*> entries(const Item& item);
  // Whether it is a table; complains if not.
  [[nodiscard]] bool is_table(const Item& item, std::string_view example);

  template <typename T>
  [[nodiscard]] T value(const Item& item, const std::function<Read<T>(std::string_view)>& read,
                        T otherwise = T{}) {
    auto result = is_scalar(item)
                      ? read(item.text)
                      : Read<T>{std::unexpected{"found " + found(item) + read_hint(read)}};
    if (result) return std::move(*result);
    complain(item.place, std::move(result.error()));
    return otherwise;
  }
  [[nodiscard]] bool truth(const Item& item);
  [[nodiscard]] std::string text(const Item& item);
  [[nodiscard]] std::uint64_t whole(const Item& item, std::uint64_t least, std::uint64_t most);
  [[nodiscard]] Duration duration(const Item& item);
  // One that a machine can have, without a zone.
  [[nodiscard]] Address address(const Item& item);
  // Text as it is, or octets: "hex:0d0a".
  [[nodiscard]] sim::Octets octets(const Item& item);

  // ---------------------------------------------------------------- where addresses were written
  void written(const Address& address, Place place) { places_.emplace(address, place); }
  [[nodiscard]] Place place_of(const Address& address) const;

 private:
  [[nodiscard]] static bool is_scalar(const Item& item) {
    return item.kind != Item::Kind::list && item.kind != Item::Kind::table;
  }
  [[nodiscard]] static std::string found(const Item& item) {
    return item.kind == Item::Kind::list ? "a list" : "a table";
  }
  // What the reader accepts, in its own words.
  template <typename T>
  [[nodiscard]] static std::string read_hint(const std::function<Read<T>(std::string_view)>& read) {
    const auto refused = read("?");
    if (refused) return ", accepted: text";
    const auto at = refused.error().find(", accepted");
    return at == std::string::npos ? std::string{} : refused.error().substr(at);
  }

  std::optional<Flaw> flaw_;
  std::vector<std::pair<Place, Judgement>> judgements_;
  std::map<Address, Place> places_;
};

// The parts of a file. Each complains to the draft.
void read_paths(const Item& item, Draft& draft);
// Makes the links that `link` speaks of; `read_links` gives them what it says.
void declare_links(const Item& item, Draft& draft);
void read_links(const Item& item, Draft& draft);
void read_router(const Item& item, RouterNode& router, Draft& draft);
void read_host(const Item& item, HostNode& host, Draft& draft);
void read_event(const Item& item, Draft& draft);

// Two names and what is between them, as in "r1 - r2" or "r1 > r2"; complains if it is not that.
struct Pair {
  std::string a;
  std::string b;
  bool both_ways = true;
};
[[nodiscard]] std::optional<Pair> read_pair(std::string_view text, Place place, Draft& draft);
// The link between two machines, which is made where there is none; null where there are too many.
[[nodiscard]] Link* link_for(const std::string& a, const std::string& b, Place place, Draft& draft);

// Gives every end of every link its addresses, where the file did not.
void number_links(Draft& draft);

}  // namespace sonda::inline v0::lab
