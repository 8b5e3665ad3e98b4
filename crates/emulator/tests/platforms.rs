//! What the emulator makes is what the formats say, and it stays itself when kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::LazyLock;

use casemate_crypto::{
    Time,
    secret::SecretBytes,
    sign::{SignatureAlgorithm, SignatureEncoding},
    x509::{Certificate, Crl},
};
use casemate_emulator::{
    Debug, Emulator, EmulatorFault, Platform, Product, SgxIdentity, SnpIdentity, Standing, TdxFormat, TdxIdentity,
};
use casemate_evidence::{
    intel::{Quote, QuoteBody},
    snp::{AttestationReport, SIGNED_LEN},
};

const NOW: Time = Time::from_unix(1_800_000_000);
const REPORT_DATA: [u8; 64] = [7; 64];

static EMULATOR: LazyLock<Emulator> = LazyLock::new(|| Emulator::generate(NOW).unwrap());

#[test]
fn sgx_quotes_say_what_was_asked() {
    let identity = SgxIdentity {
        isv_svn: 9,
        debug: Debug::On,
        ..SgxIdentity::default()
    };
    let bundle = EMULATOR
        .sgx_quote(&REPORT_DATA, &identity, Platform::default(), NOW)
        .unwrap();
    let quote = Quote::parse(&bundle.evidence).unwrap();
    let QuoteBody::Sgx(report) = &quote.body else {
        panic!("not SGX")
    };
    assert_eq!(
        (quote.header.version, report.isv_svn, report.report_data),
        (3, 9, REPORT_DATA)
    );
    assert!(report.debug());
    assert!(quote.trailing.is_empty());
}

#[test]
fn tdx_quotes_come_in_both_versions() {
    for (format, version, body_type) in [(TdxFormat::Version4, 4, 2), (TdxFormat::Version5, 5, 3)] {
        let identity = TdxIdentity {
            format,
            rtmr: [[3; 48]; 4],
            ..TdxIdentity::default()
        };
        let bundle = EMULATOR
            .tdx_quote(&REPORT_DATA, &identity, Platform::default(), NOW)
            .unwrap();
        let quote = Quote::parse(&bundle.evidence).unwrap();
        let QuoteBody::Td(report) = &quote.body else {
            panic!("not TDX")
        };
        assert_eq!((quote.header.version, quote.body.body_type()), (version, body_type));
        assert_eq!(report.rtmr, [[3; 48]; 4]);
        assert!(!report.debug());
    }
}

#[test]
fn snp_reports_are_signed_by_the_certificate_beside_them() {
    for product in [Product::Milan, Product::Genoa, Product::Turin] {
        let identity = SnpIdentity {
            product,
            vmpl: 2,
            ..SnpIdentity::default()
        };
        let bundle = EMULATOR
            .snp_report(&REPORT_DATA, &identity, Platform::default(), NOW)
            .unwrap();
        let report = AttestationReport::parse(&bundle.evidence).unwrap();
        assert_eq!(
            (report.product(), report.vmpl, report.report_data),
            (Some(product), 2, REPORT_DATA)
        );
        assert_eq!(report.first_reserved_not_zero(), None);
        let vcek = &bundle
            .endorsements
            .iter()
            .find(|file| file.name == "vcek.pem")
            .unwrap()
            .contents;
        let [vcek] = &Certificate::parse_pem_chain(vcek).unwrap()[..] else {
            panic!("not one certificate")
        };
        let signature = report.signature.to_fixed().unwrap();
        let signed = &bundle.evidence[..SIGNED_LEN];
        vcek.public_key()
            .verify(
                SignatureAlgorithm::EcdsaP384Sha384,
                SignatureEncoding::Fixed,
                signed,
                &signature,
            )
            .unwrap();
    }
}

#[test]
fn a_revoked_platform_is_on_the_list() {
    let platform = Platform {
        standing: Standing::Revoked,
        ..Platform::default()
    };
    let crl_of = |platform| {
        let files = EMULATOR.snp_endorsements(Product::Genoa, platform, NOW).unwrap();
        Crl::parse(&files.iter().find(|file| file.name == "crl.der").unwrap().contents).unwrap()
    };
    assert_eq!(crl_of(platform).revoked_count(), 1);
    assert_eq!(crl_of(Platform::default()).revoked_count(), 0);
}

#[test]
fn kept_and_read_again_it_is_the_same() {
    let kept = EMULATOR.to_pem().unwrap();
    let again = Emulator::from_pem(&kept).unwrap();
    assert_eq!(again.roots_pem(), EMULATOR.roots_pem());
    assert_eq!(again.to_pem().unwrap().expose_secret(), kept.expose_secret());
    let names: Vec<_> = again.roots().filter_map(|root| root.subject().common_name()).collect();
    assert_eq!(names.len(), 4);
    assert!(
        names.iter().all(|name| name.starts_with("Casemate Emulated ")),
        "{names:?}"
    );
}

#[test]
fn what_is_not_whole_is_not_read() {
    let kept = String::from_utf8(EMULATOR.to_pem().unwrap().expose_secret().to_vec()).unwrap();
    let blocks: Vec<&str> = kept.split_inclusive("-----END CERTIFICATE-----\n").collect();
    let read = |text: String| Emulator::from_pem(&SecretBytes::new(text.into_bytes()));
    let short = blocks[..blocks.len() - 1].concat();
    assert!(matches!(read(short), Err(EmulatorFault::Kept { .. })));
    let mut swapped = blocks;
    swapped.swap(1, 4);
    assert!(matches!(read(swapped.concat()), Err(EmulatorFault::Kept { .. })));
    assert!(read(String::new()).is_err());
}
