//! What a look at an event log found.

use serde::Serialize;

/// Whether a finding refuses the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; real, honest logs have it.
    Note,
    /// The log breaks a rule that honest firmware keeps. It is refused whatever its registers say.
    Fatal,
}

/// One thing that an event, or the log as a whole, shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Number of the event, the header being 0; `None` for the log as a whole.
    pub event: Option<usize>,
    /// Whether the log is refused for it.
    pub severity: Severity,
    /// Stable word for the rule, e.g. `digest_mismatch`.
    pub code: &'static str,
    /// What was found, for a person.
    pub detail: String,
}

impl Finding {
    pub(super) fn fatal(event: impl Into<Option<usize>>, code: &'static str, detail: String) -> Self {
        Self {
            event: event.into(),
            severity: Severity::Fatal,
            code,
            detail,
        }
    }

    pub(super) fn note(event: impl Into<Option<usize>>, code: &'static str, detail: String) -> Self {
        Self {
            event: event.into(),
            severity: Severity::Note,
            code,
            detail,
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.event {
            Some(event) => write!(f, "event {event}: {} ({})", self.detail, self.code),
            None => write!(f, "{} ({})", self.detail, self.code),
        }
    }
}
