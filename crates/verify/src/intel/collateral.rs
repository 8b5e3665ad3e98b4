//! Intel's collateral: choosing what applies, and that Intel signed it.

use std::sync::Arc;

use casemate_crypto::{
    Time,
    hash::{sha256, sha256_parts},
    sign::{SignatureAlgorithm, SignatureEncoding},
    x509::{Certificate, Crl},
};
use casemate_evidence::intel::{QeIdentity, TcbInfo, qe_identity::EnclaveId, tcb_info::TcbInfoId};

use super::{CollateralDigests, PckChain, SgxExtension};
use crate::{
    Context, Refusal, Trace, Vendor,
    cache::Digest,
    chain::{self, Path, title},
    endorsements::Document,
};

/// Collateral whose signatures verify, over a PCK chain none of whose certificates it revokes. Dates are checked each
/// time.
#[derive(Debug)]
pub(crate) struct Collateral {
    pub(crate) tcb_info: Arc<Document<TcbInfo>>,
    pub(crate) qe_identity: Arc<Document<QeIdentity>>,
    /// CRLs of the PCK certificate's issuer and of each issuer above.
    crls: Vec<Crl>,
    tcb_signer: Path,
    qe_signer: Path,
    pub(crate) digests: CollateralDigests,
}

/// What applies at the time, nothing of it verified.
struct Chosen<'a> {
    crls: Vec<&'a Crl>,
    tcb_info: &'a Arc<Document<TcbInfo>>,
    qe_identity: &'a Arc<Document<QeIdentity>>,
}

impl Collateral {
    /// The end of the validity of all of this.
    pub(crate) fn not_after(&self) -> Time {
        let crls = self.crls.iter().filter_map(Crl::next_update);
        let documents = [self.tcb_info.next_update, self.qe_identity.next_update];
        let signers = [self.tcb_signer.not_after(), self.qe_signer.not_after()];
        crls.chain(documents).chain(signers).min().unwrap_or(Time::MIN)
    }

    fn check_dates(&self, time: Time) -> Result<(), Refusal> {
        self.tcb_signer.check_dates(time)?;
        self.qe_signer.check_dates(time)
    }
}

/// Chooses and verifies the collateral for the platform of `pck`.
pub(crate) fn verify(
    pck: &PckChain,
    id: TcbInfoId,
    context: &Context<'_>,
    trace: &mut Trace,
) -> Option<Arc<Collateral>> {
    let mark = trace.mark();
    let chosen = choose(pck, id, context, trace)?;
    let key = key(pck, &chosen, context);
    let known = context.cache.and_then(|cache| cache.intel_collateral.lookup(&key));
    let collateral = match known {
        Some(known) => known,
        None => {
            let fresh = Arc::new(verify_chosen(pck, &chosen, context, trace)?);
            trace.outcome(mark).ok()?;
            if let Some(cache) = context.cache {
                cache.intel_collateral.insert(key, Arc::clone(&fresh));
            }
            fresh
        }
    };
    report(&collateral, trace);
    trace.check(
        "collateral.signers_validity",
        collateral.check_dates(context.time),
        |()| format!("valid at {}", context.time),
    )?;
    Some(collateral)
}

fn report(collateral: &Collateral, trace: &mut Trace) {
    let tcb_info = &collateral.tcb_info;
    trace.pass("pck.revocation", || {
        format!("not on {} revocation lists", collateral.crls.len())
    });
    trace.pass("collateral.tcb_info", || {
        let info = tcb_info.document();
        let number = info.tcb_evaluation_data_number;
        format!(
            "version {}, evaluation {number}, {} to {}",
            info.version, tcb_info.issued, tcb_info.next_update
        )
    });
    let identity = &collateral.qe_identity;
    trace.pass("collateral.qe_identity", || {
        let number = identity.document().tcb_evaluation_data_number;
        format!("evaluation {number}, {} to {}", identity.issued, identity.next_update)
    });
}

/// Certificates are part of the key although only the signers' matter: a cache must not stand in for a signer that is
/// not there.
fn key(pck: &PckChain, chosen: &Chosen<'_>, context: &Context<'_>) -> Digest {
    let crls: Vec<Digest> = chosen
        .crls
        .iter()
        .map(|crl| context.endorsements.crl_digest(crl))
        .collect();
    sha256_parts(&[
        b"Intel collateral",
        &pck.digest,
        &chosen.tcb_info.digest,
        &chosen.qe_identity.digest,
        context.endorsements.certificates_digest(),
        crls.as_flattened(),
    ])
}

