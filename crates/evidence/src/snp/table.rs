//! The certificate table that a host hands out with a report (AMD 56421 §4.1.8.1, Linux's `auxblob`).

/// What an entry of the table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntryKind {
    /// AMD root key.
    Ark,
    /// AMD SEV key, or the key that signs VLEKs, for which no identifier of its own is defined.
    Ask,
    /// Versioned chip endorsement key.
    Vcek,
    /// Versioned loaded endorsement key.
    Vlek,
    /// Certificate revocation list.
    Crl,
    /// An identifier of which nothing is known here; its bytes are kept.
    Other([u8; 16]),
}

/// The identifiers in the byte order of the wire, which is that of their text (RFC 9562, not the mixed order).
const KNOWN: [([u8; 16], EntryKind, &str); 5] = [
    (
        0xc0b406a4_a803_4952_9743_3fb6014cd0ae_u128.to_be_bytes(),
        EntryKind::Ark,
        "ARK",
    ),
    (
        0x4ab7b379_bbac_4fe4_a02f_05aef327c782_u128.to_be_bytes(),
        EntryKind::Ask,
        "ASK",
    ),
    (
        0x63da758d_e664_4564_adc5_f4b93be8accd_u128.to_be_bytes(),
        EntryKind::Vcek,
        "VCEK",
    ),
    (
        0xa8074bc2_a25a_483e_aae6_39c045a0b8a1_u128.to_be_bytes(),
        EntryKind::Vlek,
        "VLEK",
    ),
    (
        0x92f81bc3_5811_4d3d_97ff_d19f88dc67ea_u128.to_be_bytes(),
        EntryKind::Crl,
        "CRL",
    ),
];

impl EntryKind {
    /// The kind that an identifier names.
    #[must_use]
    pub fn from_guid(guid: [u8; 16]) -> Self {
        KNOWN
            .iter()
            .find(|(known, ..)| *known == guid)
            .map_or(Self::Other(guid), |(_, kind, _)| *kind)
    }

    /// The identifier on the wire.
    #[must_use]
    pub fn guid(self) -> [u8; 16] {
        match self {
            Self::Other(guid) => guid,
            _ => KNOWN
                .iter()
                .find(|(_, kind, _)| *kind == self)
                .map_or([0; 16], |(guid, ..)| *guid),
        }
    }

    /// AMD's word, or the identifier in hexadecimal digits.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Other(guid) => hex::encode(guid),
            _ => KNOWN
                .iter()
                .find(|(_, kind, _)| *kind == self)
                .map_or("", |(.., name)| name)
                .to_owned(),
        }
    }
}

/// One certificate or list, DER or PEM as the host stored it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableEntry<'a> {
    /// What it is said to be.
    pub kind: EntryKind,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The entries of a table, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateTable<'a> {
    entries: Vec<TableEntry<'a>>,
}

/// Bytes are not a certificate table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// No entry of zeros ends the table.
    #[error("the certificate table has no end")]
    Unterminated,
    /// More than [`CertificateTable::MAX_ENTRIES`].
    #[error("the certificate table has more than {} entries", CertificateTable::MAX_ENTRIES)]
    TooManyEntries,
    /// An entry's bytes are not inside the table, or inside its header.
    #[error("certificate table entry {index} lies outside the table")]
    OutOfBounds {
        /// Which entry.
        index: usize,
    },
    /// Two entries share bytes.
    #[error("certificate table entries {first} and {second} overlap")]
    Overlap {
        /// One entry.
        first: usize,
        /// The other.
        second: usize,
    },
    /// The end mark carries an offset or a length.
    #[error("the certificate table's end mark is not all zero")]
    EndMark,
}

impl TableError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unterminated => "table_unterminated",
            Self::TooManyEntries => "table_too_many_entries",
            Self::OutOfBounds { .. } => "table_out_of_bounds",
            Self::Overlap { .. } => "table_overlap",
            Self::EndMark => "table_end_mark",
        }
    }
}

/// Length of one header entry: identifier, offset, length.
const ENTRY_LEN: usize = 24;

struct Header {
    kind: EntryKind,
    start: usize,
    end: usize,
}

impl<'a> CertificateTable<'a> {
    /// The most entries that a table may have.
    pub const MAX_ENTRIES: usize = 16;

