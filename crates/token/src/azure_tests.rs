//! The profile, compared with real tokens where there are some.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use casemate_crypto::Time;
use casemate_policy::{Claim, DataType};
use proptest::prelude::*;

use super::*;
use crate::{DEFAULT_LIFETIME, Nonce};

fn issuance() -> Issuance {
    Issuance::new("https://a.example", Time::from_unix(1_625_170_393), [0xab; 32])
}

fn parts<'a>(service: &'a ClaimSet, policy: &'a ClaimSet) -> Parts<'a> {
    Parts {
        attestation_type: AttestationType::SgxEnclave,
        service,
        policy,
        policy_hash: "hash",
        runtime: None,
        inittime: None,
        collateral: None,
    }
}

#[test]
fn registered_claims_have_their_types() {
    let none = ClaimSet::new();
    let members = parts(&none, &none).compose(&issuance().with_nonce(Some(Nonce::Number(u64::MAX))));
    assert_eq!(members["iat"], 1_625_170_393);
    assert_eq!(
        members["exp"].as_i64().unwrap() - members["iat"].as_i64().unwrap(),
        DEFAULT_LIFETIME
    );
    assert_eq!(
        members["iat"].as_i64().unwrap() - members["nbf"].as_i64().unwrap(),
        NOT_BEFORE_SLACK
    );
    assert_eq!(members["jti"], "ab".repeat(32));
    assert_eq!(members["nonce"].as_u64(), Some(u64::MAX));
    assert_eq!(members["x-ms-ver"], "1.0");
    assert_eq!(members["x-ms-policy-hash"], "hash");
    assert!(!members.contains_key("x-ms-runtime"));
    assert_eq!(
        Nonce::from_json(&serde_json::json!("7")),
        Some(Nonce::Text("7".to_owned()))
    );
    assert_eq!(Nonce::from_json(&serde_json::json!(-7)), None);
}

#[test]
fn data_goes_under_the_name_for_its_type() {
    let none = ClaimSet::new();
    let json = HeldData::read(br#"{"keys":[]}"#.to_vec(), DataType::Json).unwrap();
    let binary = HeldData::read(vec![1, 2], DataType::Binary).unwrap();
    let with = |attestation_type, runtime, inittime| {
        Parts {
            attestation_type,
            runtime,
            inittime,
            ..parts(&none, &none)
        }
        .compose(&issuance())
    };
    let members = with(AttestationType::TdxVm, json.as_ref(), json.as_ref());
    assert_eq!(members["x-ms-runtime"], serde_json::json!({"keys": []}));
    assert_eq!(members["x-ms-inittime"], serde_json::json!({"keys": []}));
    let members = with(AttestationType::OpenEnclave, binary.as_ref(), None);
    for name in ["x-ms-sgx-ehd", "maa-ehd", "aas-ehd"] {
        assert_eq!(members[name], "AQI");
    }
    let members = with(AttestationType::SevSnpVm, binary.as_ref(), binary.as_ref());
    assert_eq!(members["x-casemate-runtime-data"], "AQI");
    assert_eq!(members["x-casemate-inittime-data"], "AQI");
}

#[test]
fn arrays_stay_arrays() {
    let service: ClaimSet = [Claim::of_service("x-casemate-tcb-advisory-ids", "INTEL-SA-00615")]
        .into_iter()
        .collect();
    let none = ClaimSet::new();
    let members = parts(&service, &none).compose(&issuance());
    assert_eq!(
        members["x-casemate-tcb-advisory-ids"],
        serde_json::json!(["INTEL-SA-00615"])
    );
}

#[test]
fn repeated_policy_claims_become_an_array() {
    let policy: ClaimSet = [
        Claim::of_policy("roles", "a"),
        Claim::of_policy("roles", "b"),
        Claim::of_policy("tier", 1),
    ]
    .into_iter()
    .collect();
    let none = ClaimSet::new();
    let members = parts(&none, &policy).compose(&issuance());
    assert_eq!(members["roles"], serde_json::json!(["a", "b"]));
    assert_eq!(members["tier"], 1);
}

proptest! {
    #[test]
    fn a_policy_changes_nothing_that_the_service_says(
        name in prop_oneof![
            Just("iss"), Just("exp"), Just("nonce"), Just("x-ms-attestation-type"), Just("x-ms-policy-hash"),
            Just("x-casemate-trust-class"), Just("x-casemate-anything"), Just("x-ms-sgx-mrenclave"),
            Just("x-ms-sevsnpvm-hostdata"), Just("tdx_mrtd"), Just("x-ms-runtime"), Just("sub"), Just("own"),
        ],
        value in "[a-z]{0,4}",
    ) {
        let service: ClaimSet = [
            Claim::of_service("x-ms-attestation-type", "sgx"),
            Claim::of_service("x-casemate-trust-class", "emulated"),
            Claim::of_service("own", "service"),
        ].into_iter().collect();
        let (none, policy) = (ClaimSet::new(), [Claim::of_policy(name, value)].into_iter().collect());
        prop_assert_eq!(parts(&service, &policy).compose(&issuance()), parts(&service, &none).compose(&issuance()));
    }
}
