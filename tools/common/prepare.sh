#!/bin/bash
# What tools/quickstart.sh and tests/run.sh share: packages, root, the owner of build/. To be
# sourced; afterwards the working directory is the top of the tree.
self=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build_packages=(g++ cmake ninja-build pkgconf libmnl-dev libcap-dev libcap2-bin libc-ares-dev
  libfmt-dev libpcap-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev)
test_packages=(libgtest-dev libgmock-dev googletest tshark tcpdump iproute2
  iputils-ping iputils-tracepath traceroute mtr-tiny fping nmap netcat-openbsd tmux nftables procps
  jq python3-jsonschema g++-s390x-linux-gnu qemu-user)
fuzz_packages=(clang-19 libclang-rt-19-dev)

step() { printf '\n== %s [%d s]\n' "$*" "$SECONDS"; }

# become_root ARGUMENTS…: starts this script again under sudo where it is needed.
become_root() {
  ((EUID != 0)) || return 0
  if ! command -v sudo > /dev/null; then
    echo "$0: needs root: run it as root, or install sudo" >&2
    exit 3
  fi
  exec sudo -- "$self" "$@"
}

# Asks nobody anything, and asks the network only where something is missing.
install_missing() {
  local package missing=()
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) = installed ]] ||
      missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    echo "all $# packages are there"
    return 0
  fi
  echo "installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}

# Under sudo, what was built belongs to the caller.
give_back_build() {
  if [[ -n ${SUDO_UID-} && -d build ]]; then chown -R "$SUDO_UID:${SUDO_GID-$SUDO_UID}" build; fi
}

# configure PRESET FOLDER cmake-options…: quiet unless it fails.
configure() {
  local log=$2/configure.log
  if [[ -z ${SONDA_COMPILER_LAUNCHER-} ]] && command -v ccache > /dev/null; then
    export SONDA_COMPILER_LAUNCHER=ccache
  fi
  mkdir -p "$2"
  if ! cmake --preset "$1" -B "$2" "${@:3}" > "$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
}
