//! The recorded SEV-SNP samples: what should verify does, with the facts that the manifest lists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod amd_common;

use amd_common::{endorsements, entries, facts_of, report, sample, verify_at};
use casemate_crypto::Time;
use casemate_evidence::snp::Product;
use casemate_verify::{
    Claims, Context, EndorsementRequest, EvidenceType, Refusal, TcbStatus, Trace, Trailing, TrustAnchors, TrustClass,
    amd,
};
use serde_json::{Value, json};

/// Facts of the manifest that are not the report's: of other files in the folder, or remarks.
const NOT_OF_THE_REPORT: [&str; 6] = [
    "upstream_asserts",
    "uvm_payload",
    "uvm_issuer",
    "uvm_feed",
    "uvm_launchmeasurement_matches_report",
    "uvm_cert_window",
];

fn compare(id: &str, expected: &Value, found: &serde_json::Map<String, Value>) -> usize {
    let mut compared = 0;
    for (name, value) in expected.as_object().unwrap() {
        if NOT_OF_THE_REPORT.contains(&name.as_str()) || name.starts_with("sha256(") {
            continue;
        }
        assert_eq!(found.get(name), Some(value), "{id}: {name}");
        compared += 1;
    }
    compared
}

#[test]
fn every_recorded_report_has_the_listed_outcome_and_facts() {
    let (mut verified, mut refused) = (0, 0);
    for entry in entries() {
        let id = entry["id"].as_str().unwrap();
        let Some(report) = sample(id, "report.bin") else {
            continue;
        };
        let time = entry["valid_at"]
            .as_str()
            .map_or(Time::from_unix(1_700_000_000), |at| Time::parse_rfc3339(at).unwrap());
        let mut trace = Trace::new();
        let outcome = verify_at(&report, &endorsements(id), time, &mut trace);
        match (entry["expected"].as_str().unwrap(), outcome) {
            ("verifies", Ok(found)) => {
                assert_eq!(found.evidence_type(), EvidenceType::SevSnp);
                assert_eq!(
                    (found.class(), found.tcb().status),
                    (TrustClass::Hardware, TcbStatus::NotPublished)
                );
                assert!(compare(id, &entry["key_facts"], &found.claims().facts()) >= 18, "{id}");
                assert!(trace.checks().iter().all(|check| check.ok));
                verified += 1;
            }
            ("fails", Err(refusal)) => {
                let right = match id {
                    "milan-v2-wrong-vcek-legacy" => matches!(refusal, Refusal::SignatureInvalid { .. }),
                    "milan-v2-sidecar-maa-test" => matches!(refusal, Refusal::CollateralMissing { .. }),
                    _ => false,
                };
                assert!(right, "{id}: {refusal:?}");
                refused += 1;
            }
            (expected, outcome) => panic!("{id}: {expected}, but {outcome:?}"),
        }
    }
    assert_eq!((verified, refused), (16, 2));
}

#[test]
fn chains_without_a_report_have_the_listed_facts() {
    for (id, time) in [
        ("turin-vcek-chain-virtee", "2025-06-01T00:00:00Z"),
        ("amd-roots-milan", "2025-06-01T00:00:00Z"),
    ] {
        let anchors = TrustAnchors::vendor();
        let endorsements = endorsements(id);
        let time = Time::parse_rfc3339(time).unwrap();
        let context = Context {
            anchors: &anchors,
            endorsements: &endorsements,
            time,
            cache: None,
        };
        let chain = amd::verify_endorsement_chain(&context, &mut Trace::new()).unwrap();
        assert_eq!(chain.class(), TrustClass::Hardware);
        let entry = entries().into_iter().find(|entry| entry["id"] == id).unwrap();
        assert!(compare(id, &entry["key_facts"], chain.facts()) >= 2);
        let none = TrustAnchors::none();
        let context = Context {
            anchors: &none,
            ..context
        };
        let refused = amd::verify_endorsement_chain(&context, &mut Trace::new());
        assert!(matches!(refused, Err(Refusal::Untrusted { .. })), "{refused:?}");
    }
}

#[test]
fn an_extended_report_brings_its_certificates_along() {
    let id = "genoa-v3-extended-veraison";
    let table = sample(id, "auxblob_certtable.bin").unwrap();
    let extended = [report(id), table.clone()].concat();
    let none = casemate_verify::Endorsements::new();
    let time = Time::parse_rfc3339("2026-01-01T11:19:36Z").unwrap();
    let found = verify_at(&extended, &none, time, &mut Trace::new()).unwrap();
    assert_eq!(found.trailing(), &Trailing::None);
    assert_eq!(found.claims().facts(), facts_of(id));
    let mut apart = casemate_verify::Endorsements::new();
    apart.add(&table).unwrap();
    assert!(verify_at(&report(id), &apart, time, &mut Trace::new()).is_ok());
}

#[test]
fn debug_is_a_claim_and_refuses_nothing() {
    let facts = facts_of("milan-v2-vcek-google");
    assert_eq!(facts["debug"], json!(true));
    assert_eq!(facts["policy"], json!("0xb0000"));
}

#[test]
fn the_product_name_tells_line_and_stepping() {
    let id = "milan-v2-vcek-google";
    let time = Time::parse_rfc3339("2023-06-06T17:43:28Z").unwrap();
    let found = verify_at(&report(id), &endorsements(id), time, &mut Trace::new()).unwrap();
    let Claims::Snp(claims) = found.claims() else {
        panic!("{:?}", found.claims())
    };
    // Upstream refuses where stepping 12 is expected: a policy that asks for `Milan-BC` finds this instead.
    assert_eq!(claims.vek().product_name(), "Milan-B0");
    assert_eq!(claims.reported_tcb().microcode, 68);
}

#[test]
fn the_certificates_of_a_clouds_host_are_read() {
    for id in ["milan-v3-caci-scitt", "milan-v2-caci-sidecar"] {
        let host = amd_common::certificates(id, &["host_amd_certs.json"]);
        assert!(host.certificates().len() >= 3, "{id}");
        let time = amd_common::time_of(id);
        assert!(verify_at(&report(id), &host, time, &mut Trace::new()).is_ok(), "{id}");
    }
}

#[test]
fn a_report_is_known_by_its_bytes_and_says_what_it_needs() {
    for entry in entries() {
        let id = entry["id"].as_str().unwrap();
        if let Some(report) = sample(id, "report.bin") {
            assert_eq!(casemate_verify::recognise(&report), Some(EvidenceType::SevSnp), "{id}");
        }
    }
    let needed = casemate_verify::needs(&report("turin-v5-vcek-ms-tav")).unwrap();
    let EndorsementRequest::AmdVek {
        kind,
        product,
        chip_id,
        reported_tcb,
    } = &needed[0]
    else {
        panic!("{needed:?}")
    };
    assert_eq!((*kind, *product), (amd::VekKind::Vcek, Some(Product::Turin)));
    assert_eq!(
        (chip_id.as_str(), *reported_tcb),
        ("59790fb1c39f35c1", [1, 1, 1, 4, 0, 0, 0, 0x51])
    );
    assert_eq!(needed.len(), 3);
    let table = sample("genoa-v3-extended-veraison", "auxblob_certtable.bin").unwrap();
    assert_eq!(casemate_verify::recognise(&table), None);
}
