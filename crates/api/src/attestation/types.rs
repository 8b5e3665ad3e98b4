//! The attestation types of the interface.

use std::{fmt, str::FromStr};

/// Every attestation type that the interface names, whether or not a service supports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttestationType {
    /// Intel SGX enclave, DCAP quote.
    SgxEnclave,
    /// Intel SGX enclave, Open Enclave report.
    OpenEnclave,
    /// AMD SEV-SNP virtual machine.
    SevSnpVm,
    /// Intel TDX virtual machine.
    TdxVm,
    /// TPM 2.0 and virtualisation-based security.
    Tpm,
    /// Azure guest attestation (vTPM with or without a TEE under it).
    AzureGuest,
    /// Windows Key Guard (2026-03-11-preview).
    KeyGuard,
    /// MDEP TrustZone (2026-03-11-preview).
    MdepTz,
    /// Microsoft Pluton (2026-03-11-preview).
    Pluton,
    /// AI hardware security module (2026-03-11-preview).
    AiHsm,
}

/// A path names no attestation type of the interface.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no attestation type: {0:?}")]
pub struct UnknownType(String);

impl AttestationType {
    /// Every type.
    pub const ALL: [Self; 10] = [
        Self::SgxEnclave,
        Self::OpenEnclave,
        Self::SevSnpVm,
        Self::TdxVm,
        Self::Tpm,
        Self::AzureGuest,
        Self::KeyGuard,
        Self::MdepTz,
        Self::Pluton,
        Self::AiHsm,
    ];

    /// The word in paths.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SgxEnclave => "SgxEnclave",
            Self::OpenEnclave => "OpenEnclave",
            Self::SevSnpVm => "SevSnpVm",
            Self::TdxVm => "TdxVm",
            Self::Tpm => "Tpm",
            Self::AzureGuest => "AzureGuest",
            Self::KeyGuard => "KeyGuard",
            Self::MdepTz => "MdepTz",
            Self::Pluton => "Pluton",
            Self::AiHsm => "AiHsm",
        }
    }
}

impl FromStr for AttestationType {
    type Err = UnknownType;

    /// Without regard to case: clients write `SevSnpVm` and `SevSnpVM`.
    fn from_str(text: &str) -> Result<Self, UnknownType> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownType(text.chars().take(64).collect()))
    }
}

impl fmt::Display for AttestationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_in_any_case() {
        for known in AttestationType::ALL {
            assert_eq!(known.as_str().to_ascii_uppercase().parse(), Ok(known));
        }
        assert_eq!("SevSnpVM".parse(), Ok(AttestationType::SevSnpVm));
        assert!("Sgx".parse::<AttestationType>().is_err());
    }
}
