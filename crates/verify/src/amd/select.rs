//! Which endorsement key's certificate belongs to a report.

use casemate_crypto::{
    Time,
    sign::{SignatureAlgorithm, SignatureEncoding},
};
use casemate_evidence::snp::{AttestationReport, Product};

use super::{
    ChainWindow, VekKind,
    collateral::{Collateral, Pool, Vek},
};
use crate::Refusal;

/// Chooses the certificate for a report: of the chip named the one for its reported TCB; of several such one valid at
/// `time`, then the one that ends last. Where the report names no chip (a provider's key, or a masked chip), the key
/// that signed it tells. Where the only certificate of the kind is for another chip, or the chip's is for another TCB,
/// that one is taken, so that the checks can name the difference.
///
/// # Errors
/// [`Refusal::CollateralMissing`] naming the chip; [`Refusal::Malformed`] if the only candidates cannot be read.
pub(crate) fn vek<'a>(pool: Pool<'a>, signed: SignedReport<'_>, kind: VekKind, time: Time) -> Result<&'a Vek, Refusal> {
    let report = signed.report;
    let candidates: Vec<&Vek> = match kind {
        VekKind::Vcek if report.chip_id == [0; 64] => pool.sets().flat_map(|set| set.of_kind(kind)).collect(),
        VekKind::Vcek => pool.sets().flat_map(|set| set.of_chip(&report.chip_id)).collect(),
        VekKind::Vlek => pool.sets().flat_map(Collateral::of_providers).collect(),
    };
    let fits = |vek: &Vek| {
        let layout = vek.extensions.product().tcb_layout();
        report.reported_tcb.parts(layout) == vek.extensions.tcb()
    };
    let mut fitting = candidates.iter().filter(|vek| fits(vek));
    // A provider's keys do not differ by the chip, named or not.
    if (kind == VekKind::Vlek || report.chip_id == [0; 64]) && fitting.clone().count() > 1 {
        let signer = fitting.find(|vek| signed.check(vek).is_ok());
        if let Some(vek) = signer {
            return Ok(vek);
        }
    }
    let rank = |vek: &&Vek| {
        let window = ChainWindow::of(&vek.certificate);
        (fits(vek), window.contains(time), window.not_after)
    };
    if let Some(vek) = candidates.into_iter().max_by_key(rank) {
        return Ok(vek);
    }
    let mut others = pool.sets().flat_map(|set| set.of_kind(kind));
    if let (Some(only), None) = (others.next(), others.next()) {
        return Ok(only);
    }
    if let Some(refusal) = pool.sets().flat_map(Collateral::malformed).next() {
        return Err(refusal.clone());
    }
    Err(missing(report, kind))
}

/// A report and the bytes that its signature covers.
#[derive(Clone, Copy)]
pub(crate) struct SignedReport<'a> {
    pub(crate) report: &'a AttestationReport,
    pub(crate) bytes: &'a [u8],
}

impl SignedReport<'_> {
    /// Whether the key of `vek` signed the bytes received.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] if the signature field holds more than a signature, else [`Refusal::SignatureInvalid`].
    pub(crate) fn check(self, vek: &Vek) -> Result<(), Refusal> {
        let fixed = self.report.signature.to_fixed().map_err(|error| Refusal::Malformed {
            what: "report",
            detail: error.to_string(),
        })?;
        let (algorithm, encoding) = (SignatureAlgorithm::EcdsaP384Sha384, SignatureEncoding::Fixed);
        let key = vek.certificate.public_key();
        key.verify(algorithm, encoding, self.bytes, &fixed)
            .map_err(|_| Refusal::SignatureInvalid {
                what: "report".to_owned(),
            })
    }
}

/// The refusal for want of a report's endorsement key.
pub(crate) fn missing(report: &AttestationReport, kind: VekKind) -> Refusal {
    let tcb = hex::encode(report.reported_tcb.0);
    let product = report.product();
    let subject = match kind {
        VekKind::Vcek => format!("chip id {}, reported TCB {tcb}", chip_id(report, product)),
        VekKind::Vlek => format!("the host's provider, reported TCB {tcb}"),
    };
    Refusal::CollateralMissing {
        what: kind.certificate(),
        subject,
    }
}

/// The chip id as AMD's key server wants it: Turin's has eight bytes.
pub(crate) fn chip_id(report: &AttestationReport, product: Option<Product>) -> String {
    let (short, rest) = report.chip_id.split_at(8);
    match product {
        Some(Product::Turin) if rest.iter().all(|byte| *byte == 0) => hex::encode(short),
        _ => hex::encode(report.chip_id),
    }
}
