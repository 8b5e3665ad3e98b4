//! AMD certificates without a report: do they end in an anchor?

use casemate_crypto::{Time, x509::Certificate};
use serde_json::{Map, Value, json};

use super::{
    ChainWindow, VekExtensions,
    chain::Ground,
    collateral::{Authority, Pool},
    revocation::{self, Subjects},
};
use crate::{Anchor, Context, Refusal, Trace, TrustClass};

/// AMD certificates that chain to an anchor. They vouch for keys; no machine was verified.
#[derive(Clone, Debug)]
pub struct EndorsementChain {
    class: TrustClass,
    anchor: String,
    not_after: Time,
    facts: Map<String, Value>,
}

impl EndorsementChain {
    /// The class of the anchor.
    #[must_use]
    pub const fn class(&self) -> TrustClass {
        self.class
    }

    /// The anchor's name.
    #[must_use]
    pub fn anchor(&self) -> &str {
        &self.anchor
    }

    /// The earliest end of validity among certificates and lists.
    #[must_use]
    pub const fn not_after(&self) -> Time {
        self.not_after
    }

    /// What the chain says, by the names of the sample manifest's `key_facts`.
    #[must_use]
    pub const fn facts(&self) -> &Map<String, Value> {
        &self.facts
    }
}

/// Verifies every AMD certificate among the endorsements up to an anchor, without a report. All must end in the same
/// one.
///
/// # Errors
/// [`Refusal::CollateralMissing`] if there is no such certificate, else the first refusal; `trace` has them all.
pub fn verify_endorsement_chain(context: &Context<'_>, trace: &mut Trace) -> Result<EndorsementChain, Refusal> {
    let mark = trace.mark();
    let chain = verify(context, trace);
    trace.outcome(mark)?;
    chain.ok_or_else(|| Refusal::CollateralMissing {
        what: "ASK certificate",
        subject: "a chain without a report".to_owned(),
    })
}

fn verify(context: &Context<'_>, trace: &mut Trace) -> Option<EndorsementChain> {
    let collateral = context.endorsements.amd();
    let pool = Pool([None, Some(collateral)]);
    let ground = Ground {
        anchors: context.anchors,
        pool,
        time: context.time,
        cache: None,
    };
    ground.check_roots(trace);
    for refusal in collateral.malformed() {
        trace.fail("vek.format", refusal.clone());
    }
    let mut ends: Vec<(&Anchor, ChainWindow)> = Vec::new();
    let intermediates = || {
        collateral
            .authorities()
            .iter()
            .filter(|one| !one.certificate.is_self_issued())
    };
    for intermediate in intermediates() {
        ends.extend(verify_authority(ground, intermediate, trace));
    }
    for vek in collateral.veks() {
        ends.extend(ground.verify_vek(vek, trace).map(|chain| (chain.anchor, chain.window)));
    }
    let (anchor, _) = *ends.first()?;
    if let Some((other, _)) = ends.iter().find(|(end, _)| end.digest() != anchor.digest()) {
        let (expected, found) = (anchor.name().to_owned(), other.name().to_owned());
        trace.fail(
            "chain.anchor",
            Refusal::Mismatch {
                what: "root of the certificates",
                expected,
                found,
            },
        );
        return None;
    }
    let window = ends
        .iter()
        .fold(ChainWindow::ALWAYS, |window, (_, end)| window.meet(*end));
    let veks: Vec<_> = collateral
        .veks()
        .iter()
        .map(|vek| (&vek.certificate, &vek.extensions))
        .collect();
    let facts = facts(anchor.certificate(), &intermediates().collect::<Vec<_>>(), &veks);
    Some(EndorsementChain {
        class: anchor.class(),
        anchor: anchor.name().to_owned(),
        not_after: window.not_after,
        facts,
    })
}

/// ASK or ASVK up to an anchor: signature, dates, lists.
fn verify_authority<'a>(
    ground: Ground<'a>,
    intermediate: &'a Authority,
    trace: &mut Trace,
) -> Option<(&'a Anchor, ChainWindow)> {
    const WHAT: &str = "ASK or ASVK certificate";
    let anchor = ground.verify_intermediate(intermediate, WHAT, trace)?;
    let dates = ground.check_authority_dates(intermediate, anchor, WHAT, trace);
    let subjects = Subjects {
        root: anchor.certificate(),
        intermediate: (&intermediate.certificate, WHAT),
        vek: None,
    };
    let lists = revocation::check_chain(ground.pool, &subjects, ground.time, trace);
    Some((anchor, dates?.meet(lists?)))
}

fn facts(
    root: &Certificate,
    intermediates: &[&Authority],
    veks: &[(&Certificate, &VekExtensions)],
) -> Map<String, Value> {
    let mut facts = Map::new();
    let window = |certificate: &Certificate| json!([certificate.not_before(), certificate.not_after()]);
    facts.insert("ark_sha256".to_owned(), json!(hex::encode(root.fingerprint_sha256())));
    if let Some(first) = intermediates.first() {
        let serial = hex::encode(first.certificate.serial());
        facts.insert(
            "ask_serial".to_owned(),
            json!(format!("0x{}", serial.trim_start_matches('0'))),
        );
        let all = std::iter::once(root).chain(intermediates.iter().map(|one| &one.certificate));
        facts.insert("windows".to_owned(), all.map(window).collect());
    }
    if intermediates.len() > 1 {
        // All of them ended in this one root, or the chain would have been refused.
        facts.insert("ark_same_in_vlek_chain".to_owned(), json!(true));
    }
    if let [(certificate, extensions)] = veks {
        facts.insert("vek_extensions".to_owned(), Value::Object(extensions.facts()));
        facts.insert("window".to_owned(), window(certificate));
    }
    facts
}
