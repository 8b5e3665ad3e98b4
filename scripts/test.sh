#!/usr/bin/env bash
# Every test there is, stage by stage; a failing stage does not hide the next. Ends with a table and a line
# `N passed, N failed`, and exits non-zero when anything failed.
#
#   scripts/test.sh              all stages
#   scripts/test.sh NAME...      only these (build fmt layers sizes deny tests lint tour clients fuzz)
set -uo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
wanted=("$@")
rows=()
total_passed=0
total_failed=0

# The counts that a stage's own runners printed: cargo test's, the fuzzers', and the plain line `N passed, N failed`.
count() {
    awk '
        /^test result: / { for (i = 1; i < NF; i++) { if ($(i+1) ~ /^passed/) p += $i; if ($(i+1) ~ /^failed/) f += $i } }
        /^([A-Za-z-]+: )?[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {
            for (i = 1; i < NF; i++) { if ($(i+1) ~ /^passed/) p += $i; if ($(i+1) ~ /^failed/) f += $i } }
        /^[a-z0-9_]+: [0-9]+ executions$/ { p++ }
        /^[a-z0-9_]+: CRASHED / { f++ }
        END { printf "%d %d\n", p, f }' "$1"
}

# stage NAME COMMAND...: runs it, shows its output, counts. A stage without counts is one test; one that exits non-zero
# has failed whatever it counted.
stage() {
    local name=$1 log="$logs/$1" started=$SECONDS status=0 passed failed
    shift
    if [ ${#wanted[@]} != 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then
        return
    fi
    printf '\n=== %s: %s\n' "$name" "$*"
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    read -r passed failed < <(count "$log")
    if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
        failed=1
    elif [ "$status" = 0 ] && [ "$passed" = 0 ] && [ "$failed" = 0 ]; then
        passed=1
    fi
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
    rows+=("$(printf '%-8s %6ds %7d %7d' "$name" $((SECONDS - started)) "$passed" "$failed")")
}

# The workspace and the fuzzers, which are a workspace of their own.
deny() {
    local manifest status=0
    for manifest in Cargo.toml fuzz/Cargo.toml; do
        cargo deny --manifest-path "$manifest" --config deny.toml --log-level error check licenses bans sources || status=1
    done
    return "$status"
}

# One build for everything: the tests, and the binaries that the other stages run.
stage build cargo build --locked --quiet --workspace --all-targets
stage fmt cargo fmt --all --check
stage layers target/debug/xtask layers
stage sizes target/debug/xtask sizes
stage deny deny
stage tests cargo test --locked --quiet --workspace --no-fail-fast
stage lint cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
stage tour target/debug/casemate tour
stage clients tests/clients/run.sh target/debug/casemate
stage fuzz scripts/fuzz.sh 20

printf '\n%-8s %7s %7s %7s\n' stage time passed failed
printf '%s\n' ${rows[@]+"${rows[@]}"}
printf '\n%d passed, %d failed\n' "$total_passed" "$total_failed"
[ "$total_failed" = 0 ]
