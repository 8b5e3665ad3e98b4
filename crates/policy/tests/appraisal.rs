//! Real evidence, from bytes to an appraisal.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::{Path, PathBuf};

use casemate_crypto::Time;
use casemate_policy::{
    AppraisalInputs, Appraised, AttestationType, ClaimSet, DataType, EmulatedAllowed, HeldData, Policy, PolicyRefusal,
    Value, appraise, default_policy, incoming_claims,
};
use casemate_verify::{Context, Endorsements, Trace, TrustAnchors, Verified, verify};

fn evidence(path: &str) -> PathBuf {
    let shared = std::env::var_os("CASEMATE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join("evidence").join(path);
    assert!(path.exists(), "no sample at {}: set CASEMATE_SHARED", path.display());
    path
}

fn verified(file: &str, endorsements: &[&str], at: &str) -> Verified {
    let mut known = Endorsements::default();
    for name in endorsements {
        known.add(&std::fs::read(evidence(name)).unwrap()).unwrap();
    }
    let context = Context {
        anchors: &TrustAnchors::vendor(),
        endorsements: &known,
        time: Time::parse_rfc3339(at).unwrap(),
        cache: None,
    };
    let bytes = std::fs::read(evidence(file)).unwrap();
    verify(&bytes, &context, &mut Trace::quiet()).unwrap_or_else(|refusal| panic!("{file}: {refusal}"))
}

const SGX: (&str, &[&str], &str) = (
    "sgx-dcap/sgx-azsdk-recording/quote.bin",
    &["sgx-dcap/sgx-azsdk-recording/collateral.json"],
    "2025-06-11T19:18:17Z",
);
const SGX_DEBUG: (&str, &[&str], &str) = (
    "sgx-dcap/sgx-maa-intelsdk-debug/quote.bin",
    &["sgx-dcap/sgx-maa-intelsdk-debug/collateral.json"],
    "2025-06-11T19:18:17Z",
);
const TDX: (&str, &[&str], &str) = (
    "tdx/tdx-v4-phala/quote.bin",
    &["tdx/tdx-v4-phala/collateral.json"],
    "2025-07-04T10:16:31Z",
);
const SNP: (&str, &[&str], &str) = (
    "sev-snp/milan-v2-caci-sidecar/report.bin",
    &[
        "sev-snp/milan-v2-caci-sidecar/ark.pem",
        "sev-snp/milan-v2-caci-sidecar/ask.pem",
        "sev-snp/milan-v2-caci-sidecar/vcek.pem",
    ],
    "2023-08-11T18:43:56Z",
);
const SNP_DEBUG: (&str, &[&str], &str) = (
    "sev-snp/milan-v2-vcek-google/report.bin",
    &[
        "sev-snp/milan-v2-vcek-google/ark.pem",
        "sev-snp/milan-v2-vcek-google/ask.pem",
        "sev-snp/milan-v2-vcek-google/vcek.pem",
    ],
    "2023-06-06T17:43:28Z",
);

fn load((file, endorsements, at): (&str, &[&str], &str)) -> Verified {
    verified(file, endorsements, at)
}

fn by_default(verified: &Verified, inputs: AppraisalInputs) -> Result<Appraised, PolicyRefusal> {
    let kind = AttestationType::of_evidence(verified.evidence_type()).unwrap();
    appraise(
        verified,
        &Policy::parse(default_policy(kind, EmulatedAllowed::No)).unwrap(),
        inputs,
    )
}

fn value(claims: &ClaimSet, name: &str) -> Value {
    claims
        .of_type(name)
        .next()
        .unwrap_or_else(|| panic!("no {name}"))
        .value
        .clone()
}

#[test]
fn real_hardware_is_permitted_by_default() {
    for (sample, word) in [(SGX, "sgx"), (TDX, "tdxvm"), (SNP, "sevsnpvm")] {
        let appraised = by_default(&load(sample), AppraisalInputs::default()).unwrap();
        let claims = appraised.service_claims();
        assert_eq!(value(claims, "x-ms-attestation-type"), word.into());
        assert_eq!(value(claims, "x-casemate-trust-class"), "hardware".into());
    }
}

#[test]
fn debuggable_platforms_are_refused_by_default() {
    for (sample, found) in [
        (SGX_DEBUG, "x-ms-sgx-is-debuggable = true"),
        (SNP_DEBUG, "x-ms-sevsnpvm-is-debuggable = true"),
    ] {
        let refusal = by_default(&load(sample), AppraisalInputs::default()).unwrap_err();
        assert!(matches!(refusal, PolicyRefusal::NotPermitted { .. }));
        let [failed] = refusal.failed_expectations() else {
            panic!("{refusal}")
        };
        assert_eq!(failed.found, [found]);
    }
}

#[test]
fn the_default_policy_issues_the_deprecated_aliases() {
    let appraised = by_default(&load(SGX), AppraisalInputs::default()).unwrap();
    let (service, policy) = (appraised.service_claims(), appraised.policy_claims());
    for (alias, name) in [
        ("is-debuggable", "x-ms-sgx-is-debuggable"),
        ("sgx-mrsigner", "x-ms-sgx-mrsigner"),
        ("sgx-mrenclave", "x-ms-sgx-mrenclave"),
        ("product-id", "x-ms-sgx-product-id"),
        ("svn", "x-ms-sgx-svn"),
        ("tee", "x-ms-attestation-type"),
    ] {
        assert_eq!(value(policy, alias), value(service, name), "{alias}");
    }
}

#[test]
fn run_time_data_must_be_what_the_enclave_hashed() {
    let quote = load(SGX);
    let bytes = std::fs::read(evidence("maa-token/maa-azsdk-sgxenclave-2/runtime_data.bin")).unwrap();
    let inputs = |bytes: &[u8]| AppraisalInputs {
        runtime_data: HeldData::read(bytes.to_vec(), DataType::Binary).unwrap(),
        ..AppraisalInputs::default()
    };
    assert!(by_default(&quote, inputs(&bytes)).is_ok());
    let refusal = by_default(&quote, inputs(&bytes[1..])).unwrap_err();
    assert!(matches!(refusal, PolicyRefusal::RuntimeDataMismatch { .. }));
}

#[test]
fn init_time_data_must_be_what_the_launcher_hashed() {
    for (sample, expected) in [(SGX, "CONFIG_ID"), (TDX, "MRCONFIGID"), (SNP, "HOST_DATA")] {
        let inputs = AppraisalInputs {
            inittime_data: HeldData::read(b"not it".to_vec(), DataType::Binary).unwrap(),
            ..AppraisalInputs::default()
        };
        match by_default(&load(sample), inputs) {
            Err(PolicyRefusal::InittimeDataMismatch { field, .. }) => assert_eq!(field, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_containers_security_policy_is_init_time_data() {
    let inputs = || AppraisalInputs {
        inittime_data: HeldData::read(
            std::fs::read(evidence("sev-snp/milan-v2-caci-sidecar/security_policy.rego_or_json")).unwrap(),
            DataType::Binary,
        )
        .unwrap(),
        ..AppraisalInputs::default()
    };
    assert!(by_default(&load(SNP), inputs()).unwrap().inittime_data().is_some());
    let refusal = by_default(&load(SNP_DEBUG), inputs()).unwrap_err();
    assert!(
        matches!(refusal, PolicyRefusal::InittimeDataMismatch { .. }),
        "the binding comes before the policy"
    );
}

#[test]
fn claims_are_those_of_the_evidence() {
    let sgx = incoming_claims(&load(SGX)).unwrap();
    assert_eq!(
        value(&sgx, "x-ms-sgx-mrenclave"),
        "b779202618becb636768e5d902f28d524222735fafb539ea9ba07c3fc171a1c2".into()
    );
    let tdx = incoming_claims(&load(TDX)).unwrap();
    assert_eq!(value(&tdx, "tdx_td_attributes"), "0000001000000000".into());
    assert_eq!(value(&tdx, "tdx_td_attributes_septve_disable"), true.into());
    assert_eq!(value(&tdx, "tdx_seamsvn"), 0x0106.into());
    assert_eq!(value(&tdx, "attester_tcb_status"), "UpToDate".into());
    assert_eq!(value(&tdx, "x-casemate-tcb-status"), "UpToDate".into());
    let snp = incoming_claims(&load(SNP)).unwrap();
    assert_eq!(value(&snp, "x-ms-sevsnpvm-bootloader-svn"), 3.into());
    assert_eq!(value(&snp, "x-ms-sevsnpvm-snpfw-svn"), 8.into());
    assert_eq!(value(&snp, "x-ms-sevsnpvm-microcode-svn"), 115.into());
    assert_eq!(value(&snp, "x-ms-sevsnpvm-guestsvn"), 2.into());
    assert_eq!(value(&snp, "x-ms-sevsnpvm-smt-allowed"), true.into());
    assert_eq!(
        value(&snp, "x-ms-sevsnpvm-hostdata"),
        "cadd74f71ebb8fbf9782baab649612520f3c416bc5ce9ac768808ddc8d9b031c".into()
    );
    assert_eq!(value(&snp, "x-casemate-tcb-status"), "NotPublished".into());
}
