#!/bin/bash
# Every test: installs what they need, builds and runs them as Release, with ASan and UBSan, and the
# layers without an operating system on a big-endian machine. The last line is the sum.
#   tests/run.sh [--full]      --full: soaks, the programs with sanitizers, and every fuzz target for
#                              300 s, too
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
  build "$@" > "build/$1.log" 2>&1 &
  behind=$!
}
await_build() {
  step "$1: built meanwhile into build/$1, build/$1.log"
  wait "$behind" && return 0
  cat "build/$1.log"
  return 1
}
# Every public header compiled alone, behind what comes next, too.
check_headers_behind() {
  cmake --build build/release --target headers > build/headers.log 2>&1 &
  headers=$!
}
await_headers() {
  step "every public header compiles alone: seen meanwhile, build/headers.log"
  if wait "$headers"; then
    passed=$((passed + 1))
  else
    cat build/headers.log
    failed=$((failed + 1))
  fi
}

# netns_tests PRESET: one at a time, as they wait and measure.
netns_tests() {
  step "$1: tests in network namespaces"
  run_tests "build/$1" -L '^netns$' -LE '^soak$'
}
other_tests() {
  step "$1: tests"
  run_tests "build/$1" -j "$(nproc)" -LE '^(soak|netns)$'
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

ready=no
if build release; then ready=yes; else failed=$((failed + 1)); fi
[[ $ready = no ]] || other_tests release
# The programs themselves with sanitizers only where there is time for it.
programs=OFF
[[ $full = no ]] || programs=ON
build_behind asan+ubsan -D SONDA_TOOLS=$programs
[[ $ready = no ]] || netns_tests release

ready=no
if await_build asan+ubsan; then ready=yes; else failed=$((failed + 1)); fi
build_behind big-endian
check_headers_behind
[[ $ready = no ]] || other_tests asan+ubsan
[[ $ready = no || $full = no ]] || netns_tests asan+ubsan
await_headers

if await_build big-endian; then
  step "big-endian: tests, under qemu-user"
  run_tests build/big-endian -j "$(nproc)" -LE '^soak$'
else
  failed=$((failed + 1))
fi

if [[ $full = yes ]]; then
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
