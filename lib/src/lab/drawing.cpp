// A topology as text.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include <sonda/lab/drawing.hpp>

namespace sonda::inline v0::lab {
namespace {

constexpr std::size_t page_width = 80;

// A machine's name with its addresses below it, IPv4 first.
struct Cell {
  std::vector<std::string> lines;
  [[nodiscard]] std::size_t width() const {
    std::size_t width = 0;
    for (const auto& line : lines) width = std::max(width, line.size());
    return width;
  }
};

Cell cell_of(const std::string& name, const Topology& topology) {
  Cell cell{{name}};
  const auto addresses = topology.addresses_of(name);
  for (const bool v4 : {true, false})
    for (const auto& address : addresses)
      if (address.is_v4() == v4) cell.lines.emplace_back(to_text(address).view());
  return cell;
}

// `text`, then blanks up to `column`.
void fill(std::string& text, std::size_t column) {
  if (text.size() < column) text.append(column - text.size(), ' ');
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

// Words below one another at most `page_width` wide, further lines indented.
std::string folded(const std::string& head, const std::string& text) {
  std::string out;
  std::string line = head;
  const std::string indent(head.size(), ' ');
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    const auto word = text.substr(begin, end - begin);
    const bool fresh = line.size() == head.size();
    if (!fresh && line.size() + 1 + word.size() > page_width) {
      out += trimmed(line) + '\n';
      line = indent + word;
    } else {
      line += (fresh ? "" : " ") + word;
    }
    begin = end + 1;
  }
  return out + trimmed(line) + '\n';
}

// Both directions in words; empty where a link does nothing to packets.
std::string link_text(const Link& link) {
  if (link.there == link.back) return to_text(link.there);
  const auto one = [](const std::string& a, const std::string& b, const sim::LinkModel& model) {
    const auto text = to_text(model);
    return fmt::format("{}>{} {}", a, b, text.empty() ? "plain" : text);
  };
  return one(link.lower.machine, link.upper.machine, link.there) + "; " +
         one(link.upper.machine, link.lower.machine, link.back);
}

// The machines of a chain from the client to its end; nothing where it is none.
std::optional<std::vector<std::string>> chain_of(const Topology& topology) {
  std::unordered_map<std::string, std::vector<std::string>> neighbours;
  for (const auto& link : topology.links) {
    neighbours[link.lower.machine].push_back(link.upper.machine);
    neighbours[link.upper.machine].push_back(link.lower.machine);
  }
  std::vector<std::string> chain{topology.client().name};
  std::string before;
  while (true) {
    const auto& next = neighbours[chain.back()];
    const std::size_t others = before.empty() ? next.size() : next.size() - 1;
    if (others == 0) break;
    if (others > 1 || chain.size() > neighbours.size()) return std::nullopt;
    const auto& other = next.front() == before ? next.back() : next.front();
    before = chain.back();
    chain.push_back(other);
  }
  if (chain.size() != neighbours.size()) return std::nullopt;
  return chain;
}

// What stands on a chain's link: its delay, or a number that the lines below explain.
class LinkLabels {
 public:
  std::string label(const Link& link) {
    sim::LinkModel plain;
    plain.delay = link.there.delay;
    if (link.there == plain && link.back == plain)
      return plain.delay > Duration::zero() ? " " + duration_text(plain.delay) + " " : "";
    notes_.push_back(link.name() + ": " + link_text(link));
    return fmt::format(" ({}) ", notes_.size());
  }
  [[nodiscard]] std::string notes() const {
    std::string text;
    for (std::size_t i = 0; i < notes_.size(); ++i)
      text += folded(fmt::format("({}) ", i + 1), notes_[i]);
    return text;
  }

