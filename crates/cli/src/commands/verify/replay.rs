//! Event logs beside a TDX quote.

use casemate_verify::{
    Check, Claims, Refusal, Trace,
    eventlog::{Expected, check},
};
use serde_json::{Value, json};

use super::inputs::{Evidence, Inputs, Origin};
use super::outcome::{Outcome, Refused};

/// An event log that was held against a verified quote's registers.
#[derive(Debug)]
pub(super) struct ReplayedLog {
    pub(super) name: String,
    pub(super) checks: Vec<Check>,
    pub(super) refusals: Vec<Refusal>,
}

impl ReplayedLog {
    /// Whether the quote vouches for the log.
    pub(super) fn vouched_for(&self) -> bool {
        self.refusals.is_empty()
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "file": self.name,
            "replays": self.vouched_for(),
            "checks": self.checks,
            "refusals": crate::commands::refusals_json(&self.refusals),
        })
    }
}

/// Replays the logs that belong to `evidence` against the registers of its quote.
///
/// A quote stands for itself: a log found in the same folder that does not replay, perhaps of another boot, is shown as
/// refused and changes nothing about the quote. Who names a log asks whether the quote vouches for it; then a log that
/// does not replay is a refusal.
pub(super) fn logs(evidence: &Evidence, inputs: &Inputs, outcome: &mut Outcome) {
    let rtmrs = match outcome.verified.as_ref().map(casemate_verify::Verified::claims) {
        Some(Claims::Tdx(claims)) => *claims.rtmr(),
        _ => return,
    };
    for log in inputs.logs_of(evidence) {
        let mut trace = Trace::new();
        let replayed = check(&log.bytes, Expected::Rtmrs(&rtmrs), &mut trace);
        if log.origin == Origin::Named
            && let Err(refusal) = &replayed
        {
            let message = format!("{}: {refusal}", log.name);
            let refused = Refused {
                message,
                ..Refused::from(refusal)
            };
            outcome.refuse("eventlog", refused);
        }
        outcome.logs.push(ReplayedLog {
            name: log.name.clone(),
            checks: trace.checks().to_vec(),
            refusals: trace.refusals().to_vec(),
        });
    }
}
