//! JOSE against the RFCs' own examples, and everything a verifier must refuse.
#![allow(clippy::unwrap_used)]

use casemate_crypto::{
    Time, b64,
    jose::{self, JoseError, Jwk, JwkSet, Jws, JwsAlgorithm, MAX_JWS},
    sign::{KeyType, SignatureAlgorithm, SigningKey},
    x509::{CertificateTemplate, Name, oid},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// RFC 7515 appendix A.2 (RS256) and A.3 (ES256): key, then token.
const RFC7515: [(&str, &str); 2] = [
    (
        concat!(
            r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPME"#,
            "zP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re",
            "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNm",
            r#"oudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#
        ),
        concat!(
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y",
            "b290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O",
            "8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L0",
            "7Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6",
            "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        ),
    ),
    (
        concat!(
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#,
            r#""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
        ),
        concat!(
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y",
            "b290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        ),
    ),
];

#[test]
fn rfc7515_examples_verify() {
    for (key, token) in RFC7515 {
        let key = serde_json::from_str::<Jwk>(key).unwrap().to_public_key().unwrap();
        let verified = Jws::parse(token).unwrap().verify(&key, &JwsAlgorithm::ALL).unwrap();
        let payload: Value = serde_json::from_slice(verified.payload()).unwrap();
        assert_eq!(
            payload,
            json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true})
        );
        let other = Jws::parse(token).unwrap().verify(&key, &[JwsAlgorithm::PS384]);
        assert_eq!(other, Err(JoseError::Algorithm), "not on the list");
    }
}

#[test]
fn rfc7638_example_thumbprint() {
    let n = concat!(
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3o",
        "knjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZH",
        "zu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEg",
        "U8awapJzKnqDKgw"
    );
    let text = json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
    let jwk: Jwk = serde_json::from_value(text).unwrap();
    assert_eq!(
        jwk.thumbprint_sha256().as_deref(),
        Ok("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    );
}

/// RFC 7515 appendix A.5.
#[test]
fn unsecured_is_a_type_of_its_own() {
    let token = concat!(
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0",
        "cnVlfQ."
    );
    assert!(
        jose::parse_unsecured(token)
            .unwrap()
            .payload()
            .starts_with(b"{\"iss\":\"joe\"")
    );
    assert_eq!(Jws::parse(token), Err(JoseError::Algorithm));
    let ours = jose::unsecured(b"payload");
    assert_eq!(ours, "eyJhbGciOiJub25lIn0.cGF5bG9hZA.");
    assert_eq!(jose::parse_unsecured(&ours).unwrap().payload(), b"payload");
    assert_eq!(
        Jws::parse(&format!("{ours}AA")),
        Err(JoseError::Algorithm),
        "none with a signature"
    );
    assert_eq!(jose::parse_unsecured(&format!("{ours}AA")), Err(JoseError::Algorithm));
    for (_, signed) in RFC7515 {
        assert_eq!(jose::parse_unsecured(signed), Err(JoseError::Algorithm));
        let stripped = &signed[..=signed.rfind('.').unwrap()];
        assert_eq!(
            jose::parse_unsecured(stripped),
            Err(JoseError::Algorithm),
            "a signed header without signature"
        );
        assert_eq!(Jws::parse(stripped), Err(JoseError::Algorithm));
    }
}

fn token(header: &str) -> String {
    format!(
        "{}.{}.{}",
        b64::url(header.as_bytes()),
        b64::url(b"{}"),
        b64::url(&[0; 64])
    )
}

#[test]
fn refuses_by_class() {
    assert_eq!(Jws::parse(""), Err(JoseError::Structure));
    assert_eq!(Jws::parse("a.b"), Err(JoseError::Structure));
    assert_eq!(Jws::parse("a.b.c.d"), Err(JoseError::Structure));
    assert_eq!(Jws::parse(&"a".repeat(MAX_JWS + 1)), Err(JoseError::TooLarge));
    assert_eq!(Jws::parse(&token("[]")), Err(JoseError::Header));
    assert_eq!(
        Jws::parse(&token(r#"{"alg":"ES256","alg":"none"}"#)),
        Err(JoseError::Header),
        "duplicate"
    );
    assert_eq!(Jws::parse(&token(r#"{"alg":"ES256"} "#)).map(drop), Ok(()));
    assert_eq!(Jws::parse(&token(r#"{"alg":"ES256"}{}"#)), Err(JoseError::Header));
    assert_eq!(
        Jws::parse(&token(r#"{"alg":"ES256","crit":["exp"]}"#)),
        Err(JoseError::Critical)
    );
    assert_eq!(Jws::parse(&token(r#"{"alg":7}"#)), Err(JoseError::Algorithm));
    assert_eq!(Jws::parse(&token("{}")), Err(JoseError::Algorithm));
    let large = format!(r#"{{"alg":"ES256","x":"{}"}}"#, "x".repeat(64 << 10));
    assert_eq!(Jws::parse(&token(&large)), Err(JoseError::TooLarge));
    let good = token(r#"{"alg":"ES256"}"#);
    for bad in [
        format!("{good}="),
        format!("{good}\n"),
        good.replace('.', "=."),
        format!(" {good}"),
    ] {
        assert!(matches!(Jws::parse(&bad), Err(JoseError::Base64(_))), "{bad}");
    }
    let key = SigningKey::generate(KeyType::P256).unwrap();
    for name in ["HS256", "none ", "None", "es256", "ES512"] {
        let parsed = Jws::parse(&token(&format!(r#"{{"alg":"{name}"}}"#))).unwrap();
        assert_eq!(
            parsed.verify(key.public_key(), &JwsAlgorithm::ALL),
            Err(JoseError::Algorithm),
            "{name}"
        );
    }
    let zeros = Jws::parse(&good)
        .unwrap()
        .verify(key.public_key(), &[JwsAlgorithm::ES256]);
    assert!(matches!(zeros, Err(JoseError::Signature(_))));
    let rsa = SigningKey::generate(KeyType::Rsa2048).unwrap();
    let crossed = Jws::parse(&good)
        .unwrap()
        .verify(rsa.public_key(), &[JwsAlgorithm::ES256]);
    assert!(matches!(crossed, Err(JoseError::Signature(_))), "key of another kind");
}

#[test]
fn every_algorithm_signs_and_verifies() {
    let keys = [KeyType::P256, KeyType::P384, KeyType::Rsa2048].map(|kind| SigningKey::generate(kind).unwrap());
    let mut header = Map::new();
    header.insert("kid".to_owned(), "key 1".into());
    let mut signed = 0;
    for key in &keys {
        for algorithm in JwsAlgorithm::ALL {
            let Ok(token) = jose::sign(header.clone(), b"payload", key, algorithm) else {
                assert!(!algorithm.signature_algorithm().fits(key.public_key().kind()));
                continue;
            };
            let unverified = Jws::parse(&token).unwrap();
            assert_eq!(
                (unverified.kid(), unverified.algorithm()),
                (Some("key 1"), Some(algorithm))
            );
            let verified = unverified.verify(key.public_key(), &[algorithm]).unwrap();
            assert_eq!((verified.payload(), verified.algorithm()), (&b"payload"[..], algorithm));
            signed += 1;
        }
    }
    assert_eq!(signed, 8);
    header.insert("crit".to_owned(), json!([]));
    let refused = keys
        .first()
        .map(|key| jose::sign(header, b"", key, JwsAlgorithm::ES256));
    assert_eq!(refused, Some(Err(JoseError::Critical)));
}

#[test]
fn keys_go_through_jwk_and_certificates() {
    for key_type in [KeyType::P256, KeyType::P384, KeyType::Rsa2048] {
        let key = SigningKey::generate(key_type).unwrap();
        let algorithm = JwsAlgorithm::default_for(key.public_key().kind());
        let bare = Jwk::from_public_key(key.public_key());
        assert_eq!(bare.to_public_key().as_ref(), Ok(key.public_key()));
        let name = Name::from_attributes(&[(oid::COMMON_NAME, "https://localhost")]);
        let template = CertificateTemplate::new(name, &[1], Time::from_unix(0), Time::MAX);
        let certificate = template.self_signed(&key, algorithm.signature_algorithm()).unwrap();
        let full = Jwk::from_certificates(std::slice::from_ref(&certificate)).unwrap();
        let full = full.with_kid("1").for_signing(algorithm);
        let set: JwkSet = serde_json::from_value(json!({ "keys": [full] })).unwrap();
        assert_eq!(set.find("1"), Some(&full));
        assert_eq!(set.find("2"), None);
        assert_eq!(full.to_public_key().as_ref(), Ok(key.public_key()));
        assert_eq!(full.certificates(), Ok(vec![certificate]));
        assert_eq!(full.thumbprint_sha256(), bare.thumbprint_sha256());
        // Azure's sets carry kid, kty and x5c only.
        let azure = Jwk {
            kty: full.kty.clone(),
            x5c: full.x5c.clone(),
            ..Jwk::default()
        };
        assert_eq!(azure.to_public_key().as_ref(), Ok(key.public_key()));
        let other = Jwk::from_public_key(SigningKey::generate(key_type).unwrap().public_key());
        assert_eq!(
            Jwk { x5c: full.x5c, ..other }.to_public_key(),
            Err(JoseError::Jwk),
            "numbers and x5c disagree"
        );
    }
}

#[test]
fn refuses_keys_that_are_none() {
    let refused = |text: Value| {
        serde_json::from_value::<Jwk>(text)
            .unwrap()
            .to_public_key()
            .unwrap_err()
    };
    assert_eq!(refused(json!({"kty": "oct", "k": "AA"})), JoseError::Jwk);
    assert_eq!(refused(json!({"kty": "RSA", "n": "AQAB"})), JoseError::Jwk);
    assert_eq!(refused(json!({"kty": "RSA"})), JoseError::Jwk);
    assert_eq!(
        refused(json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"})),
        JoseError::Jwk
    );
    assert_eq!(
        refused(json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})),
        JoseError::Jwk,
        "length"
    );
    assert_eq!(refused(json!({"kty": "EC", "x5c": []})), JoseError::Jwk);
    assert_eq!(refused(json!({"kty": "EC", "x5c": ["AAAA"]})), JoseError::Jwk);
    assert!(matches!(
        refused(json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"})),
        JoseError::Key(_)
    ));
    assert!(matches!(
        refused(json!({"kty": "RSA", "n": "A=", "e": "AQAB"})),
        JoseError::Base64(_)
    ));
}

proptest! {
    #[test]
    fn never_panics(text in "[A-Za-z0-9_.=-]{0,200}", noise: String) {
        let _ = (Jws::parse(&text).is_ok(), Jws::parse(&noise).is_ok(), jose::parse_unsecured(&text).is_ok());
    }

    #[test]
    fn a_changed_character_is_refused(at: proptest::sample::Index, payload in proptest::collection::vec(any::<u8>(), 0..40)) {
        let key = SigningKey::generate(KeyType::P256).unwrap();
        let good = jose::sign(Map::new(), &payload, &key, JwsAlgorithm::ES256).unwrap();
        let at = at.index(good.len());
        let replaced: String = good.chars().enumerate().map(|(i, c)| if i == at { if c == 'A' { 'B' } else { 'A' } } else { c }).collect();
        let verdict = Jws::parse(&replaced).and_then(|jws| jws.verify(key.public_key(), &JwsAlgorithm::ALL));
        prop_assert!(verdict.is_err());
        let verified = Jws::parse(&good).unwrap().verify(key.public_key(), &[JwsAlgorithm::ES256]).unwrap();
        prop_assert_eq!(verified.payload(), payload.as_slice());
    }
}

#[test]
fn names_and_algorithms_match() {
    for algorithm in JwsAlgorithm::ALL {
        assert_eq!(JwsAlgorithm::from_name(algorithm.name()), Some(algorithm));
    }
    assert_eq!(
        JwsAlgorithm::RS256.signature_algorithm(),
        SignatureAlgorithm::RsaPkcs1Sha256
    );
}
