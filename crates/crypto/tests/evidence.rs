//! Every certificate and CRL of the recorded real evidence: read, compared with another reader, verified along its
//! chain, and refused after any flipped bit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use casemate_crypto::{
    Time, pem,
    sign::{KeyError, KeyKind, SignatureAlgorithm},
    x509::{Certificate, Crl, X509Error},
};
use x509_cert::der::{Decode as _, Encode as _};

/// Files with a certificate that must be refused, and why.
const BAD: [(&str, &str); 2] = [
    (
        "open-enclave/oe-sgx-cert-rsa-bad/pck_chain.pem",
        "damaged upstream on purpose: the leaf's point is off its curve",
    ),
    (
        "open-enclave/oe-sgx-cert-rsa-bad/quote.bin",
        "the same chain inside the quote",
    ),
];

/// Folders with a certificate that no issuer beside it signed, and why.
const DAMAGED: [(&str, &str); 4] = [
    (
        "open-enclave/oe-report-bad",
        "damaged upstream on purpose: an attribute type in the intermediate's subject",
    ),
    (
        "open-enclave/oe-sgx-cert-ec-bad",
        "damaged upstream on purpose: the TLS certificate's own signature",
    ),
    (
        "open-enclave/oe-sgx-cert-rsa-bad",
        "damaged upstream on purpose: the TLS certificate's own signature",
    ),
    (
        "sev-snp/milan-v2-wrong-vcek-legacy",
        "the manifest: not signed by the Milan ASK",
    ),
];

