#!/bin/bash
# From a bare Debian 12 machine to echo requests that cross a simulated internet: installs what the
# build needs, builds, pings through a lab made on the spot and shows what an ICMP error looks like.
# No network is needed for that, and nothing stays behind but build/. Safe to run again, and quick
# then.
#   tools/quickstart.sh
# Needs root (packages, namespaces), or sudo.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common/prepare.sh"
if (($# > 0)); then
  echo "tools/quickstart.sh takes no arguments" >&2
  exit 2
fi
become_root

trap give_back_build EXIT

step "packages"
install_missing "${build_packages[@]}"

step "build into build/quickstart"
configure release build/quickstart -D SONDA_TESTS=OFF -D SONDA_CHECK_HEADERS=OFF
cmake --build build/quickstart
sonda=$PWD/build/quickstart/tools/sonda

# show COMMAND…: prints it as one would type it, then runs it.
show() {
  printf '\n$ %s\n' "$*"
  PATH=$PWD/build/quickstart/tools:$PATH "$@"
}

if "$sonda" lab run -- true; then
  step "in a lab: a simulated internet in namespaces, no network needed"
  show sonda lab run -- sonda ping -c 3 works
  echo
  echo "A router has a rule against 10.3.13.1, and says so. The name says which ICMP error:"
  show sonda lab run -- sonda ping -c 2 admin-prohibited || (($? == 1))
  echo
  echo "Eight routers in a row, from a file of ten lines:"
  show sonda lab run captures/time-exceeded/topology.toml -- sonda ping -c 3 web
  echo
  echo "And each packet of one echo as it passes, with the machine that touched it:"
  show sonda lab run --trace -- sonda ping -q -c 1 ttl-exceeded || (($? == 1))
  echo
  echo "The same errors with their frames, and whether what was said is what the frames show:"
  capture=build/quickstart/run.pcapng
  show sonda lab run -- sonda ping -i 0.2 -c 2 --capture $capture --frames admin-prohibited ||
    (($? == 1))
  show sonda verify $capture
else
  step "no namespaces here, so only this machine itself; see sonda doctor"
  show sonda ping -c 3 127.0.0.1
  show sonda ping -c 3 ::1
fi

step "done"
echo "build/quickstart/tools/sonda          what there is"
echo "build/quickstart/tools/sonda lab menu which errors can be had, and by which name"
echo "build/quickstart/tools/sonda doctor   what works on this machine"
[[ ! -e build/quickstart/run.pcapng ]] ||
  echo "build/quickstart/run.pcapng           the capture, for Wireshark"
