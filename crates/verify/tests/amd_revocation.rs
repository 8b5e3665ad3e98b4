//! Revocation lists, and chains that are kept from one verification to the next.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod amd_common;

use amd_common::{
    endorsements,
    forge::{ALGORITHM, Forge, day, now},
    report, time_of,
};
use casemate_crypto::{
    sign::{KeyType, SigningKey},
    x509::CrlTemplate,
};
use casemate_evidence::snp::Product;
use casemate_verify::{ChainCache, Context, Refusal, Trace, TrustAnchors, amd};

#[test]
fn a_list_that_is_given_must_be_good() {
    let forge = Forge::new(Product::Milan);
    let report = forge.sign(&forge.report());
    let with = |list: &[u8]| {
        let mut endorsements = forge.endorsements();
        endorsements.add(list).unwrap();
        forge.verify(&report, &endorsements)
    };
    assert_eq!(with(&forge.list(&[], day(-1), 30)).unwrap().not_after(), day(29));
    let refused = with(&forge.list(&[&forge.intermediate], day(-1), 30)).unwrap_err();
    assert!(
        matches!(&refused, Refusal::Revoked { what, .. } if what == "ASK certificate"),
        "{refused:?}"
    );
    let refused = with(&forge.list(&[&forge.vek], day(-1), 30)).unwrap_err();
    assert!(
        matches!(&refused, Refusal::Revoked { what, .. } if what == "VCEK certificate"),
        "{refused:?}"
    );
    let refused = with(&forge.list(&[], day(-9), 5)).unwrap_err();
    assert!(matches!(refused, Refusal::Expired { .. }), "{refused:?}");
    let refused = with(&forge.list(&[], day(1), 5)).unwrap_err();
    assert!(matches!(refused, Refusal::NotYetValid { .. }), "{refused:?}");
    let stranger = SigningKey::generate(KeyType::P384).unwrap();
    let forged = CrlTemplate::new(2, day(-1), day(1))
        .issue(forge.root.subject(), &stranger, ALGORITHM)
        .unwrap();
    let refused = with(forged.der()).unwrap_err();
    assert!(matches!(refused, Refusal::SignatureInvalid { .. }), "{refused:?}");
    // A list of the intermediate's own counts as well.
    let own = CrlTemplate::new(1, day(-1), day(1)).revoke(forge.vek.serial(), day(-1));
    let own = own
        .issue(forge.intermediate.subject(), &forge.intermediate_key, ALGORITHM)
        .unwrap();
    let refused = with(own.der()).unwrap_err();
    assert!(matches!(refused, Refusal::Revoked { .. }), "{refused:?}");
}

#[test]
fn of_several_lists_the_newest_current_one_counts() {
    let forge = Forge::new(Product::Milan);
    let report = forge.sign(&forge.report());
    let mut endorsements = forge.endorsements();
    for list in [
        forge.list(&[], day(-20), 5),
        forge.list(&[&forge.vek], day(-3), 30),
        forge.list(&[], day(-2), 30),
    ] {
        endorsements.add(&list).unwrap();
    }
    assert!(forge.verify(&report, &endorsements).is_ok());
    endorsements
        .add(&forge.list(&[&forge.intermediate], day(-1), 30))
        .unwrap();
    assert!(matches!(
        forge.verify(&report, &endorsements),
        Err(Refusal::Revoked { .. })
    ));
    // A broken newer one is not passed over.
    let mut broken = forge.list(&[], now(), 30);
    *broken.last_mut().unwrap() ^= 1;
    endorsements.add(&broken).unwrap();
    assert!(matches!(
        forge.verify(&report, &endorsements),
        Err(Refusal::SignatureInvalid { .. })
    ));
}

#[test]
fn a_kept_chain_refuses_after_its_expiry() {
    let id = "milan-v3-vlek-aws-us-east-2";
    let (anchors, cache, endorsements) = (TrustAnchors::vendor(), ChainCache::default(), endorsements(id));
    let at = |time| {
        let context = Context {
            anchors: &anchors,
            endorsements: &endorsements,
            time,
            cache: Some(&cache),
        };
        let mut trace = Trace::new();
        let outcome = amd::verify_snp(&report(id), &context, &mut trace);
        (outcome, trace.checks().iter().any(|check| check.name == "chain.cached"))
    };
    let (first, kept) = at(time_of(id));
    assert!(first.is_ok() && !kept);
    let (second, kept) = at(time_of(id));
    assert!(second.is_ok() && kept);
    assert_eq!(first.unwrap().not_after(), second.unwrap().not_after());
    let (expired, kept) = at(time_of(id).plus_seconds(365 * 24 * 3600));
    assert!(matches!(expired, Err(Refusal::Expired { .. })) && !kept);
    let (early, kept) = at(time_of(id).plus_seconds(-365 * 24 * 3600));
    assert!(matches!(early, Err(Refusal::NotYetValid { .. })) && !kept);
    let (again, kept) = at(time_of(id));
    assert!(again.is_ok() && kept);
}

#[test]
fn a_kept_chain_refuses_after_a_list_came() {
    let forge = Forge::new(Product::Turin);
    let report = forge.sign(&forge.report());
    let cache = ChainCache::default();
    let mut endorsements = forge.endorsements();
    assert!(forge.verify_at(&report, &endorsements, now(), Some(&cache)).is_ok());
    endorsements.add(&forge.list(&[], day(-5), 30)).unwrap();
    assert!(forge.verify_at(&report, &endorsements, now(), Some(&cache)).is_ok());
    assert!(forge.verify_at(&report, &endorsements, now(), Some(&cache)).is_ok());
    assert!(matches!(
        forge.verify_at(&report, &endorsements, day(26), Some(&cache)),
        Err(Refusal::Expired { .. })
    ));
    endorsements.add(&forge.list(&[&forge.vek], day(-1), 30)).unwrap();
    assert!(matches!(
        forge.verify_at(&report, &endorsements, now(), Some(&cache)),
        Err(Refusal::Revoked { .. })
    ));
}

#[test]
fn a_kept_chain_refuses_when_a_later_list_starts() {
    let forge = Forge::new(Product::Milan);
    let report = forge.sign(&forge.report());
    let cache = ChainCache::default();
    let mut endorsements = forge.endorsements();
    endorsements.add(&forge.list(&[], day(-5), 30)).unwrap();
    endorsements.add(&forge.list(&[&forge.vek], day(5), 30)).unwrap();
    assert!(forge.verify_at(&report, &endorsements, now(), Some(&cache)).is_ok());
    assert!(matches!(
        forge.verify_at(&report, &endorsements, day(6), Some(&cache)),
        Err(Refusal::Revoked { .. })
    ));
}

#[test]
fn a_chain_kept_under_one_root_is_not_another_roots() {
    let forge = Forge::new(Product::Milan);
    let report = forge.sign(&forge.report());
    let (cache, endorsements) = (ChainCache::default(), forge.endorsements());
    assert!(forge.verify_at(&report, &endorsements, now(), Some(&cache)).is_ok());
    let anchors = TrustAnchors::vendor();
    let context = Context {
        anchors: &anchors,
        endorsements: &endorsements,
        time: now(),
        cache: Some(&cache),
    };
    assert!(amd::verify_snp(&report, &context, &mut Trace::quiet()).is_err());
    // A good chain does not make up for a bad signature.
    let mut bent = report.clone();
    bent[0x50] ^= 1;
    let refused = forge.verify_at(&bent, &endorsements, now(), Some(&cache)).unwrap_err();
    assert_eq!(
        refused,
        Refusal::SignatureInvalid {
            what: "report".to_owned()
        }
    );
}
