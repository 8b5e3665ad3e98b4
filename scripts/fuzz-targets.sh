#!/usr/bin/env bash
# Writes fuzz/fuzz_targets and the [[bin]] sections of fuzz/Cargo.toml from the list of targets in testkit.
set -euo pipefail

cd "$(dirname "$0")/../fuzz"
mapfile -t targets < <(sed -n 's/^    ("\([a-z0-9_]*\)", .*/\1/p' ../crates/testkit/src/fuzz/mod.rs)
sed -i '/^\[\[bin\]\]/,$d' Cargo.toml
rm -f fuzz_targets/*.rs
for target in "${targets[@]}"; do
    printf '#![no_main]\nlibfuzzer_sys::fuzz_target!(|bytes: &[u8]| {\n    casemate_testkit::fuzz::%s(bytes);\n});\n' \
        "$target" >"fuzz_targets/$target.rs"
    printf '[[bin]]\nname = "%s"\npath = "fuzz_targets/%s.rs"\ntest = false\ndoc = false\nbench = false\n\n' \
        "$target" "$target" >>Cargo.toml
done
sed -i '$d' Cargo.toml
