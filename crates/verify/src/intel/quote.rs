//! Verifying a quote, from its bytes to a verdict.

use std::sync::Arc;

use casemate_crypto::{
    hash::sha256_parts,
    sign::{PublicKey, SignatureAlgorithm, SignatureEncoding},
};
use casemate_evidence::{
    intel::{
        Quote, QuoteBody,
        quote::{INTEL_QE_VENDOR_ID, TEE_TYPE_SGX, TEE_TYPE_TDX},
        tcb_info::TcbInfoId,
    },
    open_enclave::Report,
};

use super::{
    Collateral, PckChain, QuoteFacts, SgxClaims, SgxExtension, TdxClaims, claims::Appraised, collateral, pck, tcb,
    tdx_module, trailing,
};
use crate::{
    Claims, Context, EndorsementRequest, EvidenceType, Refusal, TcbVerdict, Trace, Trailing, Verified, intake::refusal,
    needs::PckCa, verified::Findings,
};

/// Verifies an SGX quote, version 3.
///
/// # Errors
/// The first [`Refusal`]; `trace` has them all.
pub fn verify_sgx(quote: &[u8], context: &Context<'_>, trace: &mut Trace) -> Result<Verified, Refusal> {
    verify(EvidenceType::SgxDcap, quote, context, trace)
}

/// Verifies a TDX quote, version 4 or 5.
///
/// # Errors
/// The first [`Refusal`]; `trace` has them all.
pub fn verify_tdx(quote: &[u8], context: &Context<'_>, trace: &mut Trace) -> Result<Verified, Refusal> {
    verify(EvidenceType::Tdx, quote, context, trace)
}

/// Verifies an Open Enclave remote report: a header around an SGX quote.
///
/// # Errors
/// The first [`Refusal`]; `trace` has them all.
pub fn verify_open_enclave(report: &[u8], context: &Context<'_>, trace: &mut Trace) -> Result<Verified, Refusal> {
    let mark = trace.mark();
    let quote = trace.check("open_enclave.format", unwrap_report(report), |quote| {
        format!("version 1, SGX remote report of {} bytes", quote.len())
    });
    match quote {
        Some(quote) => verify(EvidenceType::OpenEnclave, quote, context, trace),
        None => Err(first(trace, mark)),
    }
}

/// The quote in an Open Enclave report; after it only zeros may stand.
fn unwrap_report(report: &[u8]) -> Result<&[u8], Refusal> {
    let report = Report::parse(report).map_err(|error| refusal("Open Enclave report", &error))?;
    if report.trailing.iter().any(|byte| *byte != 0) {
        return Err(Refusal::TrailingData {
            what: "Open Enclave report",
            length: report.trailing.len(),
        });
    }
    Ok(report.quote)
}

/// The refusal that ended a verification.
fn first(trace: &Trace, mark: usize) -> Refusal {
    trace.outcome(mark).err().unwrap_or_else(|| Refusal::Malformed {
        what: "quote",
        detail: "verification ended without a verdict".to_owned(),
    })
}

fn verify(kind: EvidenceType, bytes: &[u8], context: &Context<'_>, trace: &mut Trace) -> Result<Verified, Refusal> {
    let mark = trace.mark();
    let found = examine(kind, bytes, context, trace);
    trace.outcome(mark)?;
    let (pck, findings) = found.ok_or_else(|| first(trace, mark))?;
    Ok(Verified::new(pck.path.anchor(), findings))
}

