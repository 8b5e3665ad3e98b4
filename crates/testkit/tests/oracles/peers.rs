//! Other verifiers, asked the question that ours is asked.

use std::panic::{AssertUnwindSafe, catch_unwind};

use casemate_crypto::{Time, x509::Certificate};
use casemate_verify::{Context, Endorsements, Trace, TrustAnchors, amd, verify};
use dcap_qvl::{QuoteCollateralV3, verify::QuoteVerifier};
use serde_json::Value;
use sev::{
    certs::snp::{Chain, Verifiable},
    firmware::guest::AttestationReport,
    parser::ByteParser,
};

/// What a verifier says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepts,
    Refuses,
    /// It came to no verdict, but stopped the program.
    Panics,
}

pub(crate) fn ours(evidence: &[u8], files: &[Vec<u8>], time: Time, anchors: &TrustAnchors) -> Verdict {
    let mut endorsements = Endorsements::new();
    if files.iter().any(|file| endorsements.add(file).is_err()) {
        return Verdict::Refuses;
    }
    let context = Context {
        anchors,
        endorsements: &endorsements,
        time,
        cache: None,
    };
    match verify(evidence, &context, &mut Trace::quiet()) {
        Ok(_) => Verdict::Accepts,
        Err(_) => Verdict::Refuses,
    }
}

fn judge<T, E>(verify: impl FnOnce() -> Result<T, E>) -> Verdict {
    match catch_unwind(AssertUnwindSafe(verify)) {
        Ok(Ok(_)) => Verdict::Accepts,
        Ok(Err(_)) => Verdict::Refuses,
        Err(_) => Verdict::Panics,
    }
}

/// `dcap-qvl` over a container of collateral. Debug and service TDs are allowed, as ours leaves them to the policy.
pub(crate) fn dcap_qvl(quote: &[u8], collateral: &[u8], time: Time, root: Option<&Certificate>) -> Verdict {
    let collateral = container(collateral);
    let verifier = root.map_or_else(QuoteVerifier::new_prod, |root| QuoteVerifier::new(root.der().to_vec()));
    let verifier = verifier.allow_debug(true).allow_service_td(true);
    let seconds = u64::try_from(time.unix()).unwrap();
    judge(|| verifier.verify(quote, &collateral, seconds))
}

fn container(json: &[u8]) -> QuoteCollateralV3 {
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
        pck_certificate_chain: None,
    }
}

/// The certificates of a report: PEM or DER.
pub(crate) struct SnpChain {
    pub(crate) ark: Vec<u8>,
    pub(crate) ask: Vec<u8>,
    pub(crate) vek: Vec<u8>,
}

/// `sev` with a root that the caller trusts: it is the caller's business to compare the ARK.
pub(crate) fn sev(report: &[u8], chain: &SnpChain) -> Verdict {
    judge(|| {
        let chain = Chain::from_pem(&chain.ark, &chain.ask, &chain.vek)?;
        let report = AttestationReport::from_bytes(report)?;
        (&chain, &report).verify()
    })
}

/// `sev` on a chain without a report.
pub(crate) fn sev_chain(chain: &SnpChain) -> Verdict {
    judge(|| Chain::from_pem(&chain.ark, &chain.ask, &chain.vek)?.verify().map(drop))
}

/// `sev` on a root and what it signed.
pub(crate) fn sev_authorities(ark: &[u8], ask: &[u8]) -> Verdict {
    judge(|| sev::certs::snp::ca::Chain::from_pem(ark, ask)?.verify().map(drop))
}

/// Ours on certificates without a report.
pub(crate) fn ours_chain(files: &[Vec<u8>], time: Time) -> Verdict {
    let mut endorsements = Endorsements::new();
    for file in files {
        endorsements.add(file).unwrap();
    }
    let anchors = TrustAnchors::vendor();
    let context = Context {
        anchors: &anchors,
        endorsements: &endorsements,
        time,
        cache: None,
    };
    judge(|| amd::verify_endorsement_chain(&context, &mut Trace::quiet()))
}
