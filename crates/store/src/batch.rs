//! Writes that happen together, under conditions.

use crate::{Misuse, Revision};

/// Longest key, bytes.
pub const MAX_KEY: usize = 1024;
/// Longest value, bytes.
pub const MAX_VALUE: usize = 16 << 20;
/// Most expectations plus writes in one batch.
pub const MAX_BATCH: usize = 4096;

/// What must hold at a key for a batch to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// No entry.
    Absent,
    /// An entry written by exactly this commit.
    At(Revision),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Put(Vec<u8>),
    Delete,
}

/// Expectations and writes, applied as one. For a key written twice the later write holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub(crate) expectations: Vec<(Vec<u8>, Expectation)>,
    pub(crate) writes: Vec<(Vec<u8>, Write)>,
}

impl Batch {
    /// A batch that does nothing; committing it still takes a revision.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands `expectation` at `key`, as it stands before this batch.
    #[must_use]
    pub fn expect(mut self, key: impl Into<Vec<u8>>, expectation: Expectation) -> Self {
        self.expectations.push((key.into(), expectation));
        self
    }

    /// Sets `key` to `value`.
    #[must_use]
    pub fn put(mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.writes.push((key.into(), Write::Put(value.into())));
        self
    }

    /// Removes the entry at `key`, if there is one.
    #[must_use]
    pub fn delete(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.writes.push((key.into(), Write::Delete));
        self
    }

    pub(crate) fn check_limits(&self) -> Result<(), Misuse> {
        let count = self.expectations.len().saturating_add(self.writes.len());
        if count > MAX_BATCH {
            return Err(Misuse::BatchTooLarge { count });
        }
        let expected = self.expectations.iter().map(|(key, _)| key);
        let written = self.writes.iter().map(|(key, _)| key);
        if let Some(key) = expected
            .chain(written)
            .find(|key| key.is_empty() || key.len() > MAX_KEY)
        {
            return Err(Misuse::KeyLength { length: key.len() });
        }
        for (_, write) in &self.writes {
            if let Write::Put(value) = write
                && value.len() > MAX_VALUE
            {
                return Err(Misuse::ValueTooLarge { length: value.len() });
            }
        }
        Ok(())
    }
}