/// Makes every check; `None` where one that others build on failed.
fn examine(
    kind: EvidenceType,
    bytes: &[u8],
    context: &Context<'_>,
    trace: &mut Trace,
) -> Option<(Arc<PckChain>, Findings)> {
    let parsed = Quote::parse(bytes).map_err(|error| refusal("quote", &error));
    let parsed = parsed.and_then(|quote| supported(kind, &quote).map(|()| quote));
    let quote = trace.check("quote.format", parsed, |quote| {
        let data = &quote.certification;
        format!(
            "version {}, certification data type {} ({})",
            quote.header.version,
            data.kind(),
            data.name()
        )
    })?;
    let report_data = match &quote.body {
        QuoteBody::Sgx(report) => report.report_data,
        QuoteBody::Td(report) => report.report_data,
    };
    let trailing = trace.check(
        "quote.trailing",
        trailing::check(quote.trailing, &report_data),
        describe_trailing,
    );
    trace.check("quote.signature", check_signature(&quote), |()| {
        "by the attestation key".to_owned()
    });
    trace.check("qe.report_data", check_qe_report_data(&quote), |()| {
        "the quoting enclave's report holds the hash of the attestation key".to_owned()
    });
    let chain = pck::find(&quote, context);
    let (pck, pck_chain_len) = trace.check("pck.chain", chain, |(chain, _)| {
        format!(
            "{} certificates to {}",
            chain.path.certificates().len(),
            chain.path.anchor().name()
        )
    })?;
    trace.check("pck.validity", pck.path.check_dates(context.time), |()| {
        format!("valid at {}", context.time)
    });
    let signed = pck.leaf().map_or_else(
        || {
            Err(Refusal::PckMissing {
                detail: "empty chain".to_owned(),
            })
        },
        |leaf| pck::verify_qe_report(&quote, leaf),
    );
    trace.check("qe.report_signature", signed, |()| "by the PCK".to_owned());
    let collateral = collateral::verify(&pck, tcb_info_id(&quote), context, trace)?;
    let tcb = assess(&quote, &pck.extension, &collateral, trace)?;
    let not_after = pck.path.not_after().min(collateral.not_after());
    let appraised = Appraised {
        pck: Arc::clone(&pck),
        pck_chain_len,
        tcb: tcb.clone(),
        collateral: collateral.digests,
    };
    let claims = claims(&quote, QuoteFacts::new(&quote, bytes, appraised));
    let trailing = trailing?;
    Some((
        pck,
        Findings {
            evidence_type: kind,
            claims,
            tcb,
            report_data,
            not_after,
            trailing,
        },
    ))
}

/// Only what real platforms make: SGX in version 3, TDX in 4 and 5, by Intel's quoting enclaves.
fn supported(kind: EvidenceType, quote: &Quote<'_>) -> Result<(), Refusal> {
    let header = &quote.header;
    let expected = match kind {
        EvidenceType::Tdx => header.tee_type == TEE_TYPE_TDX,
        _ => header.tee_type == TEE_TYPE_SGX && header.version == 3,
    };
    if !expected {
        let detail = format!(
            "version {} with TEE type {:#x} as {kind}",
            header.version, header.tee_type
        );
        return Err(Refusal::UnsupportedType { what: "quote", detail });
    }
    if header.qe_vendor_id != INTEL_QE_VENDOR_ID {
        let detail = format!("quoting enclave of vendor {}", hex::encode(header.qe_vendor_id));
        return Err(Refusal::UnsupportedType { what: "quote", detail });
    }
    Ok(())
}

const fn tcb_info_id(quote: &Quote<'_>) -> TcbInfoId {
    match quote.body {
        QuoteBody::Sgx(_) => TcbInfoId::Sgx,
        QuoteBody::Td(_) => TcbInfoId::Tdx,
    }
}

fn describe_trailing(trailing: &Trailing) -> String {
    match trailing {
        Trailing::None => "nothing after the quote".to_owned(),
        Trailing::ZeroPadding(length) => format!("{length} bytes of zero padding"),
        Trailing::CustomClaims { length, .. } => format!("{length} bytes of Open Enclave custom claims, bound"),
    }
}

fn check_signature(quote: &Quote<'_>) -> Result<(), Refusal> {
    let key = PublicKey::from_p256_uncompressed(&quote.attestation_key).map_err(|error| Refusal::Malformed {
        what: "attestation key",
        detail: error.to_string(),
    })?;
    key.verify(
        SignatureAlgorithm::EcdsaP256Sha256,
        SignatureEncoding::Fixed,
        quote.signed,
        &quote.signature,
    )
    .map_err(|_| Refusal::SignatureInvalid {
        what: "quote".to_owned(),
    })
}

/// SHA-256(attestation key ‖ authentication data) ‖ 32 zeros.
fn check_qe_report_data(quote: &Quote<'_>) -> Result<(), Refusal> {
    let digest = sha256_parts(&[&quote.attestation_key, quote.qe_auth_data]);
    let mut expected = [0; 64];
    for (byte, digest_byte) in expected.iter_mut().zip(digest) {
        *byte = digest_byte;
    }
    if quote.qe_report.report_data == expected {
        return Ok(());
    }
    Err(Refusal::Mismatch {
        what: "report data of the quoting enclave",
        expected: hex::encode(expected),
        found: hex::encode(quote.qe_report.report_data),
    })
}

