//! A forward cursor over bytes that never panics and never allocates from a length field.

use super::LogError;

/// Reads little-endian integers and runs of bytes, keeping the absolute offset for error messages.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// The offset of the next byte from the start.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// The bytes not read yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `length` bytes.
    pub(super) fn bytes(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], LogError> {
        let (head, tail) = self.rest.split_at_checked(length).ok_or(LogError::Truncated {
            field,
            offset: self.offset,
        })?;
        self.rest = tail;
        self.offset = self.offset.saturating_add(length);
        Ok(head)
    }

    /// The next `N` bytes as an array.
    pub(super) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], LogError> {
        let offset = self.offset;
        self.bytes(N, field)?
            .try_into()
            .map_err(|_| LogError::Truncated { field, offset })
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, LogError> {
        self.array::<1>(field).map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, LogError> {
        self.array(field).map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, LogError> {
        self.array(field).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, field: &'static str) -> Result<u64, LogError> {
        self.array(field).map(u64::from_le_bytes)
    }
}
