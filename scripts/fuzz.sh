#!/usr/bin/env bash
# Builds every fuzz target once, runs each for SECONDS (two at a time) and prints its executions.
#   scripts/fuzz.sh SECONDS [TARGET…]
# A crash fails the run; its input stays in fuzz/crashes/TARGET. Inputs that reach new code are kept in fuzz/grown
# (ignored by git); fuzz/corpus holds the committed seeds, fuzz/local whatever the developer puts there.
set -euo pipefail

cd "$(dirname "$0")/../fuzz"
seconds=${1:?usage: scripts/fuzz.sh SECONDS [TARGET…]}
shift
mapfile -t targets < <([ $# -gt 0 ] && printf '%s\n' "$@" || basename -s .rs fuzz_targets/*.rs)
host=$(rustc -vV | sed -n 's/^host: //p')

# libFuzzer needs only LLVM's coverage counters, which stable rustc can insert. --target keeps them out of build
# scripts and procedural macros. The bodies' own assertions are on (see [profile.release]).
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
coverage+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
coverage+=" -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
RUSTFLAGS="$coverage" cargo build --release --quiet --target "$host" $(printf -- '--bin %s ' "${targets[@]}")
bin="$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')/$host/release"

mkdir -p logs
run() {
    local target=$1 log="logs/$1.log" status=0
    mkdir -p "grown/$target" "crashes/$target" "local/$target" "corpus/$target"
    "$bin/$target" "grown/$target" "corpus/$target" "local/$target" -max_total_time="$seconds" -max_len=65536 \
        -timeout=10 -rss_limit_mb=2048 -artifact_prefix="crashes/$target/" -print_final_stats=1 >"$log" 2>&1 || status=$?
    local executions
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [ "$status" -ne 0 ]; then
        echo "$target: CRASHED after ${executions:-?} executions"
        tail -n 25 "$log"
        return 1
    fi
    echo "$target: $executions executions"
}
export -f run
export bin seconds
printf '%s\n' "${targets[@]}" | xargs -P 2 -I {} bash -c 'set -euo pipefail; run {}'