/// Holds quoting enclave, module and platform against the collateral.
fn assess(
    quote: &Quote<'_>,
    extension: &SgxExtension,
    collateral: &Collateral,
    trace: &mut Trace,
) -> Option<TcbVerdict> {
    let (info, identity) = (collateral.tcb_info.document(), collateral.qe_identity.document());
    trace.check("tcb.pce_id", check_pce_id(&info.pce_id, &extension.pce_id), |()| {
        hex::encode(info.pce_id)
    });
    let described = tcb::check_qe(identity, &quote.qe_report);
    trace.check("qe.identity", described, |()| {
        "the quoting enclave is the one that the QE identity describes".to_owned()
    });
    let qe = trace.check("qe.tcb", tcb::qe_level(identity, &quote.qe_report), |level| {
        format!(
            "ISVSVN {} reaches the level of {}: {:?}",
            quote.qe_report.isv_svn, level.tcb_date, level.tcb_status
        )
    });
    let platform = match &quote.body {
        QuoteBody::Sgx(_) => tcb::sgx(info, extension).map(|platform| (platform, None)),
        QuoteBody::Td(report) => {
            trace.check("tdx.module", tdx_module::check(info, report), |()| {
                "signed by whom the TCB info says".to_owned()
            });
            tcb::td(info, extension, report)
        }
    };
    let (mut launch, mut current) = trace.check("tcb.level", platform, |(platform, _)| {
        format!("level of {}: {:?}", platform.date, platform.status)
    })?;
    let qe = qe?;
    launch.join(qe);
    if let Some(current) = &mut current {
        current.join(qe);
    }
    let status = trace.check("tcb.status", tcb::td_status(&launch, current.as_ref()), |status| {
        let advisories = launch.advisory_ids.join(", ");
        format!(
            "{}, advisories: {}",
            status.as_str(),
            if advisories.is_empty() { "none" } else { &advisories }
        )
    })?;
    let number = info.tcb_evaluation_data_number.min(identity.tcb_evaluation_data_number);
    Some(TcbVerdict {
        status,
        advisory_ids: launch.advisory_ids,
        tcb_date: Some(launch.date),
        evaluation_data_number: Some(number),
    })
}

fn check_pce_id(expected: &[u8; 2], found: &[u8; 2]) -> Result<(), Refusal> {
    if expected == found {
        return Ok(());
    }
    Err(Refusal::Mismatch {
        what: "PCE-ID",
        expected: hex::encode(expected),
        found: hex::encode(found),
    })
}

fn claims(quote: &Quote<'_>, facts: QuoteFacts) -> Claims {
    match &quote.body {
        QuoteBody::Sgx(report) => Claims::Sgx(Box::new(SgxClaims::new(
            facts,
            quote.header.qe_svn,
            quote.header.pce_svn,
            **report,
        ))),
        QuoteBody::Td(report) => Claims::Tdx(Box::new(TdxClaims::new(facts, quote.body.body_type(), **report))),
    }
}

/// What a quote needs to be verified.
///
/// # Errors
/// [`Refusal`] when the quote or its certificates cannot be read.
pub(crate) fn requests(kind: EvidenceType, bytes: &[u8]) -> Result<Vec<EndorsementRequest>, Refusal> {
    let bytes = if kind == EvidenceType::OpenEnclave {
        unwrap_report(bytes)?
    } else {
        bytes
    };
    let quote = Quote::parse(bytes).map_err(|error| refusal("quote", &error))?;
    supported(kind, &quote)?;
    let tdx = tcb_info_id(&quote) == TcbInfoId::Tdx;
    let Some(leaf) = pck::carried(&quote)? else {
        let id = quote.certification.identification();
        return Ok(vec![EndorsementRequest::PckCertificate {
            encrypted_ppid: id.map(|id| id.ppid.to_vec()).unwrap_or_default(),
            cpu_svn: id.map(|id| id.cpu_svn).unwrap_or_default(),
            pce_svn: id.map(|id| id.pce_svn).unwrap_or_default(),
            pce_id: id.and_then(|id| id.pce_id).unwrap_or_default(),
        }]);
    };
    let fmspc = SgxExtension::of(&leaf)?.fmspc;
    let ca = PckCa::from_issuer(&leaf.issuer().common_name().unwrap_or_default());
    Ok(vec![
        EndorsementRequest::RootCaCrl,
        EndorsementRequest::PckCrl { ca },
        if tdx {
            EndorsementRequest::TdxTcbInfo { fmspc }
        } else {
            EndorsementRequest::SgxTcbInfo { fmspc }
        },
        if tdx {
            EndorsementRequest::TdQeIdentity
        } else {
            EndorsementRequest::QeIdentity
        },
    ])
}
