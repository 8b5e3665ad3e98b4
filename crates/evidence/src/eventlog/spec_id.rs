//! The Spec ID event: the header of a crypto-agile log.

use super::reader::Cursor;
use super::{Algorithm, LogError, MAX_ALGORITHMS};

/// First 16 bytes of the data of a crypto-agile header.
pub(super) const SIGNATURE: &[u8; 16] = b"Spec ID Event03\0";

/// `TCG_EfiSpecIDEvent` (PFP 1.06 §10.4.5.1): which banks every later event has a digest for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecId {
    /// 0 client, 1 server.
    pub platform_class: u32,
    /// Minor version of the specification.
    pub version_minor: u8,
    /// Major version.
    pub version_major: u8,
    /// Errata.
    pub errata: u8,
    /// Size of `UINTN` in 32-bit words: 1 or 2.
    pub uintn_size: u8,
    /// The banks and their digest lengths in bytes, in the header's order.
    pub algorithms: Vec<(Algorithm, u16)>,
    /// What the firmware's vendor added.
    pub vendor_info: Vec<u8>,
}

/// Whether `EventSize` counts the vendor information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VendorInfoPlacement {
    /// As specified.
    InEvent,
    /// The event ends before it: seen in logs of one producer.
    AfterEvent,
}

impl SpecId {
    /// A header for the given banks: PFP 1.0 errata 2, 64-bit client platform, as current EDK II firmware writes it.
    #[must_use]
    pub fn new(algorithms: &[Algorithm]) -> Self {
        let algorithms = algorithms
            .iter()
            .filter_map(|alg| Some((*alg, u16::try_from(alg.digest_length()?).ok()?)))
            .collect();
        Self {
            platform_class: 0,
            version_minor: 0,
            version_major: 2,
            errata: 0,
            uintn_size: 2,
            algorithms,
            vendor_info: Vec::new(),
        }
    }

    /// The digest length of `algorithm`, `None` if the header does not announce it.
    #[must_use]
    pub fn digest_length(&self, algorithm: Algorithm) -> Option<usize> {
        self.algorithms
            .iter()
            .find(|(found, _)| *found == algorithm)
            .map(|(_, length)| usize::from(*length))
    }

    /// Reads the data of a Spec ID event; `following` are the bytes after the event.
    pub(super) fn parse(data: &[u8], following: &[u8]) -> Result<(Self, VendorInfoPlacement), LogError> {
        let mut cursor = Cursor::new(data);
        if cursor.array::<16>("Spec ID signature")? != *SIGNATURE {
            return Err(LogError::SpecId {
                detail: "unknown signature",
            });
        }
        let platform_class = cursor.u32("platform class")?;
        let version_minor = cursor.u8("minor version")?;
        let version_major = cursor.u8("major version")?;
        let errata = cursor.u8("errata")?;
        let uintn_size = cursor.u8("uintn size")?;
        let algorithms = algorithms(&mut cursor)?;
        let size = usize::from(cursor.u8("vendor info size")?);
        let (vendor_info, placement) = match (cursor.rest(), following.get(..size)) {
            (inside, _) if inside.len() == size => (inside, VendorInfoPlacement::InEvent),
            ([], Some(after)) => (after, VendorInfoPlacement::AfterEvent),
            _ => {
                return Err(LogError::SpecId {
                    detail: "vendor info size does not fit the event",
                });
            }
        };
        let vendor_info = vendor_info.to_vec();
        let header = Self {
            platform_class,
            version_minor,
            version_major,
            errata,
            uintn_size,
            algorithms,
            vendor_info,
        };
        Ok((header, placement))
    }

    /// The event's data, vendor information included.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = SIGNATURE.to_vec();
        out.extend_from_slice(&self.platform_class.to_le_bytes());
        out.extend_from_slice(&[self.version_minor, self.version_major, self.errata, self.uintn_size]);
        out.extend_from_slice(&u32::try_from(self.algorithms.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (algorithm, length) in &self.algorithms {
            out.extend_from_slice(&algorithm.0.to_le_bytes());
            out.extend_from_slice(&length.to_le_bytes());
        }
        out.push(u8::try_from(self.vendor_info.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(&self.vendor_info);
        out
    }
}

fn algorithms(cursor: &mut Cursor<'_>) -> Result<Vec<(Algorithm, u16)>, LogError> {
    let count = usize::try_from(cursor.u32("number of algorithms")?).unwrap_or(usize::MAX);
    if count == 0 {
        return Err(LogError::SpecId { detail: "no algorithm" });
    }
    if count > MAX_ALGORITHMS {
        return Err(LogError::TooLarge {
            what: "number of algorithms",
            size: count,
            limit: MAX_ALGORITHMS,
        });
    }
    let mut algorithms: Vec<(Algorithm, u16)> = Vec::new();
    for _ in 0..count {
        let algorithm = Algorithm(cursor.u16("algorithm")?);
        let length = cursor.u16("digest size")?;
        if algorithms.iter().any(|(seen, _)| *seen == algorithm) {
            return Err(LogError::SpecId {
                detail: "an algorithm is announced twice",
            });
        }
        let sound = match algorithm.digest_length() {
            Some(known) => known == usize::from(length),
            None => (1..=128).contains(&length),
        };
        if !sound {
            return Err(LogError::SpecId {
                detail: "a digest size is not its algorithm's",
            });
        }
        algorithms.push((algorithm, length));
    }
    Ok(algorithms)
}
