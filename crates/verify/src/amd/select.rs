//! Which endorsement key's certificate belongs to a report.

use casemate_crypto::Time;
use casemate_evidence::snp::{AttestationReport, Product};

use super::{
    ChainWindow, VekKind,
    collateral::{Collateral, Pool, Vek},
};
use crate::Refusal;

/// Chooses the certificate for `report`: of the chip named (or, where the host masks the chip, of any) the one for
/// its reported TCB; of several such one valid at `time`, then the one that ends last. Where the only certificate of the kind is for another
/// chip, or the chip's is for another TCB, that one is taken, so that the checks can name the difference.
///
/// # Errors
/// [`Refusal::CollateralMissing`] naming the chip; [`Refusal::Malformed`] if the only candidates cannot be read.
pub(crate) fn vek<'a>(
    pool: Pool<'a>,
    report: &AttestationReport,
    kind: VekKind,
    time: Time,
) -> Result<&'a Vek, Refusal> {
    let masked = report.chip_id == [0; 64];
    let best = match kind {
        VekKind::Vcek if masked => best(pool.sets().flat_map(|set| set.of_kind(kind)), report, time),
        VekKind::Vcek => best(pool.sets().flat_map(|set| set.of_chip(&report.chip_id)), report, time),
        VekKind::Vlek => best(pool.sets().flat_map(Collateral::of_providers), report, time),
    };
    if let Some(vek) = best {
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

fn best<'a>(candidates: impl Iterator<Item = &'a Vek>, report: &AttestationReport, time: Time) -> Option<&'a Vek> {
    candidates.max_by_key(|vek| {
        let layout = vek.extensions.product().tcb_layout();
        let tcb_fits = report.reported_tcb.parts(layout) == vek.extensions.tcb();
        (
            tcb_fits,
            ChainWindow::of(&vek.certificate).contains(time),
            vek.certificate.not_after(),
        )
    })
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
