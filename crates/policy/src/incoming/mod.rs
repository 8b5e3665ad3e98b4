//! The claims that the service states from verified evidence: one list of names for policies and tokens.

mod sgx;
mod snp;
mod tdx;

use casemate_crypto::b64;

pub(crate) use sgx::sgx_claims;
pub(crate) use snp::snp_claims;
pub(crate) use tdx::tdx_claims;

use crate::{AttestationType, Claim, ClaimSet, HeldData};

/// Bytes as the claims have them: lower-case hex.
fn hexed(name: &str, bytes: &[u8]) -> Claim {
    Claim::of_service(name, hex::encode(bytes))
}

/// Adds the data that came with the evidence, as policies see it: JSON as its compact text, bytes as base64url.
pub(crate) fn add_held_data(
    claims: &mut ClaimSet,
    attestation_type: AttestationType,
    runtime: Option<&HeldData>,
    inittime: Option<&HeldData>,
) {
    let binary_runtime = match attestation_type {
        AttestationType::SgxEnclave | AttestationType::OpenEnclave => "x-ms-sgx-ehd",
        AttestationType::SevSnpVm | AttestationType::TdxVm => "x-casemate-runtime-data",
    };
    for (data, json_name, binary_name) in [
        (runtime, "x-ms-runtime", binary_runtime),
        (inittime, "x-ms-inittime", "x-casemate-inittime-data"),
    ] {
        let Some(data) = data else {
            continue;
        };
        claims.insert(match data.object() {
            Some(object) => Claim::of_service(json_name, serde_json::Value::Object(object.clone()).to_string()),
            None => Claim::of_service(binary_name, b64::url(data.bytes())),
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::DataType;

    #[test]
    fn held_data_has_a_name_for_each_type() {
        let json = HeldData::read(br#" { "a" : 1 } "#.to_vec(), DataType::Json).unwrap();
        let binary = HeldData::read(vec![0xff], DataType::Binary).unwrap();
        let mut claims = ClaimSet::new();
        add_held_data(&mut claims, AttestationType::SgxEnclave, binary.as_ref(), json.as_ref());
        let expected = [
            Claim::of_service("x-ms-sgx-ehd", "_w"),
            Claim::of_service("x-ms-inittime", r#"{"a":1}"#),
        ];
        assert_eq!(claims, expected.into_iter().collect());
        let mut claims = ClaimSet::new();
        add_held_data(&mut claims, AttestationType::TdxVm, json.as_ref(), binary.as_ref());
        let expected = [
            Claim::of_service("x-ms-runtime", r#"{"a":1}"#),
            Claim::of_service("x-casemate-inittime-data", "_w"),
        ];
        assert_eq!(claims, expected.into_iter().collect());
    }
}
