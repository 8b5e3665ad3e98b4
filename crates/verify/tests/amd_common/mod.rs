//! Recorded samples, read in place.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod forge;

use std::{fs, path::PathBuf};

use casemate_crypto::Time;
use casemate_verify::{Context, Endorsements, Refusal, Trace, TrustAnchors, Verified, amd};
use serde_json::{Map, Value};

pub(crate) fn evidence() -> PathBuf {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let root = std::env::var_os("CASEMATE_SHARED").map_or_else(|| PathBuf::from(fallback), PathBuf::from);
    let folder = root.join("evidence");
    assert!(
        folder.is_dir(),
        "no samples at {}: set CASEMATE_SHARED",
        folder.display()
    );
    folder
}

/// The manifest's entries for SEV-SNP.
pub(crate) fn entries() -> Vec<Value> {
    let manifest: Vec<Value> = serde_json::from_slice(&fs::read(evidence().join("MANIFEST.json")).unwrap()).unwrap();
    let entries: Vec<_> = manifest
        .into_iter()
        .filter(|entry| entry["type"] == "sev-snp")
        .collect();
    assert_eq!(entries.len(), 20);
    entries
}

pub(crate) fn sample(id: &str, name: &str) -> Option<Vec<u8>> {
    fs::read(evidence().join("sev-snp").join(id).join(name)).ok()
}

pub(crate) fn report(id: &str) -> Vec<u8> {
    sample(id, "report.bin").unwrap()
}

/// The certificates of a sample, those of these names only if any are given.
pub(crate) fn certificates(id: &str, names: &[&str]) -> Endorsements {
    let mut endorsements = Endorsements::new();
    for name in names {
        if let Some(bytes) = sample(id, name) {
            endorsements.add(&bytes).unwrap();
        }
    }
    endorsements
}

pub(crate) fn endorsements(id: &str) -> Endorsements {
    certificates(
        id,
        &[
            "ark.pem",
            "ask.pem",
            "asvk.pem",
            "vcek.pem",
            "vlek.pem",
            "vcek.der",
            "auxblob_certtable.bin",
        ],
    )
}

pub(crate) fn time_of(id: &str) -> Time {
    let entry = entries().into_iter().find(|entry| entry["id"] == id).unwrap();
    Time::parse_rfc3339(entry["valid_at"].as_str().unwrap()).unwrap()
}

pub(crate) fn verify_at(
    report: &[u8],
    endorsements: &Endorsements,
    time: Time,
    trace: &mut Trace,
) -> Result<Verified, Refusal> {
    let anchors = TrustAnchors::vendor();
    amd::verify_snp(
        report,
        &Context {
            anchors: &anchors,
            endorsements,
            time,
            cache: None,
        },
        trace,
    )
}

pub(crate) fn facts_of(id: &str) -> Map<String, Value> {
    verify_at(&report(id), &endorsements(id), time_of(id), &mut Trace::new())
        .unwrap()
        .claims()
        .facts()
}
