// sonda-tcp: which ports are open, and why the others are not.
#include <array>
#include <cerrno>
#include <csignal>
#include <numeric>
#include <set>
#include <thread>
#include <tuple>
#include <unistd.h>

#include <fmt/format.h>

#include <sonda/evidence/tcp_evidence.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/connect_link.hpp>
#include <sonda/net/privilege.hpp>
#include <sonda/net/route.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/report/scan_text.hpp>
#include <sonda/report/scan_words.hpp>
#include <sonda/run/scan_session.hpp>
#include <sonda/wire/address_text.hpp>

#include "common/color.hpp"
#include "common/exit_status.hpp"
#include "common/output.hpp"
#include "scan/csv.hpp"
#include "scan/expectation.hpp"
#include "scan/journal.hpp"
#include "scan/ports.hpp"
#include "scan/progress.hpp"
#include "scan/targets.hpp"
#include "scan/tcp_request.hpp"
#include "scan/xml.hpp"

namespace sonda::tools {
namespace {

constexpr const char* program = "sonda-tcp";
constexpr std::size_t default_ports = 1'000, fast_ports = 100;

int complain(const Failure& failure) {
  auto line = record::printable(failure.message());
  if (status_of(failure) == ExitStatus::privilege)
    line +=
        "; to allow it: sudo setcap cap_net_raw+p \"$(command -v sonda-tcp)\", or see sonda "
        "doctor; without --syn and --capture none is needed";
  tools::complain(program, line);
  return code(status_of(failure));
}

int complain(const Complaint& complaint) {
  tools::complain(program, complaint.sentence);
  return code(complaint.status);
}

struct File {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> own{};
  std::FILE* out = nullptr;  // own, or stdout
};

class Run {
 public:
  Run(TcpRequest request, std::vector<std::string> argv)
      : request_{std::move(request)}, argv_{std::move(argv)} {}

  int operator()() {
    Output output{{.tool = "tcp", .target = fmt::format("{}", fmt::join(request_.targets, " "))},
                  {}};
    if (!request_.log.empty())
      if (const auto opened = output.open_log(request_.log); !opened) {
        tools::complain(program, opened.error().message());
        return code(ExitStatus::system);
      }
    CapturedOutput captured{output, request_.capture, program};
    if (request_.capture && !net::may_open_raw())
      return complain(Failure{"open a capture", EPERM, "without CAP_NET_RAW"});
    if (const auto opened = captured.open_file(); !opened) return complain(opened.error());
    auto sockets = open_sockets();
    if (!sockets) return complain(sockets.error());

    if (const auto planned = make_plan(); !planned) return complain(planned.error());
    if (const auto opened = open_csv(); !opened) return complain(opened.error());
    if (!request_.journal.empty()) {
      auto journal = Journal::open(request_.journal, *space_,
                                   [this](const PortResult& port) { remember(port); });
      if (!journal) return complain(journal.error());
      journal_.emplace(std::move(*journal));
      request_.plan.settled = journal_->settled();
    }
    output.context().address = space_->groups().front().targets.at(0);
    if (output.context().target.empty())
      output.context().target = to_text(output.context().address).view();
    return measure(output, captured, std::move(*sockets));
  }

 private:
  // ------------------------------------------------------------------------------ preparation

  // While the privilege can be raised: how many workers there will be is not known yet.
  std::expected<std::vector<net::RawTcpSockets>, Failure> open_sockets() const {
    std::vector<net::RawTcpSockets> out;
    if (!request_.syn) return out;
    auto count = request_.workers;
    if (count == 0) count = std::max(std::thread::hardware_concurrency(), 1U);
    if (request_.source_port) count = 1;
    const auto raised = net::RaisedNetRaw::raise();  // where it is missing the open says so
    for (std::uint64_t i = 0; i < count; ++i) {
      auto sockets = net::RawTcpSockets::open();
      if (!sockets) return std::unexpected{sockets.error()};
      out.push_back(std::move(*sockets));
    }
    return out;
  }

