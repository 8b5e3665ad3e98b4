//! What a policy decided, and why.

use serde::Serialize;

use crate::{ClaimSet, Section};

/// The answer of the authorization rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Some rule permitted and none denied.
    Permitted,
    /// At least one rule denied.
    Denied,
    /// No rule permitted.
    NotPermitted,
}

/// The outcome of one evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub(crate) verdict: Verdict,
    pub(crate) outgoing: ClaimSet,
    pub(crate) properties: ClaimSet,
    pub(crate) trace: Vec<RuleTrace>,
}

impl Decision {
    /// The answer.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether the evidence was accepted.
    #[must_use]
    pub const fn permitted(&self) -> bool {
        matches!(self.verdict, Verdict::Permitted)
    }

    /// What the issuance rules issued; empty unless permitted.
    #[must_use]
    pub const fn outgoing(&self) -> &ClaimSet {
        &self.outgoing
    }

    /// What `issueproperty` rules issued.
    #[must_use]
    pub const fn properties(&self) -> &ClaimSet {
        &self.properties
    }

    /// Every rule that was looked at, in order. Issuance rules are not looked at unless the evidence was permitted.
    #[must_use]
    pub fn trace(&self) -> &[RuleTrace] {
        &self.trace
    }

    /// Why the evidence was not accepted: each `deny` rule that applied, then each condition of a `permit` rule that
    /// did not hold. Empty if it was permitted.
    #[must_use]
    pub fn failed_expectations(&self) -> Vec<FailedExpectation> {
        if self.permitted() {
            return Vec::new();
        }
        let decisive = |wanted| self.trace.iter().filter(move |rule| rule.effect == wanted);
        let denied = decisive(Effect::Deny)
            .filter(|rule| rule.outcome == RuleOutcome::Applied)
            .map(|rule| FailedExpectation {
                line: rule.line,
                expected: format!("not: {}", rule.rule),
                found: rule.found(),
            });
        let unmet = decisive(Effect::Permit).flat_map(|rule| {
            rule.conditions
                .iter()
                .filter(|condition| !condition.held)
                .map(|condition| FailedExpectation {
                    line: rule.line,
                    expected: condition.condition.clone(),
                    found: condition.found.clone(),
                })
        });
        denied.chain(unmet).collect()
    }
}

/// What a rule would do, for explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// `permit()`
    Permit,
    /// `deny()`
    Deny,
    /// `add`, `issue` or `issueproperty`.
    Claim,
}

/// What became of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleTrace {
    /// The section it stands in.
    #[serde(serialize_with = "section_word")]
    pub section: Section,
    /// The line it begins on, from 1.
    pub line: u32,
    /// Its canonical text.
    pub rule: String,
    /// What it does when it applies.
    pub effect: Effect,
    /// What became of it.
    pub outcome: RuleOutcome,
    /// Each condition, in the order written; all are looked at, so that one run names everything that fails.
    pub conditions: Vec<ConditionTrace>,
}

impl RuleTrace {
    fn found(&self) -> Vec<String> {
        self.conditions
            .iter()
            .flat_map(|condition| condition.found.iter().cloned())
            .collect()
    }
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleOutcome {
    /// Every condition held and the action was taken.
    Applied,
    /// Some condition did not hold.
    NotApplied,
}

/// What became of one condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionTrace {
    /// Its canonical text.
    pub condition: String,
    /// Whether it held.
    pub held: bool,
    /// The claims of the type it names, as `type = value`; `no …` if there is none. At most eight.
    pub found: Vec<String>,
}

/// Something that a policy demanded and the evidence did not offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedExpectation {
    /// The line of the rule.
    pub line: u32,
    /// The condition that had to hold, or the rule that must not apply.
    pub expected: String,
    /// What there was instead.
    pub found: Vec<String>,
}

impl std::fmt::Display for FailedExpectation {
    /// Long texts are cut: a rule can be as long as a policy.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: expected {}", self.line, cut(&self.expected))?;
        if self.found.is_empty() {
            Ok(())
        } else {
            write!(f, ", found {}", cut(&self.found.join(", ")))
        }
    }
}

fn cut(text: &str) -> String {
    const LONGEST: usize = 400;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The policy demands more work than an evaluation may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("evaluating the policy costs more than {budget} steps, or makes more than {claims} claims")]
pub struct PolicyTooCostly {
    /// The steps that were allowed.
    pub budget: u64,
    /// The claims that were allowed.
    pub claims: usize,
}

fn section_word<S: serde::Serializer>(section: &Section, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(section.as_str())
}
