//! Every sample of the manifest through the public path: its files are sorted by content, what is evidence is verified
//! with the vendors' roots at the time the manifest gives, and the claims are compared with the facts listed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use casemate_crypto::Time;
use casemate_crypto::x509::Certificate;
use casemate_testkit::{Entry, Expected, manifest};
use casemate_verify::eventlog::{self, Expected as Against, ExpectedRegisters};
use casemate_verify::{
    Claims, Context, EvidenceType, Refusal, Trace, TrustAnchors, TrustClass, Verified, collect, verify,
};
use serde_json::Value;

/// What came of one piece of evidence: the verdict, the codes of all refusals.
struct Outcome {
    verdict: Result<Verified, Refusal>,
    codes: Vec<&'static str>,
}

/// Verifies every piece of evidence of the entry's own type.
fn outcomes(entry: &Entry, anchors: &TrustAnchors) -> Vec<Outcome> {
    let sorted = collect::sort(&entry.contents());
    let time = entry.time().unwrap_or(Time::from_unix(1_700_000_000));
    let context = Context {
        anchors,
        endorsements: &sorted.endorsements,
        time,
        cache: None,
    };
    let is_own = |kind: EvidenceType| kind.as_str() == entry.evidence_type;
    // Two samples are certificates around a report: of them the bare quote is verified.
    let bare = !sorted.evidence.iter().any(|(_, kind, _)| is_own(*kind));
    let own = sorted.evidence.iter().filter(|(_, kind, _)| bare || is_own(*kind));
    own.map(|(_, _, bytes)| {
        let mut trace = Trace::new();
        let verdict = verify(bytes, &context, &mut trace);
        assert_eq!(
            verdict.is_err(),
            !trace.refusals().is_empty(),
            "{}: verdict and trace disagree",
            entry.id
        );
        Outcome {
            verdict,
            codes: trace.refusals().iter().map(Refusal::code).collect(),
        }
    })
    .collect()
}

fn of_types(types: &[&str]) -> Vec<Entry> {
    manifest()
        .into_iter()
        .filter(|entry| types.contains(&entry.evidence_type.as_str()))
        .collect()
}

/// The first refusal of each sample that must fail.
const REFUSED: &[(&str, &[&str])] = &[
    // No VCEK; its tampered twin has version 0.
    ("milan-v2-sidecar-maa-test", &["collateral_missing", "unsupported_type"]),
    (
        "milan-v2-wrong-vcek-legacy",
        &["mismatch", "untrusted", "signature_invalid"],
    ),
    ("oe-report-bad", &["untrusted", "signature_invalid", "malformed"]),
    ("oe-sgx-cert-ec-bad", &["untrusted", "signature_invalid", "malformed"]),
    ("oe-sgx-cert-rsa-bad", &["untrusted", "signature_invalid", "malformed"]),
    ("sgx-fortanix-corrupted", &["signature_invalid"]),
    ("sgx-fortanix-ppid", &["pck_missing"]),
    ("sgx-oasis-eppid", &["pck_missing"]),
    ("tdx-v4-phala-tappd", &["tcb_not_supported"]),
    ("tdx-v5-automata-evm", &["tcb_not_supported"]),
    ("tdx-v5-outdated-phala", &["tcb_not_supported"]),
];

/// Samples without (whole) collateral: signature and chain hold, nothing but collateral is missing.
const INCOMPLETE: &[&str] = &["sgx-fortanix-pck"];

/// Samples under a test root of Intel's, which the vendors' roots refuse.
const TEST_ROOT: &[&str] = &["sgx-intel-qvl-sample", "tdx-v4-intel-qvl-sample"];

/// Certificates without evidence.
const CHAINS_ONLY: &[&str] = &["turin-vcek-chain-virtee", "amd-roots-milan"];

fn compare_facts(entry: &Entry, verified: &Verified) -> usize {
    let mut compared = 0;
    for (name, found) in verified.claims().facts() {
        let Some(expected) = entry.key_facts.get(&name) else {
            continue;
        };
        // The manifest cuts the issuer's name.
        let same = match (name.as_str(), &found, expected) {
            ("pck_issuer", Value::String(found), Value::String(expected)) => found.starts_with(expected.as_str()),
            _ => found == *expected,
        };
        assert!(same, "{}: {name} is {found}, expected {expected}", entry.id);
        compared += 1;
    }
    let status = match entry.id.as_str() {
        // The manifest's own evaluation leaves the relaunch out; dcap-qvl's, beside it, has it.
        "tdx-v5-oe-relaunch" => Some("TDRelaunchAdvised"),
        _ => entry.rest.get("tcb_status").and_then(Value::as_str),
    };
    assert!(
        status.is_none_or(|status| status == verified.tcb().status.as_str()),
        "{}: TCB status",
        entry.id
    );
    compared
}

/// Every certificate is signed by another of the folder, the root by itself, and the root is a vendor's.
fn check_chain(entry: &Entry, anchors: &TrustAnchors) {
    let sorted = collect::sort(&entry.contents());
    let certificates = sorted.endorsements.certificates();
    assert!(certificates.len() >= 3, "{}", entry.id);
    for certificate in certificates {
        let signs = |issuer: &&Certificate| certificate.verify_signed_by(issuer.public_key()).is_ok();
        assert!(
            certificates.iter().any(|issuer| signs(&issuer)),
            "{}: {}",
            entry.id,
            certificate.subject()
        );
    }
    let vendor = |root: &&Certificate| anchors.iter().any(|anchor| anchor.certificate() == *root);
    assert_eq!(
        certificates.iter().filter(vendor).count(),
        1,
        "{}: a vendor's root",
        entry.id
    );
}

