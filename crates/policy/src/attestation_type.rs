//! The attestation types that the service's routes name.

use casemate_verify::EvidenceType;
use serde::Serialize;

/// An attestation type of the Azure Attestation interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum AttestationType {
    /// An SGX quote.
    SgxEnclave,
    /// An SGX quote in an Open Enclave report.
    OpenEnclave,
    /// A SEV-SNP report.
    SevSnpVm,
    /// A TDX quote.
    TdxVm,
}

impl AttestationType {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::SgxEnclave, Self::OpenEnclave, Self::SevSnpVm, Self::TdxVm];

    /// The word in routes: `/attest/SgxEnclave`, `/policies/SgxEnclave`.
    #[must_use]
    pub const fn route_word(self) -> &'static str {
        match self {
            Self::SgxEnclave => "SgxEnclave",
            Self::OpenEnclave => "OpenEnclave",
            Self::SevSnpVm => "SevSnpVm",
            Self::TdxVm => "TdxVm",
        }
    }

    /// The type of a route's word, in any case: clients write `SevSnpVM` too.
    #[must_use]
    pub fn of_route(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|own| own.route_word().eq_ignore_ascii_case(word))
    }

    /// The value of the claim `x-ms-attestation-type`.
    #[must_use]
    pub const fn claim_word(self) -> &'static str {
        match self {
            Self::SgxEnclave | Self::OpenEnclave => "sgx",
            Self::SevSnpVm => "sevsnpvm",
            Self::TdxVm => "tdxvm",
        }
    }

    /// The type that evidence of a kind is attested as.
    #[must_use]
    pub const fn of_evidence(evidence: EvidenceType) -> Option<Self> {
        match evidence {
            EvidenceType::SgxDcap => Some(Self::SgxEnclave),
            EvidenceType::OpenEnclave => Some(Self::OpenEnclave),
            EvidenceType::SevSnp => Some(Self::SevSnpVm),
            EvidenceType::Tdx => Some(Self::TdxVm),
            _ => None,
        }
    }
}

impl std::fmt::Display for AttestationType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.route_word())
    }
}
