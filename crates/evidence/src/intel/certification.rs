//! Certification data: how a quote names the PCK that certifies its quoting enclave
//! (Intel SGX ECDSA QuoteGenReference, appendix A, "QE Certification Data").

use crate::{FormatError, reader::Reader};

const WHAT: &str = "certification data";

/// The certification data of a quote's innermost signature section, types 1 to 5 and 7. (Type 6, the QE report
/// certification data of quote versions 4 and 5, is taken apart by [`super::Quote`].)
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificationData<'a> {
    /// Type 1: identification of the PCK with the PPID in clear text.
    Ppid(PckIdentification<'a>),
    /// Type 2: the same, PPID encrypted with RSA-2048-OAEP.
    PpidRsa2048(PckIdentification<'a>),
    /// Type 3: the same, PPID encrypted with RSA-3072-OAEP.
    PpidRsa3072(PckIdentification<'a>),
    /// Type 4: the PCK leaf certificate.
    PckLeaf(&'a [u8]),
    /// Type 5: the PCK certificate chain, PEM, leaf first.
    PckChain(&'a [u8]),
    /// Type 7: the platform manifest.
    PlatformManifest(&'a [u8]),
}

/// Names a PCK certificate without carrying it. None of it is signed: a hint for finding the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PckIdentification<'a> {
    /// The PPID, 16 bytes in clear text, 256 or 384 encrypted.
    pub ppid: &'a [u8],
    /// `CPUSVN` of the platform.
    pub cpu_svn: [u8; 16],
    /// `PCESVN` of the platform.
    pub pce_svn: u16,
    /// `PCEID`; Intel's own sample quote leaves it out.
    pub pce_id: Option<[u8; 2]>,
}

impl<'a> CertificationData<'a> {
    /// Reads the body of certification data of type `kind`.
    ///
    /// # Errors
    /// [`FormatError::Unsupported`] for type 6 (which nests, and cannot do so twice) and unknown types; `Truncated` or
    /// `Invalid` when the body has not the type's length.
    pub fn parse(kind: u16, body: &'a [u8]) -> Result<Self, FormatError> {
        Ok(match kind {
            1 => Self::Ppid(PckIdentification::parse(body, 16)?),
            2 => Self::PpidRsa2048(PckIdentification::parse(body, 256)?),
            3 => Self::PpidRsa3072(PckIdentification::parse(body, 384)?),
            4 => Self::PckLeaf(body),
            5 => Self::PckChain(body),
            7 => Self::PlatformManifest(body),
            other => {
                return Err(FormatError::Unsupported {
                    what: WHAT,
                    field: "type",
                    value: u64::from(other),
                });
            }
        })
    }

    /// The type number.
    #[must_use]
    pub const fn kind(&self) -> u16 {
        match self {
            Self::Ppid(_) => 1,
            Self::PpidRsa2048(_) => 2,
            Self::PpidRsa3072(_) => 3,
            Self::PckLeaf(_) => 4,
            Self::PckChain(_) => 5,
            Self::PlatformManifest(_) => 7,
        }
    }

    /// What the type is called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ppid(_) => "PPID",
            Self::PpidRsa2048(_) => "PPID encrypted with RSA-2048",
            Self::PpidRsa3072(_) => "PPID encrypted with RSA-3072",
            Self::PckLeaf(_) => "PCK leaf certificate",
            Self::PckChain(_) => "PCK certificate chain",
            Self::PlatformManifest(_) => "platform manifest",
        }
    }

    /// The PCK identification of types 1 to 3.
    #[must_use]
    pub const fn identification(&self) -> Option<&PckIdentification<'a>> {
        match self {
            Self::Ppid(id) | Self::PpidRsa2048(id) | Self::PpidRsa3072(id) => Some(id),
            _ => None,
        }
    }

    /// Type, length and body, as they stand in a quote.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let body = match self {
            Self::Ppid(id) | Self::PpidRsa2048(id) | Self::PpidRsa3072(id) => id.encode(),
            Self::PckLeaf(body) | Self::PckChain(body) | Self::PlatformManifest(body) => body.to_vec(),
        };
        section(self.kind(), &body)
    }
}

/// Type, length and body of one certification data section.
pub(super) fn section(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [kind.to_le_bytes().as_slice(), &length.to_le_bytes(), body].concat()
}

impl<'a> PckIdentification<'a> {
    fn parse(body: &'a [u8], ppid_length: usize) -> Result<Self, FormatError> {
        let mut reader = Reader::new(WHAT, body);
        let id = Self {
            ppid: reader.take(ppid_length)?,
            cpu_svn: reader.array()?,
            pce_svn: reader.u16()?,
            pce_id: if reader.rest().is_empty() {
                None
            } else {
                Some(reader.array()?)
            },
        };
        reader.finish()?;
        Ok(id)
    }

    fn encode(&self) -> Vec<u8> {
        let pce_id = self.pce_id.as_ref().map_or(&[][..], |id| id.as_slice());
        [self.ppid, &self.cpu_svn, &self.pce_svn.to_le_bytes(), pce_id].concat()
    }
}