  Asked<void> make_plan() {
    const auto family = request_.v4   ? net::Family::ipv4
                        : request_.v6 ? net::Family::ipv6
                                      : net::Family::any;
    Targets targets{family, request_.every_address};
    for (const auto& word : request_.targets)
      if (const auto added = targets.add(word); !added) return added;
    for (const auto& file : request_.target_files) {
      const auto words = read_words(file);
      if (!words) return std::unexpected{words.error()};
      for (const auto& word : *words)
        if (const auto added = targets.add(word); !added) return added;
    }
    for (const auto& word : request_.excluded)
      if (const auto done = targets.exclude(word); !done) return done;
    for (const auto& file : request_.excluded_files) {
      const auto words = read_words(file);
      if (!words) return std::unexpected{words.error()};
      for (const auto& word : *words)
        if (const auto done = targets.exclude(word); !done) return done;
    }
    const bool typed = !targets.empty();
    if (const auto read = read_expectation(targets, typed); !read) return read;
    if (targets.empty()) return std::unexpected{Complaint{"the files name no target"}};

    std::vector<Port> without;
    for (const auto& list : request_.excluded_ports) {
      const auto ports = read_ports(list);
      if (!ports) return std::unexpected{Complaint{"--exclude-ports: " + ports.error()}};
      without.insert(without.end(), ports->begin(), ports->end());
    }
    auto space = targets.plan(ports_, all_of(std::move(without)));
    if (!space) return std::unexpected{space.error()};
    if (request_.source)
      for (const auto& group : space->groups())
        for (const auto& range : group.targets.ranges())
          if (range.first().is_v4() != request_.source->is_v4())
            return std::unexpected{
                Complaint{"--source: of another version than some targets; say -4 or -6"}};
    if (request_.numeric) space->names.clear();
    space_ = std::make_shared<const ScanSpace>(std::move(*space));
    auto& plan = request_.plan;
    plan.space = space_;
    if (request_.shard) plan.shard = Shard{}.part(*request_.shard - 1, *request_.shards);
    if (request_.seed) plan.key = SipKey{.low = *request_.seed, .high = 1};
    plan.hash_octets = request_.syn && request_.capture;
    asked_ = plan.shard.size(space_->size());
    return {};
  }

  Asked<void> read_expectation(Targets& targets, bool typed) {
    ports_ =
        commonest_ports(request_.fast ? fast_ports : request_.top_ports.value_or(default_ports));
    if (!request_.port_lists.empty()) {
      ports_.clear();
      for (const auto& list : request_.port_lists) {
        const auto ports = read_ports(list);
        if (!ports) return std::unexpected{Complaint{"--ports: " + ports.error()}};
        ports_.insert(ports_.end(), ports->begin(), ports->end());
      }
      ports_ = all_of(std::move(ports_));
    }
    if (request_.expect.empty()) return {};
    const auto state = read_state(request_.expect);
    if (!state) return std::unexpected{Complaint{"--expect: " + state.error().sentence}};
    if (*state) {
      if (!typed)
        return std::unexpected{Complaint{"no target; as in: sonda-tcp -p 22 --expect open web"}};
      expectation_.emplace(**state);
      return {};
    }
    const auto content = read_file(request_.expect);
    if (!content) return std::unexpected{content.error()};
    auto read = Expectation::read(*content, request_.expect, targets);
    if (!read) return std::unexpected{read.error()};
    expectation_.emplace(std::move(*read));
    // Ports of the command line for hosts of the file: what else is open there is a difference.
    const bool ports_typed =
        !request_.port_lists.empty() || request_.top_ports.has_value() || request_.fast;
    if (!typed && ports_typed) targets.add(expectation_->hosts(), ports_);
    return {};
  }

  std::expected<void, Failure> open_csv() {
    if (request_.csv.empty()) return {};
    csv_.out = stdout;
    if (request_.csv != "-") {
      csv_.own.reset(std::fopen(request_.csv.c_str(), "we"));
      if (!csv_.own)
        return std::unexpected{Failure{"create", errno, record::printable(request_.csv)}};
      csv_.out = csv_.own.get();
    }
    write_csv(std::string{csv_header});
    return {};
  }

