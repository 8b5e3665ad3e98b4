//! One refusal at a time, on a platform with keys of its own; and what a cache must not hide.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod intel_pki;

use casemate_crypto::Time;
use casemate_evidence::{intel::CertificationData, open_enclave};
use casemate_verify::{
    ChainCache, Context, EndorsementRequest, Endorsements, PckCa, Refusal, TcbStatus, Trace, Trailing, TrustAnchors,
    TrustClass, Verified, needs, verify,
};
use intel_pki::{Collateral, Pki, at, crl, now, qe_identity, tcb_info};

fn judge(pki: &Pki, quote: &[u8], endorsements: &Endorsements, time: Time) -> Result<Verified, Refusal> {
    let anchors = pki.anchors();
    verify(
        quote,
        &Context {
            anchors: &anchors,
            endorsements,
            time,
            cache: None,
        },
        &mut Trace::new(),
    )
}

/// The verdict after `change` to otherwise good collateral.
fn with(change: impl FnOnce(&Pki, &mut Collateral)) -> Result<Verified, Refusal> {
    let pki = Pki::new();
    let mut collateral = pki.collateral();
    change(&pki, &mut collateral);
    judge(&pki, &pki.quote(), &pki.endorsements(&collateral), now())
}

#[test]
fn the_platform_verifies_as_emulated() {
    let verified = with(|_, _| {}).unwrap();
    assert_eq!(verified.class(), TrustClass::Emulated);
    assert_eq!(verified.tcb().status, TcbStatus::UpToDate);
    assert_eq!(verified.tcb().evaluation_data_number, Some(20));
    assert_eq!(verified.not_after(), at("2026-07-01T00:00:00Z"));
}

