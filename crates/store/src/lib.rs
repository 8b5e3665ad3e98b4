//! Get, range, atomic compare-and-set batch and watch; no backend's type in a signature.
//!
//! A store maps byte keys to byte values. Every commit has a [`Revision`], one higher than the last; an entry carries
//! the revision that wrote it, and a [`Batch`] may demand it, so that what was read is what is replaced.
//! Methods block: drivers call them on a blocking pool.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod batch;
mod embedded;
mod entry;
mod error;
mod memory;
mod watch;

pub use batch::{Batch, Expectation, MAX_BATCH, MAX_KEY, MAX_VALUE};
pub use embedded::EmbeddedStore;
pub use entry::{Entry, Revision};
pub use error::{CommitError, Fault, Misuse};
pub use memory::MemoryStore;
pub use watch::{Change, Lagged, WATCH_BACKLOG, Watch};

/// A durable, ordered map with atomic conditional batches. Shared by reference; every method may block.
pub trait Store: Send + Sync + 'static {
    /// The entry at `key`, or `None` if there is none.
    ///
    /// # Errors
    /// [`Fault`] if the backend cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, Fault>;

    /// Entries whose key starts with `prefix`, in key order, at most `limit`, from one consistent snapshot.
    ///
    /// `after` continues a listing: only keys greater than it are returned.
    ///
    /// # Errors
    /// [`Fault`] if the backend cannot be read.
    fn range(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<(Vec<u8>, Entry)>, Fault>;

    /// Applies every write of `batch`, or none: the expectations are checked and the writes made in one transaction.
    /// When this returns `Ok`, the writes are durable.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] if an expectation does not hold (nothing was written), [`CommitError::Misuse`] for a
    /// key, value or batch over the limits, [`CommitError::Fault`] if the backend failed (the batch may be retried).
    fn commit(&self, batch: &Batch) -> Result<Revision, CommitError>;

    /// Every change to keys that start with `prefix`, from now on, in commit order.
    fn watch(&self, prefix: &[u8]) -> Watch;
}
