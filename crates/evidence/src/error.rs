//! Why bytes are not of their format.

/// The bytes are not what their format demands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes end before a field does.
    #[error("{what} ends early: {needed} bytes needed at offset {offset}, {found} there")]
    Truncated {
        /// The structure.
        what: &'static str,
        /// Where the field starts.
        offset: usize,
        /// Length of the field.
        needed: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// A version or type that this crate does not know.
    #[error("{what} has unsupported {field} {value}")]
    Unsupported {
        /// The structure.
        what: &'static str,
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// A field breaks a rule of the format.
    #[error("{what}: {detail} (offset {offset})")]
    Invalid {
        /// The structure.
        what: &'static str,
        /// Where.
        offset: usize,
        /// Which rule.
        detail: &'static str,
    },
    /// A JSON document is not what its schema demands.
    #[error("{what}: {detail}")]
    Json {
        /// The document.
        what: &'static str,
        /// What the JSON reader found, with line and column.
        detail: String,
    },
}

impl FormatError {
    /// Whether the format is known but of a version or type that is not supported.
    #[must_use]
    pub const fn is_unsupported(&self) -> bool {
        matches!(self, Self::Unsupported { .. })
    }
}