/// Chooses by content and time; every missing or outdated piece is a refusal of its own.
fn choose<'a>(pck: &PckChain, id: TcbInfoId, context: &Context<'a>, trace: &mut Trace) -> Option<Chosen<'a>> {
    let mut crls = Vec::new();
    let mut complete = true;
    for index in 0..pck.path.certificates().len() {
        let issuer = pck.path.issuer(index);
        let missing = || Refusal::CollateralMissing {
            what: if index == 0 { "PCK CRL" } else { "root CA CRL" },
            subject: format!("{} (issuer {})", subject(&pck.extension), title(issuer)),
        };
        match chain::choose_crl(issuer, context.endorsements.crls().iter(), context.time, missing) {
            Ok(crl) => crls.push(crl),
            Err(refusal) => {
                trace.fail("collateral.crl", refusal);
                complete = false;
            }
        }
    }
    let tcb_info = choose_tcb_info(&pck.extension, id, context);
    let tcb_info = fail(trace, "collateral.tcb_info", tcb_info);
    let qe_identity = choose_qe_identity(&pck.extension, id, context);
    let qe_identity = fail(trace, "collateral.qe_identity", qe_identity);
    Some(Chosen {
        crls,
        tcb_info: tcb_info?,
        qe_identity: qe_identity?,
    })
    .filter(|_| complete)
}

fn fail<T>(trace: &mut Trace, name: &'static str, result: Result<T, Refusal>) -> Option<T> {
    result.map_err(|refusal| trace.fail(name, refusal)).ok()
}

fn subject(extension: &SgxExtension) -> String {
    format!("FMSPC {}", extension.fmspc_hex())
}

fn choose_tcb_info<'a>(
    extension: &SgxExtension,
    id: TcbInfoId,
    context: &Context<'a>,
) -> Result<&'a Arc<Document<TcbInfo>>, Refusal> {
    let applies = |document: &&Arc<Document<TcbInfo>>| {
        let info = document.document();
        info.id == id && info.fmspc == extension.fmspc
    };
    let rank = |document: &Arc<Document<TcbInfo>>| {
        (
            document.issued,
            document.next_update,
            document.document().tcb_evaluation_data_number,
        )
    };
    chain::choose(context.endorsements.tcb_infos().filter(applies), context.time, rank).map_err(|not_now| {
        let subject = subject(extension);
        not_now.map_or_else(
            || Refusal::CollateralMissing {
                what: "TCB info",
                subject: subject.clone(),
            },
            |found| found.named(format!("TCB info for {subject}")),
        )
    })
}

fn choose_qe_identity<'a>(
    extension: &SgxExtension,
    id: TcbInfoId,
    context: &Context<'a>,
) -> Result<&'a Arc<Document<QeIdentity>>, Refusal> {
    let wanted = match id {
        TcbInfoId::Sgx => EnclaveId::Qe,
        TcbInfoId::Tdx => EnclaveId::TdQe,
    };
    let applies = |document: &&Arc<Document<QeIdentity>>| document.document().id == wanted;
    let rank = |document: &Arc<Document<QeIdentity>>| {
        (
            document.issued,
            document.next_update,
            document.document().tcb_evaluation_data_number,
        )
    };
    chain::choose(context.endorsements.qe_identities().filter(applies), context.time, rank).map_err(|not_now| {
        not_now.map_or_else(
            || Refusal::CollateralMissing {
                what: "QE identity",
                subject: subject(extension),
            },
            |found| found.named("QE identity".to_owned()),
        )
    })
}

