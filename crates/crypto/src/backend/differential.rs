//! Both backends must give the same verdicts: on each other's signatures, on mutated ones and on hand-made edges.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{native, rustcrypto};
use crate::{
    aead::AeadError,
    sign::{BadSignature, KeyKind, KeyType, PublicKey, SignatureAlgorithm, ecdsa_der},
};

const RSA: [SignatureAlgorithm; 6] = [
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
    SignatureAlgorithm::RsaPssSha256,
    SignatureAlgorithm::RsaPssSha384,
    SignatureAlgorithm::RsaPssSha512,
];

/// One private key held by both backends, and its public half in both.
struct Pair {
    public: PublicKey,
    native: native::sign::SigningKey,
    rust: rustcrypto::sign::SigningKey,
    native_public: native::sign::VerifyingKey,
    rust_public: rustcrypto::sign::VerifyingKey,
    algorithms: Vec<SignatureAlgorithm>,
}

impl Pair {
    fn new(key_type: KeyType, kind: KeyKind, algorithms: &[SignatureAlgorithm]) -> Self {
        let native = native::sign::SigningKey::generate(key_type).unwrap();
        let pkcs8 = native.to_pkcs8_der().unwrap();
        let rust = rustcrypto::sign::SigningKey::from_pkcs8_der(kind, pkcs8.expose_secret()).unwrap();
        assert_eq!(
            rust.spki_der().unwrap(),
            native.spki_der().unwrap(),
            "one encoding of the public key"
        );
        let back = native::sign::SigningKey::from_pkcs8_der(kind, rust.to_pkcs8_der().unwrap().expose_secret());
        let public = PublicKey::from_spki_der(&native.spki_der().unwrap()).unwrap();
        assert_eq!(
            back.unwrap().spki_der().unwrap(),
            public.spki_der(),
            "the key survives both encodings"
        );
        let native_public = native::sign::VerifyingKey::new(public.raw().unwrap()).unwrap();
        let rust_public = rustcrypto::sign::VerifyingKey::new(public.raw().unwrap()).unwrap();
        Self {
            public,
            native,
            rust,
            native_public,
            rust_public,
            algorithms: algorithms.to_vec(),
        }
    }

    /// The verdict of both, which must be one.
    fn verdict(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let native = self.native_public.verify(algorithm, message, signature);
        let rust = self.rust_public.verify(algorithm, message, signature);
        assert_eq!(native, rust, "{algorithm}: {}", hex::encode(signature));
        native
    }

    fn order_hex(&self) -> &'static str {
        match self.public.kind() {
            KeyKind::P256 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
            _ => "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        }
    }
}

