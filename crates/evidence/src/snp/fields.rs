//! The bit fields and small values of a report.

use serde::Serialize;

use super::TcbLayout;

/// A processor line with its own root key and certificate layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum Product {
    /// EPYC 7003.
    Milan,
    /// EPYC 9004, and 97x4 and 8004 (Bergamo and Siena), which share its keys.
    Genoa,
    /// EPYC 9005.
    Turin,
}

impl Product {
    /// AMD's word, as in `ARK-Milan` and in the key server's paths.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Milan => "Milan",
            Self::Genoa => "Genoa",
            Self::Turin => "Turin",
        }
    }

    /// The line of a certificate's product name: `Milan`, or with a stepping `Milan-B0`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let line = name.split_once('-').map_or(name, |(line, _stepping)| line);
        [Self::Milan, Self::Genoa, Self::Turin]
            .into_iter()
            .find(|product| product.as_str() == line)
    }

    /// The line of a processor (AMD 56860 §2.2 and the revision guides).
    #[must_use]
    pub const fn from_cpuid(cpuid: Cpuid) -> Option<Self> {
        match (cpuid.family, cpuid.model) {
            (0x19, 0x00..=0x0f) => Some(Self::Milan),
            (0x19, 0x10..=0x1f | 0xa0..=0xaf) => Some(Self::Genoa),
            (0x1a, 0x00..=0x1f) => Some(Self::Turin),
            _ => None,
        }
    }

    /// The order of security patch levels on this line.
    #[must_use]
    pub const fn tcb_layout(self) -> TcbLayout {
        match self {
            Self::Milan | Self::Genoa => TcbLayout::Milan,
            Self::Turin => TcbLayout::Turin,
        }
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Family, model and stepping of the processor, base and extended parts joined. Zero in version 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cpuid {
    /// Joined family, 0x19 for Milan.
    pub family: u8,
    /// Joined model.
    pub model: u8,
    /// Stepping.
    pub stepping: u8,
}

/// Build, minor and major version of the SNP firmware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FirmwareVersion {
    /// Major version.
    pub major: u8,
    /// Minor version.
    pub minor: u8,
    /// Build number.
    pub build: u8,
}

impl std::fmt::Display for FirmwareVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.build)
    }
}

/// `POLICY` (AMD 56860 §4.3): what the guest's owner allowed at launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GuestPolicy(pub u64);

impl GuestPolicy {
    const fn bit(self, bit: u32) -> bool {
        self.0 >> bit & 1 == 1
    }

    /// Least minor version of the ABI.
    #[must_use]
    pub const fn abi_minor(self) -> u8 {
        self.0.to_le_bytes()[0]
    }

    /// Least major version of the ABI.
    #[must_use]
    pub const fn abi_major(self) -> u8 {
        self.0.to_le_bytes()[1]
    }

    /// Simultaneous multi-threading is allowed (bit 16).
    #[must_use]
    pub const fn smt_allowed(self) -> bool {
        self.bit(16)
    }

    /// Association with a migration agent is allowed (bit 18).
    #[must_use]
    pub const fn migration_allowed(self) -> bool {
        self.bit(18)
    }

    /// The host may debug, and so read, the guest (bit 19).
    #[must_use]
    pub const fn debug_allowed(self) -> bool {
        self.bit(19)
    }

    /// The guest may run on one socket only (bit 20).
    #[must_use]
    pub const fn single_socket(self) -> bool {
        self.bit(20)
    }

    /// CXL devices may be populated (bit 21).
    #[must_use]
    pub const fn cxl_allowed(self) -> bool {
        self.bit(21)
    }

    /// Memory must be encrypted with AES-256-XTS (bit 22).
    #[must_use]
    pub const fn aes_256_xts_required(self) -> bool {
        self.bit(22)
    }

    /// Running average power limiting must be off (bit 23).
    #[must_use]
    pub const fn rapl_off_required(self) -> bool {
        self.bit(23)
    }

    /// Ciphertext hiding must be on (bit 24).
    #[must_use]
    pub const fn ciphertext_hiding_required(self) -> bool {
        self.bit(24)
    }

    /// Swapping of guest pages by the firmware is off (bit 25).
    #[must_use]
    pub const fn page_swap_disabled(self) -> bool {
        self.bit(25)
    }
}

/// `PLATFORM_INFO` (AMD 56860 §7.3): how the platform was configured. Unknown bits are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PlatformInfo(pub u64);

impl PlatformInfo {
    const fn bit(self, bit: u32) -> bool {
        self.0 >> bit & 1 == 1
    }

    /// Simultaneous multi-threading is on (bit 0).
    #[must_use]
    pub const fn smt_enabled(self) -> bool {
        self.bit(0)
    }

