//! Encodings, certificates, tokens.

use super::Outcome;
use casemate_crypto::jose::{self, Jws};
use casemate_crypto::x509::{Certificate, Crl, tlv};
use casemate_crypto::{Time, b64, pem as pem_text};

/// Base64: strict forms have one text for each value, the tolerant one reads all of them.
pub fn base64(bytes: &[u8]) -> Outcome {
    assert_eq!(b64::decode_url_strict(&b64::url(bytes)).as_deref(), Ok(bytes));
    assert_eq!(b64::decode_std_strict(b64::std(bytes).as_bytes()).as_deref(), Ok(bytes));
    assert_eq!(b64::decode_any(&b64::url(bytes)).as_deref(), Ok(bytes));
    assert_eq!(b64::decode_any(&b64::std(bytes)).as_deref(), Ok(bytes));
    if let Ok(value) = b64::decode_std_strict(bytes) {
        assert_eq!(b64::std(&value).as_bytes(), bytes);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Outcome::Refused;
    };
    if let Ok(value) = b64::decode_url_strict(text) {
        assert_eq!(b64::url(&value), text);
    }
    if let Ok(value) = b64::decode_any(text) {
        let unpadded = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
        assert_eq!(b64::url(&value), unpadded);
    }
    Outcome::Accepted
}

/// PEM: each block's content is framed again to a text with the same content.
pub fn pem(bytes: &[u8]) -> Outcome {
    for label in ["CERTIFICATE", "X509 CRL", "PUBLIC KEY"] {
        for der in pem_text::decode(label, bytes).into_iter().flatten() {
            assert_eq!(
                pem_text::decode(label, pem_text::encode(label, &der).as_bytes()),
                Ok(vec![der])
            );
        }
    }
    let _ = Certificate::parse_pem_chain(bytes);
    Outcome::Accepted
}

/// RFC 3339 times: print to a text that reads back.
pub fn time(bytes: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Outcome::Refused;
    };
    let Ok(time) = Time::parse_rfc3339(text) else {
        return Outcome::Refused;
    };
    assert_eq!(Time::parse_rfc3339(&time.to_string()), Ok(time));
    Outcome::Accepted
}

/// Strict DER: elements account for every byte, and nest.
pub fn tlv(bytes: &[u8]) -> Outcome {
    let mut pending = vec![(bytes, 0)];
    while let Some((content, depth)) = pending.pop() {
        let mut reader = tlv::Reader::new(content);
        let mut read = 0;
        while let Ok(element) = reader.read_any() {
            read += element.raw.len();
            assert!(element.raw.ends_with(element.content));
            if element.tag & 0x20 != 0 && depth < 16 {
                pending.push((element.content, depth + 1));
            }
        }
        assert!(read <= content.len());
    }
    scalars(bytes);
    Outcome::Accepted
}

fn scalars(bytes: &[u8]) {
    let reader = || tlv::Reader::new(bytes);
    let _ = reader().read_oid();
    let _ = reader().read_integer();
    let _ = reader().read_unsigned();
    let _ = reader().read_u64();
    let _ = reader().read_enumerated();
    let _ = reader().read_boolean();
    let _ = reader().read_bit_string();
    let _ = reader().read_named_bits();
    let _ = reader().read_ia5();
    let _ = reader().read_optional_explicit(0);
}

/// Certificates: the signed part is inside what was read, and every accessor returns.
pub fn certificate(bytes: &[u8]) -> Outcome {
    let Ok(certificate) = Certificate::parse(bytes) else {
        return Outcome::Refused;
    };
    assert_eq!(certificate.der(), bytes);
    assert!(
        bytes
            .windows(certificate.tbs_der().len())
            .any(|window| window == certificate.tbs_der())
    );
    assert!(certificate.subject().matches(certificate.subject()));
    assert!(!certificate.is_self_issued() || certificate.subject().matches(certificate.issuer()));
    let _ = (certificate.subject().to_string(), certificate.issuer().common_name());
    let _ = (
        certificate.path_len(),
        certificate.is_ca(),
        certificate.key_usage_cert_sign(),
    );
    let _ = certificate.unknown_critical_extensions().count();
    for extension in certificate.extensions() {
        tlv(extension.value);
    }
    let _ = certificate.verify_signed_by(certificate.public_key());
    let chain = Certificate::parse_pem_chain(certificate.to_pem().as_bytes()).expect("a framed certificate reads");
    assert_eq!(chain, vec![certificate]);
    Outcome::Accepted
}

/// CRLs.
pub fn crl(bytes: &[u8]) -> Outcome {
    let Ok(crl) = Crl::parse(bytes) else {
        return Outcome::Refused;
    };
    assert_eq!(crl.der(), bytes);
    assert!(crl.tbs_der().len() < bytes.len());
    let _ = (
        crl.issuer().to_string(),
        crl.number(),
        crl.next_update(),
        crl.revoked_count(),
    );
    let _ = crl.revoked(&[1]);
    Outcome::Accepted
}

/// Compact JWS: a signed one is never unsecured, and the signing input begins the text.
pub fn jws(bytes: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Outcome::Refused;
    };
    let signed = Jws::parse(text);
    let unsecured = jose::parse_unsecured(text);
    assert!(signed.is_err() || unsecured.is_err());
    if let Ok(signed) = signed {
        assert!(bytes.starts_with(signed.signing_input()));
        assert!(signed.algorithm().is_none_or(|algorithm| algorithm.name() != "none"));
        let _ = signed.kid();
    }
    if let Ok(unsecured) = unsecured {
        let framed = jose::unsecured(unsecured.payload());
        assert_eq!(
            jose::parse_unsecured(&framed).map(|again| again.payload().to_vec()),
            Ok(unsecured.payload().to_vec())
        );
    }
    Outcome::Accepted
}
