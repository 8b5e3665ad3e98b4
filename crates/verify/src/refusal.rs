//! Why evidence was not accepted.

use casemate_crypto::Time;

/// Evidence, or what vouches for it, is not acceptable. An answer, never retried.
///
/// Each variant is one kind of reason with a stable [`Refusal::code`]; the fields say what and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are not what their format demands.
    #[error("{what} is malformed: {detail}")]
    Malformed {
        /// The structure, e.g. `quote`, `tcb_info`.
        what: &'static str,
        /// What is wrong, with an offset or a field name.
        detail: String,
    },
    /// A well-formed thing of a type or version that is not supported.
    #[error("{what} is of an unsupported type: {detail}")]
    UnsupportedType {
        /// The structure.
        what: &'static str,
        /// The type or version found.
        detail: String,
    },
    /// Something is past its validity.
    #[error("{what} expired at {at}")]
    Expired {
        /// The thing that expired.
        what: String,
        /// The end of its validity.
        at: Time,
    },
    /// Something is not valid yet.
    #[error("{what} is not valid before {from}")]
    NotYetValid {
        /// The thing.
        what: String,
        /// The start of its validity.
        from: Time,
    },
    /// A certificate is on a revocation list.
    #[error("{what} is revoked: {detail}")]
    Revoked {
        /// The certificate.
        what: String,
        /// Serial number and list.
        detail: String,
    },
    /// The evidence carries no PCK certificate chain and none is among the endorsements.
    #[error("no PCK certificate chain: {detail}")]
    PckMissing {
        /// The certification data type found and the platform it names.
        detail: String,
    },
    /// An endorsement that verification needs is not there.
    #[error("{what} missing for {subject}")]
    CollateralMissing {
        /// The kind of endorsement, e.g. `TCB info`, `VCEK certificate`.
        what: &'static str,
        /// What it is needed for: `FMSPC 00906ED50000`, `chip id 3ac3…`.
        subject: String,
    },
    /// A signature does not verify.
    #[error("signature of {what} does not verify")]
    SignatureInvalid {
        /// What was signed.
        what: String,
    },
    /// A chain does not end in a trust anchor.
    #[error("{what} does not chain to a trust anchor: {detail}")]
    Untrusted {
        /// The end of the chain.
        what: String,
        /// The issuer that is not trusted.
        detail: String,
    },
    /// Two things that must agree do not.
    #[error("{what} does not match: expected {expected}, found {found}")]
    Mismatch {
        /// What was compared.
        what: &'static str,
        /// What it had to be.
        expected: String,
        /// What it was.
        found: String,
    },
    /// No TCB level of the vendor's covers this platform, or its status is not one that the vendor supports.
    #[error("the platform's TCB is not supported: {detail}")]
    TcbNotSupported {
        /// The component that falls short.
        detail: String,
    },
    /// The vendor revoked the platform's TCB level.
    #[error("the platform's TCB level is revoked: {detail}")]
    TcbRevoked {
        /// The level and its advisories.
        detail: String,
    },
    /// Bytes after the evidence that are neither zero padding nor Open Enclave custom claims.
    #[error("{length} bytes after the {what} are neither zero padding nor custom claims")]
    TrailingData {
        /// The evidence format.
        what: &'static str,
        /// Number of bytes.
        length: usize,
    },
    /// An event log breaks the rules of its format, or its events do not hash to their digests.
    #[error("event log: {detail}")]
    EventLog {
        /// The event and the rule.
        detail: String,
    },
    /// A register does not hold what the event log replays to.
    #[error("{register} replays to {replayed}, but holds {found}")]
    ReplayMismatch {
        /// The register, e.g. `RTMR0`, `PCR 7 (sha256)`.
        register: String,
        /// The replayed value, hex.
        replayed: String,
        /// The value in the evidence, hex.
        found: String,
    },
}

impl Refusal {
    /// The stable code on the wire and in `--json`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::UnsupportedType { .. } => "unsupported_type",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Revoked { .. } => "revoked",
            Self::PckMissing { .. } => "pck_missing",
            Self::CollateralMissing { .. } => "collateral_missing",
            Self::SignatureInvalid { .. } => "signature_invalid",
            Self::Untrusted { .. } => "untrusted",
            Self::Mismatch { .. } => "mismatch",
            Self::TcbNotSupported { .. } => "tcb_not_supported",
            Self::TcbRevoked { .. } => "tcb_revoked",
            Self::TrailingData { .. } => "trailing_data",
            Self::EventLog { .. } => "event_log",
            Self::ReplayMismatch { .. } => "replay_mismatch",
        }
    }

    /// What a person can do about it, where there is something to do.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Expired { .. } => Some("fetch newer collateral, or verify at the time of recording with --at"),
            Self::NotYetValid { .. } => Some("check the clock, or the time given with --at"),
            Self::PckMissing { .. } => Some("give the platform's PCK certificate chain with --collateral"),
            Self::CollateralMissing { .. } => Some("give the missing file with --collateral"),
            Self::Untrusted { .. } => Some("a root that is not the vendor's must be named with --trust-root"),
            Self::TcbNotSupported { .. } | Self::TcbRevoked { .. } => {
                Some("the platform needs a firmware or microcode update")
            }
            _ => None,
        }
    }
}
