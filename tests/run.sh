#!/bin/bash
# Every test: installs what they need, then builds and runs the unit tests and scenarios with ASan and
# UBSan, what asks the kernel and other programs as Release, and what reads and writes octets on a
# big-endian machine, too. The last line is the sum.
#   tests/run.sh [--full]      --full: all of them in each of the three, four times as many seeds;
#                              every public header compiled alone; soaks; each fuzz target for 300 s
# Needs root (packages, network namespaces, raw sockets), or sudo. Nothing is skipped: a namespace
# that cannot be made is a failure.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/common/prepare.sh"

full=no
case "${1-}" in
  "") ;;
  --full) full=yes ;;
  *) echo "tests/run.sh: $1: the only option is --full" >&2; exit 2 ;;
esac
become_root "$@"

passed=0 failed=0 finished=no
sum_up() {
  give_back_build
  [[ $finished = yes ]] || failed=$((failed + 1))  # interrupted, or a step of its own failed
  ((failed == 0)) || echo "what failed is above; one test again: ctest --test-dir build/PART -R NAME"
  echo "$passed passed, $failed failed"
}
trap sum_up EXIT

# run_tests FOLDER ctest-options…: adds what ctest says to the sum.
run_tests() {
  local folder=$1 log status=0 summary
  log=$(mktemp)
  ctest --test-dir "$folder" --output-on-failure --no-tests=error "${@:2}" |& tee "$log" |
    { grep -vE '^ *(Start +[0-9]+:|Test project|Internal ctest)' || true; } || status=1
  summary=$(grep -E 'tests passed, .* out of' "$log" || true)
  rm -f "$log"
  if [[ $summary =~ ,\ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]; then
    failed=$((failed + BASH_REMATCH[1]))
    passed=$((passed + BASH_REMATCH[2] - BASH_REMATCH[1]))
    if ((status == 0 || BASH_REMATCH[1] > 0)); then return 0; fi
  fi
  failed=$((failed + 1))  # it ran nothing, or did not come to its end
}

# build PRESET cmake-options…: false where something does not compile.
build() {
  step "$1: configure and build into build/$1"
  configure "$1" "build/$1" "${@:2}" && cmake --build "build/$1"
}
# The same behind what comes next, which leaves the processors idle; await_build shows how it went.
build_behind() {
  mkdir -p build
  (renice -n 19 -p "$BASHPID" > /dev/null && build "$@") > "build/$1.log" 2>&1 &
  behind=$!
}
await_build() {
  step "$1: built meanwhile into build/$1, build/$1.log"
  wait "$behind" && return 0
  cat "build/$1.log"
  return 1
}

# tests_of PRESET: more at a time than there are processors, as many of them wait.
tests_of() {
  step "$1: tests"
  run_tests "build/$1" -j "$(($(nproc) + 2))" -LE '^soak$'
}

step "packages"
packages=("${build_packages[@]}" "${test_packages[@]}")
[[ $full = no ]] || packages+=("${fuzz_packages[@]}")
install_missing "${packages[@]}"

step "network namespaces"
if ip netns add "sonda-$$-try" && ip netns delete "sonda-$$-try"; then
  echo "can be made"
else
  echo "cannot be made here, and a third of what Sonda does happens in them: needs root with" >&2
  echo "CAP_SYS_ADMIN, in a container --privileged" >&2
  failed=$((failed + 1))
fi

# Each unit test once where time is short: with sanitizers what reads foreign octets and counts them.
in_release="all" in_sanitized="all" in_big_endian="all" rest=ON seeds=12000
if [[ $full = no ]]; then
  in_release="record;tools;report;evidence;run;net;lab" in_big_endian="core;wire;capture"
  in_sanitized="core;wire;event;probe;sim;capture;verify;scenarios;fuzz" rest=OFF seeds=3000
fi

ready=no
if build release -D SONDA_UNIT_TESTS="$in_release"; then ready=yes; else failed=$((failed + 1)); fi
build_behind asan+ubsan -D SONDA_UNIT_TESTS="$in_sanitized" -D SONDA_TOOLS=$rest \
  -D SONDA_SYSTEM_TESTS=$rest -D SONDA_SEEDS=$seeds
[[ $ready = no ]] || tests_of release

ready=no
if await_build asan+ubsan; then ready=yes; else failed=$((failed + 1)); fi
build_behind big-endian -D SONDA_UNIT_TESTS="$in_big_endian"
[[ $ready = no ]] || tests_of asan+ubsan

if await_build big-endian; then
  tests_of big-endian
else
  failed=$((failed + 1))
fi

if [[ $full = yes ]]; then
  step "every public header compiles alone"
  if cmake --build build/release --target headers; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  step "soaks"
  run_tests build/release -L '^soak$'
  if ! build fuzz; then
    failed=$((failed + 1))
  else
    step "fuzzing, 300 s each, two at a time; what is found lies in build/fuzz/found/"
    mkdir -p build/fuzz/found build/fuzz/corpus
    fuzz() {
      local name=${1##*/fuzz-}
      mkdir -p "build/fuzz/corpus/$name"
      "$1" -max_total_time=300 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name-" \
        "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" > "build/fuzz/found/$name.log" 2>&1 ||
        { echo "fuzz-$name failed:"; tail -40 "build/fuzz/found/$name.log"; return 1; }
      echo "fuzz-$name: $(grep -c . "build/fuzz/found/$name.log") lines, nothing found"
    }
    export -f fuzz
    targets=$(find build/fuzz/tests/fuzz -maxdepth 1 -type f -name 'fuzz-*' -perm -u+x | sort)
    [[ -n $targets ]] || { echo "no fuzz targets were built"; failed=$((failed + 1)); }
    while read -r outcome; do
      if [[ $outcome = ok ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    done < <(printf '%s\n' "$targets" |
      xargs -P 2 -I{} bash -c 'fuzz {} >&2 && echo ok || echo failed')
  fi
fi

finished=yes
((failed == 0))
