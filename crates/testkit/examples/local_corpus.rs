//! Copies the real samples into `fuzz/local`, which git ignores: `cargo run -p casemate-testkit --example local_corpus`.
#![allow(clippy::unwrap_used, reason = "a tool of the developer's")]

use std::path::Path;

use casemate_testkit::{fuzz::targets_of, manifest};

fn main() {
    let local = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/local");
    for entry in manifest() {
        for (name, bytes) in entry.contents() {
            for target in targets_of(&name) {
                std::fs::create_dir_all(local.join(target)).unwrap();
                std::fs::write(local.join(target).join(format!("{}-{name}", entry.id)), &bytes).unwrap();
            }
        }
    }
}