  void write_csv(const std::string& line) {
    if (csv_.out == nullptr || csv_failure_) return;
    errno = 0;
    if (std::fwrite(line.data(), 1, line.size(), csv_.out) != line.size() ||
        std::fflush(csv_.out) != 0)
      csv_failure_ = Failure{"write", errno,
                             request_.csv == "-" ? "to stdout" : record::printable(request_.csv)};
  }

  bool of_this_shard(const PortResult& port) const {
    const auto& shard = request_.plan.shard;
    const auto place = port.probe.value();
    return place >= shard.first && (place - shard.first) % shard.step == 0;
  }

  // A result of the journal's.
  void remember(PortResult port) {
    if (!of_this_shard(port)) return;
    count(port);
    ++remembered_;
    if (!sweep() || request_.all || port.state == PortState::open || is_expected(port) ||
        !request_.xml.empty())
      from_journal_.push_back(std::move(port));
  }

  bool sweep() const { return space_->hosts() > report::ScanText::most_tables; }
  bool is_expected(const PortResult& port) const {
    return expectation_ && expectation_->expected(port.address, port.port);
  }

  // What every result means, new or of the journal.
  void count(const PortResult& port) {
    if (port.control) return;
    ++settled_;
    ++by_state_[static_cast<std::size_t>(port.state)];
    write_csv_of(port);
    if (expectation_) expectation_->take(port);
  }
  void write_csv_of(const PortResult& port) {
    if (csv_.out != nullptr) write_csv(csv_line(port));
  }

  // How long a silent port takes; of raw SYNs at most.
  Duration silence() const {
    const auto& plan = request_.plan;
    return request_.syn && plan.deadline ? *plan.deadline : connect_deadline(plan);
  }

  // ---------------------------------------------------------------------------------- the run

  int measure(Output& output, CapturedOutput& captured, std::vector<net::RawTcpSockets> sockets) {
    constexpr std::array watched{SIGINT, SIGTERM, SIGQUIT};
    auto signals = net::SignalDescriptor::open(watched);
    if (!signals) return complain(signals.error());

    Progress progress{!request_.quiet, asked_ - remembered_, silence()};
    progress_ = &progress;
    std::ignore = net::ConnectLink::raise_descriptor_limit(request_.plan.parallel);

    const auto counted = by_state_;
    std::expected<void, Failure> begun;
    auto watched_too = captured.descriptors();
    watched_too.push_back(signals->fd());
    auto session = tcp(request_.plan,
                       {.on_event =
                            [&](const Occurrence& occurrence) {
                              if (const auto* start = std::get_if<Start>(&occurrence.event.what)) {
                                begun = begin(output, captured, occurrence, *start);
                                return;
                              }
                              if (!begun) return;  // of a run that was none nothing stays
                              auto told = occurrence;
                              if (auto* summary = std::get_if<ScanSummary>(&told.event.what)) {
                                // The engines know how many are resumed, the journal knows what
                                // they were.
                                for (std::size_t i = 0; i < counted.size(); ++i)
                                  summary->by_state[i] += counted[i];
                                summary->resumed = remembered_;
                                if (summary->final) summary_ = *summary;
                              }
                              captured(told);
                            },
                        .interface = request_.interface,
                        .source = request_.source,
                        .source_port = request_.source_port,
                        .workers = static_cast<std::uint32_t>(request_.workers),
                        .sockets = std::move(sockets),
                        .also_watch = std::move(watched_too),
                        .start = {.tool = "tcp",
                                  .argv = argv_,
                                  .target = output.context().target,
                                  .address = output.context().address,
                                  .seed = request_.seed}});
    if (!session) return complain(session.error());
    if (!begun) {
      session->stop();
      session->run();
      return complain(begun.error());
    }

    for (captured.turn(); session->step(next_due(captured, progress)); captured.turn()) {
      progress.turn(net::now());
      while (const auto signal = signals->take()) {
        if (*signal == SIGQUIT)
          session->query();
        else
          session->stop();
      }
      if (output.failure() || csv_failure_ || (journal_ && journal_->failure())) session->stop();
    }
    const bool evident = captured.finish(*signals);
    progress.erase();
    return finish(output, evident);
  }

