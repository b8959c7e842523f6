#!/bin/bash
# From a bare Debian 12 machine to real echo requests answered by a real kernel: installs what the
# build needs, builds, and pings through three network namespaces made on the spot. No network is
# needed for that, and nothing stays behind but build/. Safe to run again, and quick then.
#   tools/quickstart.sh
# Needs root (packages, namespaces), or sudo.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common/prepare.sh"
if (($# > 0)); then
  echo "tools/quickstart.sh takes no arguments" >&2
  exit 2
fi
become_root

lab=sonda-$$
clean_up() {
  local host
  for host in client router server; do
    if [[ -e /run/netns/$lab-$host ]]; then ip netns delete "$lab-$host"; fi
  done
  give_back_build
}
trap clean_up EXIT

step "packages"
install_missing "${build_packages[@]}"

step "build into build/quickstart"
configure release build/quickstart -D SONDA_TESTS=OFF -D SONDA_CHECK_HEADERS=OFF
cmake --build build/quickstart
sonda=$PWD/build/quickstart/tools/sonda

# show [in HOST] COMMAND…: prints it as one would type it, then runs it.
show() {
  local inside=()
  if [[ $1 = in ]]; then
    inside=(ip netns exec "$lab-$2")
    shift 2
  fi
  printf '\n$ %s\n' "$*"
  "${inside[@]}" "$sonda" "${@:2}"
}

# client 10.0.1.1 ---- 10.0.1.2 router 10.0.2.2 ---- 10.0.2.1 server
make_lab() {
  local host
  for host in client router server; do
    ip netns add "$lab-$host" || return 1
    ip -n "$lab-$host" link set lo up || return 1
  done
  join client 10.0.1.1/24 fd00:1::1/64 router 10.0.1.2/24 fd00:1::2/64 &&
    join server 10.0.2.1/24 fd00:2::1/64 router 10.0.2.2/24 fd00:2::2/64 &&
    route client default via 10.0.1.2 && route client default via fd00:1::2 &&
    route server default via 10.0.2.2 && route server default via fd00:2::2 &&
    route router prohibit 10.0.9.0/24 && route router prohibit fd00:9::/64 &&
    ip netns exec "$lab-router" sh -c '
      echo 1 > /proc/sys/net/ipv4/ip_forward && echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
}
# join A IPV4 IPV6 B IPV4 IPV6: a veth pair; each end is called after the other.
join() {
  ip link add "$4" netns "$lab-$1" type veth peer name "$1" netns "$lab-$4" &&
    set_up "$1" "$4" "$2" "$3" && set_up "$4" "$1" "$5" "$6"
}
set_up() {
  ip -n "$lab-$1" address add "$3" dev "$2" &&
    ip -n "$lab-$1" address add "$4" dev "$2" nodad &&
    ip -n "$lab-$1" link set "$2" up
}
route() {
  local version=-4
  [[ $* != *:* ]] || version=-6
  ip "$version" -n "$lab-$1" route add "${@:2}"
}

if make_lab; then
  step "in the namespace of the client: client ---- router ---- server"
  show in client sonda ping -c 3 10.0.2.1
  show in client sonda ping -c 3 fd00:2::1
  echo
  echo "The router has a rule against 10.0.9.0/24 and fd00:9::/64, and says so:"
  show in client sonda ping -c 2 10.0.9.1 || (($? == 1))
  show in client sonda ping -c 2 fd00:9::1 || (($? == 1))
else
  step "no network namespaces here, so only this machine itself"
  show sonda ping -c 3 127.0.0.1
  show sonda ping -c 3 ::1
fi

step "done"
echo "build/quickstart/tools/sonda        what there is"
echo "build/quickstart/tools/sonda doctor what works on this machine"
