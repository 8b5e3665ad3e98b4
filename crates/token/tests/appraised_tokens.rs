//! Our tokens beside the ones that Azure Attestation issued for the same evidence.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeSet;
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

#[test]
fn sev_snp_claims_have_azures_names_and_types() {
    let theirs = theirs("maa-sevsnp-caci-jwt");
    let mut endorsements = Endorsements::default();
    for file in ["ark.pem", "ask.pem", "vcek.pem"] {
        endorsements
            .add(&read(&format!("sev-snp/milan-v2-vcek-google/{file}")))
            .unwrap();
    }
    let context = Context {
        anchors: &TrustAnchors::vendor(),
        endorsements: &endorsements,
        time: Time::parse_rfc3339("2023-06-06T17:43:28Z").unwrap(),
        cache: None,
    };
    let verified = verify(
        &read("sev-snp/milan-v2-vcek-google/report.bin"),
        &context,
        &mut Trace::quiet(),
    )
    .unwrap();
    let appraised = appraise(&verified, &Policy::parse(PERMIT).unwrap(), AppraisalInputs::default()).unwrap();
    let ours = claims(
        &appraised,
        &Issuance::new("https://a.example", Time::from_unix(0), [0; 32]),
    );
    let kind = |value: &Json| match value {
        Json::String(text) => format!("text of {}", text.len()),
        other => if other.is_boolean() { "boolean" } else { "number" }.to_owned(),
    };
    let described = |claims: &Map<String, Json>| -> BTreeSet<(String, String)> {
        let named = claims.iter().filter(|(name, _)| name.starts_with("x-ms-sevsnpvm-"));
        named.map(|(name, value)| (name.clone(), kind(value))).collect()
    };
    assert_eq!(described(&ours), described(&theirs));
    assert_eq!(ours["x-ms-attestation-type"], theirs["x-ms-attestation-type"]);
}

/// The example token of Azure's EAT profile for trust domains, without the values: names and JSON types.
const TDX_TEXTS: [&str; 18] = [
    "attester_tcb_status",
    "dbgstat",
    "eat_profile",
    "intuse",
    "tdx_mrconfigid",
    "tdx_mrowner",
    "tdx_mrownerconfig",
    "tdx_mrseam",
    "tdx_mrsignerseam",
    "tdx_mrtd",
    "tdx_report_data",
    "tdx_rtmr0",
    "tdx_rtmr1",
    "tdx_rtmr2",
    "tdx_rtmr3",
    "tdx_seam_attributes",
    "tdx_td_attributes",
    "tdx_tee_tcb_svn",
];
const TDX_FLAGS: [&str; 5] = [
    "tdx_td_attributes_debug",
    "tdx_td_attributes_key_locker",
    "tdx_td_attributes_perfmon",
    "tdx_td_attributes_protection_keys",
    "tdx_td_attributes_septve_disable",
];

#[test]
fn tdx_claims_have_azures_names_and_types() {
    let mut endorsements = Endorsements::default();
    endorsements.add(&read("tdx/tdx-v4-phala/collateral.json")).unwrap();
    let context = Context {
        anchors: &TrustAnchors::vendor(),
        endorsements: &endorsements,
        time: Time::parse_rfc3339("2025-07-04T10:16:31Z").unwrap(),
        cache: None,
    };
    let verified = verify(&read("tdx/tdx-v4-phala/quote.bin"), &context, &mut Trace::quiet()).unwrap();
    let appraised = appraise(&verified, &Policy::parse(PERMIT).unwrap(), AppraisalInputs::default()).unwrap();
    let ours = claims(
        &appraised,
        &Issuance::new("https://a.example", Time::from_unix(0), [0; 32]),
    );
    for name in TDX_TEXTS {
        assert!(ours[name].is_string(), "{name}");
    }
    for name in TDX_FLAGS {
        assert!(ours[name].is_boolean(), "{name}");
    }
    assert!(ours["tdx_seamsvn"].is_u64() && ours["tdx_xfam"].is_string());
    assert_eq!(ours["x-ms-attestation-type"], "tdxvm");
    let common = ["exp", "iat", "iss", "jti", "nbf", "tdx_seamsvn", "tdx_xfam"];
    let known: BTreeSet<&str> = TDX_TEXTS.into_iter().chain(TDX_FLAGS).chain(common).collect();
    for name in ours
        .keys()
        .filter(|name| !name.starts_with("x-ms-") && !name.starts_with("x-casemate-"))
    {
        assert!(known.contains(name.as_str()), "{name} is not Azure's");
    }
}
