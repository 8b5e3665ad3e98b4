//! Our tokens beside the ones that Azure Attestation issued for the same evidence.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::{Path, PathBuf};

use casemate_crypto::Time;
use casemate_crypto::hash::sha256;
use casemate_policy::{AppraisalInputs, DataType, HeldData, Policy, SgxCollateral, appraise};
use casemate_token::{Issuance, claims};
use casemate_verify::{Context, Endorsements, Trace, TrustAnchors, verify};
use serde_json::{Map, Value as Json};

fn evidence(path: &str) -> PathBuf {
    let shared = std::env::var_os("CASEMATE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join("evidence").join(path);
    assert!(path.exists(), "no sample at {}: set CASEMATE_SHARED", path.display());
    path
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(evidence(path)).unwrap()
}

fn theirs(name: &str) -> Map<String, Json> {
    serde_json::from_slice(&read(&format!("maa-token/{name}/token_claims.json"))).unwrap()
}

/// What we say of the evidence in a recorded request, under the policy that was in force then. All recordings are of
/// one platform, whose collateral of 2025 is beside another copy of the quote.
fn ours(name: &str, evidence_file: &str, data_type: DataType, policy: &str) -> Map<String, Json> {
    let mut endorsements = Endorsements::default();
    endorsements
        .add(&read("sgx-dcap/sgx-azsdk-recording/collateral.json"))
        .unwrap();
    let context = Context {
        anchors: &TrustAnchors::vendor(),
        endorsements: &endorsements,
        time: Time::parse_rfc3339("2025-06-11T19:18:17Z").unwrap(),
        cache: None,
    };
    let bytes = read(&format!("maa-token/{name}/{evidence_file}"));
    let verified = verify(&bytes, &context, &mut Trace::quiet()).unwrap();
    let inputs = AppraisalInputs {
        runtime_data: HeldData::read(read(&format!("maa-token/{name}/runtime_data.bin")), data_type).unwrap(),
        sgx_collateral: Some(SgxCollateral {
            quote: Some(sha256(&bytes)),
            ..SgxCollateral::default()
        }),
        ..AppraisalInputs::default()
    };
    let appraised = appraise(&verified, &Policy::parse(policy).unwrap(), inputs).unwrap();
    let theirs = theirs(name);
    let issued = Time::from_unix(theirs["iat"].as_i64().unwrap());
    claims(
        &appraised,
        &Issuance::new(theirs["iss"].as_str().unwrap(), issued, [0; 32]),
    )
}

const PERMIT: &str = "version=1.0; authorizationrules{=> permit();}; issuancerules{};";
const DEFAULT_2021: &str = "version= 1.0;authorizationrules{=> permit();};issuancerules{c:[type==\"x-ms-sgx-is-debuggable\"] => issue(type=\"is-debuggable\", value=c.value);c:[type==\"x-ms-sgx-mrsigner\"] => issue(type=\"sgx-mrsigner\", value=c.value);c:[type==\"x-ms-sgx-mrenclave\"] => issue(type=\"sgx-mrenclave\", value=c.value);c:[type==\"x-ms-sgx-product-id\"] => issue(type=\"product-id\", value=c.value);c:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);c:[type==\"x-ms-attestation-type\"] => issue(type=\"tee\", value=c.value);};";

#[test]
fn our_tokens_say_what_azures_say() {
    for (name, evidence_file, data_type, policy) in [
        ("maa-azsdk-sgxenclave-2", "sgx_quote.bin", DataType::Json, PERMIT),
        ("maa-azsdk-sgxenclave-3", "sgx_quote.bin", DataType::Binary, PERMIT),
        ("maa-azsdk-sgxenclave-4", "sgx_quote.bin", DataType::Json, PERMIT),
        ("maa-azsdk-sgxenclave-6", "sgx_quote.bin", DataType::Json, DEFAULT_2021),
        ("maa-azsdk-openenclave-8", "oe_report.bin", DataType::Json, PERMIT),
        (
            "maa-azsdk-openenclave-14",
            "oe_report.bin",
            DataType::Json,
            DEFAULT_2021,
        ),
    ] {
        let (ours, theirs) = (ours(name, evidence_file, data_type, policy), theirs(name));
        for (claim, value) in &theirs {
            match claim.as_str() {
                // Random; ours lies back a minute; signed policies are not supported yet.
                "jti" | "nbf" | "x-ms-policy-signer" => {}
                // Their collateral was that of 2021.
                "x-ms-sgx-collateral" | "maa-attestationcollateral" => {
                    assert_eq!(ours[claim]["quotehash"], value["quotehash"], "{name} {claim}");
                }
                _ => assert_eq!(&ours[claim], value, "{name} {claim}"),
            }
        }
        for claim in ours.keys() {
            assert!(
                theirs.contains_key(claim) || claim.starts_with("x-casemate-"),
                "{name}: {claim} is not Azure's"
            );
        }
        assert_eq!(ours["x-casemate-trust-class"], "hardware", "{name}");
    }
}