    /// Transparent memory encryption is on (bit 1).
    #[must_use]
    pub const fn tsme_enabled(self) -> bool {
        self.bit(1)
    }

    /// Memory has error correction (bit 2).
    #[must_use]
    pub const fn ecc_enabled(self) -> bool {
        self.bit(2)
    }

    /// Running average power limiting is off (bit 3).
    #[must_use]
    pub const fn rapl_disabled(self) -> bool {
        self.bit(3)
    }

    /// Ciphertext hiding is on for DRAM (bit 4).
    #[must_use]
    pub const fn ciphertext_hiding_enabled(self) -> bool {
        self.bit(4)
    }

    /// Memory alias detection has completed since the last reset (bit 5).
    #[must_use]
    pub const fn alias_check_complete(self) -> bool {
        self.bit(5)
    }

    /// Trusted I/O is on (bit 7).
    #[must_use]
    pub const fn tio_enabled(self) -> bool {
        self.bit(7)
    }
}

/// Which key signed a report (bits 4:2 of the signer word).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SigningKey {
    /// Versioned chip endorsement key: one per chip and TCB.
    Vcek,
    /// Versioned loaded endorsement key: one per cloud provider and TCB.
    Vlek,
    /// The report is not signed.
    None,
    /// A value that the specification reserves (2 to 6).
    Reserved(u8),
}

impl SigningKey {
    /// AMD's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vcek => "VCEK",
            Self::Vlek => "VLEK",
            Self::None => "none",
            Self::Reserved(_) => "reserved",
        }
    }
}

/// The word at 0x48: who signed, and what of the signer is masked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SignerInfo(pub u32);

impl SignerInfo {
    /// The signer word for `key`, with nothing masked and no author key; reserved values are cut to three bits.
    #[must_use]
    pub const fn new(key: SigningKey) -> Self {
        Self(match key {
            SigningKey::Vcek => 0,
            SigningKey::Vlek => 1 << 2,
            SigningKey::None => 7 << 2,
            SigningKey::Reserved(value) => ((value & 7) as u32) << 2,
        })
    }

    /// Whether the digest of an author key is in the report (bit 0).
    #[must_use]
    pub const fn author_key_enabled(self) -> bool {
        self.0 & 1 == 1
    }

    /// Whether the chip's key is masked, which leaves the signature zero (bit 1).
    #[must_use]
    pub const fn chip_key_masked(self) -> bool {
        self.0 >> 1 & 1 == 1
    }

    /// The key that signed (bits 4:2).
    #[must_use]
    pub const fn signing_key(self) -> SigningKey {
        match self.0 >> 2 & 7 {
            0 => SigningKey::Vcek,
            1 => SigningKey::Vlek,
            7 => SigningKey::None,
            value => SigningKey::Reserved(value.to_le_bytes()[0]),
        }
    }

    /// Bits 31:5, which must be zero.
    #[must_use]
    pub const fn reserved(self) -> u32 {
        self.0 >> 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_names_and_processors_agree() {
        assert_eq!(Product::from_name("Milan-B0"), Some(Product::Milan));
        assert_eq!(Product::from_name("Turin"), Some(Product::Turin));
        assert_eq!(Product::from_name("milan"), None);
        let at = |family, model| {
            Product::from_cpuid(Cpuid {
                family,
                model,
                stepping: 1,
            })
        };
        assert_eq!(at(0x19, 0x01), Some(Product::Milan));
        assert_eq!(at(0x19, 0x11), Some(Product::Genoa));
        assert_eq!(at(0x19, 0xa0), Some(Product::Genoa));
        assert_eq!(at(0x19, 0x20), None);
        assert_eq!(at(0x1a, 0x02), Some(Product::Turin));
        assert_eq!(at(0x1a, 0x50), None);
    }

    #[test]
    fn signer_word_round_trips_for_every_key() {
        for value in 0..8_u32 {
            let info = SignerInfo(value << 2);
            assert_eq!(SignerInfo::new(info.signing_key()), info);
        }
        assert_eq!(SignerInfo(4).signing_key(), SigningKey::Vlek);
        assert!(SignerInfo(3).author_key_enabled() && SignerInfo(3).chip_key_masked());
        assert_eq!(SignerInfo(0x21).reserved(), 1);
    }

    #[test]
    fn policy_bits_are_where_the_specification_puts_them() {
        let policy = GuestPolicy(0xb_011f);
        assert_eq!((policy.abi_major(), policy.abi_minor()), (1, 0x1f));
        assert!(policy.smt_allowed() && policy.debug_allowed() && !policy.migration_allowed());
    }
}