fn evidence() -> PathBuf {
    let shared = std::env::var_os("CASEMATE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("evidence");
    assert!(folder.is_dir(), "no shared evidence at {}", folder.display());
    folder
}

/// Every file under the folders with X.509 in them, by its path below `evidence/`.
fn files() -> BTreeMap<String, Vec<u8>> {
    let root = evidence();
    let mut found = BTreeMap::new();
    let mut folders: Vec<PathBuf> = ["sgx-dcap", "tdx", "open-enclave", "sev-snp"]
        .iter()
        .map(|name| root.join(name))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn certificates() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for (name, bytes) in files() {
        if name.ends_with(".der") {
            if !name.to_lowercase().contains("crl") {
                found.push((name, bytes));
            }
        } else if let Ok(blocks) = pem::decode("CERTIFICATE", &bytes) {
            found.extend(blocks.into_iter().map(|der| (name.clone(), der)));
        }
    }
    found
}

fn is_listed_bad(name: &str) -> bool {
    BAD.iter().any(|(listed, _)| *listed == name)
}

fn good_certificates() -> Vec<(String, Certificate)> {
    let all = certificates().into_iter().filter(|(name, _)| !is_listed_bad(name));
    all.map(|(name, der)| (name, Certificate::parse(&der).unwrap()))
        .collect()
}

fn crls() -> Vec<(String, Vec<u8>)> {
    files()
        .into_iter()
        .filter(|(name, _)| name.to_lowercase().ends_with("crl.der"))
        .collect()
}

fn unix(time: &x509_cert::time::Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap()
}

#[test]
fn every_certificate_is_read_as_another_reader_reads_it() {
    let all = certificates();
    assert!(all.len() > 200, "only {} certificates found", all.len());
    let mut refused = Vec::new();
    for (name, der) in &all {
        let ours = match Certificate::parse(der) {
            Ok(ours) => ours,
            Err(error) => {
                refused.push((name.as_str(), error));
                continue;
            }
        };
        let theirs = x509_cert::Certificate::from_der(der).unwrap();
        let tbs = theirs.tbs_certificate();
        // Not compared: the signed span. The other reader re-encodes it, and Azure's GeneralizedTime before 2050
        // comes out as UTCTime; the signatures checked below cover ours.
        assert_eq!(ours.subject().der(), tbs.subject().to_der().unwrap(), "{name}");
        assert_eq!(ours.issuer().der(), tbs.issuer().to_der().unwrap(), "{name}");
        assert_eq!(ours.not_before().unix(), unix(&tbs.validity().not_before), "{name}");
        assert_eq!(ours.not_after().unix(), unix(&tbs.validity().not_after), "{name}");
        assert_eq!(
            ours.public_key().spki_der(),
            tbs.subject_public_key_info().to_der().unwrap(),
            "{name}"
        );
        assert_eq!(ours.signature(), theirs.signature().as_bytes().unwrap(), "{name}");
        let serial = tbs.serial_number().as_bytes();
        let significant = serial.iter().position(|octet| *octet != 0).unwrap_or(serial.len() - 1);
        assert_eq!(ours.serial(), &serial[significant..], "{name}");
        let extensions: Vec<_> = ours
            .extensions()
            .map(|one| (one.oid, one.critical, one.value.to_vec()))
            .collect();
        let expected: Vec<_> = tbs
            .extensions()
            .into_iter()
            .flatten()
            .map(|one| (one.extn_id, one.critical, one.extn_value.as_bytes().to_vec()))
            .collect();
        assert_eq!(extensions, expected, "{name}");
    }
    let off_curve = X509Error::Key(KeyError::Invalid);
    assert_eq!(refused, BAD.map(|(name, _)| (name, off_curve.clone())));
}

#[test]
fn every_crl_is_read_as_another_reader_reads_it() {
    let all = crls();
    assert!(all.len() > 40, "only {} CRLs found", all.len());
    for (name, der) in &all {
        let ours = Crl::parse(der).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let theirs = x509_cert::crl::CertificateList::<x509_cert::certificate::Rfc5280>::from_der(der).unwrap();
        let tbs = &theirs.tbs_cert_list;
        assert_eq!(ours.issuer().der(), tbs.issuer.to_der().unwrap(), "{name}");
        assert_eq!(ours.this_update().unix(), unix(&tbs.this_update), "{name}");
        assert_eq!(
            ours.next_update().map(Time::unix),
            tbs.next_update.as_ref().map(unix),
            "{name}"
        );
        let revoked = tbs.revoked_certificates.as_deref().unwrap_or_default();
        assert_eq!(ours.revoked_count(), revoked.len(), "{name}");
        for entry in revoked {
            let at = ours.revoked(entry.serial_number.as_bytes());
            assert_eq!(at.map(Time::unix), Some(unix(&entry.revocation_date)), "{name}");
        }
        assert_eq!(ours.revoked(&[0x42; 20]), None, "{name}");
    }
}

/// Of each chain in one file and each folder, everyone is signed by someone else in it or by itself.
#[test]
fn chains_verify_along_their_links() {
    let mut by_folder: BTreeMap<String, Vec<Certificate>> = BTreeMap::new();
    for (name, certificate) in good_certificates() {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        by_folder.entry(folder).or_default().push(certificate);
    }
    let (mut verified, mut unsigned) = (0, BTreeSet::new());
    for (folder, all) in &by_folder {
        for certificate in all {
            let issuers: Vec<_> = all.iter().filter(|one| one.subject() == certificate.issuer()).collect();
            if issuers.is_empty() {
                continue;
            }
            if !issuers
                .iter()
                .any(|issuer| certificate.verify_signed_by(issuer.public_key()).is_ok())
            {
                unsigned.insert(folder.as_str());
                continue;
            }
            verified += 1;
            // Azure's self-signed token certificates are no CAs.
            let others = issuers.iter().filter(|issuer| **issuer != certificate);
            assert!(
                others.into_iter().all(|issuer| issuer.is_ca()),
                "{folder}: issuers are CAs"
            );
        }
    }
    assert_eq!(
        unsigned.into_iter().collect::<Vec<_>>(),
        DAMAGED.map(|(folder, _)| folder)
    );
    assert!(verified > 150, "only {verified} links verified");
}

#[test]
fn known_kinds_are_what_they_are() {
    let files = files();
    let chain = |name: &str| Certificate::parse_pem_chain(&files[name]).unwrap();
    let pck = chain("sgx-dcap/sgx-phala/pck_chain.pem");
    let [leaf, intermediate, root] = pck.as_slice() else {
        panic!("{pck:?}")
    };
    assert_eq!(leaf.public_key().kind(), KeyKind::P256);
    assert!(leaf.extension("1.2.840.113741.1.13.1").is_some());
    assert_eq!(
        root.subject().to_string(),
        "C=US,ST=CA,L=Santa Clara,O=Intel Corporation,CN=Intel SGX Root CA"
    );
    assert!(root.is_ca() && root.is_self_issued() && root.key_usage_cert_sign() && root.key_usage_crl_sign());
    assert!(!leaf.is_ca() && leaf.unknown_critical_extensions().next().is_none());
    assert_eq!((root.path_len(), intermediate.path_len()), (Some(1), Some(0)));
    let folder = "sev-snp/milan-v2-vcek-virtee";
    let one = |name: &str| chain(&format!("{folder}/{name}.pem")).remove(0);
    let (ark, ask, vcek) = (one("ark"), one("ask"), one("vcek"));
    assert_eq!(vcek.public_key().kind(), KeyKind::P384);
    assert_eq!(vcek.signature_algorithm(), SignatureAlgorithm::RsaPssSha384);
    assert_eq!(ark.public_key().kind(), KeyKind::Rsa { bits: 4096 });
    assert_eq!(vcek.serial(), [0]);
    assert!(vcek.extension("1.3.6.1.4.1.3704.1.4").is_some(), "hwID");
    assert_eq!(vcek.verify_signed_by(ask.public_key()), Ok(()));
    assert_eq!(ask.verify_signed_by(ark.public_key()), Ok(()));
    assert!(matches!(
        vcek.verify_signed_by(ark.public_key()),
        Err(X509Error::Signature(_))
    ));
}

#[test]
fn crls_verify_under_their_issuers() {
    let files = files();
    let all: Vec<_> = good_certificates().into_iter().map(|(_, one)| one).collect();
    let mut verified = 0;
    for (name, _) in crls() {
        let crl = Crl::parse(&files[&name]).unwrap();
        let mut issuers = all.iter().filter(|one| one.subject() == crl.issuer()).peekable();
        if issuers.peek().is_some() {
            assert!(
                issuers.any(|issuer| crl.verify_signed_by(issuer.public_key()).is_ok()),
                "{name}"
            );
            verified += 1;
        }
    }
    assert!(verified > 40, "only {verified} CRLs verified");
}

/// Flips every bit: parsing and verifying must not both succeed.
fn survivors<E>(der: &[u8], accepts: impl Fn(&[u8]) -> Result<(), E>) -> Vec<usize> {
    let mut bytes = der.to_vec();
    let mut survivors = Vec::new();
    for bit in 0..der.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if accepts(&bytes).is_ok() {
            survivors.push(bit);
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(accepts(&bytes).is_ok(), "the original is good");
    survivors
}

#[test]
fn no_bit_of_a_real_certificate_or_crl_can_be_flipped() {
    let files = files();
    let chain = |name: &str| Certificate::parse_pem_chain(&files[name]).unwrap();
    let pck = chain("sgx-dcap/sgx-phala/pck_chain.pem");
    let ca = pck[1].public_key();
    let accepts = |der: &[u8]| Certificate::parse(der)?.verify_signed_by(ca);
    assert_eq!(survivors(pck[0].der(), accepts), Vec::<usize>::new(), "PCK");
    let folder = "sev-snp/genoa-v3-vcek-ms-tav";
    let vcek = chain(&format!("{folder}/vcek.pem")).remove(0);
    let ask = chain(&format!("{folder}/ask.pem")).remove(0);
    let accepts = |der: &[u8]| Certificate::parse(der)?.verify_signed_by(ask.public_key());
    assert_eq!(survivors(vcek.der(), accepts), Vec::<usize>::new(), "VCEK");
    let crl = &files["sgx-dcap/sgx-phala/root_ca_crl.der"];
    let accepts = |der: &[u8]| Crl::parse(der)?.verify_signed_by(pck[2].public_key());
    assert_eq!(survivors(crl, accepts), Vec::<usize>::new(), "root CRL");
}
