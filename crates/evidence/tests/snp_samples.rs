//! The recorded SEV-SNP reports and tables, and hostile variations of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{fs, path::PathBuf};

use casemate_evidence::snp::{
    AttestationReport, CertificateTable, EntryKind, ExtendedReport, Product, REPORT_LEN, Remainder, ReportError,
    SIGNED_LEN, SigningKey,
};
use proptest::prelude::*;

fn samples() -> PathBuf {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let root = std::env::var_os("CASEMATE_SHARED").map_or_else(|| PathBuf::from(fallback), PathBuf::from);
    let folder = root.join("evidence/sev-snp");
    assert!(
        folder.is_dir(),
        "no samples at {}: set CASEMATE_SHARED",
        folder.display()
    );
    folder
}

fn read(name: &str) -> Vec<u8> {
    fs::read(samples().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_recorded_report_parses_and_encodes_to_itself() {
    let mut seen = 0;
    for folder in fs::read_dir(samples()).unwrap() {
        let path = folder.unwrap().path().join("report.bin");
        let Ok(bytes) = fs::read(&path) else { continue };
        let report = AttestationReport::parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(report.encode(), bytes, "{}", path.display());
        assert_eq!(report.encode_signed(), bytes[..SIGNED_LEN]);
        assert_eq!(report.first_reserved_not_zero(), None);
        assert!(report.signature.to_fixed().is_ok());
        seen += 1;
    }
    assert!(seen >= 18, "{seen} reports");
}

#[test]
fn fields_stand_where_the_specification_says() {
    let turin = AttestationReport::parse(&read("turin-v5-vcek-ms-tav/report.bin")).unwrap();
    assert_eq!((turin.version, turin.guest_svn, turin.policy.0), (5, 2, 0x3_001f));
    assert_eq!(turin.product(), Some(Product::Turin));
    assert_eq!(turin.reported_tcb.parts(Product::Turin.tcb_layout()).microcode, 81);
    assert!(turin.mitigations.is_some());
    let aws = AttestationReport::parse(&read("milan-v3-vlek-aws-us-east-2/report.bin")).unwrap();
    assert_eq!((aws.signer.signing_key(), aws.vmpl), (SigningKey::Vlek, 1));
    assert_eq!((aws.mitigations, aws.chip_id), (None, [0; 64]));
    let google = AttestationReport::parse(&read("milan-v2-vcek-google/report.bin")).unwrap();
    assert_eq!((google.product(), google.policy.debug_allowed()), (None, true));
}

#[test]
fn a_version_of_unknown_layout_is_told_apart() {
    let tampered = read("milan-v2-sidecar-maa-test/tampered_report.bin");
    assert_eq!(AttestationReport::parse(&tampered), Err(ReportError::Version(0)));
    let mut newer = read("turin-v5-vcek-ms-tav/report.bin");
    newer[0] = 6;
    assert_eq!(AttestationReport::parse(&newer), Err(ReportError::Version(6)));
}

#[test]
fn the_recorded_certificate_table_parses() {
    let bytes = read("genoa-v3-extended-veraison/auxblob_certtable.bin");
    let table = CertificateTable::parse(&bytes).unwrap();
    let entries: Vec<_> = table
        .entries()
        .iter()
        .map(|entry| (entry.kind, entry.bytes.len()))
        .collect();
    assert_eq!(
        entries,
        [(EntryKind::Ark, 2277), (EntryKind::Ask, 2325), (EntryKind::Vcek, 1879)]
    );
    assert_eq!(table.encode(), bytes);
    let extended = [read("genoa-v3-extended-veraison/report.bin"), bytes.clone()].concat();
    assert_eq!(
        ExtendedReport::parse(&extended).unwrap().remainder,
        Remainder::Table(table.clone())
    );
}

proptest! {
    #[test]
    fn whatever_parses_encodes_to_itself(version in 0_u8..8, fill in any::<u8>(), at in 4..REPORT_LEN, byte in any::<u8>()) {
        let mut bytes = vec![fill; REPORT_LEN];
        bytes[..4].copy_from_slice(&[version, 0, 0, 0]);
        bytes[at] = byte;
        match AttestationReport::parse(&bytes) {
            Ok(report) => prop_assert_eq!(report.encode(), bytes),
            Err(error) => prop_assert_eq!(error, ReportError::Version(u32::from(version))),
        }
    }

    #[test]
    fn no_table_breaks_the_parser(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), entries in 0_usize..3) {
        let at = (entries * 24).min(bytes.len());
        bytes.splice(at..at, [0; 24]).for_each(drop);
        if let Ok(table) = CertificateTable::parse(&bytes) {
            let encoded = table.encode();
            prop_assert_eq!(CertificateTable::parse(&encoded).unwrap(), table);
        }
    }
}
