//! AlgorithmIdentifier of signatures (RFC 5280 §4.1.1.2, RFC 4055, RFC 5758).

use super::{
    X509Error, oid,
    tlv::{Reader, Writer},
};
use crate::{hash::HashAlgorithm, sign::SignatureAlgorithm};

/// Reads one AlgorithmIdentifier, given the inside of its SEQUENCE. The curve of ECDSA is taken to fit the hash,
/// as everywhere in this house; a key on the other curve does not verify.
pub(super) fn parse(mut inside: Reader<'_>) -> Result<SignatureAlgorithm, X509Error> {
    let id = inside.read_oid()?;
    let algorithm = match id {
        oid::ECDSA_SHA256 => ecdsa(&mut inside, SignatureAlgorithm::EcdsaP256Sha256)?,
        oid::ECDSA_SHA384 => ecdsa(&mut inside, SignatureAlgorithm::EcdsaP384Sha384)?,
        oid::RSA_SHA256 => null_parameters(&mut inside, SignatureAlgorithm::RsaPkcs1Sha256)?,
        oid::RSA_SHA384 => null_parameters(&mut inside, SignatureAlgorithm::RsaPkcs1Sha384)?,
        oid::RSA_SHA512 => null_parameters(&mut inside, SignatureAlgorithm::RsaPkcs1Sha512)?,
        oid::RSA_PSS => pss(inside.read_sequence()?)?,
        _ => return Err(X509Error::Algorithm(id)),
    };
    if inside.is_empty() {
        Ok(algorithm)
    } else {
        Err(X509Error::AlgorithmParameters)
    }
}

/// The AlgorithmIdentifier of `algorithm`, whole.
pub(super) fn encode(algorithm: SignatureAlgorithm) -> Vec<u8> {
    let with_null = |id| Writer::new().oid(&id).null();
    let inside = match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 => Writer::new().oid(&oid::ECDSA_SHA256),
        SignatureAlgorithm::EcdsaP384Sha384 => Writer::new().oid(&oid::ECDSA_SHA384),
        SignatureAlgorithm::RsaPkcs1Sha256 => with_null(oid::RSA_SHA256),
        SignatureAlgorithm::RsaPkcs1Sha384 => with_null(oid::RSA_SHA384),
        SignatureAlgorithm::RsaPkcs1Sha512 => with_null(oid::RSA_SHA512),
        SignatureAlgorithm::RsaPssSha256 => pss_parameters(oid::SHA256, 32),
        SignatureAlgorithm::RsaPssSha384 => pss_parameters(oid::SHA384, 48),
        SignatureAlgorithm::RsaPssSha512 => pss_parameters(oid::SHA512, 64),
    };
    Writer::new().sequence(inside).into_der()
}

/// RFC 5758 §3.2 wants the parameters absent; Mbed TLS, and with it every Open Enclave certificate, writes NULL.
fn ecdsa(inside: &mut Reader<'_>, algorithm: SignatureAlgorithm) -> Result<SignatureAlgorithm, X509Error> {
    if inside.is_empty() {
        Ok(algorithm)
    } else {
        null_parameters(inside, algorithm)
    }
}

fn null_parameters(inside: &mut Reader<'_>, algorithm: SignatureAlgorithm) -> Result<SignatureAlgorithm, X509Error> {
    inside
        .read_null()
        .map(|()| algorithm)
        .map_err(|_| X509Error::AlgorithmParameters)
}

/// RSASSA-PSS-params (RFC 4055 §3.1): one SHA-2 hash for message and mask, salt as long as the digest,
/// trailer 1. The defaults (SHA-1) are refused.
fn pss(mut parameters: Reader<'_>) -> Result<SignatureAlgorithm, X509Error> {
    let mut hash_part = parameters
        .read_optional_explicit(0)?
        .ok_or(X509Error::AlgorithmParameters)?;
    let hash = hash_algorithm(&mut hash_part)?;
    hash_part.finish()?;
    let mut mask_part = parameters
        .read_optional_explicit(1)?
        .ok_or(X509Error::AlgorithmParameters)?;
    let mut mask = mask_part.read_sequence()?;
    mask_part.finish()?;
    if mask.read_oid()? != oid::MGF1 || hash_algorithm(&mut mask)? != hash {
        return Err(X509Error::AlgorithmParameters);
    }
    mask.finish()?;
    let mut salt = parameters
        .read_optional_explicit(2)?
        .ok_or(X509Error::AlgorithmParameters)?;
    if salt.read_u64()? != hash.digest_len() as u64 {
        return Err(X509Error::AlgorithmParameters);
    }
    salt.finish()?;
    if let Some(mut trailer) = parameters.read_optional_explicit(3)? {
        if trailer.read_u64()? != 1 {
            return Err(X509Error::AlgorithmParameters);
        }
        trailer.finish()?;
    }
    parameters.finish()?;
    match hash {
        HashAlgorithm::Sha256 => Ok(SignatureAlgorithm::RsaPssSha256),
        HashAlgorithm::Sha384 => Ok(SignatureAlgorithm::RsaPssSha384),
        HashAlgorithm::Sha512 => Ok(SignatureAlgorithm::RsaPssSha512),
        HashAlgorithm::Sha1 => Err(X509Error::AlgorithmParameters),
    }
}

