//! A bounded little-endian reader.

use crate::FormatError;

/// Reads fields front to back; every read is checked against what is left.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self {
            what,
            rest: bytes,
            offset: 0,
        }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// What is left, without consuming it.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], FormatError> {
        let Some((field, rest)) = self.rest.split_at_checked(length) else {
            return Err(FormatError::Truncated {
                what: self.what,
                offset: self.offset,
                needed: length,
                found: self.rest.len(),
            });
        };
        self.rest = rest;
        self.offset = self.offset.saturating_add(length);
        Ok(field)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let mut field = [0; N];
        field.copy_from_slice(self.take(N)?);
        Ok(field)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, FormatError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FormatError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, FormatError> {
        self.array().map(u64::from_le_bytes)
    }

    /// A `u32` length and as many bytes.
    pub(crate) fn sized32(&mut self) -> Result<&'a [u8], FormatError> {
        let length = self.u32()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// A `u16` length and as many bytes.
    pub(crate) fn sized16(&mut self) -> Result<&'a [u8], FormatError> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    pub(crate) const fn invalid(&self, detail: &'static str) -> FormatError {
        FormatError::Invalid {
            what: self.what,
            offset: self.offset,
            detail,
        }
    }

    /// All bytes must have been read.
    pub(crate) const fn finish(&self) -> Result<(), FormatError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.invalid("bytes after the end"))
        }
    }
}
