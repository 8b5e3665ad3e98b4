//! Which verifier is for which bytes.

use casemate_evidence::{
    intel::{
        QuoteHeader,
        quote::{HEADER_LENGTH, TEE_TYPE_SGX, TEE_TYPE_TDX},
    },
    open_enclave::{REPORT_HEADER_LENGTH, Report, parse_endorsements},
    snp,
};

use crate::{Context, EvidenceType, Refusal, Trace, Verified, amd, intel};

/// What kind of evidence these bytes are, by their first bytes. Says nothing of whether they are any good.
#[must_use]
pub fn recognise(bytes: &[u8]) -> Option<EvidenceType> {
    if let Some(kind) = quote_type(bytes) {
        return Some(kind);
    }
    // Open Enclave's endorsements begin as an SNP report of version 1 would.
    if snp::recognise(bytes) && parse_endorsements(bytes).is_err() {
        return Some(EvidenceType::SevSnp);
    }
    let inner = bytes.get(REPORT_HEADER_LENGTH..)?;
    let wrapped = Report::parse(bytes).is_ok() || is_report_header(bytes);
    (wrapped && quote_type(inner) == Some(EvidenceType::SgxDcap)).then_some(EvidenceType::OpenEnclave)
}

/// Version 1, type 2: known as a report even when its length is wrong, so that it is refused for that.
fn is_report_header(bytes: &[u8]) -> bool {
    bytes.starts_with(&[1, 0, 0, 0, 2, 0, 0, 0])
}

fn quote_type(bytes: &[u8]) -> Option<EvidenceType> {
    let header = QuoteHeader::parse(bytes.get(..HEADER_LENGTH)?).ok()?;
    match (header.version, header.att_key_type, header.tee_type) {
        (3..=5, 2 | 3, TEE_TYPE_SGX) => Some(EvidenceType::SgxDcap),
        (4 | 5, 2 | 3, TEE_TYPE_TDX) => Some(EvidenceType::Tdx),
        _ => None,
    }
}

/// Verifies evidence of any kind that [`recognise`] knows.
///
/// # Errors
/// [`Refusal::UnsupportedType`] for other bytes, else the first refusal; `trace` has them all.
pub fn verify(evidence: &[u8], context: &Context<'_>, trace: &mut Trace) -> Result<Verified, Refusal> {
    match recognise(evidence) {
        Some(EvidenceType::SgxDcap) => intel::verify_sgx(evidence, context, trace),
        Some(EvidenceType::OpenEnclave) => intel::verify_open_enclave(evidence, context, trace),
        Some(EvidenceType::Tdx) => intel::verify_tdx(evidence, context, trace),
        Some(EvidenceType::SevSnp) => amd::verify_snp(evidence, context, trace),
        None => {
            trace.fail("evidence.type", unknown());
            Err(unknown())
        }
    }
}

pub(crate) fn unknown() -> Refusal {
    Refusal::UnsupportedType {
        what: "evidence",
        detail: "no format known".to_owned(),
    }
}
