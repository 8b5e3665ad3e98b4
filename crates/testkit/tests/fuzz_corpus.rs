//! Replays the committed corpus, the real samples, and seeded mutations of both through every fuzz body.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::{Path, PathBuf};

use casemate_testkit::fuzz::{self, Body, Outcome, TARGETS};
use casemate_testkit::{Random, folder, manifest, seeds};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

fn body(target: &str) -> Body {
    TARGETS
        .iter()
        .find(|(name, _)| *name == target)
        .unwrap_or_else(|| panic!("no target {target}"))
        .1
}

/// Runs a body and, if it panics, says on what.
fn run(target: &str, what: &str, bytes: &[u8]) -> Outcome {
    std::panic::catch_unwind(|| body(target)(bytes)).unwrap_or_else(|_| {
        let kept = std::env::temp_dir().join(format!("casemate-fuzz-{target}"));
        std::fs::write(&kept, bytes).unwrap();
        panic!("{target} panics on {what}; the input is in {}", kept.display());
    })
}

/// Runs a body on `bytes` and on `rounds` mutations of it, each of one to four steps.
fn run_mutated(target: &str, what: &str, bytes: &[u8], rounds: u64) {
    run(target, what, bytes);
    for seed in 1..=rounds {
        let mut random = Random::new(seed ^ (u64::try_from(bytes.len()).unwrap() << 20));
        let mut mutant = bytes.to_vec();
        for _ in 0..=random.below(4) {
            random.mutate(&mut mutant);
        }
        run(target, &format!("mutation {seed} of {what}"), &mutant);
    }
}

#[test]
fn every_target_has_a_corpus_and_survives_it() {
    for (target, _) in TARGETS {
        let files = folder(&corpus().join(target));
        assert!(!files.is_empty(), "no corpus for {target}");
        for (name, bytes) in files {
            run_mutated(target, &name, &bytes, 300);
        }
    }
}

#[test]
fn every_target_has_a_fuzzer_and_every_fuzzer_a_target() {
    let fuzzers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
    let mut names: Vec<String> = folder(&fuzzers)
        .into_iter()
        .map(|(name, _)| name.trim_end_matches(".rs").to_owned())
        .collect();
    names.sort();
    let mut targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    targets.sort_unstable();
    assert_eq!(names, targets);
}

#[test]
fn every_target_has_seeds() {
    let seeds = seeds::seeds();
    for (target, name, bytes) in &seeds {
        assert_eq!(
            run(target, name, bytes),
            Outcome::Accepted,
            "{target}: {name} is refused"
        );
    }
    for (target, _) in TARGETS {
        assert!(seeds.iter().any(|(found, ..)| found == target), "{target}");
    }
}

#[test]
fn real_samples_and_their_mutations() {
    let mut runs = 0;
    for entry in manifest() {
        for (name, bytes) in entry.contents() {
            for target in fuzz::targets_of(&name) {
                run_mutated(target, &format!("{}/{name}", entry.id), &bytes, 8);
                runs += 1;
            }
        }
    }
    assert!(runs > 400, "only {runs} samples");
}
