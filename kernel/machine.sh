#!/usr/bin/env bash
# Gives a machine what this project needs from outside:
#
#     kernel/machine.sh                       packages of the system, and Rust
#     kernel/machine.sh packages chromium     the packages, and a browser for the tests; Rust is left as it is
#     kernel/machine.sh rust                  Rust alone, for the user who runs this
#     kernel/machine.sh --look                installs nothing: says what is lacking, and fails when something is
#
# What is there already is left alone, so a second run costs nothing. Everything else is made by `make setup`, inside the project.
set -euo pipefail

# For a machine that has no cargo. Another one is kept as it is, from the oldest that Cargo.toml names.
RUST_VERSION=1.95.0
APT_PACKAGES='ca-certificates curl gcc git libc6-dev make python3-venv'
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

say() { printf 'machine: %s\n' "$*" >&2; }
has() { command -v "$1" > /dev/null 2>&1; }

# Each of these is true when nothing is lacking.
python_is_there() { has python3 && python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2> /dev/null; }
# On a Mac without the command line tools, `cc` is there, and asks for them in a window.
compiler_is_there() { if [ "$(uname)" = Darwin ]; then xcode-select -p > /dev/null 2>&1; else has cc; fi; }
# The Makefile needs GNU make 4; macOS comes with 3.81, and Homebrew calls the newer one gmake.
make_is_there() { [[ "$({ gmake --version || make --version; } 2> /dev/null)" =~ ^GNU\ Make\ ([4-9]|[1-9][0-9]) ]]; }
rust_is_there() { has cargo && cargo --version > /dev/null 2>&1; }
chromium_is_there() {
  [ -n "${CHROMIUM:-}" ] || has chromium || has chromium-browser || has google-chrome \
    || [ -x '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' ]
}

# What is lacking of one step, in words.
lacking() {
  case $1 in
    packages)
      python_is_there || echo 'Python 3.10 or newer with venv'
      compiler_is_there || echo 'a C compiler'
      make_is_there || echo 'GNU make 4 or newer'
      ;;
    rust) rust_is_there || echo 'Rust' ;;
    chromium) chromium_is_there || echo 'Chromium or Chrome' ;;
    *)
      say "unknown step $1: known are packages, rust and chromium"
      exit 2
      ;;
  esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif has sudo; then
    sudo "$@"
  else
    say "root is needed, and there is no sudo: run this as root: $*"
    return 1
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

install_packages() {
  if has apt-get; then
    # shellcheck disable=SC2086  # a list of words
    apt_install $APT_PACKAGES
  elif has brew; then
    compiler_is_there || say 'the C compiler is Apple'\''s: xcode-select --install'
    python_is_there || brew install python
    make_is_there || brew install make
  else
    say "neither apt-get nor brew is here: install what corresponds to $APT_PACKAGES"
  fi
}

# As rustup's own page tells; its scripts ask nothing then and leave the shell's settings as they are.
install_rust() {
  if has rustup; then
    rustup toolchain install "$RUST_VERSION" --profile minimal
    rustup default "$RUST_VERSION"
  else
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs \
      | sh -s -- -y --quiet --no-modify-path --profile minimal --default-toolchain "$RUST_VERSION"
  fi
  rustup component add --toolchain "$RUST_VERSION" clippy rust-src rustfmt
}

install_chromium() {
  if has apt-get; then
    # Ubuntu's package only points to a snap, which a container cannot run.
    apt_install chromium || say 'no Chromium from this system: install Chrome by hand, or name a browser in CHROMIUM'
  elif has brew; then
    brew install --cask google-chrome
  fi
}

look_only=
[ "${1:-}" != --look ] || { look_only=yes; shift; }
[ "$#" -gt 0 ] || set -- packages rust
still=()
for step in "$@"; do
  before=$(lacking "$step")
  if [ -n "$before" ] && [ -z "$look_only" ]; then
    "install_$step"
    before=$(lacking "$step")
  fi
  while IFS= read -r what; do
    [ -z "$what" ] || still+=("$what")
  done <<< "$before"
done
if [ "${#still[@]}" -gt 0 ]; then
  for what in "${still[@]}"; do say "lacking: $what"; done
  [ -z "$look_only" ] || say 'to install it: bash kernel/machine.sh'
  exit 1
fi
