//! Digest algorithms of event logs.

use serde::{Serialize, Serializer};

/// A `TPM_ALG_ID` of a hash (TCG Algorithm Registry 1.34, table 3); unregistered ones are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Algorithm(pub u16);

impl Algorithm {
    /// SHA-1.
    pub const SHA1: Self = Self(0x0004);
    /// SHA-256.
    pub const SHA256: Self = Self(0x000b);
    /// SHA-384.
    pub const SHA384: Self = Self(0x000c);
    /// SHA-512.
    pub const SHA512: Self = Self(0x000d);
    /// SM3-256, the hash of Hygon CSV guests.
    pub const SM3: Self = Self(0x0012);

    /// The length in bytes that the registry gives, `None` for an algorithm not listed here.
    #[must_use]
    pub const fn digest_length(self) -> Option<usize> {
        match self {
            Self::SHA1 => Some(20),
            Self::SHA256 | Self::SM3 | Self(0x0027) => Some(32),
            Self::SHA384 | Self(0x0028) => Some(48),
            Self::SHA512 | Self(0x0029) => Some(64),
            _ => None,
        }
    }

    /// The name of the bank, as in `expected_pcrs.json`: `sha256`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::SHA1 => "sha1".to_owned(),
            Self::SHA256 => "sha256".to_owned(),
            Self::SHA384 => "sha384".to_owned(),
            Self::SHA512 => "sha512".to_owned(),
            Self::SM3 => "sm3_256".to_owned(),
            Self(0x0027) => "sha3_256".to_owned(),
            Self(0x0028) => "sha3_384".to_owned(),
            Self(0x0029) => "sha3_512".to_owned(),
            Self(other) => format!("alg_{other:#06x}"),
        }
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}
