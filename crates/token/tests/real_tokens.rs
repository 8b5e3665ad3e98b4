//! Tokens that Azure Attestation issued, checked as a relying party would.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::{Path, PathBuf};

use casemate_crypto::Time;
use casemate_crypto::jose::JwkSet;
use casemate_token::{TokenRefusal, kid_of, validate};
use serde_json::{Map, Value as Json};

fn folder(name: &str) -> PathBuf {
    let shared = std::env::var_os("CASEMATE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("evidence/maa-token").join(name);
    assert!(
        folder.is_dir(),
        "no samples at {}: set CASEMATE_SHARED",
        folder.display()
    );
    folder
}

fn text(name: &str, file: &str) -> String {
    std::fs::read_to_string(folder(name).join(file))
        .unwrap()
        .trim()
        .to_owned()
}

const SIGNED: [&str; 10] = [
    "maa-azsdk-openenclave-14",
    "maa-azsdk-openenclave-8",
    "maa-azsdk-policy-16",
    "maa-azsdk-policy-17",
    "maa-azsdk-policy-20",
    "maa-azsdk-policy-21",
    "maa-azsdk-sgxenclave-2",
    "maa-azsdk-sgxenclave-3",
    "maa-azsdk-sgxenclave-4",
    "maa-azsdk-sgxenclave-6",
];

fn sample(name: &str) -> (String, JwkSet, Map<String, Json>) {
    let jwks = serde_json::from_str(&text(name, "jwks.json")).unwrap();
    let claims = serde_json::from_str(&text(name, "token_claims.json")).unwrap();
    (text(name, "response_token.jwt"), jwks, claims)
}

#[test]
fn real_tokens_validate_at_their_time_and_at_no_other() {
    for name in SIGNED {
        let (token, keys, claims) = sample(name);
        let issuer = claims["iss"].as_str().unwrap();
        let issued = Time::from_unix(claims["iat"].as_i64().unwrap());
        let validated = validate(&token, &keys, issuer, issued).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(validated.claims(), &claims, "{name}");
        let late = Time::from_unix(claims["exp"].as_i64().unwrap());
        assert_eq!(
            validate(&token, &keys, issuer, late),
            Err(TokenRefusal::Expired { at: late }),
            "{name}"
        );
        let early = issued.plus_seconds(-1);
        assert_eq!(
            validate(&token, &keys, issuer, early),
            Err(TokenRefusal::NotYetValid { from: issued }),
            "{name}"
        );
        let other = validate(&token, &keys, "https://other.example", issued);
        assert!(matches!(other, Err(TokenRefusal::Issuer { .. })), "{name}");
    }
}

#[test]
fn real_draft_tokens_are_not_believed() {
    for name in ["maa-azsdk-openenclave-15", "maa-azsdk-openenclave-9"] {
        let (token, keys, claims) = sample(name);
        let issued = Time::from_unix(claims["iat"].as_i64().unwrap());
        let result = validate(&token, &keys, claims["iss"].as_str().unwrap(), issued);
        assert_eq!(result, Err(TokenRefusal::Unsecured), "{name}");
    }
}

#[test]
fn key_identifiers_are_made_as_azure_makes_them() {
    let (_, keys, _) = sample("maa-azsdk-sgxenclave-2");
    let mut made = 0;
    for jwk in keys
        .keys
        .iter()
        .filter(|jwk| jwk.kid.as_ref().is_some_and(|kid| kid.len() == 44))
    {
        // One of the two has 1024 bits, which nothing here accepts as a key.
        if let Ok(key) = jwk.to_public_key() {
            assert_eq!(Some(kid_of(&key)), jwk.kid);
            made += 1;
        }
    }
    assert_eq!(made, 1);
}