fn hash_algorithm(reader: &mut Reader<'_>) -> Result<HashAlgorithm, X509Error> {
    let mut inside = reader.read_sequence()?;
    let hash = match inside.read_oid()? {
        oid::SHA256 => HashAlgorithm::Sha256,
        oid::SHA384 => HashAlgorithm::Sha384,
        oid::SHA512 => HashAlgorithm::Sha512,
        _ => return Err(X509Error::AlgorithmParameters),
    };
    // RFC 4055 §2.1: NULL and absent are both to be accepted.
    if !inside.is_empty() {
        inside.read_null()?;
    }
    inside.finish()?;
    Ok(hash)
}

fn pss_parameters(hash: oid::ObjectIdentifier, salt: u64) -> Writer {
    use super::tlv::tag::constructed;
    let hash_id = || Writer::new().sequence(Writer::new().oid(&hash).null());
    let mask = Writer::new().sequence(Writer::new().oid(&oid::MGF1).raw(&hash_id().into_der()));
    let parameters = Writer::new()
        .nested(constructed(0), hash_id())
        .nested(constructed(1), mask)
        .nested(constructed(2), Writer::new().u64(salt));
    Writer::new().oid(&oid::RSA_PSS).sequence(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [SignatureAlgorithm; 8] = [
        SignatureAlgorithm::EcdsaP256Sha256,
        SignatureAlgorithm::EcdsaP384Sha384,
        SignatureAlgorithm::RsaPkcs1Sha256,
        SignatureAlgorithm::RsaPkcs1Sha384,
        SignatureAlgorithm::RsaPkcs1Sha512,
        SignatureAlgorithm::RsaPssSha256,
        SignatureAlgorithm::RsaPssSha384,
        SignatureAlgorithm::RsaPssSha512,
    ];

    fn read(der: &[u8]) -> Result<SignatureAlgorithm, X509Error> {
        parse(Reader::new(der).read_sequence()?)
    }

    #[test]
    fn what_is_encoded_is_read() {
        for algorithm in ALL {
            assert_eq!(read(&encode(algorithm)), Ok(algorithm));
        }
    }

    #[test]
    fn refuses_weak_and_odd_parameters() {
        let sequence = |inside| Writer::new().sequence(inside).into_der();
        let default_pss = sequence(Writer::new().oid(&oid::RSA_PSS).sequence(Writer::new()));
        assert_eq!(
            read(&default_pss),
            Err(X509Error::AlgorithmParameters),
            "PSS with SHA-1 defaults"
        );
        let short_salt = sequence(pss_parameters(oid::SHA384, 20));
        assert_eq!(read(&short_salt), Err(X509Error::AlgorithmParameters), "salt length");
        let with_curve = sequence(Writer::new().oid(&oid::ECDSA_SHA256).oid(&oid::P256));
        assert_eq!(
            read(&with_curve),
            Err(X509Error::AlgorithmParameters),
            "ECDSA with parameters"
        );
        let with_null = sequence(Writer::new().oid(&oid::ECDSA_SHA256).null());
        assert_eq!(
            read(&with_null),
            Ok(SignatureAlgorithm::EcdsaP256Sha256),
            "as Mbed TLS writes it"
        );
        let rsa_absent = sequence(Writer::new().oid(&oid::RSA_SHA256));
        assert_eq!(
            read(&rsa_absent),
            Err(X509Error::AlgorithmParameters),
            "PKCS#1 without NULL"
        );
        let sha1 = oid::ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
        assert_eq!(
            read(&sequence(Writer::new().oid(&sha1).null())),
            Err(X509Error::Algorithm(sha1))
        );
    }
}
