//! The sample manifest's SGX, Open Enclave and TDX entries: verdicts, facts and every set of collateral.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::path::{Path, PathBuf};

use casemate_crypto::Time;
use casemate_verify::{
    ChainCache, Context, EndorsementKind, EndorsementRequest, Endorsements, EvidenceType, Refusal, Trace, TrustAnchors,
    TrustClass, Verified, collect, needs, verify,
};
use serde_json::Value;

const TYPES: [&str; 3] = ["sgx-dcap", "open-enclave", "tdx"];

fn shared() -> PathBuf {
    let path = std::env::var_os("CASEMATE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    assert!(path.is_dir(), "shared data not found at {}", path.display());
    path
}

fn entries() -> Vec<Value> {
    let text = std::fs::read(shared().join("evidence/MANIFEST.json")).unwrap();
    let all: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let ours: Vec<Value> = all
        .into_iter()
        .filter(|entry| TYPES.contains(&entry["type"].as_str().unwrap()))
        .collect();
    assert!(ours.len() >= 40, "{}", ours.len());
    ours
}

fn id(entry: &Value) -> &str {
    entry["id"].as_str().unwrap()
}

fn folder(entry: &Value) -> PathBuf {
    let first = entry["files"][0].as_str().unwrap();
    shared().join("evidence").join(first).parent().unwrap().to_path_buf()
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect();
    found.sort();
    found
}

fn time(text: &Value) -> Time {
    Time::parse_rfc3339(text.as_str().unwrap()).unwrap()
}

fn run(evidence: &[u8], endorsements: &Endorsements, time: Time) -> (Result<Verified, Refusal>, Trace) {
    let anchors = TrustAnchors::vendor();
    let mut trace = Trace::new();
    let context = Context {
        anchors: &anchors,
        endorsements,
        time,
        cache: None,
    };
    let verdict = verify(evidence, &context, &mut trace);
    (verdict, trace)
}

/// Refusals expected of entries that must not verify, or that cannot with what is there.
fn expected_refusal(entry: &Value) -> Option<&'static str> {
    Some(match id(entry) {
        "sgx-fortanix-ppid" | "sgx-oasis-eppid" => "pck_missing",
        // Its signatures and its chain verify; see `fortanix_needs_only_collateral`.
        "sgx-fortanix-pck" => "collateral_missing",
        "sgx-intel-qvl-sample" | "tdx-v4-intel-qvl-sample" => return None,
        _ if entry["outcome_class"] == "tcb-not-supported" => "tcb_not_supported",
        // Broken so that a certificate's key is no point of its curve.
        "oe-sgx-cert-rsa-bad" => "malformed",
        _ if entry["outcome_class"] == "negative" => "signature_invalid",
        _ => return None,
    })
}

