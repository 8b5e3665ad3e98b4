//! What may stand after a quote.

use casemate_crypto::hash::sha256;
use casemate_evidence::open_enclave::parse_custom_claims;

use crate::{Refusal, Trailing};

/// Tolerates nothing, zero padding, or the custom claims that Open Enclave appends, if the quote's report data is their
/// hash.
///
/// # Errors
/// [`Refusal::TrailingData`] for anything else; [`Refusal::Mismatch`] for custom claims that are not bound to the quote.
pub(super) fn check(bytes: &[u8], report_data: &[u8; 64]) -> Result<Trailing, Refusal> {
    if bytes.is_empty() {
        return Ok(Trailing::None);
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(Trailing::ZeroPadding(bytes.len()));
    }
    if parse_custom_claims(bytes).is_err() {
        return Err(Refusal::TrailingData {
            what: "quote",
            length: bytes.len(),
        });
    }
    let expected = sha256(bytes);
    let (bound, rest) = report_data.split_at(expected.len());
    if bound != expected || rest.iter().any(|byte| *byte != 0) {
        return Err(Refusal::Mismatch {
            what: "hash of the custom claims",
            expected: hex::encode(report_data),
            found: hex::encode(expected),
        });
    }
    Ok(Trailing::CustomClaims {
        length: bytes.len(),
        bound: true,
    })
}
