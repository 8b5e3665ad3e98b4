//! Verification of SEV-SNP reports.

use serde_json::{Map, Value};

/// A SEV-SNP guest, as its report describes it.
#[derive(Clone, Debug)]
pub struct SnpClaims {
    debug: bool,
}

impl SnpClaims {
    /// Whether the guest can be debugged.
    #[must_use]
    pub const fn debug(&self) -> bool {
        self.debug
    }

    /// The claims by the sample manifest's names.
    #[must_use]
    pub fn facts(&self) -> Map<String, Value> {
        Map::new()
    }
}