static PAIRS: LazyLock<[Pair; 3]> = LazyLock::new(|| {
    [
        Pair::new(KeyType::P256, KeyKind::P256, &[SignatureAlgorithm::EcdsaP256Sha256]),
        Pair::new(KeyType::P384, KeyKind::P384, &[SignatureAlgorithm::EcdsaP384Sha384]),
        Pair::new(KeyType::Rsa2048, KeyKind::Rsa { bits: 2048 }, &RSA),
    ]
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn each_verifies_what_the_other_signs(message in proptest::collection::vec(any::<u8>(), 0..200)) {
        for pair in &*PAIRS {
            for algorithm in pair.algorithms.iter().copied() {
                let by_native = pair.native.sign(algorithm, &message).unwrap();
                let by_rust = pair.rust.sign(algorithm, &message).unwrap();
                prop_assert_eq!(pair.verdict(algorithm, &message, &by_native), Ok(()));
                prop_assert_eq!(pair.verdict(algorithm, &message, &by_rust), Ok(()));
            }
        }
    }

    #[test]
    fn mutated_signatures_get_one_verdict(
        message in proptest::collection::vec(any::<u8>(), 0..64),
        at: proptest::sample::Index,
        bit in 0..8_u8,
        cut: proptest::sample::Index,
        extra in proptest::collection::vec(any::<u8>(), 1..4),
    ) {
        for pair in &*PAIRS {
            for algorithm in pair.algorithms.iter().copied() {
                let signature = pair.native.sign(algorithm, &message).unwrap();
                let mut flipped = signature.clone();
                flipped[at.index(signature.len())] ^= 1 << bit;
                prop_assert_eq!(pair.verdict(algorithm, &message, &flipped), Err(BadSignature));
                prop_assert!(pair.verdict(algorithm, &message, &signature[..cut.index(signature.len())]).is_err());
                prop_assert!(pair.verdict(algorithm, &message, &[&signature[..], &extra[..]].concat()).is_err());
                let mut other = message.clone();
                other.push(0);
                prop_assert_eq!(pair.verdict(algorithm, &other, &signature), Err(BadSignature));
            }
        }
    }

    #[test]
    fn random_octets_get_one_verdict(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
        for pair in &*PAIRS {
            for algorithm in pair.algorithms.iter().copied() {
                prop_assert_eq!(pair.verdict(algorithm, b"", &noise), Err(BadSignature));
            }
        }
    }

    #[test]
    fn random_points_and_moduli_get_one_verdict(noise in proptest::collection::vec(any::<u8>(), 64..=64)) {
        let point = [&[4], noise.as_slice()].concat();
        let raw = crate::sign::RawPublicKey::P256(&point);
        let native = native::sign::VerifyingKey::new(raw).is_ok();
        prop_assert_eq!(native, rustcrypto::sign::VerifyingKey::new(raw).is_ok());
    }

    #[test]
    fn sealed_by_one_opens_with_the_other(
        key: [u8; 32],
        nonce: [u8; 12],
        aad in proptest::collection::vec(any::<u8>(), 0..40),
        plaintext in proptest::collection::vec(any::<u8>(), 0..100),
        at: proptest::sample::Index,
    ) {
        let sealed = native::aead::seal(&key, nonce, &aad, &plaintext).unwrap();
        prop_assert_eq!(&sealed, &rustcrypto::aead::seal(&key, nonce, &aad, &plaintext).unwrap());
        let by_native = native::aead::open(&key, nonce, &aad, &sealed).unwrap();
        prop_assert_eq!(by_native.expose_secret(), plaintext.as_slice());
        prop_assert_eq!(rustcrypto::aead::open(&key, nonce, &aad, &sealed).unwrap(), by_native);
        let mut bad = sealed;
        let at = at.index(bad.len());
        bad[at] ^= 1;
        for opened in [native::aead::open(&key, nonce, &aad, &bad), rustcrypto::aead::open(&key, nonce, &aad, &bad)] {
            prop_assert_eq!(opened.unwrap_err(), AeadError::Open);
        }
    }
}

#[test]
fn hand_made_ecdsa_edges() {
    for pair in &PAIRS[..2] {
        let (algorithm, message) = (pair.algorithms[0], b"edge");
        let coordinate = pair.public.kind().octets();
        let good = pair.native.sign(algorithm, message).unwrap();
        let fixed = ecdsa_der::to_fixed(&good, coordinate).unwrap();
        let order = hex::decode(pair.order_hex()).unwrap();
        let (r, s) = fixed.split_at(coordinate);
        let der = |r: &[u8], s: &[u8]| ecdsa_der::from_fixed(&[r, s].concat(), coordinate).unwrap();
        let (zero, all_ones) = (vec![0; coordinate], vec![0xff; coordinate]);
        // The twin (r, n - s) is a valid signature too: caches must not key on signatures.
        assert_eq!(pair.verdict(algorithm, message, &der(r, &minus(&order, s))), Ok(()));
        for (r, s) in [
            (&zero[..], s),
            (r, &zero),
            (&zero, &zero),
            (&order, s),
            (r, &order),
            (&all_ones, &all_ones),
            (s, r),
        ] {
            assert_eq!(pair.verdict(algorithm, message, &der(r, s)), Err(BadSignature));
        }
        assert_eq!(
            pair.verdict(algorithm, message, &fixed),
            Err(BadSignature),
            "fixed where DER is expected"
        );
        let not_minimal = [&[0x30, good[1] + 1, 0x02, good[3] + 1, 0x00], &good[4..]].concat();
        assert_eq!(pair.verdict(algorithm, message, &not_minimal), Err(BadSignature));
        let long_length = [&[0x30, 0x81], &good[1..]].concat();
        assert_eq!(pair.verdict(algorithm, message, &long_length), Err(BadSignature));
    }
}

#[test]
fn hand_made_rsa_edges() {
    let pair = &PAIRS[2];
    let (modulus, _) = pair.public.rsa_components().unwrap();
    for algorithm in RSA {
        let mut one = vec![0; modulus.len()];
        let zero = one.clone();
        one[modulus.len() - 1] = 1;
        for signature in [
            &zero,
            &one,
            &minus(modulus, &one),
            &modulus.to_vec(),
            &vec![0xff; modulus.len()],
        ] {
            assert_eq!(
                pair.verdict(algorithm, b"edge", signature),
                Err(BadSignature),
                "{algorithm}"
            );
        }
        let good = pair.native.sign(algorithm, b"edge").unwrap();
        for other in RSA.into_iter().filter(|other| *other != algorithm) {
            assert_eq!(
                pair.verdict(other, b"edge", &good),
                Err(BadSignature),
                "{algorithm} as {other}"
            );
        }
    }
}

#[test]
fn generated_by_rustcrypto_is_read_by_the_other() {
    let keys = [(KeyType::P256, KeyKind::P256), (KeyType::P384, KeyKind::P384)];
    for (key_type, kind) in keys {
        let rust = rustcrypto::sign::SigningKey::generate(key_type).unwrap();
        let native =
            native::sign::SigningKey::from_pkcs8_der(kind, rust.to_pkcs8_der().unwrap().expose_secret()).unwrap();
        assert_eq!(native.spki_der().unwrap(), rust.spki_der().unwrap());
    }
}

/// `a - b` on equally long big-endian numbers.
fn minus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut out: Vec<u8> = a
        .iter()
        .zip(b)
        .rev()
        .map(|(a, b)| {
            let difference = i16::from(*a) - i16::from(*b) - borrow;
            borrow = i16::from(difference < 0);
            difference.rem_euclid(256) as u8
        })
        .collect();
    out.reverse();
    out
}
