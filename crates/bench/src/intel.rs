//! SGX and TDX quotes: ours and `dcap-qvl`.

use casemate_crypto::Time;
use casemate_testkit::{manifest, read};
use casemate_verify::{ChainCache, Context, Endorsements, Trace, TrustAnchors, verify};
use dcap_qvl::{QuoteCollateralV3, verify::QuoteVerifier};
use serde_json::Value;

use crate::{Aim, Contender};

/// Collateral as `dcap-qvl` wants it, from a sample's `collateral.json`.
///
/// # Panics
/// If a field is missing.
#[must_use]
pub fn collateral(json: &[u8], pck_chain: Option<String>) -> QuoteCollateralV3 {
    let json: Value = serde_json::from_slice(json).unwrap();
    let text = |name: &str| {
        json[name]
            .as_str()
            .unwrap_or_else(|| panic!("collateral has no {name}"))
            .to_owned()
    };
    let bytes = |name: &str| hex::decode(text(name)).unwrap();
    QuoteCollateralV3 {
        pck_crl_issuer_chain: text("pck_crl_issuer_chain"),
        root_ca_crl: bytes("root_ca_crl"),
        pck_crl: bytes("pck_crl"),
        tcb_info_issuer_chain: text("tcb_info_issuer_chain"),
        tcb_info: text("tcb_info"),
        tcb_info_signature: bytes("tcb_info_signature"),
        qe_identity_issuer_chain: text("qe_identity_issuer_chain"),
        qe_identity: text("qe_identity"),
        qe_identity_signature: bytes("qe_identity_signature"),
        pck_certificate_chain: pck_chain,
    }
}

/// Ours cold and warm, and the peer, on the sample in `evidence/{folder}`.
///
/// # Panics
/// If the sample is not there or not as expected.
#[must_use]
pub fn contenders(folder: &str) -> Vec<Contender> {
    let id = folder.rsplit('/').next().unwrap();
    let entry = manifest().into_iter().find(|entry| entry.id == id).unwrap();
    let time = entry.time().unwrap();
    let quote = read(&format!("evidence/{folder}/quote.bin"));
    let json = read(&format!("evidence/{folder}/collateral.json"));
    let given = collateral(&json, None);
    let seconds = u64::try_from(time.unix()).unwrap();
    let peer = QuoteVerifier::new_prod();
    let cold = {
        let (quote, anchors) = (quote.clone(), TrustAnchors::vendor());
        move || {
            let mut endorsements = Endorsements::new();
            endorsements.add(&json).unwrap();
            ours(&quote, &anchors, &endorsements, time, None);
        }
    };
    let mut endorsements = Endorsements::new();
    endorsements
        .add(&read(&format!("evidence/{folder}/collateral.json")))
        .unwrap();
    let warm = {
        let (quote, anchors, cache) = (quote.clone(), TrustAnchors::vendor(), ChainCache::default());
        move || ours(&quote, &anchors, &endorsements, time, Some(&cache))
    };
    vec![
        Contender::new("casemate, warm", Aim::TimesThePeer(3.0), warm),
        Contender::new("casemate, cold", Aim::TimesThePeer(1.0), cold),
        Contender::new("dcap-qvl (no cache: cold is all there is)", Aim::None, move || {
            peer.verify(&quote, &given, seconds).unwrap();
        }),
    ]
}

fn ours(quote: &[u8], anchors: &TrustAnchors, endorsements: &Endorsements, time: Time, cache: Option<&ChainCache>) {
    let context = Context {
        anchors,
        endorsements,
        time,
        cache,
    };
    verify(quote, &context, &mut Trace::quiet()).unwrap();
}
