//! What the production verifiers say of emulated evidence: emulated under its own root, untrusted without it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::LazyLock;

use casemate_crypto::Time;
use casemate_emulator::{
    Bundle, Debug, Emulator, Platform, PlatformTcb, Product, SgxIdentity, SnpIdentity, Standing, TdxFormat, TdxIdentity,
};
use casemate_verify::{
    Context, Endorsements, Refusal, TcbStatus, Trace, TrustAnchors, TrustClass, Verified, recognise, verify,
};

const NOW: Time = Time::from_unix(1_800_000_000);
const DAY: i64 = 24 * 3600;

static EMULATOR: LazyLock<Emulator> = LazyLock::new(|| Emulator::generate(NOW).unwrap());

fn own_root() -> TrustAnchors {
    let mut anchors = TrustAnchors::vendor();
    for root in EMULATOR.roots() {
        anchors.add_emulated(root.der()).unwrap();
    }
    anchors
}

fn verdict(bundle: &Bundle, anchors: &TrustAnchors, time: Time) -> Result<Verified, Refusal> {
    let mut endorsements = Endorsements::new();
    for file in &bundle.endorsements {
        endorsements.add(&file.contents).unwrap();
    }
    let context = Context {
        anchors,
        endorsements: &endorsements,
        time,
        cache: None,
    };
    verify(&bundle.evidence, &context, &mut Trace::new())
}

/// One of each kind, from a platform in this state.
fn each(platform: Platform, debug: Debug) -> Vec<(&'static str, Bundle)> {
    let tdx = |format| {
        EMULATOR
            .tdx_quote(
                &[5; 64],
                &TdxIdentity {
                    format,
                    debug,
                    ..TdxIdentity::default()
                },
                platform,
                NOW,
            )
            .unwrap()
    };
    let snp = |product| {
        let identity = SnpIdentity {
            product,
            debug,
            ..SnpIdentity::default()
        };
        EMULATOR.snp_report(&[5; 64], &identity, platform, NOW).unwrap()
    };
    let sgx = SgxIdentity {
        debug,
        ..SgxIdentity::default()
    };
    vec![
        ("SGX", EMULATOR.sgx_quote(&[5; 64], &sgx, platform, NOW).unwrap()),
        ("TDX 4", tdx(TdxFormat::Version4)),
        ("TDX 5", tdx(TdxFormat::Version5)),
        ("Milan", snp(Product::Milan)),
        ("Genoa", snp(Product::Genoa)),
        ("Turin", snp(Product::Turin)),
    ]
}

#[test]
fn each_verifies_under_its_own_root_as_emulated() {
    for debug in [Debug::Off, Debug::On] {
        for (name, bundle) in each(Platform::default(), debug) {
            let verified = verdict(&bundle, &own_root(), NOW).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
            assert_eq!(verified.class(), TrustClass::Emulated, "{name}");
            assert_eq!(Some(verified.evidence_type()), recognise(&bundle.evidence), "{name}");
            assert_eq!(verified.report_data(), &[5; 64], "{name}");
            assert_eq!(verified.claims().debug(), debug == Debug::On, "{name}");
            assert_eq!(verified.not_after(), NOW.plus_seconds(30 * DAY), "{name}");
            assert!(verified.anchor().contains("Casemate Emulated"), "{name}");
        }
    }
}

#[test]
fn none_verifies_under_the_vendors_roots() {
    for (name, bundle) in each(Platform::default(), Debug::Off) {
        let refusal = verdict(&bundle, &TrustAnchors::vendor(), NOW).unwrap_err();
        assert!(matches!(refusal, Refusal::Untrusted { .. }), "{name}: {refusal}");
    }
}

#[test]
fn each_expires_and_is_not_valid_before_its_time() {
    for (name, bundle) in each(Platform::default(), Debug::Off) {
        let late = verdict(&bundle, &own_root(), NOW.plus_seconds(31 * DAY)).unwrap_err();
        assert!(matches!(late, Refusal::Expired { .. }), "{name}: {late}");
        let early = verdict(&bundle, &own_root(), NOW.plus_seconds(-2 * DAY)).unwrap_err();
        assert!(matches!(early, Refusal::NotYetValid { .. }), "{name}: {early}");
    }
}

#[test]
fn a_revoked_certificate_refuses() {
    for (name, bundle) in each(
        Platform {
            standing: Standing::Revoked,
            ..Platform::default()
        },
        Debug::Off,
    ) {
        let refusal = verdict(&bundle, &own_root(), NOW).unwrap_err();
        assert!(matches!(refusal, Refusal::Revoked { .. }), "{name}: {refusal}");
    }
}

#[test]
fn the_vendors_word_on_the_tcb_is_passed_on_or_refuses() {
    let intel = |tcb| {
        each(
            Platform {
                tcb,
                ..Platform::default()
            },
            Debug::Off,
        )
        .into_iter()
        .take(3)
    };
    for (tcb, status) in [
        (PlatformTcb::UpToDate, TcbStatus::UpToDate),
        (PlatformTcb::SwHardeningNeeded, TcbStatus::SWHardeningNeeded),
        (PlatformTcb::ConfigurationNeeded, TcbStatus::ConfigurationNeeded),
        (PlatformTcb::OutOfDate, TcbStatus::OutOfDate),
    ] {
        for (name, bundle) in intel(tcb) {
            let verified = verdict(&bundle, &own_root(), NOW).unwrap();
            assert_eq!(verified.tcb().status, status, "{name}");
            assert_eq!(
                verified.tcb().advisory_ids.is_empty(),
                tcb == PlatformTcb::UpToDate,
                "{name}"
            );
        }
    }
    for (name, bundle) in intel(PlatformTcb::Revoked) {
        assert!(
            matches!(verdict(&bundle, &own_root(), NOW), Err(Refusal::TcbRevoked { .. })),
            "{name}"
        );
    }
    for (name, bundle) in intel(PlatformTcb::Unsupported) {
        assert!(
            matches!(verdict(&bundle, &own_root(), NOW), Err(Refusal::TcbNotSupported { .. })),
            "{name}"
        );
    }
}
