#!/bin/sh
# Fuzzes for SECONDS each target named, or all of them, two at a time, and keeps what is new.
#   tests/fuzz/fuzz.sh SECONDS [NAME…]
# Builds with the preset `fuzz` (clang++-19). A counterexample is left in build/fuzz/found and makes
# the exit status 1; what covers more is merged into tests/fuzz/corpus.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:?"how many seconds for each target?"}
shift
[ $# -gt 0 ] || set -- $(ls tests/fuzz/fuzz_*.cpp | sed 's/.*fuzz_//; s/\.cpp$//')

echo "fuzz.sh: building $# targets"
[ -f build/fuzz/build.ninja ] || cmake --preset fuzz >/dev/null
ninja -C build/fuzz $(printf 'fuzz-%s ' "$@")

mkdir -p build/fuzz/found
echo "fuzz.sh: $# targets, $seconds seconds each, two at a time"
printf '%s\n' "$@" | xargs -P 2 -I NAME sh -ec '
  fuzz=$PWD/build/fuzz/tests/fuzz/fuzz-NAME corpus=$PWD/tests/fuzz/corpus/NAME
  grown=$PWD/build/fuzz/grown/NAME log=$PWD/build/fuzz/grown/NAME.log
  mkdir -p "$grown" "$corpus"
  cp "$corpus"/* "$grown" 2>/dev/null || :
  if ! nice "$fuzz" -max_total_time='"$seconds"' -max_len=1024 -timeout=10 -use_value_profile=1 \
      -artifact_prefix="$PWD/build/fuzz/found/NAME-" "$grown" >"$log" 2>&1; then
    echo "NAME: found something"
    tail -n 20 "$log"
    exit 1
  fi
  nice "$fuzz" -merge=1 -use_counters=0 -max_len=1024 "$corpus" "$grown" >>"$log" 2>&1
  echo "NAME: $(sed -n "s/^Done \([0-9]*\) runs.*/\1/p" "$log" | head -n 1) runs, $(ls "$corpus" | wc -l) inputs kept"'