#[test]
fn folders_verify_at_their_time_with_the_facts_listed() {
    let mut wrong = Vec::new();
    for entry in entries() {
        let sorted = collect::sort(&files(&folder(&entry)));
        assert!(!sorted.evidence.is_empty(), "{}", id(&entry));
        let at = if entry["valid_at"].is_string() {
            time(&entry["valid_at"])
        } else {
            Time::from_unix(1_600_000_000)
        };
        for (name, kind, bytes) in &sorted.evidence {
            let (verdict, trace) = run(bytes, &sorted.endorsements, at);
            match (&verdict, expected_refusal(&entry)) {
                (Err(refusal), Some(code)) if refusal.code() == code => {}
                (Err(_), None) if id(&entry).contains("intel-qvl") => {}
                (Ok(verified), None) => {
                    assert_eq!(verified.class(), TrustClass::Hardware);
                    assert!(trace.checks().iter().all(|check| check.ok));
                    wrong.extend(differences(&entry, name, verified));
                }
                (other, expected) => wrong.push(format!(
                    "{} {name} {kind}: {other:?}, expected {expected:?}",
                    id(&entry)
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Facts of the manifest that the claims do not repeat.
fn differences(entry: &Value, name: &str, verified: &Verified) -> Vec<String> {
    const NOT_CLAIMS: [&str; 12] = [
        "collateral_sets",
        "upstream_asserts",
        "report_data_is",
        "upstream",
        "runtime_data",
        "kid",
        "nonce_is_report_data",
        "ccel_note",
        "body_type_note",
        "rtmr_note",
        "note",
        "upstream_note",
    ];
    let facts = verified.claims().facts();
    let mut wrong = Vec::new();
    for (key, expected) in entry["key_facts"].as_object().unwrap() {
        let Some(found) = facts.get(key) else {
            if !NOT_CLAIMS.contains(&key.as_str()) && !key.contains("sha256") {
                wrong.push(format!("{} {name}: no claim {key} ({expected})", id(entry)));
            }
            continue;
        };
        let equal = match key.as_str() {
            // The manifest cuts it at 60 characters.
            "pck_issuer" => found.as_str().unwrap().starts_with(expected.as_str().unwrap()),
            _ => found == expected,
        };
        if !equal {
            wrong.push(format!("{} {name}: {key} is {found}, expected {expected}", id(entry)));
        }
    }
    let status = &facts["tcb_status"];
    // The manifest's own evaluator looks at platform levels only; its record of dcap-qvl agrees with us.
    let expected = if id(entry) == "tdx-v5-oe-relaunch" {
        "TDRelaunchAdvised"
    } else {
        entry["tcb_status"].as_str().unwrap()
    };
    if status != expected {
        wrong.push(format!("{} {name}: status {status}, expected {expected}", id(entry)));
    }
    wrong
}

#[test]
fn every_set_of_collateral_gives_the_status_that_dcap_qvl_gave() {
    let (mut wrong, mut sets) = (Vec::new(), 0);
    for entry in entries() {
        let folder = folder(&entry);
        let quote = std::fs::read(folder.join("quote.bin")).unwrap();
        for set in entry["key_facts"]["collateral_sets"].as_array().into_iter().flatten() {
            sets += 1;
            let file = set["file"].as_str().unwrap();
            let mut endorsements = Endorsements::new();
            endorsements.add(&std::fs::read(folder.join(file)).unwrap()).unwrap();
            let (verdict, _) = run(&quote, &endorsements, time(&set["checked_at"]));
            let said = match &verdict {
                Ok(verified) => format!(
                    "status={} advisories={}",
                    verified.tcb().status.as_str(),
                    serde_json::to_string(&verified.tcb().advisory_ids)
                        .unwrap()
                        .replace('"', "'")
                        .replace(',', ", ")
                ),
                Err(refusal) => refusal.code().to_owned(),
            };
            let expected = expected_of_set(&entry, set);
            if !expected.iter().any(|one| said.starts_with(one.as_str())) {
                wrong.push(format!("{} {file}: {said}, expected {expected:?}", id(&entry)));
            }
        }
    }
    assert!(sets >= 80, "{sets}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn expected_of_set(entry: &Value, set: &Value) -> Vec<String> {
    let result = set["result"].as_str().unwrap();
    if set["accepted_by_dcap_qvl"] == true {
        return vec![result.to_owned()];
    }
    // What dcap-qvl refuses by a policy built into it, we report: debug, SEPT_VE_DISABLE, service TDs.
    let policy = ["Debug mode", "SEPT_VE_DISABLE", "MR service TD"]
        .iter()
        .any(|word| result.contains(word));
    // Version 2 of the TCB info, which it does not read.
    let version_2 = result.contains("sgxtcbcomponents");
    if result.contains("No matching TCB level") {
        vec!["tcb_not_supported".to_owned()]
    } else if set["file"] == "collateral_upstream_stale.json" {
        // Its TCB info ended two years before its CRLs began: at no time is all of it valid.
        vec!["not_yet_valid".to_owned()]
    } else if policy || version_2 {
        vec![format!("status={} ", set["own_status"].as_str().unwrap())]
    } else {
        panic!("{}: {result}", id(entry))
    }
}

#[test]
fn a_warm_cache_gives_the_same_verdicts() {
    let anchors = TrustAnchors::vendor();
    let cache = ChainCache::default();
    for entry in entries().iter().filter(|entry| entry["valid_at"].is_string()) {
        let sorted = collect::sort(&files(&folder(entry)));
        let time = time(&entry["valid_at"]);
        for (_, _, bytes) in &sorted.evidence {
            let cold = Context {
                anchors: &anchors,
                endorsements: &sorted.endorsements,
                time,
                cache: None,
            };
            let warm = Context {
                cache: Some(&cache),
                ..cold
            };
            let expected = verify(bytes, &cold, &mut Trace::quiet()).map(|verified| verified.claims().facts());
            for _ in 0..2 {
                let mut trace = Trace::new();
                let found = verify(bytes, &warm, &mut trace).map(|verified| verified.claims().facts());
                assert_eq!(found, expected, "{}", id(entry));
                assert!(trace.checks().len() >= 5);
            }
        }
    }
}

#[test]
fn fortanix_needs_only_collateral() {
    let entry = entries()
        .into_iter()
        .find(|entry| id(entry) == "sgx-fortanix-pck")
        .unwrap();
    let sorted = collect::sort(&files(&folder(&entry)));
    let (verdict, trace) = run(&sorted.evidence[0].2, &sorted.endorsements, time(&entry["valid_at"]));
    assert!(matches!(&verdict, Err(Refusal::CollateralMissing { subject, .. }) if subject.contains("00906EA10000")));
    for name in [
        "quote.signature",
        "qe.report_data",
        "pck.chain",
        "pck.validity",
        "qe.report_signature",
    ] {
        assert!(
            trace.checks().iter().any(|check| check.name == name && check.ok),
            "{name}"
        );
    }
    assert!(
        trace
            .refusals()
            .iter()
            .all(|refusal| refusal.code() == "collateral_missing"
                || refusal.code() == "expired"
                || refusal.code() == "not_yet_valid")
    );
}

/// Intel's own test vectors chain to a test root. With it as an anchor everything verifies that its collateral lets
/// verify, and the class is never `hardware`.
#[test]
fn intels_samples_chain_to_the_root_that_is_given() {
    for name in ["sgx-dcap/sgx-intel-qvl-sample", "tdx/tdx-v4-intel-qvl-sample"] {
        let folder = shared().join("evidence").join(name);
        let root = std::fs::read(folder.join("trustedRootCaCert.pem")).unwrap();
        let der = casemate_crypto::pem::decode("CERTIFICATE", &root).unwrap().remove(0);
        let mut anchors = TrustAnchors::vendor();
        anchors.add_emulated(&der).unwrap();
        let sorted = collect::sort(&files(&folder));
        let time = Time::parse_rfc3339("2023-01-01T00:00:00Z").unwrap();
        let context = Context {
            anchors: &anchors,
            endorsements: &sorted.endorsements,
            time,
            cache: None,
        };
        let mut trace = Trace::new();
        let verdict = verify(&sorted.evidence[0].2, &context, &mut trace);
        println!("{name}: {verdict:?}\n{:#?}\n{:?}", trace.checks(), sorted.ignored);
        for check in [
            "quote.signature",
            "qe.report_data",
            "pck.chain",
            "pck.validity",
            "qe.report_signature",
        ] {
            assert!(
                trace.checks().iter().any(|one| one.name == check && one.ok),
                "{name}: {check}"
            );
        }
        let (untrusted, _) = run(&sorted.evidence[0].2, &sorted.endorsements, time);
        assert!(matches!(untrusted, Err(Refusal::Untrusted { .. })), "{untrusted:?}");
    }
}

#[test]
fn folders_are_sorted_by_content() {
    let sorted = |folder: &str| collect::sort(&files(&shared().join("evidence").join(folder)));
    let names = |found: &[(String, Refusal)]| found.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let live = sorted("tdx/tdx-v4-lunal-live");
    assert_eq!(
        live.event_logs
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["ccel.bin"]
    );
    assert_eq!(names(&live.ignored), ["tdreport.bin"]);
    let google = sorted("tdx/tdx-v4-google-cos113");
    assert_eq!(google.evidence.len(), 1);
    assert!(names(&google.ignored).contains(&"nonce.dat".to_owned()));
    let wrapped = sorted("open-enclave/oe-report-maa-release");
    let kinds: Vec<_> = wrapped
        .evidence
        .iter()
        .map(|(name, kind, _)| (name.as_str(), *kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("oe_report.bin", EvidenceType::OpenEnclave),
            ("quote.bin", EvidenceType::SgxDcap)
        ]
    );
    assert_eq!(names(&wrapped.ignored), ["enclave.info.json"]);
    let fortanix = sorted("sgx-dcap/sgx-fortanix-pck");
    assert!(!fortanix.endorsements.is_empty());
    assert!(fortanix.ignored.is_empty(), "{:?}", fortanix.ignored);
}

#[test]
fn needs_are_read_off_the_evidence() {
    for entry in entries() {
        let fmspc = entry["key_facts"]["fmspc"].as_str();
        let quote = std::fs::read(folder(&entry).join("quote.bin")).unwrap();
        let Ok(found) = needs(&quote) else {
            assert_eq!(entry["outcome_class"], "negative", "{}", id(&entry));
            continue;
        };
        let platform = found.iter().find_map(|request| match request {
            EndorsementRequest::SgxTcbInfo { fmspc } | EndorsementRequest::TdxTcbInfo { fmspc } => {
                Some(fmspc.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
            }
            _ => None,
        });
        if let Some(fmspc) = fmspc {
            assert_eq!(platform.as_deref(), Some(fmspc), "{}", id(&entry));
        }
    }
}

/// Open Enclave's blob holds PEM, and must not be taken for it: its documents and lists would be lost.
#[test]
fn open_enclave_endorsements_are_all_that_a_quote_needs() {
    let mut blobs = 0;
    for entry in entries().iter().filter(|entry| entry["valid_at"].is_string()) {
        let files = files(&folder(entry));
        let one = |wanted: &str| files.iter().find(|(name, _)| name == wanted).map(|(_, bytes)| bytes);
        let (Some(blob), Some(quote)) = (one("oe_endorsements.bin"), one("quote.bin")) else {
            continue;
        };
        blobs += 1;
        let mut endorsements = Endorsements::new();
        assert_eq!(
            endorsements.add(blob),
            Ok(EndorsementKind::OpenEnclaveEndorsements),
            "{}",
            id(entry)
        );
        let (verdict, _) = run(quote, &endorsements, time(&entry["valid_at"]));
        assert!(
            matches!(
                verdict,
                Ok(_) | Err(Refusal::Expired { .. } | Refusal::NotYetValid { .. })
            ),
            "{} {verdict:?}",
            id(entry)
        );
    }
    assert!(blobs >= 5, "{blobs}");
}
