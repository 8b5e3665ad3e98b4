//! Azure Attestation's token profile: exact names, exact JSON types.

use casemate_crypto::b64;
use casemate_policy::{Appraised, AttestationType, ClaimSet, HeldData, SgxCollateral, is_reserved};
use serde_json::{Map, Value as Json};

use crate::{Issuance, NOT_BEFORE_SLACK};

/// Claims that are arrays even when they have one value.
const ARRAYS: [&str; 1] = ["x-casemate-tcb-advisory-ids"];

/// The claims of a token about appraised evidence.
///
/// The service's own claims win over a policy's of the same name, and names that belong to the service
/// ([`is_reserved`]) are never taken from a policy. A claim that a policy issues several times becomes an array.
#[must_use]
pub fn claims(appraised: &Appraised, issuance: &Issuance) -> Map<String, Json> {
    let parts = Parts {
        attestation_type: appraised.attestation_type(),
        service: appraised.service_claims(),
        policy: appraised.policy_claims(),
        policy_hash: appraised.policy_hash(),
        runtime: appraised.runtime_data(),
        inittime: appraised.inittime_data(),
        collateral: appraised.sgx_collateral(),
    };
    parts.compose(issuance)
}

/// What [`Appraised`] holds, without its promise.
struct Parts<'a> {
    attestation_type: AttestationType,
    service: &'a ClaimSet,
    policy: &'a ClaimSet,
    policy_hash: &'a str,
    runtime: Option<&'a HeldData>,
    inittime: Option<&'a HeldData>,
    collateral: Option<&'a SgxCollateral>,
}

impl Parts<'_> {
    fn compose(&self, issuance: &Issuance) -> Map<String, Json> {
        let mut members: Map<String, Json> = self
            .policy
            .to_json()
            .into_iter()
            .filter(|(name, _)| !is_reserved(name))
            .collect();
        members.extend(self.service.to_json());
        for name in ARRAYS {
            if let Some(value) = members.get_mut(name).filter(|value| !value.is_array()) {
                *value = Json::Array(vec![value.take()]);
            }
        }
        self.held_data(&mut members);
        if let Some(collateral) = self
            .collateral
            .map(SgxCollateral::to_json)
            .filter(|hashes| !hashes.is_empty())
        {
            members.insert("x-ms-sgx-collateral".to_owned(), collateral.clone().into());
            members.insert("maa-attestationcollateral".to_owned(), collateral.into());
        }
        members.insert("x-ms-ver".to_owned(), "1.0".into());
        members.insert("x-ms-policy-hash".to_owned(), self.policy_hash.into());
        registered(&mut members, issuance);
        members
    }

    fn held_data(&self, members: &mut Map<String, Json>) {
        if let Some(data) = self.runtime {
            match (data.object(), self.attestation_type) {
                (Some(object), _) => {
                    members.insert("x-ms-runtime".to_owned(), object.clone().into());
                }
                (None, AttestationType::SgxEnclave | AttestationType::OpenEnclave) => {
                    // The two deprecated names are still in Azure's tokens.
                    for name in ["x-ms-sgx-ehd", "maa-ehd", "aas-ehd"] {
                        members.insert(name.to_owned(), b64::url(data.bytes()).into());
                    }
                }
                // Azure has no claim for these.
                (None, _) => {
                    members.insert("x-casemate-runtime-data".to_owned(), b64::url(data.bytes()).into());
                }
            }
        }
        if let Some(data) = self.inittime {
            match data.object() {
                Some(object) => members.insert("x-ms-inittime".to_owned(), object.clone().into()),
                None => members.insert("x-casemate-inittime-data".to_owned(), b64::url(data.bytes()).into()),
            };
        }
    }
}

/// The claims of RFC 7519 §4.1, and the nonce.
fn registered(members: &mut Map<String, Json>, issuance: &Issuance) {
    members.insert("jti".to_owned(), hex::encode(issuance.jti).into());
    if let Some(nonce) = &issuance.nonce {
        members.insert("nonce".to_owned(), nonce.to_json());
    }
    validity(members, issuance, issuance.lifetime);
}

/// `iss`, `iat`, `nbf` and `exp`, for a token that lives this many seconds.
pub(crate) fn validity(members: &mut Map<String, Json>, issuance: &Issuance, lifetime: i64) {
    members.insert("iss".to_owned(), issuance.issuer.as_str().into());
    members.insert("iat".to_owned(), issuance.now.unix().into());
    members.insert(
        "nbf".to_owned(),
        issuance.now.plus_seconds(-NOT_BEFORE_SLACK).unix().into(),
    );
    members.insert("exp".to_owned(), issuance.now.plus_seconds(lifetime).unix().into());
}

#[cfg(test)]
#[path = "azure_tests.rs"]
mod tests;
