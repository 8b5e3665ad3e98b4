//! Published signature vectors and the life of a key, through the public interface.
#![allow(clippy::unwrap_used)]

use casemate_crypto::{
    b64, pem,
    sign::{BadSignature, KeyError, KeyKind, KeyType, PublicKey, SignatureAlgorithm, SignatureEncoding, SigningKey},
};

use SignatureAlgorithm as A;

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// RFC 6979 appendix A.2.5, SHA-256, "sample".
#[test]
fn rfc6979_p256() {
    let x_y = unhex(concat!(
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    ));
    let signature = unhex(concat!(
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    ));
    let key = PublicKey::from_p256_uncompressed(&x_y.try_into().unwrap()).unwrap();
    let verify = |message: &[u8]| key.verify(A::EcdsaP256Sha256, SignatureEncoding::Fixed, message, &signature);
    assert_eq!(verify(b"sample"), Ok(()));
    assert_eq!(verify(b"Sample"), Err(BadSignature));
}

/// RFC 6979 appendix A.2.6, SHA-384, "sample".
#[test]
fn rfc6979_p384() {
    let point = unhex(concat!(
        "04",
        "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13",
        "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720"
    ));
    let signature = unhex(concat!(
        "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
        "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"
    ));
    let key = PublicKey::from_ec_point(KeyKind::P384, &point).unwrap();
    assert_eq!(
        key.verify(A::EcdsaP384Sha384, SignatureEncoding::Fixed, b"sample", &signature),
        Ok(())
    );
    assert_eq!(
        key.verify(A::EcdsaP384Sha384, SignatureEncoding::Der, b"sample", &signature),
        Err(BadSignature)
    );
    assert_eq!(
        key.verify(A::EcdsaP256Sha256, SignatureEncoding::Fixed, b"sample", &signature),
        Err(BadSignature)
    );
}

#[test]
fn every_key_type_lives_through_pkcs8() {
    let algorithms = |key_type| match key_type {
        KeyType::P256 => vec![A::EcdsaP256Sha256],
        KeyType::P384 => vec![A::EcdsaP384Sha384],
        _ => vec![
            A::RsaPkcs1Sha256,
            A::RsaPkcs1Sha384,
            A::RsaPkcs1Sha512,
            A::RsaPssSha256,
            A::RsaPssSha384,
            A::RsaPssSha512,
        ],
    };
    for key_type in [KeyType::P256, KeyType::P384, KeyType::Rsa2048, KeyType::Rsa3072] {
        let made = SigningKey::generate(key_type).unwrap();
        let read = SigningKey::from_pkcs8_der(made.to_pkcs8_der().unwrap().expose_secret()).unwrap();
        assert_eq!(made.public_key(), read.public_key());
        assert!(!format!("{made:?}").contains(&hex::encode(made.to_pkcs8_der().unwrap().expose_secret())));
        for algorithm in algorithms(key_type) {
            for encoding in [SignatureEncoding::Fixed, SignatureEncoding::Der] {
                let signature = read.sign(algorithm, encoding, b"message").unwrap();
                assert_eq!(
                    made.public_key().verify(algorithm, encoding, b"message", &signature),
                    Ok(())
                );
                assert_eq!(
                    made.public_key().verify(algorithm, encoding, b"massage", &signature),
                    Err(BadSignature)
                );
            }
        }
        let foreign = if key_type == KeyType::P256 {
            A::RsaPssSha256
        } else {
            A::EcdsaP256Sha256
        };
        assert_eq!(made.sign(foreign, SignatureEncoding::Der, b""), Err(KeyError::Mismatch));
    }
}

#[test]
fn public_keys_have_one_form() {
    let key = SigningKey::generate(KeyType::Rsa2048).unwrap();
    let public = key.public_key();
    let (n, e) = public.rsa_components().unwrap();
    assert_eq!(
        PublicKey::from_rsa(&[&[0, 0], n].concat(), e).unwrap(),
        *public,
        "leading zeros do not count"
    );
    assert_eq!(
        pem::decode("PUBLIC KEY", public.spki_pem().as_bytes()).unwrap(),
        [public.spki_der()]
    );
    assert_eq!(public.kind(), KeyKind::Rsa { bits: 2048 });
    let ec = SigningKey::generate(KeyType::P384).unwrap();
    let point = ec.public_key().ec_point().unwrap();
    assert_eq!(
        PublicKey::from_ec_point(KeyKind::P384, point).unwrap(),
        *ec.public_key()
    );
}

#[test]
fn refuses_keys_that_are_none() {
    let expect = |result: Result<PublicKey, KeyError>, error: KeyError| assert_eq!(result.unwrap_err(), error);
    expect(PublicKey::from_p256_uncompressed(&[0; 64]), KeyError::Invalid);
    expect(PublicKey::from_p256_uncompressed(&[1; 64]), KeyError::Invalid);
    expect(PublicKey::from_ec_point(KeyKind::P256, &[0]), KeyError::Invalid);
    expect(
        PublicKey::from_ec_point(KeyKind::P256, &[&[2][..], &[7; 32]].concat()),
        KeyError::Unsupported,
    );
    expect(
        PublicKey::from_ec_point(KeyKind::Rsa { bits: 2048 }, &[4]),
        KeyError::Mismatch,
    );
    let odd = |octets: usize| vec![0xff; octets];
    expect(PublicKey::from_rsa(&odd(255), &[1, 0, 1]), KeyError::Size);
    expect(PublicKey::from_rsa(&odd(1025), &[1, 0, 1]), KeyError::Size);
    for exponent in [&[][..], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 1]] {
        expect(PublicKey::from_rsa(&odd(256), exponent), KeyError::Size);
    }
    let even = [odd(255), vec![0xfe]].concat();
    expect(PublicKey::from_rsa(&even, &[3]), KeyError::Invalid);
    // Ed25519 (RFC 8410 §10.1).
    let ed25519 = b64::decode_any("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=").unwrap();
    expect(PublicKey::from_spki_der(&ed25519), KeyError::Unsupported);
    let der = SigningKey::generate(KeyType::P256)
        .unwrap()
        .public_key()
        .spki_der()
        .to_vec();
    for cut in 0..der.len() {
        assert!(PublicKey::from_spki_der(der.get(..cut).unwrap()).is_err());
    }
    let trailing = [der.as_slice(), &[0]].concat();
    assert!(matches!(
        PublicKey::from_spki_der(&trailing),
        Err(KeyError::Encoding(_))
    ));
    assert!(SigningKey::from_pkcs8_der(&der).is_err());
}

#[test]
fn rsa_signatures_have_the_length_of_the_modulus() {
    let key = SigningKey::generate(KeyType::Rsa2048).unwrap();
    let signature = key.sign(A::RsaPssSha384, SignatureEncoding::Fixed, b"x").unwrap();
    let verify = |signature: &[u8]| {
        key.public_key()
            .verify(A::RsaPssSha384, SignatureEncoding::Fixed, b"x", signature)
    };
    assert_eq!(verify(&signature), Ok(()));
    assert_eq!(verify(&[&[0], signature.as_slice()].concat()), Err(BadSignature));
    assert_eq!(verify(&[]), Err(BadSignature));
}
