//! Why verified evidence was not accepted.

use crate::{FailedExpectation, PolicyTooCostly};

/// How a trace shows the class of an emulated platform.
const EMULATED: &str = "x-casemate-trust-class = \"emulated\"";

/// Verified evidence is not what was asked for. An answer, never retried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyRefusal {
    /// A rule of the policy denied the evidence.
    #[error("a rule of the policy denied the evidence: {}", listed(failed))]
    Denied {
        /// The rules that denied, then the conditions of `permit` rules that did not hold.
        failed: Vec<FailedExpectation>,
    },
    /// No rule of the policy permitted the evidence.
    #[error("no rule of the policy permitted the evidence: {}", listed(failed))]
    NotPermitted {
        /// Each condition of a `permit` rule that did not hold.
        failed: Vec<FailedExpectation>,
    },
    /// The policy costs too much to evaluate.
    #[error(transparent)]
    TooCostly(#[from] PolicyTooCostly),
    /// The evidence does not carry the hash of the run-time data.
    #[error("the run-time data does not match the {field}: expected {expected}, found {found}")]
    RuntimeDataMismatch {
        /// The field of the evidence.
        field: &'static str,
        /// What the field had to hold, hex.
        expected: String,
        /// What it holds, hex.
        found: String,
    },
    /// The evidence does not carry the hash of the init-time data.
    #[error("the init-time data does not match the {field}: expected {expected}, found {found}")]
    InittimeDataMismatch {
        /// The field of the evidence.
        field: &'static str,
        /// What the field had to hold, hex.
        expected: String,
        /// What it holds, hex.
        found: String,
    },
    /// The collateral is older than the TCB baseline that the policy demands.
    #[error("the policy demands TCB evaluation data number {required}, the collateral has {found}")]
    TcbBaseline {
        /// The number that `x-ms-sgx-tcbidentifier` demands at least.
        required: u32,
        /// The collateral's number, or `none`.
        found: String,
    },
    /// `x-ms-sgx-tcbidentifier` is neither `azuredefault` nor a number.
    #[error("the policy's x-ms-sgx-tcbidentifier is neither \"azuredefault\" nor a number: {found}")]
    TcbIdentifier {
        /// The value found.
        found: String,
    },
    /// The evidence is of a kind that no attestation type is for.
    #[error("there is no attestation type for {found} evidence")]
    UnsupportedEvidence {
        /// The kind of evidence.
        found: &'static str,
    },
}

impl PolicyRefusal {
    /// The stable code on the wire and in `--json`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Denied { .. } => "policy_denied",
            Self::NotPermitted { .. } => "policy_not_permitted",
            Self::TooCostly(_) => "policy_too_costly",
            Self::RuntimeDataMismatch { .. } => "runtime_data_mismatch",
            Self::InittimeDataMismatch { .. } => "inittime_data_mismatch",
            Self::TcbBaseline { .. } => "tcb_baseline",
            Self::TcbIdentifier { .. } => "tcb_identifier",
            Self::UnsupportedEvidence { .. } => "unsupported_evidence",
        }
    }

    /// What a person can do about it, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Denied { failed } | Self::NotPermitted { failed } => {
                let emulated = failed.iter().flat_map(|one| &one.found).any(|found| found == EMULATED);
                emulated.then_some(
                    "emulated platforms keep nobody out; for development, insecure_accept_emulated = true accepts them",
                )
            }
            Self::RuntimeDataMismatch { .. } => {
                Some("the first 32 bytes of the report data must be the SHA-256 of the data as sent, the rest zero")
            }
            Self::InittimeDataMismatch { .. } => {
                Some("the field must be the SHA-256 of the data as sent, zeros after it")
            }
            Self::TcbBaseline { .. } => Some("give newer collateral, or lower x-ms-sgx-tcbidentifier in the policy"),
            _ => None,
        }
    }

    /// Every expectation that failed, where the policy decided.
    #[must_use]
    pub fn failed_expectations(&self) -> &[FailedExpectation] {
        match self {
            Self::Denied { failed } | Self::NotPermitted { failed } => failed,
            _ => &[],
        }
    }
}

fn listed(failed: &[FailedExpectation]) -> String {
    const SHOWN: usize = 16;
    let mut lines: Vec<String> = failed.iter().take(SHOWN).map(ToString::to_string).collect();
    if failed.len() > SHOWN {
        lines.push(format!("and {} more", failed.len() - SHOWN));
    }
    if lines.is_empty() {
        lines.push("there is no permit rule".to_owned());
    }
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::{AttestationType, Claim, ClaimSet, EmulatedAllowed, Policy, default_policy};

    #[test]
    fn a_refused_emulated_platform_gets_a_hint() {
        let policy = Policy::parse(default_policy(AttestationType::TdxVm, EmulatedAllowed::No)).unwrap();
        let hint = |class: &str, debug: bool| {
            let claims = [
                Claim::of_service("tdx_td_attributes_debug", debug),
                Claim::of_service("x-casemate-trust-class", class),
            ];
            let decision = policy.evaluate(&claims.into_iter().collect::<ClaimSet>()).unwrap();
            PolicyRefusal::NotPermitted {
                failed: decision.failed_expectations(),
            }
            .hint()
        };
        assert!(hint("emulated", false).is_some());
        assert!(hint("hardware", true).is_none());
    }
}