 private:
  std::vector<std::string> notes_;
};

std::string draw_chain(const std::vector<std::string>& chain, const Topology& topology) {
  LinkLabels labels;
  std::string text;
  std::vector<std::string> lines{""};
  bool fresh = true;
  const auto end_row = [&] {
    for (const auto& line : lines) text += trimmed(line) + '\n';
    lines.assign(1, "");
    fresh = true;
  };
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const auto cell = cell_of(chain[i], topology);
    std::string line;
    if (i + 1 < chain.size())
      line = fmt::format("--{}--", labels.label(*topology.link_between(chain[i], chain[i + 1])));
    const auto wide = std::max(cell.width(), cell.lines[0].size() + 1 + line.size());
    const std::size_t begin = fresh ? (i == 0 ? 0 : 3) : lines[0].size() + 1;
    if (!fresh && begin + wide > page_width) {
      end_row();
      text += '\n';
    }
    if (fresh && i > 0) lines[0] = "-- ";
    const auto column = fresh ? lines[0].size() : lines[0].size() + 1;
    fresh = false;
    if (lines.size() < cell.lines.size()) lines.resize(cell.lines.size());
    for (std::size_t k = 0; k < cell.lines.size(); ++k) {
      fill(lines[k], column);
      lines[k] += cell.lines[k];
    }
    if (!line.empty()) {
      lines[0] += ' ';
      // Dashes up to the next machine's place, so that addresses have room below.
      const auto pad = column + cell.width() > lines[0].size() + line.size()
                           ? column + cell.width() - lines[0].size() - line.size()
                           : 0;
      lines[0] += std::string(pad, '-') + line;
    }
  }
  end_row();
  const auto notes = labels.notes();
  return text + (notes.empty() ? "" : '\n' + notes);
}

// Machines by their distance from the client; the unreachable ones last.
std::vector<std::vector<std::string>> layers_of(const Topology& topology) {
  std::unordered_map<std::string, std::size_t> distance{{topology.client().name, 0}};
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& link : topology.links)
      for (const auto& [a, b] : {std::pair{&link.lower, &link.upper}, {&link.upper, &link.lower}}) {
        const auto known = distance.find(a->machine);
        if (known == distance.end()) continue;
        const auto far = known->second + 1;
        const auto [place, fresh] = distance.emplace(b->machine, far);
        grown = grown || fresh || place->second > far;
        place->second = std::min(place->second, far);
      }
  }
  std::vector<std::vector<std::string>> layers;
  std::vector<std::string> apart;
  for (const auto& name : topology.names()) {
    const auto found = distance.find(name);
    if (found == distance.end()) {
      apart.push_back(name);
      continue;
    }
    if (layers.size() <= found->second) layers.resize(found->second + 1);
    layers[found->second].push_back(name);
  }
  if (!apart.empty()) layers.push_back(std::move(apart));
  return layers;
}

std::string draw_side_by_side(const std::vector<std::string>& names, const Topology& topology) {
  constexpr std::size_t gap = 3;
  std::string text;
  std::vector<std::string> lines;
  const auto end_row = [&] {
    for (const auto& line : lines) text += trimmed(line) + '\n';
    lines.clear();
  };
  std::size_t column = 0;
  for (const auto& name : names) {
    const auto cell = cell_of(name, topology);
    if (!lines.empty() && column + cell.width() > page_width) {
      end_row();
      text += '\n';
      column = 0;
    }
    if (lines.size() < cell.lines.size()) lines.resize(cell.lines.size());
    for (std::size_t k = 0; k < cell.lines.size(); ++k) {
      fill(lines[k], column);
      lines[k] += cell.lines[k];
    }
    column += cell.width() + gap;
  }
  end_row();
  return text;
}

std::string draw_layers(const Topology& topology) {
  const auto layers = layers_of(topology);
  std::unordered_map<std::string, std::size_t> layer;
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (const auto& name : layers[i]) layer[name] = i;
  std::string text;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    text += draw_side_by_side(layers[i], topology);
    for (const auto& link : topology.links) {
      const auto [upper, lower] = std::minmax(layer[link.lower.machine], layer[link.upper.machine]);
      if (upper != i) continue;
      text += folded(fmt::format("  {}  {}  ", upper == lower ? '=' : '|', link.name()),
                     link_text(link));
    }
  }
  return text;
}

std::string draw_peculiarities(const Topology& topology) {
  std::string text;
  std::size_t width = 0;
  for (const auto& name : topology.names()) width = std::max(width, name.size());
  const auto say = [&](const std::string& name, const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i)
      text += folded(fmt::format("{:<{}}  ", i == 0 ? name : "", width), words[i]);
  };
  for (const auto& name : topology.names()) {
    if (const auto* router = topology.router(name)) say(name, peculiarities(*router));
    if (const auto* host = topology.host(name)) say(name, peculiarities(*host));
  }
  return text;
}

}  // namespace

std::string drawing(const Topology& topology) {
  std::string text;
  if (!topology.title.empty()) text = folded("", topology.title) + '\n';
  const auto chain = chain_of(topology);
  text += chain ? draw_chain(*chain, topology) : draw_layers(topology);
  if (topology.menu)
    text += fmt::format(
        "\nbehind {}: the error menu, 10.TYPE.CODE.1 and fd00::TYPE:CODE:1 "
        "(sonda lab menu)\n",
        topology.clients_router()->name);
  if (const auto words = draw_peculiarities(topology); !words.empty()) text += '\n' + words;
  if (!topology.events.empty()) text += '\n';
  for (const auto& event : topology.events) text += folded("", event_text(event));
  return text;
}

}  // namespace sonda::inline v0::lab
