//! What a key holds.

/// The number of a commit; the first is 1. Later commits have higher numbers, and no number is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    pub(crate) const NONE: Self = Self(0);

    /// From the number, e.g. one that a client sent back.
    #[must_use]
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A value and the commit that wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The commit that wrote the value.
    pub revision: Revision,
    /// The value.
    pub value: Vec<u8>,
}

/// Prints the length, not the value: values may be sealed keys or tenants' data.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("revision", &self.revision)
            .field("value", &format_args!("{} bytes", self.value.len()))
            .finish()
    }
}
