//! The record of every check that a verifier made.

use serde::Serialize;

use crate::Refusal;

/// One check: what was looked at, whether it held, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Stable dotted name, e.g. `quote.signature`.
    pub name: &'static str,
    /// Whether the check held.
    pub ok: bool,
    /// What was found, for a person.
    pub detail: String,
}

/// Receives every check and every refusal of one verification, in order.
///
/// A verifier goes on after a failure where its inputs are still sound, so that one run names everything that is
/// wrong; [`Trace::outcome`] then yields the first refusal. A quiet trace keeps the refusals but not the checks.
#[derive(Debug, Default)]
pub struct Trace {
    checks: Vec<Check>,
    refusals: Vec<Refusal>,
    quiet: bool,
}

impl Trace {
    /// A trace that keeps every check.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A trace that keeps refusals only: for hot paths that explain nothing.
    #[must_use]
    pub fn quiet() -> Self {
        Self {
            quiet: true,
            ..Self::default()
        }
    }

    /// Records a check that held. `detail` runs only if this trace keeps checks.
    pub fn pass(&mut self, name: &'static str, detail: impl FnOnce() -> String) {
        if !self.quiet {
            self.checks.push(Check {
                name,
                ok: true,
                detail: detail(),
            });
        }
    }

    /// Records a check that failed and the refusal that follows from it.
    pub fn fail(&mut self, name: &'static str, refusal: Refusal) {
        if !self.quiet {
            self.checks.push(Check {
                name,
                ok: false,
                detail: refusal.to_string(),
            });
        }
        self.refusals.push(refusal);
    }

    /// Records `result` as a check and hands the value on, `None` if it was refused.
    pub fn check<T>(
        &mut self,
        name: &'static str,
        result: Result<T, Refusal>,
        detail: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match result {
            Ok(value) => {
                self.pass(name, || detail(&value));
                Some(value)
            }
            Err(refusal) => {
                self.fail(name, refusal);
                None
            }
        }
    }

    /// Every check so far, in the order made.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Every refusal so far, in the order found; the first is the verdict.
    #[must_use]
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// `Err` with the first refusal since `mark` (see [`Trace::mark`]), else `Ok`.
    ///
    /// # Errors
    /// The first refusal recorded after `mark`.
    pub fn outcome(&self, mark: usize) -> Result<(), Refusal> {
        self.refusals.get(mark).map_or(Ok(()), |first| Err(first.clone()))
    }

    /// The number of refusals so far, to tell later ones from earlier ones.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.refusals.len()
    }
}
