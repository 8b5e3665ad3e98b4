//! Certificates and CRLs that we issue: what goes in comes out, no bit can be flipped, and what RFC 5280 forbids is
//! refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use casemate_crypto::{
    Time,
    sign::{KeyType, SignatureAlgorithm, SigningKey},
    x509::{
        Certificate, CertificateTemplate, Criticality, Crl, CrlTemplate, KeyUsage, MAX_CERTIFICATE, MAX_CRL, Name,
        X509Error,
        oid::{self, ObjectIdentifier},
        tlv::{Writer, tag},
    },
};
use proptest::prelude::*;

const HARDWARE_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.4");

fn name(common: &str) -> Name {
    Name::from_attributes(&[(oid::COMMON_NAME, common), (oid::COUNTRY, "US")])
}

fn time(text: &str) -> Time {
    Time::parse_rfc3339(text).unwrap()
}

struct Authority {
    key: SigningKey,
    certificate: Certificate,
    algorithm: SignatureAlgorithm,
}

fn authority(key_type: KeyType, algorithm: SignatureAlgorithm) -> Authority {
    let key = SigningKey::generate(key_type).unwrap();
    let template = CertificateTemplate::new(
        name("Root"),
        &[1],
        time("2020-01-01T00:00:00Z"),
        time("2059-12-31T23:59:59Z"),
    )
    .ca(Some(1))
    .key_usage(&[KeyUsage::CertSign, KeyUsage::CrlSign])
    .key_identifiers();
    let certificate = template.self_signed(&key, algorithm).unwrap();
    Authority {
        key,
        certificate,
        algorithm,
    }
}

impl Authority {
    fn issue(&self, subject: &SigningKey, template: &CertificateTemplate) -> Result<Certificate, X509Error> {
        template.issue(
            subject.public_key(),
            self.certificate.subject(),
            &self.key,
            self.algorithm,
        )
    }
}

fn leaf_template(serial: &[u8]) -> CertificateTemplate {
    CertificateTemplate::new(
        name("Leaf"),
        serial,
        time("1949-01-01T00:00:00Z"),
        time("2049-12-31T23:59:59Z"),
    )
}

#[test]
fn an_amd_like_chain_says_what_was_put_in() {
    let ask = authority(KeyType::Rsa2048, SignatureAlgorithm::RsaPssSha384);
    assert_eq!(ask.certificate.verify_signed_by(ask.key.public_key()), Ok(()));
    assert!(ask.certificate.is_ca() && ask.certificate.is_self_issued());
    assert_eq!(ask.certificate.path_len(), Some(1));
    assert!(ask.certificate.key_usage_cert_sign() && ask.certificate.key_usage_crl_sign());
    assert!(!ask.certificate.key_usage_digital_signature());
    let vcek_key = SigningKey::generate(KeyType::P384).unwrap();
    let template = leaf_template(&[0])
        .extension(HARDWARE_ID, Criticality::NonCritical, &[7; 64])
        .extension(
            ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.1"),
            Criticality::Critical,
            &Writer::new().u64(0).into_der(),
        );
    let vcek = ask.issue(&vcek_key, &template).unwrap();
    assert_eq!(vcek.verify_signed_by(ask.key.public_key()), Ok(()));
    assert!(matches!(
        vcek.verify_signed_by(vcek.public_key()),
        Err(X509Error::Signature(_))
    ));
    assert_eq!((vcek.serial(), vcek.is_ca()), (&[0][..], false));
    assert_eq!((vcek.subject(), vcek.issuer()), (&name("Leaf"), &name("Root")));
    assert_eq!(vcek.not_before(), time("1949-01-01T00:00:00Z"));
    assert_eq!(vcek.not_after(), time("2049-12-31T23:59:59Z"));
    assert_eq!(vcek.public_key(), vcek_key.public_key());
    assert_eq!(vcek.signature_algorithm(), SignatureAlgorithm::RsaPssSha384);
    assert_eq!(vcek.extension("1.3.6.1.4.1.3704.1.4"), Some(&[7; 64][..]));
    assert_eq!(vcek.extension("1.3.6.1.4.1.3704.1.5"), None);
    let unknown: Vec<_> = vcek.unknown_critical_extensions().map(|id| id.to_string()).collect();
    assert_eq!(unknown, ["1.3.6.1.4.1.3704.1.1"]);
    assert_eq!(Certificate::parse_pem_chain(vcek.to_pem().as_bytes()).unwrap(), [vcek]);
}