/// Verifies every signature, going on after a failure.
fn verify_chosen(pck: &PckChain, chosen: &Chosen<'_>, context: &Context<'_>, trace: &mut Trace) -> Option<Collateral> {
    for (index, crl) in chosen.crls.iter().enumerate() {
        let issuer = pck.path.issuer(index);
        fail(trace, "collateral.crl", chain::verify_crl(crl, issuer));
        if let Some(certificate) = pck.path.certificates().get(index) {
            fail(trace, "pck.revocation", chain::check_revoked(certificate, crl));
        }
    }
    let (tcb_info, qe_identity) = (chosen.tcb_info, chosen.qe_identity);
    let tcb_text = Text {
        what: "TCB info",
        text: &tcb_info.signed.raw,
        signature: &tcb_info.signed.signature,
    };
    let tcb_signer = signer(&tcb_text, None, pck, context);
    let tcb_signer = fail(trace, "collateral.tcb_info", tcb_signer);
    let qe_text = Text {
        what: "QE identity",
        text: &qe_identity.signed.raw,
        signature: &qe_identity.signed.signature,
    };
    let qe_signer = signer(&qe_text, tcb_signer.as_ref(), pck, context);
    let qe_signer = fail(trace, "collateral.qe_identity", qe_signer);
    for path in [&tcb_signer, &qe_signer].into_iter().flatten() {
        // The signer's issuer is the anchor, whose CRL is the last one.
        if let (Some(signer), Some(crl)) = (path.certificates().first(), chosen.crls.last()) {
            fail(trace, "collateral.revocation", chain::check_revoked(signer, crl));
        }
    }
    let (tcb_signer, qe_signer) = (tcb_signer?, qe_signer?);
    let digests = CollateralDigests {
        tcb_info: sha256(tcb_info.signed.raw.as_bytes()),
        tcb_info_certificates: certificates_digest(&tcb_signer),
        tcb_info_crl: chosen
            .crls
            .last()
            .map(|crl| context.endorsements.crl_digest(crl))
            .unwrap_or_default(),
        qe_identity: sha256(qe_identity.signed.raw.as_bytes()),
        qe_identity_certificates: certificates_digest(&qe_signer),
        qe_identity_crl: chosen
            .crls
            .last()
            .map(|crl| context.endorsements.crl_digest(crl))
            .unwrap_or_default(),
    };
    Some(Collateral {
        tcb_info: Arc::clone(tcb_info),
        qe_identity: Arc::clone(qe_identity),
        crls: chosen.crls.iter().map(|crl| (*crl).clone()).collect(),
        tcb_signer,
        qe_signer,
        digests,
    })
}

fn certificates_digest(path: &Path) -> Digest {
    let mut ders: Vec<&[u8]> = path.certificates().iter().map(Certificate::der).collect();
    ders.push(path.anchor().certificate().der());
    sha256_parts(&ders)
}

/// A signed text.
struct Text<'a> {
    what: &'static str,
    text: &'a str,
    signature: &'a [u8; 64],
}

impl Text<'_> {
    fn signed_by(&self, certificate: &Certificate) -> bool {
        let (algorithm, encoding) = (SignatureAlgorithm::EcdsaP256Sha256, SignatureEncoding::Fixed);
        certificate
            .public_key()
            .verify(algorithm, encoding, self.text.as_bytes(), self.signature)
            .is_ok()
    }
}

/// The certificate that signed `text`, chained to the anchor in which the PCK chain ends too, which must have issued it
/// itself. `likely` is tried first.
fn signer(text: &Text<'_>, likely: Option<&Path>, pck: &PckChain, context: &Context<'_>) -> Result<Path, Refusal> {
    if let Some(path) = likely
        && path
            .certificates()
            .first()
            .is_some_and(|certificate| text.signed_by(certificate))
    {
        return Ok(path.clone());
    }
    let may_sign = |certificate: &&Certificate| {
        !certificate.is_ca()
            && certificate.key_usage_digital_signature()
            && !SgxExtension::is_in(certificate)
            && certificate.issuer() == pck.path.anchor().certificate().subject()
    };
    let all = || context.endorsements.certificates().iter().filter(may_sign);
    let valid = |certificate: &&Certificate| chain::check_dates(certificate, context.time).is_ok();
    let mut candidates = all().filter(valid).chain(all().filter(|one| !valid(one))).peekable();
    if candidates.peek().is_none() {
        return Err(Refusal::CollateralMissing {
            what: "TCB signing certificate",
            subject: format!("the {} for {}", text.what, subject(&pck.extension)),
        });
    }
    let Some(certificate) = candidates.find(|certificate| text.signed_by(certificate)) else {
        return Err(Refusal::SignatureInvalid {
            what: text.what.to_owned(),
        });
    };
    let path = chain::build(certificate, &[], context.anchors, Vendor::Intel)?;
    if path.anchor().digest() != pck.path.anchor().digest() {
        return Err(Refusal::Untrusted {
            what: format!("signer of the {}", text.what),
            detail: "it ends in another anchor than the PCK chain".to_owned(),
        });
    }
    Ok(path)
}
