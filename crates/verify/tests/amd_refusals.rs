//! One reason to refuse a SEV-SNP report after another: bent real ones, and forged ones where only the key's holder
//! can bend.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod amd_common;

use amd_common::{
    certificates, endorsements,
    forge::{ALGORITHM, Forge, Holder, VekShape, authority, day, issue_vek, now},
    report, time_of, verify_at,
};
use casemate_crypto::{
    Time,
    sign::{KeyType, SigningKey},
};
use casemate_evidence::snp::{Cpuid, Product, SignerInfo, SigningKey as Signer, TcbVersion};
use casemate_verify::{Claims, Endorsements, Refusal, Trace, Trailing, TrustClass};

const MILAN: &str = "milan-v2-vcek-trustee";

fn refuse_real(id: &str, bend: impl FnOnce(&mut Vec<u8>)) -> (Refusal, Vec<Refusal>) {
    let mut bytes = report(id);
    bend(&mut bytes);
    let mut trace = Trace::new();
    let refused = verify_at(&bytes, &endorsements(id), time_of(id), &mut trace).unwrap_err();
    (refused, trace.refusals().to_vec())
}

#[test]
fn upstreams_negatives_are_refused() {
    let (refused, _) = refuse_real(MILAN, |bytes| bytes[42] ^= 1);
    assert_eq!(
        refused,
        Refusal::SignatureInvalid {
            what: "report".to_owned()
        }
    );
    let (refused, all) = refuse_real(MILAN, |bytes| bytes[384] ^= 1);
    assert!(
        matches!(
            refused,
            Refusal::Mismatch {
                what: "reported TCB and endorsement key",
                ..
            }
        ),
        "{refused:?}"
    );
    assert!(all.contains(&Refusal::SignatureInvalid {
        what: "report".to_owned()
    }));
    // The signer of VLEKs in the place of the signer of VCEKs.
    let mut swapped = certificates(MILAN, &["ark.pem", "vcek.pem"]);
    swapped
        .add(&amd_common::sample("amd-roots-milan", "asvk.pem").unwrap())
        .unwrap();
    let refused = verify_at(&report(MILAN), &swapped, time_of(MILAN), &mut Trace::new()).unwrap_err();
    assert!(
        matches!(
            refused,
            Refusal::CollateralMissing {
                what: "ASK certificate",
                ..
            }
        ),
        "{refused:?}"
    );
}

