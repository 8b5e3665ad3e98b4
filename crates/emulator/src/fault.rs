//! What can go wrong in the emulator. Nothing a peer sends does.

use casemate_crypto::{pem::PemError, sign::KeyError, x509::X509Error};
use casemate_evidence::FormatError;

/// The emulator could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorFault {
    /// A key could not be made, read or used.
    #[error("emulator: key")]
    Key(#[from] KeyError),
    /// A certificate or revocation list could not be made or read.
    #[error("emulator: certificate")]
    Certificate(#[from] X509Error),
    /// A quote could not be written.
    #[error("emulator: quote")]
    Quote(#[from] FormatError),
    /// A document could not be written.
    #[error("emulator: collateral")]
    Document(#[from] serde_json::Error),
    /// The kept platform is not PEM.
    #[error("emulator: kept platform")]
    Pem(#[from] PemError),
    /// The kept platform lacks something, or its parts do not belong together.
    #[error("emulator: kept platform: {detail}")]
    Kept {
        /// What is wrong.
        detail: &'static str,
    },
}

impl EmulatorFault {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Key(_) => "emulator_key",
            Self::Certificate(_) => "emulator_certificate",
            Self::Quote(_) => "emulator_quote",
            Self::Document(_) => "emulator_document",
            Self::Pem(_) | Self::Kept { .. } => "emulator_kept",
        }
    }
}
