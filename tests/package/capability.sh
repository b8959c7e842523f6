#!/bin/bash
# An installed program with a file capability, run by an ordinary user: the loader then ignores
# LD_LIBRARY_PATH and $ORIGIN, and has to find libsonda.so all the same. Needs root, for setcap.
#   capability.sh BUILD
set -euo pipefail
room=$(mktemp -d /tmp/sonda-capability-XXXXXX)
trap 'rm -rf "$room"' EXIT
chmod 755 "$room"
fail() { echo "$*" >&2; exit 1; }

cmake --install "$1" --prefix "$room/prefix" > "$room/install.log" || fail "$(cat "$room/install.log")"
cp "$room/prefix/bin/sonda-ping" "$room/without"
cp "$room/prefix/bin/sonda-ping" "$room/with"
setcap cap_net_raw+p "$room/with"

# A library that cannot be loaded, before the right one in the path of those who heed it.
mkdir "$room/poison"
echo "no library" > "$room/poison/libsonda.so.0"
as_user() {
  setpriv --reuid 65534 --regid 65534 --clear-groups env LD_LIBRARY_PATH="$room/poison" "$@" 2>&1
}

if said=$(as_user "$room/without" --version); then
  fail "LD_LIBRARY_PATH did not lead the program without capability astray: $said"
fi
said=$(as_user "$room/with" --json -c 1 127.0.0.1) || fail "with the capability: $said"
grep -q '"mode":"raw"' <<< "$said" || fail "no raw socket in spite of the capability: $said"
grep -q '"event":"reply"' <<< "$said" || fail "no reply: $said"
echo "uid 65534, cap_net_raw+p: the library is found, the socket is raw"
