//! What we sign, relying parties accept; what others did to it, they refuse.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::sync::LazyLock;

use casemate_crypto::jose::{self, Jwk, JwkSet, JwsAlgorithm};
use casemate_crypto::sign::{KeyType, SigningKey};
use casemate_crypto::{Time, b64};
use casemate_token::{SignerError, TokenRefusal, TokenSigner, validate};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

const ISSUER: &str = "https://attest.example";
const NOW: Time = Time::from_unix(1_800_000_000);

static SIGNER: LazyLock<TokenSigner> = LazyLock::new(|| signer(ISSUER));

fn signer(issuer: &str) -> TokenSigner {
    let key = SigningKey::generate(KeyType::Rsa2048).unwrap();
    TokenSigner::self_signed(issuer, key, NOW.plus_seconds(-60), NOW.plus_seconds(86_400)).unwrap()
}

fn keys() -> JwkSet {
    JwkSet {
        keys: vec![SIGNER.jwk()],
    }
}

fn claims() -> Map<String, Json> {
    let claims = json!({
        "iss": ISSUER, "exp": NOW.plus_seconds(60).unix(), "nbf": NOW.plus_seconds(-60).unix(), "n": u64::MAX,
        "x-casemate-trust-class": "emulated",
    });
    claims.as_object().unwrap().clone()
}

#[test]
fn what_is_signed_validates() {
    let token = SIGNER.sign(&claims()).unwrap();
    let validated = validate(&token, &keys(), "https://attest.example/", NOW).unwrap();
    assert_eq!(validated.claims(), &claims());
    assert_eq!(validated.trust_class(), Some("emulated"));
    assert_eq!(validated.expires(), NOW.plus_seconds(60));
    let header = json!({"alg": "RS256", "jku": "https://attest.example/certs", "kid": SIGNER.kid(), "typ": "JWT"});
    assert_eq!(Json::Object(validated.header().clone()), header);
    assert_eq!(SIGNER.kid().len(), 44);
}

#[test]
fn the_certificate_names_the_issuer() {
    let certificate = SIGNER.certificate();
    assert_eq!(certificate.subject().common_name().as_deref(), Some(ISSUER));
    assert_eq!(certificate.subject(), certificate.issuer());
    assert!(certificate.verify_signed_by(certificate.public_key()).is_ok());
    let jwk = SIGNER.jwk();
    assert_eq!(jwk.x5c, Some(vec![b64::std(certificate.der())]));
    assert_eq!(
        (jwk.kty.as_str(), jwk.usage.as_deref(), jwk.alg.as_deref()),
        ("RSA", Some("sig"), Some("RS256"))
    );
}

#[test]
fn drafts_are_never_believed() {
    let draft = SIGNER.unsecured(&claims());
    assert!(draft.ends_with('.'));
    assert_eq!(validate(&draft, &keys(), ISSUER, NOW), Err(TokenRefusal::Unsecured));
    let dressed_up = format!("{draft}{}", SIGNER.sign(&claims()).unwrap().rsplit('.').next().unwrap());
    assert_eq!(
        validate(&dressed_up, &keys(), ISSUER, NOW),
        Err(TokenRefusal::Algorithm)
    );
    let mixed_case = draft.replacen(
        draft.split('.').next().unwrap(),
        &b64::url(json!({"alg": "None", "kid": SIGNER.kid()}).to_string().as_bytes()),
        1,
    );
    assert_eq!(
        validate(&mixed_case, &keys(), ISSUER, NOW),
        Err(TokenRefusal::Algorithm)
    );
}

#[test]
fn each_check_refuses_on_its_own() {
    let signed = |change: &dyn Fn(&mut Map<String, Json>)| {
        let mut claims = claims();
        change(&mut claims);
        SIGNER.sign(&claims).unwrap()
    };
    let refused = |token: &str, keys: &JwkSet| validate(token, keys, ISSUER, NOW).unwrap_err().code();
    let good = signed(&|_| ());
    for (code, token) in [
        ("token_claim", signed(&|claims| drop(claims.remove("exp")))),
        (
            "token_claim",
            signed(&|claims| drop(claims.insert("exp".to_owned(), "soon".into()))),
        ),
        (
            "token_claim",
            signed(&|claims| drop(claims.insert("nbf".to_owned(), true.into()))),
        ),
        ("token_claim", signed(&|claims| drop(claims.remove("iss")))),
        (
            "token_issuer",
            signed(&|claims| drop(claims.insert("iss".to_owned(), "https://other".into()))),
        ),
        (
            "token_expired",
            signed(&|claims| drop(claims.insert("exp".to_owned(), NOW.unix().into()))),
        ),
        (
            "token_not_yet_valid",
            signed(&|claims| drop(claims.insert("nbf".to_owned(), (NOW.unix() + 1).into()))),
        ),
        ("token_malformed", good.replace('.', "")),
        ("token_malformed", String::new()),
    ] {
        assert_eq!(refused(&token, &keys()), code);
    }
    let payload = jose::sign(Map::new(), b"[]", SIGNER.key(), JwsAlgorithm::RS256).unwrap();
    assert_eq!(refused(&payload, &keys()), "token_unknown_key", "no kid");
    let kid: Map<String, Json> = [("kid".to_owned(), Json::from(SIGNER.kid()))].into_iter().collect();
    let list = jose::sign(kid.clone(), b"[]", SIGNER.key(), JwsAlgorithm::RS256).unwrap();
    assert_eq!(refused(&list, &keys()), "token_claim");
    let other = jose::sign(kid, b"{}", SIGNER.key(), JwsAlgorithm::PS256).unwrap();
    assert_eq!(
        refused(&other, &keys()),
        "token_algorithm",
        "the key is marked for RS256"
    );
    assert_eq!(refused(&good, &JwkSet::default()), "token_unknown_key");
    let encryption = Jwk {
        usage: Some("enc".to_owned()),
        ..SIGNER.jwk()
    };
    assert_eq!(refused(&good, &JwkSet { keys: vec![encryption] }), "token_unusable_key");
    let empty = Jwk {
        n: None,
        x5c: None,
        ..SIGNER.jwk()
    };
    assert_eq!(refused(&good, &JwkSet { keys: vec![empty] }), "token_unusable_key");
    let forged = Jwk {
        kid: Some(SIGNER.kid().to_owned()),
        ..signer(ISSUER).jwk()
    };
    assert_eq!(
        refused(&good, &JwkSet { keys: vec![forged] }),
        "token_signature_invalid"
    );
}

#[test]
fn a_signer_needs_an_rsa_key_and_its_own_certificate() {
    let key = || SigningKey::generate(KeyType::P256).unwrap();
    let error = TokenSigner::self_signed(ISSUER, key(), NOW, NOW.plus_seconds(1)).unwrap_err();
    assert_eq!(error, SignerError::NotRsa);
    let other = SigningKey::generate(KeyType::Rsa2048).unwrap();
    let error = TokenSigner::new(ISSUER, other, SIGNER.certificate().clone()).unwrap_err();
    assert_eq!(error, SignerError::OtherKey);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_changed_character_is_accepted(at in 0usize..2000, to in "[A-Za-z0-9_.-]") {
        let token = SIGNER.sign(&claims()).unwrap();
        let at = at % token.len();
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != token);
        prop_assert!(validate(&changed, &keys(), ISSUER, NOW).is_err());
    }

    #[test]
    fn any_text_is_refused(text in "[A-Za-z0-9_.-]{0,200}") {
        prop_assert!(validate(&text, &keys(), ISSUER, NOW).is_err());
    }
}