#[test]
fn every_byte_of_a_report_counts() {
    let id = "turin-v5-vcek-ms-tav";
    let good = report(id);
    let (endorsements, time) = (endorsements(id), time_of(id));
    let cache = casemate_verify::ChainCache::default();
    let anchors = casemate_verify::TrustAnchors::vendor();
    let context = casemate_verify::Context {
        anchors: &anchors,
        endorsements: &endorsements,
        time,
        cache: Some(&cache),
    };
    assert!(casemate_verify::amd::verify_snp(&good, &context, &mut Trace::quiet()).is_ok());
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        assert!(
            casemate_verify::amd::verify_snp(&bytes, &context, &mut Trace::quiet()).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn lengths_versions_and_padding_of_a_real_report() {
    let (refused, _) = refuse_real(MILAN, |bytes| bytes.truncate(1183));
    assert!(
        matches!(refused, Refusal::Malformed { what: "report", .. }),
        "{refused:?}"
    );
    for version in [0, 1, 6] {
        let (refused, _) = refuse_real(MILAN, |bytes| bytes[0] = version);
        assert!(
            matches!(refused, Refusal::UnsupportedType { what: "report", .. }),
            "{refused:?}"
        );
    }
    let (refused, _) = refuse_real(MILAN, |bytes| bytes.extend([1, 2, 3]));
    assert_eq!(
        refused,
        Refusal::TrailingData {
            what: "report",
            length: 3
        }
    );
    let padded = [report(MILAN), vec![0; 32]].concat();
    let found = verify_at(&padded, &endorsements(MILAN), time_of(MILAN), &mut Trace::new()).unwrap();
    assert_eq!(found.trailing(), &Trailing::ZeroPadding(32));
    // Unsigned bytes around the signature.
    for at in [0x2a0 + 50, 0x2e8 + 60, 0x330, 0x49f] {
        let (refused, _) = refuse_real(MILAN, |bytes| bytes[at] = 1);
        assert!(
            matches!(refused, Refusal::Malformed { what: "report", .. }),
            "{at}: {refused:?}"
        );
    }
}

#[test]
fn dates_of_a_real_chain() {
    let id = "milan-v3-vlek-aws-us-east-2";
    let at = |text| {
        verify_at(
            &report(id),
            &endorsements(id),
            Time::parse_rfc3339(text).unwrap(),
            &mut Trace::new(),
        )
    };
    assert!(at("2025-12-10T22:14:21Z").is_ok());
    let refused = at("2025-12-10T22:14:22Z").unwrap_err();
    assert!(
        matches!(&refused, Refusal::Expired { what, .. } if what == "VLEK certificate"),
        "{refused:?}"
    );
    assert!(at("2024-12-10T22:14:21Z").is_ok());
    let refused = at("2024-12-10T22:14:20Z").unwrap_err();
    assert!(
        matches!(&refused, Refusal::NotYetValid { what, .. } if what == "VLEK certificate"),
        "{refused:?}"
    );
}

#[test]
fn missing_certificates_are_named() {
    let time = time_of(MILAN);
    let chip = hex::encode(&report(MILAN)[0x1a0..0x1e0]);
    for names in [&["ark.pem", "ask.pem"][..], &[]] {
        let refused = verify_at(&report(MILAN), &certificates(MILAN, names), time, &mut Trace::new()).unwrap_err();
        let Refusal::CollateralMissing {
            what: "VCEK certificate",
            subject,
        } = &refused
        else {
            panic!("{refused:?}")
        };
        assert!(subject.contains(&chip));
    }
    let refused = verify_at(
        &report(MILAN),
        &certificates(MILAN, &["vcek.pem"]),
        time,
        &mut Trace::new(),
    )
    .unwrap_err();
    assert!(
        matches!(
            refused,
            Refusal::CollateralMissing {
                what: "ASK certificate",
                ..
            }
        ),
        "{refused:?}"
    );
    // Another chip's certificate does not stand in, alone or among several.
    let google = "milan-v2-vcek-google";
    let mut others = certificates(google, &["ask.pem", "vcek.pem"]);
    for more in ["", "milan-v2-vcek-virtee"] {
        if let Some(bytes) = amd_common::sample(more, "vcek.pem") {
            others.add(&bytes).unwrap();
        }
        let refused = verify_at(&report(MILAN), &others, time, &mut Trace::new()).unwrap_err();
        assert!(
            matches!(
                refused,
                Refusal::CollateralMissing {
                    what: "VCEK certificate",
                    ..
                }
            ),
            "{refused:?}"
        );
    }
    // The ARK beside the evidence is not needed, and the right one among many is found.
    others.add(&amd_common::sample(MILAN, "vcek.pem").unwrap()).unwrap();
    assert!(verify_at(&report(MILAN), &others, time, &mut Trace::new()).is_ok());
}

#[test]
fn a_forged_platform_is_emulated_under_its_root_and_untrusted_under_amds() {
    for product in [Product::Milan, Product::Genoa, Product::Turin] {
        let forge = Forge::new(product);
        let report = forge.sign(&forge.report());
        let found = forge.verify(&report, &forge.endorsements()).unwrap();
        assert_eq!((found.class(), found.report_data()), (TrustClass::Emulated, &[5; 64]));
        assert_eq!(found.not_after(), day(1000));
        // AMD's root of the same name has another key.
        let mut trace = Trace::new();
        let refused = verify_at(&report, &forge.endorsements(), now(), &mut trace).unwrap_err();
        assert!(
            matches!(&refused, Refusal::SignatureInvalid { .. } | Refusal::Untrusted { .. }),
            "{refused:?}"
        );
    }
}

#[test]
fn a_root_that_nobody_configured_is_untrusted() {
    let forge = Forge::new(Product::Milan);
    let other = Forge::new(Product::Genoa);
    let refused = other
        .verify(&forge.sign(&forge.report()), &forge.endorsements())
        .unwrap_err();
    assert!(matches!(refused, Refusal::Untrusted { .. }), "{refused:?}");
}

#[test]
fn a_root_beside_the_evidence_must_be_the_anchor_whose_name_it_bears() {
    let forge = Forge::new(Product::Milan);
    let report = forge.sign(&forge.report());
    let mut with_impostor = forge.endorsements();
    with_impostor.add(Forge::new(Product::Milan).root.der()).unwrap();
    let refused = forge.verify(&report, &with_impostor).unwrap_err();
    assert!(matches!(refused, Refusal::SignatureInvalid { .. }), "{refused:?}");
    // Re-issued with other dates by the same key: the same anchor.
    let again = authority("ARK-Milan", 77, (day(-1), day(1)))
        .self_signed(&forge.root_key, ALGORITHM)
        .unwrap();
    let mut reissued = forge.endorsements();
    reissued.add(again.der()).unwrap();
    assert!(forge.verify(&report, &reissued).is_ok());
}

#[test]
fn what_only_the_key_holder_can_bend_is_refused_too() {
    let forge = Forge::new(Product::Milan);
    let good = forge.report();
    let refuse = |bend: &dyn Fn(&mut casemate_evidence::snp::AttestationReport)| {
        let mut report = good.clone();
        bend(&mut report);
        forge.verify(&forge.sign(&report), &forge.endorsements()).unwrap_err()
    };
    let refused = refuse(&|report| report.chip_id[0] ^= 1);
    assert!(
        matches!(
            refused,
            Refusal::Mismatch {
                what: "chip id of report and endorsement key",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(&|report| report.reported_tcb = TcbVersion([4, 0, 0, 0, 0, 0, 24, 220]));
    assert!(
        matches!(
            refused,
            Refusal::Mismatch {
                what: "reported TCB and endorsement key",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(&|report| report.reported_tcb.0[3] = 1);
    assert!(
        matches!(refused, Refusal::Mismatch { .. }),
        "reserved level: {refused:?}"
    );
    let refused = refuse(&|report| report.cpuid.model = 0x11);
    assert!(
        matches!(
            refused,
            Refusal::Mismatch {
                what: "product of report and endorsement key",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(&|report| {
        report.cpuid = Cpuid {
            family: 0x1b,
            model: 0,
            stepping: 0,
        }
    });
    assert!(
        matches!(refused, Refusal::UnsupportedType { what: "processor", .. }),
        "{refused:?}"
    );
    let refused = refuse(&|report| report.signature_algorithm = 2);
    assert!(matches!(refused, Refusal::UnsupportedType { .. }), "{refused:?}");
    for key in [Signer::None, Signer::Reserved(3)] {
        let refused = refuse(&|report| report.signer = SignerInfo::new(key));
        assert!(
            matches!(
                refused,
                Refusal::UnsupportedType {
                    what: "report signing key",
                    ..
                }
            ),
            "{refused:?}"
        );
    }
    let refused = refuse(&|report| report.signer = SignerInfo::new(Signer::Vlek));
    assert!(
        matches!(
            refused,
            Refusal::CollateralMissing {
                what: "VLEK certificate",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(&|report| report.reserved.tail[151] = 1);
    assert!(
        matches!(refused, Refusal::Malformed { what: "report", .. }),
        "{refused:?}"
    );
}

#[test]
fn certificates_that_bend_the_rules_are_refused() {
    let refuse = |product, bend: &dyn Fn(&mut VekShape)| {
        let mut shape = VekShape::of(product);
        bend(&mut shape);
        let forge = Forge::new(product).with_vek(&shape);
        forge
            .verify(&forge.sign(&forge.report()), &forge.endorsements())
            .unwrap_err()
    };
    let refused = refuse(Product::Milan, &|shape| shape.product_name = "Rome");
    assert!(
        matches!(
            refused,
            Refusal::UnsupportedType {
                what: "VEK product",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(Product::Milan, &|shape| shape.product_name = "Genoa");
    assert!(
        matches!(
            refused,
            Refusal::Mismatch {
                what: "product of root and endorsement key",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(Product::Milan, &|shape| shape.holder = Holder::Nobody);
    assert!(
        matches!(
            refused,
            Refusal::Malformed {
                what: "VEK certificate",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(Product::Milan, &|shape| shape.holder = Holder::Chip(vec![7; 63]));
    assert!(
        matches!(
            refused,
            Refusal::Malformed {
                what: "VEK certificate",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(Product::Turin, &|shape| shape.tcb.fmc = None);
    assert!(
        matches!(
            refused,
            Refusal::Mismatch {
                what: "reported TCB and endorsement key",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(Product::Turin, &|shape| shape.holder = Holder::Chip(vec![8; 8]));
    assert!(
        matches!(
            refused,
            Refusal::Mismatch {
                what: "chip id of report and endorsement key",
                ..
            }
        ),
        "{refused:?}"
    );
    let refused = refuse(Product::Milan, &|shape| shape.window = (day(-9), day(-1)));
    assert!(matches!(refused, Refusal::Expired { .. }), "{refused:?}");
    let refused = refuse(Product::Milan, &|shape| shape.window = (day(1), day(2)));
    assert!(matches!(refused, Refusal::NotYetValid { .. }), "{refused:?}");
}

#[test]
fn signatures_of_certificates_are_checked() {
    let forge = Forge::new(Product::Milan);
    let report = forge.sign(&forge.report());
    let stranger = SigningKey::generate(KeyType::P384).unwrap();
    // An ASK of the right name that did not sign the VCEK.
    let impostor = authority("SEV-Milan", 3, (day(-1), day(9)))
        .issue(stranger.public_key(), forge.root.subject(), &forge.root_key, ALGORITHM)
        .unwrap();
    let mut swapped = Endorsements::new();
    swapped.add(impostor.der()).unwrap();
    swapped.add(forge.vek.der()).unwrap();
    let refused = forge.verify(&report, &swapped).unwrap_err();
    assert_eq!(
        refused,
        Refusal::SignatureInvalid {
            what: "VCEK certificate".to_owned()
        }
    );
    // The right ASK beside it is found.
    swapped.add(forge.intermediate.der()).unwrap();
    assert!(forge.verify(&report, &swapped).is_ok());
    // An ASK that the root did not sign.
    let unsigned = authority("SEV-Milan", 4, (day(-1), day(9)))
        .issue(
            forge.intermediate_key.public_key(),
            forge.root.subject(),
            &stranger,
            ALGORITHM,
        )
        .unwrap();
    let mut unsigned_chain = Endorsements::new();
    unsigned_chain.add(unsigned.der()).unwrap();
    unsigned_chain.add(forge.vek.der()).unwrap();
    let refused = forge.verify(&report, &unsigned_chain).unwrap_err();
    assert_eq!(
        refused,
        Refusal::SignatureInvalid {
            what: "ASK certificate".to_owned()
        }
    );
}

#[test]
fn a_masked_chip_and_a_provider_key_verify() {
    let forge = Forge::new(Product::Genoa);
    let mut masked = forge.report();
    masked.chip_id = [0; 64];
    assert!(forge.verify(&forge.sign(&masked), &forge.endorsements()).is_ok());
    let mut shape = VekShape::of(Product::Genoa);
    shape.holder = Holder::Provider("CN=cc-somewhere.example");
    let forge = forge.with_vek(&shape);
    let mut loaded = masked.clone();
    loaded.signer = SignerInfo::new(Signer::Vlek);
    let found = forge.verify(&forge.sign(&loaded), &forge.endorsements()).unwrap();
    let Claims::Snp(claims) = found.claims() else {
        panic!("{:?}", found.claims())
    };
    assert_eq!(claims.vek().provider_id(), Some("CN=cc-somewhere.example"));
    // Another provider's key for the same TCB is told apart by who signed, though it ends later.
    let mut other = shape.clone();
    (other.holder, other.window.1) = (Holder::Provider("CN=cc-elsewhere.example"), day(1500));
    let other_key = SigningKey::generate(KeyType::P384).unwrap();
    let other = issue_vek(&other, &other_key, &forge.intermediate, &forge.intermediate_key);
    let mut both = forge.endorsements();
    both.add(other.der()).unwrap();
    assert!(forge.verify(&forge.sign(&loaded), &both).is_ok());
    // So it is where the host leaves the chip named.
    loaded.chip_id = [7; 64];
    assert!(forge.verify(&forge.sign(&loaded), &both).is_ok());
}
