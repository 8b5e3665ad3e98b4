//! The RSA half: one place that maps our algorithm names to paddings.

use getrandom::SysRng;
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey, Pss, PublicKey, traits::SignatureScheme};
use sha2::{Sha256, Sha384, Sha512};

use super::digest;
use crate::{
    hash::HashAlgorithm,
    sign::{BadSignature, KeyError, SignatureAlgorithm},
};

pub(crate) fn public_key(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, KeyError> {
    let (n, e) = (
        BoxedUint::from_be_slice_vartime(modulus),
        BoxedUint::from_be_slice_vartime(exponent),
    );
    PublicKey::new_with_size_limits(n, e, 2048..=8192).map_err(|_| KeyError::Invalid)
}

pub(crate) fn verify(
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), BadSignature> {
    let hashed = hashed(algorithm, message);
    match padding(algorithm).ok_or(BadSignature)? {
        Padding::Pkcs1(scheme) => key.verify(scheme, &hashed, signature),
        Padding::Pss256(scheme) => key.verify(scheme, &hashed, signature),
        Padding::Pss384(scheme) => key.verify(scheme, &hashed, signature),
        Padding::Pss512(scheme) => key.verify(scheme, &hashed, signature),
    }
    .map_err(|_| BadSignature)
}

pub(crate) fn sign(key: &PrivateKey, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
    let hashed = hashed(algorithm, message);
    match padding(algorithm).ok_or(KeyError::Mismatch)? {
        Padding::Pkcs1(scheme) => blinded(key, scheme, &hashed),
        Padding::Pss256(scheme) => blinded(key, scheme, &hashed),
        Padding::Pss384(scheme) => blinded(key, scheme, &hashed),
        Padding::Pss512(scheme) => blinded(key, scheme, &hashed),
    }
}

fn blinded<S: SignatureScheme>(key: &PrivateKey, scheme: S, hashed: &[u8]) -> Result<Vec<u8>, KeyError> {
    key.sign_with_rng(&mut SysRng, scheme, hashed)
        .map_err(|_| KeyError::Backend)
}

enum Padding {
    Pkcs1(Pkcs1v15Sign),
    Pss256(Pss<Sha256>),
    Pss384(Pss<Sha384>),
    Pss512(Pss<Sha512>),
}

fn padding(algorithm: SignatureAlgorithm) -> Option<Padding> {
    let salt = algorithm.hash().digest_len();
    Some(match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => Padding::Pkcs1(Pkcs1v15Sign::new::<Sha256>()),
        SignatureAlgorithm::RsaPkcs1Sha384 => Padding::Pkcs1(Pkcs1v15Sign::new::<Sha384>()),
        SignatureAlgorithm::RsaPkcs1Sha512 => Padding::Pkcs1(Pkcs1v15Sign::new::<Sha512>()),
        SignatureAlgorithm::RsaPssSha256 => Padding::Pss256(Pss::new_blinded_with_salt(salt)),
        SignatureAlgorithm::RsaPssSha384 => Padding::Pss384(Pss::new_blinded_with_salt(salt)),
        SignatureAlgorithm::RsaPssSha512 => Padding::Pss512(Pss::new_blinded_with_salt(salt)),
        SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::EcdsaP384Sha384 => return None,
    })
}

fn hashed(algorithm: SignatureAlgorithm, message: &[u8]) -> Vec<u8> {
    match algorithm.hash() {
        HashAlgorithm::Sha1 => digest::sha1(&[message]).to_vec(),
        HashAlgorithm::Sha256 => digest::sha256(&[message]).to_vec(),
        HashAlgorithm::Sha384 => digest::sha384(&[message]).to_vec(),
        HashAlgorithm::Sha512 => digest::sha512(&[message]).to_vec(),
    }
}
