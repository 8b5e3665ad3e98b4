//! What clients send and relying parties check.

use std::sync::LazyLock;

use casemate_api::attestation::{AttestRequest, SnpEvidence};
use casemate_crypto::Time;
use casemate_crypto::jose::{self, Jwk, JwkSet, JwsAlgorithm};
use casemate_crypto::sign::{KeyType, SigningKey};
use casemate_token::validate;
use serde::{Serialize, de::DeserializeOwned};

use super::Outcome;

const ISSUER: &str = "https://attestation.example";
const NOW: i64 = 1_750_000_000;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(KeyType::P256).unwrap());
static KEYS: LazyLock<JwkSet> = LazyLock::new(|| {
    let jwk = Jwk::from_public_key(KEY.public_key())
        .with_kid("one")
        .for_signing(JwsAlgorithm::ES256);
    JwkSet { keys: vec![jwk] }
});

/// The keys that [`token`] checks with: made afresh in each process.
#[must_use]
pub fn keys() -> &'static JwkSet {
    &KEYS
}

/// A token that [`token`] accepts in this process.
///
/// # Panics
/// Never: the key fits the algorithm.
#[must_use]
pub fn good_token() -> String {
    let header = serde_json::Map::from_iter([("kid".to_owned(), "one".into()), ("typ".to_owned(), "JWT".into())]);
    let payload = serde_json::json!({ "iss": ISSUER, "exp": NOW + 60, "nbf": NOW - 60, "iat": NOW - 60 });
    jose::sign(header, payload.to_string().as_bytes(), &KEY, JwsAlgorithm::ES256).unwrap()
}

/// Writes what was read and reads it again: the same.
fn round_trip<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else {
        return false;
    };
    let written = serde_json::to_vec(&value).expect("what was read is written");
    assert_eq!(serde_json::from_slice::<T>(&written).ok(), Some(value));
    true
}

/// Bodies of attestation requests.
pub fn attest_request(bytes: &[u8]) -> Outcome {
    let request = round_trip::<AttestRequest>(bytes);
    let evidence = round_trip::<SnpEvidence>(bytes);
    if request || evidence {
        Outcome::Accepted
    } else {
        Outcome::Refused
    }
}

/// Key sets that a relying party fetches.
pub fn jwk_set(bytes: &[u8]) -> Outcome {
    if !round_trip::<JwkSet>(bytes) {
        return Outcome::Refused;
    }
    let Ok(set) = serde_json::from_slice::<JwkSet>(bytes) else {
        return Outcome::Refused;
    };
    for key in &set.keys {
        if let Ok(public) = key.to_public_key() {
            let again = Jwk::from_public_key(&public);
            assert_eq!(again.to_public_key().as_ref(), Ok(&public));
            assert_eq!(again.thumbprint_sha256(), key.thumbprint_sha256());
        }
        let _ = (key.certificates(), key.thumbprint_sha256());
    }
    let _ = set.find("one");
    Outcome::Accepted
}

/// A relying party's check. Nobody but the holder of the key makes a token that it accepts.
pub fn token(bytes: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Outcome::Refused;
    };
    match validate(text, &KEYS, ISSUER, Time::from_unix(NOW)) {
        Ok(_) => Outcome::Accepted,
        Err(_) => Outcome::Refused,
    }
}
