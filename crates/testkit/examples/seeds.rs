//! Writes the hand-made seeds into `fuzz/corpus`: `cargo run -p casemate-testkit --example seeds`.
#![allow(clippy::unwrap_used, reason = "a tool of the developer's")]

use std::path::Path;

use casemate_testkit::seeds::seeds;

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (target, name, bytes) in seeds() {
        std::fs::create_dir_all(corpus.join(target)).unwrap();
        std::fs::write(corpus.join(target).join(name), bytes).unwrap();
    }
}