fn check(entry: &Entry, anchors: &TrustAnchors) -> &'static str {
    let outcomes = outcomes(entry, anchors);
    let id = entry.id.as_str();
    if CHAINS_ONLY.contains(&id) {
        assert!(outcomes.is_empty(), "{id} has evidence after all");
        check_chain(entry, anchors);
        return "chain only";
    }
    assert!(!outcomes.is_empty(), "{id}: no evidence found");
    for outcome in &outcomes {
        if let Some((_, codes)) = REFUSED.iter().find(|(name, _)| *name == id) {
            assert_eq!(entry.expected, Expected::Fails, "{id}");
            let code = outcome.verdict.as_ref().expect_err(id).code();
            assert!(codes.contains(&code), "{id}: refused as {code}");
        } else if INCOMPLETE.contains(&id) {
            // The one document that is there is of another year.
            let missing = |code: &&str| matches!(*code, "collateral_missing" | "not_yet_valid");
            assert!(outcome.codes.iter().all(missing), "{id}: {:?}", outcome.codes);
            assert!(outcome.verdict.is_err(), "{id}");
        } else if TEST_ROOT.contains(&id) {
            assert!(outcome.codes.contains(&"untrusted"), "{id}: {:?}", outcome.codes);
        } else {
            assert_eq!(entry.expected, Expected::Verifies, "{id} is in no table");
            let verified = outcome
                .verdict
                .as_ref()
                .unwrap_or_else(|_| panic!("{id}: {:?}", outcome.codes));
            assert_eq!(verified.class(), TrustClass::Hardware, "{id}");
            assert!(compare_facts(entry, verified) > 10, "{id}: hardly a fact was compared");
        }
    }
    match entry.expected {
        Expected::Fails => "refused",
        Expected::Verifies if INCOMPLETE.contains(&id) => "collateral missing",
        Expected::Verifies if TEST_ROOT.contains(&id) => "untrusted root",
        Expected::Verifies => "verified",
    }
}

/// Checks every sample, then fails with all that were wrong.
fn check_all(types: &[&str], expected: usize) {
    let anchors = TrustAnchors::vendor();
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let entries = of_types(types);
    assert_eq!(entries.len(), expected, "samples of {types:?}");
    for entry in entries {
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&entry, &anchors))) {
            Ok(outcome) => *counts.entry((entry.evidence_type.clone(), outcome)).or_default() += 1,
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                wrong.push(text.unwrap_or_else(|| format!("{}: panic", entry.id)));
            }
        }
    }
    for ((kind, outcome), count) in counts {
        println!("{kind}: {count} {outcome}");
    }
    assert!(
        wrong.is_empty(),
        "{} samples are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn intel() {
    check_all(&["sgx-dcap", "open-enclave", "tdx"], 46);
}

#[test]
fn event_logs() {
    let (mut verified, mut refused) = (0, 0);
    for entry in of_types(&["tpm-eventlog", "tdx-ccel"]) {
        let sorted = collect::sort(&entry.contents());
        let json = entry
            .file("expected_pcrs.json")
            .or_else(|| entry.file("expected_rtmrs.json"));
        let registers = json.map(|json| ExpectedRegisters::from_json(&json).unwrap());
        let expected = registers.as_ref().map_or(
            Against::Waived {
                why: "no registers known",
            },
            Against::Registers,
        );
        let logs = &sorted.event_logs;
        let holds = logs
            .iter()
            .all(|(_, log)| eventlog::check(log, expected, &mut Trace::new()).is_ok());
        let outcome = if holds && logs.len() == 1 {
            Expected::Verifies
        } else {
            Expected::Fails
        };
        assert_eq!(outcome, entry.expected, "{}", entry.id);
        if outcome == Expected::Verifies {
            verified += 1
        } else {
            refused += 1
        }
    }
    println!("event logs: {verified} well-formed and equal, {refused} refused or no log");
}

/// A log replays into the registers of the quote that came with it, and of no other boot.
#[test]
fn logs_of_quotes() {
    let anchors = TrustAnchors::vendor();
    for (id, outcome) in [
        ("tdx-v4-google-cos113", None),
        ("tdx-v4-lunal-live", Some("RTMR2 (sha384)")),
    ] {
        let entry = manifest().into_iter().find(|entry| entry.id == id).unwrap();
        let verified = outcomes(&entry, &anchors).remove(0).verdict.unwrap();
        let Claims::Tdx(claims) = verified.claims() else {
            panic!("{id} is no TD")
        };
        let sorted = collect::sort(&entry.contents());
        let [(_, log)] = sorted.event_logs.as_slice() else {
            panic!("{id}: one log")
        };
        let checked = eventlog::check(log, Against::Rtmrs(claims.rtmr()), &mut Trace::new());
        let register = checked.err().map(|refusal| match refusal {
            Refusal::ReplayMismatch { register, .. } => register,
            other => panic!("{id}: {other}"),
        });
        assert_eq!(register.as_deref(), outcome, "{id}");
    }
}

#[test]
fn amd() {
    check_all(&["sev-snp"], 20);
}
