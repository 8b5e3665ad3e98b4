//! Real quotes and collateral, and what round-trips.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::path::{Path, PathBuf};

use casemate_evidence::{
    FormatError,
    intel::{CertificationData, CollateralContainer, QeIdentity, Quote, QuoteBody, QuoteBuilder, Signed, TcbInfo},
    open_enclave,
    sgx::ReportBody,
    tdx::TdReport,
};
use proptest::prelude::*;

fn shared() -> PathBuf {
    let path = std::env::var_os("CASEMATE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    assert!(path.is_dir(), "shared data not found at {}", path.display());
    path
}

fn files(kind: &str, name: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(shared().join("evidence").join(kind)).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.file_name().unwrap().to_str().unwrap().starts_with(name) {
                found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn every_real_quote_parses_and_encodes_to_itself() {
    for kind in ["sgx-dcap", "open-enclave", "tdx"] {
        for (path, bytes) in files(kind, "quote.bin") {
            let quote = Quote::parse(&bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
            let encoded = QuoteBuilder::from(&quote).encode().unwrap();
            assert_eq!(encoded, bytes[..bytes.len() - quote.trailing.len()], "{path}");
            assert_eq!(QuoteBuilder::from(&quote).signed(), quote.signed, "{path}");
        }
    }
}

#[test]
fn open_enclave_wrappings_parse() {
    for (path, bytes) in files("open-enclave", "oe_report.bin") {
        let report = open_enclave::Report::parse(&bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(open_enclave::Report::encode(report.quote), bytes);
        assert!(report.trailing.is_empty());
    }
    for (path, bytes) in files("sgx-dcap", "oe_endorsements.bin")
        .into_iter()
        .chain(files("tdx", "oe_endorsements"))
    {
        let elements = open_enclave::parse_endorsements(&bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(
            elements.iter().any(|element| element.starts_with(b"{\"tcbInfo\"")),
            "{path}"
        );
        assert!(
            elements
                .iter()
                .any(|element| element.starts_with(b"{\"enclaveIdentity\"")),
            "{path}"
        );
    }
    for (path, bytes) in files("sgx-dcap", "quote.bin")
        .iter()
        .filter(|(path, _)| path.contains("ccf-node"))
    {
        let trailing = Quote::parse(bytes).unwrap().trailing;
        let claims = open_enclave::parse_custom_claims(trailing).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(claims[0].name, b"sgx_report_data\0");
        assert_eq!(open_enclave::encode_custom_claims(&claims), trailing);
    }
}

#[test]
fn every_real_collateral_document_parses() {
    for kind in ["sgx-dcap", "open-enclave", "tdx"] {
        for (path, bytes) in files(kind, "collateral") {
            let container = CollateralContainer::parse(&bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
            Signed::<TcbInfo>::tcb_info(container.tcb_info.unwrap(), &container.tcb_info_signature.unwrap())
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            Signed::<QeIdentity>::qe_identity(
                container.qe_identity.unwrap(),
                &container.qe_identity_signature.unwrap(),
            )
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }
    for (path, bytes) in files("tdx", "tcb_info.json")
        .into_iter()
        .chain(files("sgx-dcap", "tcbInfo.json"))
    {
        let signed = Signed::parse_tcb_info(&bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
        let at = bytes
            .windows(signed.raw.len())
            .position(|window| window == signed.raw.as_bytes());
        assert_eq!(at, Some("{\"tcbInfo\":".len()), "{path}");
    }
}

#[test]
fn repeated_fields_and_mixed_case_signatures_are_refused() {
    let (_, bytes) = files("tdx", "qe_identity.json").remove(0);
    let text = String::from_utf8(bytes).unwrap();
    assert!(Signed::parse_qe_identity(text.as_bytes()).is_ok());
    for (from, to) in [
        ("\"isvprodid\":2", "\"isvprodid\":2,\"isvprodid\":2"),
        ("\"signature\":\"", "\"signature\":\"00\",\"signature\":\""),
        ("\"version\":2", "\"version\":9"),
    ] {
        let broken = text.replace(from, to);
        assert_ne!(broken, text);
        assert!(Signed::parse_qe_identity(broken.as_bytes()).is_err(), "{to}");
    }
    let (head, signature) = text.rsplit_once("\"signature\":\"").unwrap();
    let flipped = signature.replacen('a', "A", 1);
    assert_ne!(flipped, signature);
    assert!(Signed::parse_qe_identity(format!("{head}\"signature\":\"{flipped}").as_bytes()).is_err());
}

#[test]
fn unknown_versions_and_types_are_unsupported_not_malformed() {
    let (_, bytes) = files("sgx-dcap", "quote.bin").remove(0);
    for (offset, value) in [(0, 6_u8), (2, 3), (4, 0x82)] {
        let mut other = bytes.clone();
        other[offset] = value;
        assert!(Quote::parse(&other).unwrap_err().is_unsupported());
    }
    assert!(matches!(
        Quote::parse(&bytes[..100]),
        Err(FormatError::Truncated { .. })
    ));
}

proptest! {
    #[test]
    fn report_bodies_round_trip(bytes in proptest::collection::vec(any::<u8>(), 384)) {
        prop_assert_eq!(ReportBody::parse(&bytes).unwrap().encode(), bytes);
    }

    #[test]
    fn td_reports_round_trip(
        bytes in prop_oneof![Just(584_usize), Just(648), Just(885)]
            .prop_flat_map(|length| proptest::collection::vec(any::<u8>(), length))
    ) {
        prop_assert_eq!(TdReport::parse(&bytes).unwrap().encode(), bytes);
    }

    #[test]
    fn certification_data_round_trips(kind in 1_u16..8, body in proptest::collection::vec(any::<u8>(), 0..500)) {
        if let Ok(data) = CertificationData::parse(kind, &body) {
            let encoded = data.encode();
            prop_assert_eq!(&encoded[6..], body.as_slice());
            prop_assert_eq!(data.kind(), kind);
        }
    }

    #[test]
    fn built_quotes_parse_to_their_parts(
        version in 3_u16..6,
        signature in any::<[u8; 32]>(),
        auth in proptest::collection::vec(any::<u8>(), 0..64),
        chain in proptest::collection::vec(any::<u8>(), 0..200),
        trailing in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let (_, sample) = files("tdx", "quote.bin").remove(0);
        let mut builder = QuoteBuilder::from(&Quote::parse(&sample).unwrap());
        builder.header.version = version;
        if version == 3 {
            builder.header.tee_type = 0;
            builder.body = QuoteBody::Sgx(Box::new(ReportBody::zeroed()));
        } else {
            builder.header.tee_type = 0x81;
            builder.body = QuoteBody::Td(Box::new(TdReport::zeroed()));
        }
        builder.signature[..32].copy_from_slice(&signature);
        builder.qe_auth_data = &auth;
        builder.certification = CertificationData::PckChain(&chain);
        let mut bytes = builder.encode().unwrap();
        bytes.extend_from_slice(&trailing);
        let quote = Quote::parse(&bytes).unwrap();
        prop_assert_eq!(QuoteBuilder::from(&quote), builder.clone());
        prop_assert_eq!(quote.trailing, trailing.as_slice());
    }

    #[test]
    fn parsers_are_total(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        let _ = Quote::parse(&bytes);
        let _ = open_enclave::Report::parse(&bytes);
        let _ = open_enclave::parse_custom_claims(&bytes);
        let _ = open_enclave::parse_endorsements(&bytes);
        let _ = CollateralContainer::parse(&bytes);
        let _ = Signed::parse_tcb_info(&bytes);
        let _ = Signed::parse_qe_identity(&bytes);
    }
}
