//! Why bytes are not an event log.

/// The bytes are not a TCG event log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A field runs past the end.
    #[error("{field} at offset {offset} runs past the end")]
    Truncated {
        /// The field.
        field: &'static str,
        /// Offset from the start of the log, or of the event's data.
        offset: usize,
    },
    /// Nothing but padding, or nothing at all.
    #[error("no event")]
    Empty,
    /// The log, an event or a list is larger than any real one.
    #[error("{what} of {size} is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size or count.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The Spec ID event breaks its layout (PFP 1.06 §10.4.5.1).
    #[error("Spec ID event: {detail}")]
    SpecId {
        /// What is wrong.
        detail: &'static str,
    },
    /// An event names a register that does not exist.
    #[error("event {event} extends register {register:#x}, which does not exist")]
    Register {
        /// Number of the event, the header being 0.
        event: usize,
        /// The register index.
        register: u32,
    },
    /// An event carries a digest of an algorithm that the Spec ID event does not announce.
    #[error("event {event} has a digest of algorithm {algorithm:#06x}, which the header does not announce")]
    UnannouncedAlgorithm {
        /// Number of the event.
        event: usize,
        /// The `TPM_ALG_ID`.
        algorithm: u16,
    },
    /// An event carries two digests of one algorithm, or more digests than the header announces.
    #[error("event {event} repeats a digest of algorithm {algorithm:#06x}")]
    RepeatedDigest {
        /// Number of the event.
        event: usize,
        /// The `TPM_ALG_ID`.
        algorithm: u16,
    },
    /// A digest handed to the encoder does not have its algorithm's length.
    #[error("a digest of algorithm {algorithm:#06x} has {found} bytes")]
    DigestLength {
        /// The `TPM_ALG_ID`.
        algorithm: u16,
        /// Its length.
        found: usize,
    },
}

impl LogError {
    /// The stable code of this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::SpecId { .. } => "spec_id",
            Self::Register { .. } => "register",
            Self::UnannouncedAlgorithm { .. } => "unannounced_algorithm",
            Self::RepeatedDigest { .. } => "repeated_digest",
            Self::DigestLength { .. } => "digest_length",
        }
    }
}