  static std::optional<Instant> next_due(const CapturedOutput& captured, const Progress& progress) {
    const auto a = captured.next_due(), b = progress.next_due();
    return a && b ? std::min(*a, *b) : a ? a : b;
  }

  // With the first event, before the workers start: they inherit what is left of our privilege.
  std::expected<void, Failure> begin(Output& output, CapturedOutput& captured,
                                     const Occurrence& occurrence, const Start& start) {
    prepare(output);
    if (request_.capture) {
      const auto paths = find_paths();
      if (auto opened =
              captured.begin({.live = evidence::tcp_capture(start, paths),
                              .recognizer = evidence::tcp_recognizer(start, paths, probe_of()),
                              .context = output.context(),
                              .argv = argv_});
          !opened)
        return opened;
    }
    if (!request_.xml.empty()) {
      auto file = XmlFile::create(request_.xml,
                                  {.argv = argv_,
                                   .method = start.mode,
                                   .hosts = space_->hosts(),
                                   .ports = space_->groups().front().ports},
                                  occurrence.unix_ns);
      if (!file) return std::unexpected{file.error()};
      xml_.emplace(std::move(*file));
    }
    captured(occurrence);
    for (auto& port : from_journal_) {
      if (xml_) xml_->take(port, occurrence.unix_ns);
      if (text_) output.print(erased((*text_)({.event = {occurrence.event.at, std::move(port)}})));
    }
    from_journal_ = {};
    if (auto dropped = net::drop_all(); !dropped) return dropped;
    return captured.start();
  }

  // Text, and what is kept besides.
  void prepare(Output& output) {
    output.set_tap([this, &output](const Occurrence& occurrence) {
      if (journal_) journal_->write(record::to_json(occurrence, output.context()));
      const auto* const port = std::get_if<PortResult>(&occurrence.event.what);
      if (port == nullptr) return;
      count(*port);
      if (xml_) xml_->take(*port, occurrence.unix_ns);
      if (!port->control) progress_->settled(port->state == PortState::filtered);
    });
    if (request_.json) return;
    if (request_.csv == "-") {
      output.set_text([](const Occurrence&) { return std::string{}; });
      return;
    }
    const bool whole = request_.plan.shard == Shard{};
    // The engine's own SYNs follow the round trips it sees: there is no one deadline.
    const auto& plan = request_.plan;
    auto how = fmt::format("{}, {}", request_.syn ? "raw SYNs" : "connect() without root",
                           request_.syn && !plan.deadline
                               ? fmt::format("{} tries", plan.retransmissions + 1)
                               : "deadline " + report::seconds_text(silence()));
    if (!whole) how += fmt::format(", shard {} of {}", *request_.shard, *request_.shards);
    text_.emplace(report::ScanTextOptions{
        .ports_of = [this, whole](const Address& address) -> std::optional<std::uint64_t> {
          if (!whole) return std::nullopt;
          return space_->ports_of(address);
        },
        .interesting = [this](const PortResult& port) { return is_expected(port); },
        .hosts = space_->hosts(),
        .ports = asked_,
        .how = std::move(how),
        .all = request_.all,
        .only_open = request_.open,
        .quiet = request_.quiet,
        .verbose = request_.verbose,
        .color = wants_color(request_.color),
        .frames = request_.capture.frames});
    output.set_text([this](const Occurrence& occurrence) { return erased((*text_)(occurrence)); });
  }

  // Where something is to be printed, the progress makes room for it.
  std::string erased(std::string text) {
    if (!text.empty()) progress_->erase();
    return text;
  }