    /// Reads a table. Bytes that no entry names are padding and not looked at.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TableError> {
        let headers = headers(bytes)?;
        let header_len = (headers.len() + 1) * ENTRY_LEN;
        let mut entries = Vec::with_capacity(headers.len());
        for (index, header) in headers.iter().enumerate() {
            let body = bytes
                .get(header.start..header.end)
                .filter(|_| header.start >= header_len);
            let body = body.ok_or(TableError::OutOfBounds { index })?;
            let earlier = headers.iter().take(index);
            if let Some(first) = earlier
                .enumerate()
                .find_map(|(at, other)| (header.start < other.end && other.start < header.end).then_some(at))
            {
                return Err(TableError::Overlap { first, second: index });
            }
            entries.push(TableEntry {
                kind: header.kind,
                bytes: body,
            });
        }
        Ok(Self { entries })
    }

    /// A table of these entries. Those past [`CertificateTable::MAX_ENTRIES`] are left out.
    #[must_use]
    pub fn new(entries: Vec<TableEntry<'a>>) -> Self {
        let mut entries = entries;
        entries.truncate(Self::MAX_ENTRIES);
        Self { entries }
    }

    /// The entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[TableEntry<'a>] {
        &self.entries
    }

    /// The table's bytes: header, end mark, then the entries back to back.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut header = Vec::new();
        let mut body = Vec::new();
        let header_len = (self.entries.len() + 1) * ENTRY_LEN;
        for entry in &self.entries {
            let word = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
            header.extend_from_slice(&entry.kind.guid());
            header.extend_from_slice(&word(header_len + body.len()));
            header.extend_from_slice(&word(entry.bytes.len()));
            body.extend_from_slice(entry.bytes);
        }
        header.extend_from_slice(&[0; ENTRY_LEN]);
        header.append(&mut body);
        header
    }
}

fn headers(bytes: &[u8]) -> Result<Vec<Header>, TableError> {
    let mut headers = Vec::new();
    let mut rest = bytes;
    loop {
        let (guid, after) = rest.split_first_chunk::<16>().ok_or(TableError::Unterminated)?;
        let (offset, after) = after.split_first_chunk::<4>().ok_or(TableError::Unterminated)?;
        let (length, after) = after.split_first_chunk::<4>().ok_or(TableError::Unterminated)?;
        rest = after;
        if *guid == [0; 16] {
            return if *offset == [0; 4] && *length == [0; 4] {
                Ok(headers)
            } else {
                Err(TableError::EndMark)
            };
        }
        if headers.len() == CertificateTable::MAX_ENTRIES {
            return Err(TableError::TooManyEntries);
        }
        let out_of_bounds = |_| TableError::OutOfBounds { index: headers.len() };
        let start = usize::try_from(u32::from_le_bytes(*offset)).map_err(out_of_bounds)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(out_of_bounds)?;
        let end = start.saturating_add(length);
        headers.push(Header {
            kind: EntryKind::from_guid(*guid),
            start,
            end,
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn sample() -> Vec<u8> {
        CertificateTable::new(vec![
            TableEntry {
                kind: EntryKind::Vcek,
                bytes: b"one",
            },
            TableEntry {
                kind: EntryKind::Other([7; 16]),
                bytes: b"four",
            },
        ])
        .encode()
    }

    #[test]
    fn encoding_parses_to_the_same_entries() {
        let bytes = sample();
        let table = CertificateTable::parse(&bytes).unwrap();
        assert_eq!(
            table.entries()[0],
            TableEntry {
                kind: EntryKind::Vcek,
                bytes: b"one"
            }
        );
        assert_eq!(table.entries()[1].bytes, b"four");
        assert_eq!(table.encode(), bytes);
        assert_eq!(EntryKind::Vcek.guid()[..2], [0x63, 0xda]);
    }

    #[test]
    fn each_rule_has_its_error() {
        let good = sample();
        assert_eq!(CertificateTable::parse(&good[..71]), Err(TableError::Unterminated));
        assert_eq!(
            CertificateTable::parse(&good[..good.len() - 1]),
            Err(TableError::OutOfBounds { index: 1 })
        );
        let mut into_header = good.clone();
        into_header[16] = 0;
        assert_eq!(
            CertificateTable::parse(&into_header),
            Err(TableError::OutOfBounds { index: 0 })
        );
        let mut overlapping = good.clone();
        overlapping[40] -= 1;
        assert_eq!(
            CertificateTable::parse(&overlapping),
            Err(TableError::Overlap { first: 0, second: 1 })
        );
        let mut marked = good.clone();
        marked[64] = 1;
        assert_eq!(CertificateTable::parse(&marked), Err(TableError::EndMark));
        let many = [1; 24 * 18];
        assert_eq!(CertificateTable::parse(&many), Err(TableError::TooManyEntries));
    }
}
