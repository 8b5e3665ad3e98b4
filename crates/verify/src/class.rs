//! Trust classes: whom a verdict keeps out.

use serde::Serialize;

/// Who must be trusted for a verdict to mean anything (DESIGN: trust classes).
///
/// The class of a [`crate::Verified`] is the class of the anchor in which its chain ended and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TrustClass {
    /// Keeps out nobody: a software stand-in under its own root.
    Emulated,
    /// Keeps out malware and other tenants, not the operator.
    Operator,
    /// Keeps out the operator, the hypervisor and the firmware below the TEE.
    Hardware,
}

impl TrustClass {
    /// The word used in tokens, logs, configuration and on screens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Emulated => "emulated",
            Self::Operator => "operator",
            Self::Hardware => "hardware",
        }
    }
}

impl std::fmt::Display for TrustClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
