//! Why a store did not do what it was asked.

use std::path::PathBuf;

use crate::{Entry, MAX_BATCH, MAX_KEY, MAX_VALUE, Revision};

/// The store or the world under it failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Another process has the store's file open.
    #[error("{} is in use by another process", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened or created.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is no store, or is damaged.
    #[error("{what} is damaged or not a store: {detail}")]
    Damaged {
        /// The file or table.
        what: String,
        /// What the backend found.
        detail: String,
    },
    /// The file was written by a later version.
    #[error("store format {found} is newer than this version understands ({supported})")]
    NewerFormat {
        /// The format found.
        found: u64,
        /// The newest format understood.
        supported: u64,
    },
    /// Reading or writing failed.
    #[error("the store failed: {detail}")]
    Backend {
        /// What the backend said.
        detail: String,
    },
}

impl Fault {
    /// The stable code in logs and on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "store_locked",
            Self::Open { .. } => "store_open",
            Self::Damaged { .. } => "store_damaged",
            Self::NewerFormat { .. } => "store_newer_format",
            Self::Backend { .. } => "store_backend",
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Locked { .. } => Some("stop the other process, or name another data directory"),
            Self::Open { .. } => Some("check that the directory exists and can be written"),
            Self::NewerFormat { .. } => Some("use the version that wrote it, or a newer one"),
            Self::Damaged { .. } => Some("restore the file from a backup"),
            Self::Backend { .. } => None,
        }
    }
}

/// A caller's bug: a batch beyond the limits that every backend keeps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A key is empty or too long.
    #[error("key of {length} bytes; allowed are 1 to {MAX_KEY}")]
    KeyLength {
        /// Its length, bytes.
        length: usize,
    },
    /// A value is too long.
    #[error("value of {length} bytes; allowed are {MAX_VALUE}")]
    ValueTooLarge {
        /// Its length, bytes.
        length: usize,
    },
    /// Too many expectations and writes.
    #[error("batch of {count} parts; allowed are {MAX_BATCH}")]
    BatchTooLarge {
        /// Expectations plus writes.
        count: usize,
    },
}

/// Why a batch was not applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// An expectation did not hold; nothing was written.
    #[error("the entry was changed by someone else")]
    Conflict {
        /// The key whose expectation failed.
        key: Vec<u8>,
        /// The commit that wrote what is there now, `None` if nothing is.
        found: Option<Revision>,
    },
    /// The batch is beyond the limits.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// The store failed; whether the batch was applied is not known if the failure came while committing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl CommitError {
    /// The stable code in logs and on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::Misuse(_) => "misuse",
            Self::Fault(fault) => fault.code(),
        }
    }

    pub(crate) fn conflict(key: &[u8], found: Option<&Entry>) -> Self {
        Self::Conflict {
            key: key.to_vec(),
            found: found.map(|entry| entry.revision),
        }
    }
}
