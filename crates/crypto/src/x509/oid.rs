//! Object identifiers used by X.509 itself.

pub use der::asn1::ObjectIdentifier;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

/// id-ecPublicKey (RFC 5480).
pub const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
/// secp256r1.
pub const P256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
/// secp384r1.
pub const P384: ObjectIdentifier = oid("1.3.132.0.34");
/// rsaEncryption (RFC 8017).
pub const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
/// ecdsa-with-SHA256.
pub const ECDSA_SHA256: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
/// ecdsa-with-SHA384.
pub const ECDSA_SHA384: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
/// sha256WithRSAEncryption.
pub const RSA_SHA256: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
/// sha384WithRSAEncryption.
pub const RSA_SHA384: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
/// sha512WithRSAEncryption.
pub const RSA_SHA512: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
/// id-RSASSA-PSS.
pub const RSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
/// id-mgf1.
pub const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
/// id-sha256.
pub const SHA256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
/// id-sha384.
pub const SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
/// id-sha512.
pub const SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
/// id-ce-subjectKeyIdentifier.
pub const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.14");
/// id-ce-keyUsage.
pub const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
/// id-ce-subjectAltName.
pub const SUBJECT_ALT_NAME: ObjectIdentifier = oid("2.5.29.17");
/// id-ce-basicConstraints.
pub const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
/// id-ce-cRLNumber.
pub const CRL_NUMBER: ObjectIdentifier = oid("2.5.29.20");
/// id-ce-cRLReasons.
pub const CRL_REASON: ObjectIdentifier = oid("2.5.29.21");
/// id-ce-authorityKeyIdentifier.
pub const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.35");
/// id-ce-cRLDistributionPoints.
pub const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = oid("2.5.29.31");
/// id-ce-extKeyUsage.
pub const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
/// id-kp-serverAuth.
pub const SERVER_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.1");
/// id-kp-clientAuth.
pub const CLIENT_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.2");
/// commonName.
pub const COMMON_NAME: ObjectIdentifier = oid("2.5.4.3");
/// countryName.
pub const COUNTRY: ObjectIdentifier = oid("2.5.4.6");
/// localityName.
pub const LOCALITY: ObjectIdentifier = oid("2.5.4.7");
/// stateOrProvinceName.
pub const STATE: ObjectIdentifier = oid("2.5.4.8");
/// streetAddress.
pub const STREET: ObjectIdentifier = oid("2.5.4.9");
/// organizationName.
pub const ORGANIZATION: ObjectIdentifier = oid("2.5.4.10");
/// organizationalUnitName.
pub const ORGANIZATIONAL_UNIT: ObjectIdentifier = oid("2.5.4.11");
/// domainComponent.
pub const DOMAIN_COMPONENT: ObjectIdentifier = oid("0.9.2342.19200300.100.1.25");
/// userId.
pub const USER_ID: ObjectIdentifier = oid("0.9.2342.19200300.100.1.1");
