//! Every published policy text that we hold, and what becomes of it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use casemate_policy::{ClaimSet, Decision, ParseErrorKind, Policy, Verdict, Version};
use serde_json::Value as Json;

/// The outcome of parsing one text.
enum Expected {
    /// It parses, as this version.
    Parses(Version),
    /// It does not, for this reason at this line and column.
    Refused(ParseErrorKind, u32, u32),
}

use Expected::{Parses, Refused};

const TEXTS: [(&str, Expected); 20] = [
    ("author-sign-policy-0", Parses(Version::V1_0)),
    ("author-sign-policy-2", Parses(Version::V1_0)),
    ("author-sign-policy-3", Parses(Version::V1_0)),
    ("author-sign-policy-4", Parses(Version::V1_0)),
    ("claim-sets-1", Parses(Version::V1_0)),
    ("claim-sets-2", Parses(Version::V1_0)),
    // A typographic quotation mark closes a string in the published text.
    (
        "custom-tcb-baseline-enforcement-2",
        Refused(ParseErrorKind::Syntax, 5, 45),
    ),
    ("policy-examples-0", Parses(Version::V1_0)),
    ("policy-examples-1", Parses(Version::V1_1)),
    ("policy-examples-2", Parses(Version::V1_0)),
    ("policy-version-1-0-0", Parses(Version::V1_0)),
    ("policy-version-1-2-0", Refused(ParseErrorKind::Unsupported, 12, 96)),
    ("tpm-attestation-concepts-0", Parses(Version::V1_0)),
    (
        "tpm-attestation-concepts-3",
        Refused(ParseErrorKind::Unsupported, 12, 101),
    ),
    (
        "tpm-attestation-sample-policies-1",
        Refused(ParseErrorKind::Unsupported, 15, 96),
    ),
    (
        "tpm-attestation-sample-policies-2",
        Refused(ParseErrorKind::Unsupported, 5, 90),
    ),
    (
        "tpm-attestation-sample-policies-3",
        Refused(ParseErrorKind::Unsupported, 14, 99),
    ),
    ("tpm-attestation-sample-policies-4", Parses(Version::V1_2)),
    (
        "tpm-attestation-sample-policies-8",
        Refused(ParseErrorKind::Unsupported, 14, 88),
    ),
    (
        "tpm-attestation-sample-policies-9",
        Refused(ParseErrorKind::Unsupported, 7, 101),
    ),
];

fn policies() -> PathBuf {
    let shared = std::env::var_os("CASEMATE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let policies = shared.join("policies");
    assert!(
        policies.is_dir(),
        "no policy corpus at {}: set CASEMATE_SHARED",
        policies.display()
    );
    policies
}

fn text(name: &str) -> String {
    std::fs::read_to_string(policies().join(format!("{name}.txt"))).unwrap()
}

#[test]
fn every_text_of_the_corpus_has_its_expected_result() {
    let there: BTreeSet<String> = std::fs::read_dir(policies())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let listed: BTreeSet<String> = TEXTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, listed);
    for (name, expected) in &TEXTS {
        match (Policy::parse(&text(name)), expected) {
            (Ok(policy), Parses(version)) => assert_eq!(policy.version(), *version, "{name}"),
            (Err(error), Refused(kind, line, column)) => {
                assert_eq!(
                    (error.kind, error.line, error.column),
                    (*kind, *line, *column),
                    "{name}: {error}"
                );
            }
            (Ok(_), Refused(..)) => panic!("{name} parses"),
            (Err(error), Parses(_)) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn line_endings_do_not_matter() {
    for (name, _) in &TEXTS {
        let unix = text(name);
        let windows = unix.replace('\n', "\r\n");
        match (Policy::parse(&unix), Policy::parse(&windows)) {
            (Ok(unix), Ok(windows)) => assert_eq!(unix, windows, "{name}"),
            (Err(unix), Err(windows)) => assert_eq!(unix, windows, "{name}"),
            (unix, windows) => panic!("{name}: {unix:?} {windows:?}"),
        }
    }
}

#[test]
fn printing_and_parsing_again_changes_nothing() {
    for (name, expected) in &TEXTS {
        if matches!(expected, Parses(_)) {
            let policy = Policy::parse(&text(name)).unwrap();
            let printed = policy.to_string();
            let again = Policy::parse(&printed).unwrap_or_else(|error| panic!("{name}: {error}\n{printed}"));
            assert_eq!(policy, again, "{name}");
            assert_eq!(again.to_string(), printed, "{name}");
        }
    }
}

fn case(name: &str, file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name)
        .join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn golden(decision: &Decision) -> Json {
    let expectations = decision.failed_expectations();
    if decision.permitted() {
        serde_json::json!({ "verdict": decision.verdict(), "outgoing": decision.outgoing() })
    } else {
        serde_json::json!({ "verdict": decision.verdict(), "failed": expectations })
    }
}

/// The texts of which no claim set is permitted, or none is denied: their rules have no conditions.
const ALWAYS_DENIED: [&str; 1] = ["author-sign-policy-2"];
const ALWAYS_PERMITTED: [&str; 2] = ["policy-version-1-0-0", "tpm-attestation-concepts-0"];

#[test]
fn each_text_of_version_1_0_has_a_permitted_and_a_denied_claim_set() {
    let bless = std::env::var_os("CASEMATE_BLESS").is_some();
    for (name, expected) in &TEXTS {
        if !matches!(expected, Parses(Version::V1_0)) {
            continue;
        }
        let policy = Policy::parse(&text(name)).unwrap();
        for (side, verdict) in [("permit", Verdict::Permitted), ("deny", Verdict::NotPermitted)] {
            let claims = ClaimSet::from_json(&case(name, &format!("{side}.json"))).unwrap();
            let decision = policy.evaluate(&claims).unwrap();
            let expected = if ALWAYS_DENIED.contains(name) {
                Verdict::Denied
            } else if ALWAYS_PERMITTED.contains(name) {
                Verdict::Permitted
            } else {
                verdict
            };
            assert_eq!(decision.verdict(), expected, "{name} {side}");
            let found = golden(&decision);
            let file = format!("{side}.expected.json");
            if bless {
                let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("tests/corpus")
                    .join(name)
                    .join(&file);
                std::fs::write(path, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
            }
            let written: Json = serde_json::from_str(&case(name, &file)).unwrap();
            assert_eq!(written, found, "{name} {side}");
        }
    }
}