  std::vector<evidence::TcpPath> find_paths() const {
    constexpr std::size_t most = 1'024;  // routes that are looked up
    std::vector<evidence::TcpPath> out;
    std::set<std::pair<std::string, Address>> known;
    std::size_t asked = 0;
    for (const auto& group : space_->groups())
      for (const auto& range : group.targets.ranges())
        for (const auto& address : {range.first(), range.last()}) {
          if (++asked > most) return out;
          const auto route = net::find_route(address, request_.source, request_.interface);
          if (route && known.emplace(route->interface_name, route->source).second)
            out.push_back({route->interface_name, route->source});
        }
    return out;
  }

  evidence::ProbeOf probe_of() const {
    std::set<Zone> zones;
    for (const auto& group : space_->groups())
      for (const auto& range : group.targets.ranges())
        if (!range.first().zone().empty()) zones.insert(range.first().zone());
    return [space = space_, zones](const Address& address, Port port) -> std::optional<ProbeId> {
      if (const auto place = space->place_of({address, port})) return ProbeId{*place};
      for (const auto& zone : zones)
        if (const auto place = space->place_of({address.with_zone(zone), port}))
          return ProbeId{*place};
      return std::nullopt;
    };
  }

  int finish(Output& output, bool evident) {
    std::optional<Failure> failure = output.failure() ? output.failure() : csv_failure_;
    if (!failure && journal_) failure = journal_->failure();
    if (xml_ && summary_)
      if (const auto done = xml_->finish(*summary_, net::WallClock{}.unix_ns(net::now())); !done)
        failure = done.error();
    const bool interrupted = settled_ < asked_;
    if (text_ && interrupted)
      output.print(journal_ ? "go on with the same command line\n"
                            : "with --resume FILE it could be gone on with\n");
    bool yes = by_state_[static_cast<std::size_t>(PortState::open)] > 0;
    if (expectation_) {
      const auto outcome = expectation_->outcome(*space_, asked_);
      yes = outcome.holds;
      if (text_)
        output.print(outcome.text);
      else if (std::fwrite(outcome.text.data(), 1, outcome.text.size(), stderr) == 0)
        failure = Failure{"write", errno, "to stderr"};
    }
    if (!failure) failure = output.failure();
    if (failure) return complain(*failure);
    if (!evident) return code(ExitStatus::system);
    return code(yes ? ExitStatus::yes : ExitStatus::no);
  }

  TcpRequest request_;
  std::vector<std::string> argv_;
  std::vector<Port> ports_;
  std::shared_ptr<const ScanSpace> space_;
  std::uint64_t asked_ = 0;  // of this shard
  std::optional<Expectation> expectation_;
  std::optional<Journal> journal_;
  std::optional<report::ScanText> text_;
  std::optional<XmlFile> xml_;
  File csv_;
  std::optional<Failure> csv_failure_;
  Progress* progress_ = nullptr;
  std::vector<PortResult> from_journal_;
  std::uint64_t remembered_ = 0, settled_ = 0;
  std::array<std::uint64_t, ScanSummary::states> by_state_{};
  std::optional<ScanSummary> summary_;
};

int main(int argc, char** argv) {
  keep_standard_descriptors();
  if (const auto became = net::become_sudo_caller(); !became) return complain(became.error());
  if (const auto kept = net::keep_only_net_raw(); !kept) return complain(kept.error());

  TcpRequest request;
  CommandLine line{program, "Asks TCP ports of many hosts, and says of each what it is and why."};
  describe_options(line, request);
  const auto words = long_names(argc, argv);
  std::vector<const char*> pointers;
  for (const auto& word : words) pointers.push_back(word.c_str());
  if (const auto status = line.parse(argc, pointers.data())) return *status;
  if (const auto sentence = check(request)) return line.refuse(*sentence);
  return Run{std::move(request), {argv, argv + argc}}();
}

}  // namespace
}  // namespace sonda::tools

int main(int argc, char** argv) { return sonda::tools::main(argc, argv); }
