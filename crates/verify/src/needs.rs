//! What evidence needs to be verified, read off the evidence alone.

use serde::Serialize;

use casemate_evidence::snp::Product;

use crate::{
    EvidenceType, Refusal,
    amd::{self, VekKind},
    intel, recognise,
};

/// Which of Intel's authorities issued a PCK certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PckCa {
    /// Single-package platforms.
    Processor,
    /// Multi-package platforms.
    Platform,
}

impl PckCa {
    pub(crate) fn from_issuer(issuer: &str) -> Self {
        if issuer.contains("Platform") {
            Self::Platform
        } else {
            Self::Processor
        }
    }

    /// The service's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processor => "processor",
            Self::Platform => "platform",
        }
    }
}

/// One endorsement to be fetched, by what its service asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case", tag = "endorsement")]
#[non_exhaustive]
pub enum EndorsementRequest {
    /// Intel's root CA CRL.
    RootCaCrl,
    /// The CRL of a PCK authority, with its issuer chain.
    PckCrl {
        /// Which authority.
        ca: PckCa,
    },
    /// TCB info for SGX, with its issuer chain.
    SgxTcbInfo {
        /// The platform model.
        fmspc: [u8; 6],
    },
    /// TCB info for TDX, with its issuer chain.
    TdxTcbInfo {
        /// The platform model.
        fmspc: [u8; 6],
    },
    /// The identity of the SGX quoting enclave, with its issuer chain.
    QeIdentity,
    /// The identity of the TD quoting enclave, with its issuer chain.
    TdQeIdentity,
    /// The PCK certificate of a platform, with its issuer chain. What else is needed is known once it is there.
    PckCertificate {
        /// The PPID, encrypted unless 16 bytes long.
        encrypted_ppid: Vec<u8>,
        /// The platform's CPUSVN.
        cpu_svn: [u8; 16],
        /// The platform's PCESVN.
        pce_svn: u16,
        /// The platform's PCE-ID.
        pce_id: [u8; 2],
    },
    /// The certificate of an AMD endorsement key.
    AmdVek {
        /// A chip's key, or a cloud provider's (which AMD hands to the provider only).
        kind: VekKind,
        /// The product line; reports of version 2 do not say it.
        product: Option<Product>,
        /// The chip in hexadecimal digits, as AMD's key server wants it; zero where the host masks it.
        chip_id: String,
        /// The security patch levels of the key, in memory order.
        reported_tcb: [u8; 8],
    },
    /// The certificates over AMD endorsement keys of one kind: ASK or ASVK, and ARK.
    AmdCertificateChain {
        /// Which keys.
        kind: VekKind,
        /// The product line, where the report says it.
        product: Option<Product>,
    },
    /// The CRL of an AMD root. Verification goes without where none is given.
    AmdCrl {
        /// The product line, where the report says it.
        product: Option<Product>,
    },
}

/// What `evidence` needs to be verified.
///
/// # Errors
/// [`Refusal::UnsupportedType`] for what [`recognise`] does not know; else what is wrong with the evidence.
pub fn needs(evidence: &[u8]) -> Result<Vec<EndorsementRequest>, Refusal> {
    match recognise(evidence) {
        Some(kind @ (EvidenceType::SgxDcap | EvidenceType::OpenEnclave | EvidenceType::Tdx)) => {
            intel::requests(kind, evidence)
        }
        Some(EvidenceType::SevSnp) => amd::requests(evidence),
        None => Err(crate::dispatch::unknown()),
    }
}