#[test]
fn each_missing_piece_is_named() {
    let missing = |verdict: Result<Verified, Refusal>| match verdict {
        Err(Refusal::CollateralMissing { what, subject }) => {
            assert!(subject.contains("010203040506"), "{subject}");
            what
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(with(|_, collateral| collateral.root_crl = None)), "root CA CRL");
    assert_eq!(missing(with(|_, collateral| collateral.pck_crl = None)), "PCK CRL");
    assert_eq!(missing(with(|_, collateral| collateral.tcb_info = None)), "TCB info");
    assert_eq!(
        missing(with(|_, collateral| collateral.qe_identity = None)),
        "QE identity"
    );
    assert_eq!(
        missing(with(|_, collateral| collateral.signer = false)),
        "TCB signing certificate"
    );
}

#[test]
fn everything_has_its_time() {
    let pki = Pki::new();
    let (quote, endorsements) = (pki.quote(), pki.endorsements(&pki.collateral()));
    let before = judge(&pki, &quote, &endorsements, at("2026-05-31T23:59:59Z"));
    assert!(matches!(before, Err(Refusal::NotYetValid { .. })), "{before:?}");
    let after = judge(&pki, &quote, &endorsements, at("2026-07-01T00:00:01Z"));
    assert!(matches!(after, Err(Refusal::Expired { .. })), "{after:?}");
    for time in ["2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"] {
        assert!(
            judge(&pki, &quote, &endorsements, at(time)).is_ok(),
            "both ends belong to it: {time}"
        );
    }
    let expired = Pki::with_pck_validity(at("2020-01-01T00:00:00Z"), at("2026-06-14T00:00:00Z"));
    let verdict = judge(
        &expired,
        &expired.quote(),
        &expired.endorsements(&expired.collateral()),
        now(),
    );
    assert!(
        matches!(&verdict, Err(Refusal::Expired { what, .. }) if what.contains("PCK")),
        "{verdict:?}"
    );
    let early = Pki::with_pck_validity(at("2026-06-16T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    let verdict = judge(&early, &early.quote(), &early.endorsements(&early.collateral()), now());
    assert!(
        matches!(&verdict, Err(Refusal::NotYetValid { what, .. }) if what.contains("PCK")),
        "{verdict:?}"
    );
}

#[test]
fn revoked_certificates_refuse() {
    let list = || crl(2, "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z");
    let since = at("2026-06-02T00:00:00Z");
    let leaf = with(|pki, collateral| {
        collateral.pck_crl = Some(pki.pck_crl(&list().revoke(pki.pck.serial(), since)));
    });
    assert!(
        matches!(&leaf, Err(Refusal::Revoked { what, .. }) if what.contains("PCK Certificate")),
        "{leaf:?}"
    );
    let authority = with(|pki, collateral| {
        collateral.root_crl = Some(pki.root_crl(&list().revoke(pki.ca.serial(), since)));
    });
    assert!(
        matches!(&authority, Err(Refusal::Revoked { what, .. }) if what.contains("CA")),
        "{authority:?}"
    );
    let signer = with(|pki, collateral| {
        collateral.root_crl = Some(pki.root_crl(&list().revoke(pki.signer.serial(), since)));
    });
    assert!(
        matches!(&signer, Err(Refusal::Revoked { what, .. }) if what.contains("Signing")),
        "{signer:?}"
    );
}

#[test]
fn tcb_levels_decide() {
    let platform = |svn, status: &str| {
        let info = tcb_info("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z", svn, status);
        with(move |pki, collateral| collateral.tcb_info = Some(pki.sign("tcbInfo", &info)))
    };
    let enclave = |svn, status: &'static str| {
        with(move |pki, collateral| {
            collateral.qe_identity = Some(pki.sign("enclaveIdentity", &qe_identity(svn, status)));
        })
    };
    assert!(matches!(platform(6, "UpToDate"), Err(Refusal::TcbNotSupported { .. })));
    assert!(matches!(platform(5, "Revoked"), Err(Refusal::TcbRevoked { .. })));
    assert_eq!(platform(5, "OutOfDate").unwrap().tcb().status, TcbStatus::OutOfDate);
    assert!(matches!(enclave(4, "UpToDate"), Err(Refusal::TcbNotSupported { .. })));
    assert!(matches!(enclave(3, "Revoked"), Err(Refusal::TcbRevoked { .. })));
    assert_eq!(enclave(3, "OutOfDate").unwrap().tcb().status, TcbStatus::OutOfDate);
    let other = with(|pki, collateral| {
        let identity = qe_identity(3, "UpToDate").replace(&"11".repeat(32), &"12".repeat(32));
        collateral.qe_identity = Some(pki.sign("enclaveIdentity", &identity));
    });
    assert!(matches!(
        other,
        Err(Refusal::Mismatch {
            what: "QE MRSIGNER",
            ..
        })
    ));
    let pce = with(|pki, collateral| {
        let info =
            tcb_info("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z", 5, "UpToDate").replace("\"0000\"", "\"0001\"");
        collateral.tcb_info = Some(pki.sign("tcbInfo", &info));
    });
    assert!(matches!(pce, Err(Refusal::Mismatch { what: "PCE-ID", .. })));
}

#[test]
fn documents_that_someone_else_signed_refuse() {
    let stranger = Pki::new();
    let info = with(|_, collateral| collateral.tcb_info = stranger.collateral().tcb_info);
    assert!(
        matches!(&info, Err(Refusal::SignatureInvalid { what }) if what == "TCB info"),
        "{info:?}"
    );
    let list = with(|_, collateral| collateral.pck_crl = stranger.collateral().pck_crl);
    assert!(
        matches!(&list, Err(Refusal::SignatureInvalid { what }) if what.contains("CRL")),
        "{list:?}"
    );
    let pki = Pki::new();
    let endorsements = pki.endorsements(&pki.collateral());
    let context = Context {
        anchors: &TrustAnchors::vendor(),
        endorsements: &endorsements,
        time: now(),
        cache: None,
    };
    let verdict = verify(&pki.quote(), &context, &mut Trace::new());
    assert!(
        matches!(verdict, Err(Refusal::Untrusted { .. })),
        "a root beside the evidence is never trusted"
    );
}

#[test]
fn the_highest_evaluation_number_then_the_newest_wins() {
    let pki = Pki::new();
    let mut endorsements = pki.endorsements(&pki.collateral());
    let newer = tcb_info("2026-06-10T00:00:00Z", "2026-07-10T00:00:00Z", 5, "OutOfDate");
    let earlier_number = newer.replace(":20,", ":19,").replace("OutOfDate", "SWHardeningNeeded");
    endorsements
        .add(pki.sign("tcbInfo", &earlier_number).as_bytes())
        .unwrap();
    let verdict = judge(&pki, &pki.quote(), &endorsements, now()).unwrap();
    assert_eq!(
        verdict.tcb().status,
        TcbStatus::UpToDate,
        "a lower number, though newer, does not win"
    );
    endorsements.add(pki.sign("tcbInfo", &newer).as_bytes()).unwrap();
    let verdict = judge(&pki, &pki.quote(), &endorsements, now()).unwrap();
    assert_eq!(
        verdict.tcb().status,
        TcbStatus::OutOfDate,
        "of one number the newest wins"
    );
}

#[test]
fn a_quote_without_a_chain_needs_one_among_the_endorsements() {
    let pki = Pki::new();
    let mut endorsements = pki.endorsements(&pki.collateral());
    let quote = pki.quote_by_identification();
    let verdict = judge(&pki, &quote, &endorsements, now());
    assert!(matches!(verdict, Err(Refusal::PckMissing { .. })), "{verdict:?}");
    // Another platform's certificate does not help.
    endorsements.add(&Pki::new().chain_pem()).unwrap();
    let verdict = judge(&pki, &quote, &endorsements, now());
    assert!(matches!(verdict, Err(Refusal::PckMissing { .. })), "{verdict:?}");
    endorsements.add(&pki.chain_pem()).unwrap();
    assert!(judge(&pki, &quote, &endorsements, now()).is_ok());
    let leaf = pki.pck.to_pem().into_bytes();
    assert!(
        judge(
            &pki,
            &pki.quote_with(CertificationData::PckLeaf(&leaf)),
            &endorsements,
            now()
        )
        .is_ok()
    );
    let manifest = pki.quote_with(CertificationData::PlatformManifest(b"manifest"));
    assert!(judge(&pki, &manifest, &endorsements, now()).is_ok());
    assert!(matches!(
        needs(&quote).unwrap()[..],
        [EndorsementRequest::PckCertificate { pce_svn: 10, .. }]
    ));
    assert_eq!(
        needs(&pki.quote()).unwrap(),
        [
            EndorsementRequest::RootCaCrl,
            EndorsementRequest::PckCrl { ca: PckCa::Processor },
            EndorsementRequest::SgxTcbInfo {
                fmspc: [1, 2, 3, 4, 5, 6]
            },
            EndorsementRequest::QeIdentity,
        ]
    );
}

#[test]
fn only_padding_and_bound_custom_claims_may_follow() {
    let pki = Pki::new();
    let endorsements = pki.endorsements(&pki.collateral());
    let after = |bytes: &[u8]| judge(&pki, &[&pki.quote(), bytes].concat(), &endorsements, now());
    assert_eq!(after(&[0; 9]).unwrap().trailing(), &Trailing::ZeroPadding(9));
    assert!(matches!(after(b"\0\0x"), Err(Refusal::TrailingData { length: 3, .. })));
    let claims = open_enclave::encode_custom_claims(&[open_enclave::CustomClaim {
        name: b"n",
        value: b"v",
    }]);
    assert!(matches!(
        after(&claims),
        Err(Refusal::Mismatch {
            what: "hash of the custom claims",
            ..
        })
    ));
    let report = open_enclave::Report::encode(&pki.quote());
    assert!(judge(&pki, &report, &endorsements, now()).is_ok());
    assert!(judge(&pki, &[&report[..], &[0; 4]].concat(), &endorsements, now()).is_ok());
    let verdict = judge(&pki, &[&report[..], b"x"].concat(), &endorsements, now());
    assert!(matches!(verdict, Err(Refusal::TrailingData { .. })), "{verdict:?}");
}

#[test]
fn unknown_types_and_broken_bytes_are_told_apart() {
    let pki = Pki::new();
    let endorsements = pki.endorsements(&pki.collateral());
    let changed = |offset: usize, value: u8| {
        let mut quote = pki.quote();
        quote[offset] = value;
        judge(&pki, &quote, &endorsements, now())
    };
    assert!(matches!(
        changed(0, 9),
        Err(Refusal::UnsupportedType { what: "evidence", .. })
    ));
    assert!(matches!(
        changed(2, 3),
        Err(Refusal::UnsupportedType { what: "quote", .. })
    ));
    assert!(
        matches!(changed(12, 0), Err(Refusal::UnsupportedType { what: "quote", .. })),
        "another vendor's enclave"
    );
    assert!(matches!(changed(48, 1), Err(Refusal::SignatureInvalid { what }) if what == "quote"));
    let cut = judge(&pki, &pki.quote()[..600], &endorsements, now());
    assert!(matches!(cut, Err(Refusal::Malformed { what: "quote", .. })), "{cut:?}");
    let text = [&pki.chain_pem()[..], b"hello"].concat();
    let quote = pki.quote_with(CertificationData::PckChain(&text));
    assert!(matches!(
        judge(&pki, &quote, &endorsements, now()),
        Err(Refusal::Malformed { .. })
    ));
}

#[test]
fn a_cached_chain_refuses_after_expiry_and_after_a_crl_update() {
    let pki = Pki::new();
    let (anchors, cache, quote) = (pki.anchors(), ChainCache::new(8), pki.quote());
    let mut endorsements = pki.endorsements(&pki.collateral());
    let judge = |endorsements: &Endorsements, time: Time| {
        let context = Context {
            anchors: &anchors,
            endorsements,
            time,
            cache: Some(&cache),
        };
        verify(&quote, &context, &mut Trace::new())
    };
    assert!(judge(&endorsements, now()).is_ok());
    assert!(judge(&endorsements, now()).is_ok());
    assert!(matches!(
        judge(&endorsements, at("2026-07-01T00:00:01Z")),
        Err(Refusal::Expired { .. })
    ));
    assert!(matches!(
        judge(&endorsements, at("2041-01-01T00:00:00Z")),
        Err(Refusal::Expired { .. })
    ));
    let update = crl(2, "2026-06-14T00:00:00Z", "2026-07-14T00:00:00Z").revoke(pki.pck.serial(), now());
    endorsements.add(pki.pck_crl(&update).der()).unwrap();
    assert!(matches!(judge(&endorsements, now()), Err(Refusal::Revoked { .. })));
    assert!(
        judge(&endorsements, at("2026-06-13T00:00:00Z")).is_ok(),
        "the update was not issued yet"
    );
    let none = TrustAnchors::vendor();
    let context = Context {
        anchors: &none,
        endorsements: &endorsements,
        time: now(),
        cache: Some(&cache),
    };
    let verdict = verify(&quote, &context, &mut Trace::new());
    assert!(
        matches!(verdict, Err(Refusal::Untrusted { .. })),
        "other anchors, other cache entries: {verdict:?}"
    );
}

#[test]
fn a_cached_chain_does_not_stand_in_for_one_that_the_endorsements_lack() {
    let pki = Pki::new();
    let (anchors, cache) = (pki.anchors(), ChainCache::new(8));
    let leaf = pki.pck.to_pem().into_bytes();
    let quote = pki.quote_with(CertificationData::PckLeaf(&leaf));
    let judge = |endorsements: &Endorsements| {
        let context = Context {
            anchors: &anchors,
            endorsements,
            time: now(),
            cache: Some(&cache),
        };
        verify(&quote, &context, &mut Trace::new())
    };
    let without = pki.endorsements(&pki.collateral());
    let mut with = without.clone();
    with.add(pki.ca.der()).unwrap();
    assert!(judge(&with).is_ok());
    let verdict = judge(&without);
    assert!(matches!(verdict, Err(Refusal::Untrusted { .. })), "{verdict:?}");
}

#[test]
fn documents_and_chains_come_framed_in_other_ways() {
    let pki = Pki::new();
    let mut collateral = pki.collateral();
    let (tcb_info, qe_identity) = (collateral.tcb_info.take(), collateral.qe_identity.take());
    let mut endorsements = pki.endorsements(&collateral);
    // The service's whole responses, as Intel's library hands them out.
    let container = serde_json::json!({ "tcb_info": tcb_info, "qe_identity": qe_identity });
    endorsements.add(container.to_string().as_bytes()).unwrap();
    assert!(judge(&pki, &pki.quote(), &endorsements, now()).is_ok());
    let chain = String::from_utf8(pki.chain_pem()).unwrap();
    let glued = chain.replace("-----\n-----", "----------");
    for framed in [
        chain.replace('\n', "\r\n"),
        glued,
        format!("{}\0\0\0", chain.trim_end()),
    ] {
        let quote = pki.quote_with(CertificationData::PckChain(framed.as_bytes()));
        let verdict = judge(&pki, &quote, &endorsements, now());
        assert!(verdict.is_ok(), "{framed:?}: {verdict:?}");
    }
}