#[test]
fn a_tls_server_certificate_names_its_hosts() {
    let root = authority(KeyType::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let key = SigningKey::generate(KeyType::P256).unwrap();
    let template = leaf_template(&CertificateTemplate::random_serial())
        .end_entity()
        .key_usage(&[KeyUsage::DigitalSignature])
        .extended_key_usage(&[oid::SERVER_AUTH])
        .dns_name("localhost")
        .ip_address([127, 0, 0, 1].into())
        .key_identifiers();
    let server = root.issue(&key, &template).unwrap();
    let names = Writer::new()
        .element(tag::primitive(2), b"localhost")
        .element(tag::primitive(7), &[127, 0, 0, 1]);
    let expected = Writer::new().sequence(names).into_der();
    assert_eq!(server.extension_by_oid(&oid::SUBJECT_ALT_NAME), Some(&expected[..]));
    assert_eq!(server.unknown_critical_extensions().next(), None);
    assert!(!server.key_usage_cert_sign());
    let ours = server.extension_by_oid(&oid::AUTHORITY_KEY_IDENTIFIER).unwrap();
    let theirs = root.certificate.extension_by_oid(&oid::SUBJECT_KEY_IDENTIFIER).unwrap();
    assert_eq!(ours[4..], theirs[2..], "the two identifiers meet");
}

#[test]
fn a_crl_revokes_what_it_lists() {
    let root = authority(KeyType::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let (now, next) = (time("2026-01-01T00:00:00Z"), time("2026-02-01T00:00:00Z"));
    let earlier = time("2025-01-01T00:00:00Z");
    let template = CrlTemplate::new(300, now, next)
        .revoke(&[9], now)
        .revoke(&[9], earlier)
        .revoke(&[0x80, 0], now);
    let crl = template
        .issue(root.certificate.subject(), &root.key, root.algorithm)
        .unwrap();
    assert_eq!(crl.verify_signed_by(root.key.public_key()), Ok(()));
    assert_eq!((crl.this_update(), crl.next_update()), (now, Some(next)));
    assert_eq!(
        (crl.number(), crl.issuer()),
        (Some(&[1, 44][..]), root.certificate.subject())
    );
    assert_eq!(
        (crl.revoked(&[9]), crl.revoked(&[0, 0, 9])),
        (Some(earlier), Some(earlier)),
        "as numbers"
    );
    assert_eq!(
        (crl.revoked(&[0x80, 0]), crl.revoked(&[0x80]), crl.revoked(&[0; 40])),
        (Some(now), None, None)
    );
    assert_eq!(crl.revoked_count(), 2);
    let empty = CrlTemplate::new(0, now, next)
        .issue(root.certificate.subject(), &root.key, root.algorithm)
        .unwrap();
    assert_eq!((empty.revoked_count(), empty.number()), (0, Some(&[0][..])));
}

#[test]
fn no_bit_of_what_we_issue_can_be_flipped() {
    let now = time("2026-01-01T00:00:00Z");
    for (key_type, algorithm) in [
        (KeyType::P256, SignatureAlgorithm::EcdsaP256Sha256),
        (KeyType::P384, SignatureAlgorithm::EcdsaP384Sha384),
        (KeyType::Rsa2048, SignatureAlgorithm::RsaPssSha384),
        (KeyType::Rsa2048, SignatureAlgorithm::RsaPkcs1Sha256),
    ] {
        let root = authority(key_type, algorithm);
        let public = root.key.public_key();
        let crl = CrlTemplate::new(1, now, now.plus_seconds(9)).revoke(&[5], now);
        let crl = crl.issue(root.certificate.subject(), &root.key, algorithm).unwrap();
        let leaf = root
            .issue(&root.key, &leaf_template(&[3]).end_entity().key_identifiers())
            .unwrap();
        let accepts_leaf = |der: &[u8]| Certificate::parse(der).and_then(|one| one.verify_signed_by(public));
        let accepts_crl = |der: &[u8]| Crl::parse(der).and_then(|one| one.verify_signed_by(public));
        assert_eq!(survivors(leaf.der(), accepts_leaf), Vec::<usize>::new(), "{algorithm}");
        assert_eq!(survivors(crl.der(), accepts_crl), Vec::<usize>::new(), "{algorithm}");
    }
}

fn survivors(der: &[u8], accepts: impl Fn(&[u8]) -> Result<(), X509Error>) -> Vec<usize> {
    let mut bytes = der.to_vec();
    assert_eq!(accepts(&bytes), Ok(()), "the original is good");
    let flips = (0..der.len() * 8).filter(|bit| {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let accepted = accepts(&bytes).is_ok();
        bytes[bit / 8] ^= 1 << (bit % 8);
        accepted
    });
    flips.collect()
}

#[test]
fn refuses_what_it_cannot_stand_for() {
    let root = authority(KeyType::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let field = |template: CertificateTemplate| match root.issue(&root.key, &template).unwrap_err() {
        X509Error::Field { field } => field,
        other => other.code(),
    };
    assert_eq!(field(leaf_template(&[1; 21])), "serialNumber");
    assert_eq!(
        field(leaf_template(&[1]).end_entity().end_entity()),
        "extensions",
        "twice"
    );
    assert_eq!(
        field(leaf_template(&[1]).extension(oid::KEY_USAGE, Criticality::Critical, &[5, 0])),
        "x509_malformed"
    );
    let rsa = SigningKey::generate(KeyType::Rsa2048).unwrap();
    let wrong_key = leaf_template(&[1]).issue(rsa.public_key(), &name("Root"), &rsa, root.algorithm);
    assert!(matches!(wrong_key, Err(X509Error::Key(_))));
    let der = root.certificate.der();
    assert!(matches!(
        Certificate::parse(&[der, &[0]].concat()),
        Err(X509Error::Der(_))
    ));
    let huge = Certificate::parse(&vec![0x30; MAX_CERTIFICATE + 1]);
    assert_eq!(
        huge,
        Err(X509Error::TooLarge {
            len: MAX_CERTIFICATE + 1,
            limit: MAX_CERTIFICATE
        })
    );
    let huge = Crl::parse(&vec![0x30; MAX_CRL + 1]);
    assert_eq!(
        huge,
        Err(X509Error::TooLarge {
            len: MAX_CRL + 1,
            limit: MAX_CRL
        })
    );
    assert!(matches!(Crl::parse(der), Err(X509Error::Der(_))));
    let chain = root.certificate.to_pem().repeat(17);
    assert_eq!(
        Certificate::parse_pem_chain(chain.as_bytes()),
        Err(X509Error::TooLarge { len: 17, limit: 16 })
    );
    assert!(matches!(
        Certificate::parse_pem_chain(b"no PEM"),
        Err(X509Error::Pem(_))
    ));
}

/// A CRL with these entries and extensions (each the inside of its list) and no valid signature.
fn unsigned_crl(version: Option<u64>, entries: Writer, extensions: Writer) -> Vec<u8> {
    let algorithm = Writer::new().sequence(Writer::new().oid(&oid::ECDSA_SHA256)).into_der();
    let tbs = version.map_or_else(Writer::new, |version| Writer::new().u64(version));
    let tbs = tbs
        .raw(&algorithm)
        .raw(name("Root").der())
        .element(tag::UTC_TIME, b"260101000000Z")
        .sequence(entries);
    let tbs = tbs.nested(tag::constructed(0), Writer::new().sequence(extensions));
    let signed = Writer::new().sequence(tbs).raw(&algorithm).bit_string(&[0]);
    Writer::new().sequence(signed).into_der()
}

#[test]
fn refuses_crls_that_do_not_speak_for_everything() {
    let extension = |id: ObjectIdentifier, critical: bool| {
        let inside = Writer::new().oid(&id);
        let inside = if critical { inside.boolean(true) } else { inside };
        Writer::new().sequence(inside.octet_string(&Writer::new().u64(7).into_der()))
    };
    let entry = |extensions: Writer| {
        let inside = Writer::new().u64(5).element(tag::UTC_TIME, b"250101000000Z");
        Writer::new().sequence(inside.sequence(extensions))
    };
    let number = || extension(oid::CRL_NUMBER, false);
    let reason = || entry(extension(oid::CRL_REASON, false));
    let good = Crl::parse(&unsigned_crl(Some(1), reason(), number())).unwrap();
    assert_eq!((good.number(), good.next_update()), (Some(&[7][..]), None));
    assert_eq!(good.revoked(&[5]), Some(time("2025-01-01T00:00:00Z")));
    let partitioned = ObjectIdentifier::new_unwrap("2.5.29.28");
    let delta = ObjectIdentifier::new_unwrap("2.5.29.27");
    let indirect = ObjectIdentifier::new_unwrap("2.5.29.29");
    for id in [partitioned, delta] {
        let refused = Crl::parse(&unsigned_crl(Some(1), reason(), extension(id, true)));
        assert_eq!(refused, Err(X509Error::CriticalExtension(id)));
    }
    let refused = Crl::parse(&unsigned_crl(Some(1), entry(extension(indirect, true)), number()));
    assert_eq!(refused, Err(X509Error::CriticalExtension(indirect)));
    for version in [None, Some(0), Some(2)] {
        let refused = Crl::parse(&unsigned_crl(version, reason(), number()));
        assert_eq!(refused, Err(X509Error::Field { field: "version" }));
    }
    let huge_serial = Writer::new().sequence(
        Writer::new()
            .unsigned(&[1; 21])
            .element(tag::UTC_TIME, b"250101000000Z"),
    );
    let refused = Crl::parse(&unsigned_crl(Some(1), huge_serial, number()));
    assert_eq!(
        refused,
        Err(X509Error::Field {
            field: "userCertificate"
        })
    );
}

/// The outer and the inner algorithm are compared as bytes, so one that differs in form only is refused as well.
#[test]
fn refuses_differing_algorithms() {
    let root = authority(KeyType::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let with_null = Writer::new()
        .sequence(Writer::new().oid(&oid::ECDSA_SHA256).null())
        .into_der();
    let signature = Writer::new().bit_string(root.certificate.signature()).into_der();
    let forged = Writer::new()
        .raw(root.certificate.tbs_der())
        .raw(&with_null)
        .raw(&signature);
    let forged = Writer::new().sequence(forged).into_der();
    assert_eq!(Certificate::parse(&forged), Err(X509Error::AlgorithmMismatch));
}

proptest! {
    #[test]
    fn never_panics_on_noise(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Certificate::parse(&noise).is_err());
        prop_assert!(Crl::parse(&noise).is_err());
    }

    #[test]
    fn any_serial_time_and_name_survive(
        serial in proptest::collection::vec(any::<u8>(), 0..=20),
        from in Time::MIN.unix()..=Time::MAX.unix(),
        length in 0_i64..4_000_000_000,
        common: String,
    ) {
        let key = SigningKey::generate(KeyType::P256).unwrap();
        let (from, to) = (Time::from_unix(from), Time::from_unix(from).plus_seconds(length));
        let template = CertificateTemplate::new(name(&common), &serial, from, to);
        let certificate = template.self_signed(&key, SignatureAlgorithm::EcdsaP256Sha256).unwrap();
        let significant: Vec<u8> = serial.iter().copied().skip_while(|octet| *octet == 0).collect();
        prop_assert_eq!(certificate.serial(), if significant.is_empty() { &[0] } else { &significant[..] });
        prop_assert_eq!((certificate.not_before(), certificate.not_after()), (from, to));
        prop_assert_eq!(certificate.subject().common_name(), Some(common));
        let at = from;
        let crl = CrlTemplate::new(1, from, to).revoke(&serial, at);
        let crl = crl.issue(certificate.subject(), &key, SignatureAlgorithm::EcdsaP256Sha256).unwrap();
        prop_assert_eq!(crl.revoked(certificate.serial()), Some(at));
    }
}
