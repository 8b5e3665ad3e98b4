//! What a successful verification established.

use std::collections::BTreeMap;

use casemate_crypto::Time;
use serde::Serialize;

use crate::{Anchor, Claims, TcbVerdict, TrustClass};

/// The kinds of evidence that this crate verifies, by the words that `--json`, tokens and the sample manifest use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum EvidenceType {
    /// An Intel SGX DCAP quote (version 3).
    #[serde(rename = "sgx-dcap")]
    SgxDcap,
    /// An SGX quote in an Open Enclave remote report.
    #[serde(rename = "open-enclave")]
    OpenEnclave,
    /// An Intel TDX quote (version 4 or 5).
    #[serde(rename = "tdx")]
    Tdx,
    /// An AMD SEV-SNP attestation report.
    #[serde(rename = "sev-snp")]
    SevSnp,
}

impl EvidenceType {
    /// The stable word for this type.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SgxDcap => "sgx-dcap",
            Self::OpenEnclave => "open-enclave",
            Self::Tdx => "tdx",
            Self::SevSnp => "sev-snp",
        }
    }
}

impl std::fmt::Display for EvidenceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What stood after the signed evidence. Tolerated, and reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trailing {
    /// Nothing.
    None,
    /// This many zero bytes.
    ZeroPadding(usize),
    /// Open Enclave custom claims of this many bytes; bound to the report data if `bound`.
    CustomClaims {
        /// Length of the custom claims buffer, bytes.
        length: usize,
        /// Whether SHA-256 of the buffer is in the report data.
        bound: bool,
    },
}

/// Everything that a verifier found. Only the verifiers of this crate make one into a [`Verified`].
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    pub(crate) evidence_type: EvidenceType,
    pub(crate) claims: Claims,
    pub(crate) tcb: TcbVerdict,
    pub(crate) report_data: [u8; 64],
    pub(crate) not_after: Time,
    pub(crate) trailing: Trailing,
}

/// Evidence that a vendor, or a configured root, vouches for.
///
/// There is no public constructor: a value exists only because every check that its type demands held.
#[derive(Clone, Debug)]
pub struct Verified {
    class: TrustClass,
    anchor: String,
    anchor_sha256: [u8; 32],
    findings: Findings,
    submodules: BTreeMap<String, Verified>,
}

impl Verified {
    pub(crate) fn new(anchor: &Anchor, findings: Findings) -> Self {
        Self {
            class: anchor.class(),
            anchor: anchor.name().to_owned(),
            anchor_sha256: *anchor.digest(),
            findings,
            submodules: BTreeMap::new(),
        }
    }

    /// The kind of evidence.
    #[must_use]
    pub const fn evidence_type(&self) -> EvidenceType {
        self.findings.evidence_type
    }

    /// The trust class: that of the anchor in which the chain ended.
    #[must_use]
    pub const fn class(&self) -> TrustClass {
        self.class
    }

    /// The name of the anchor in which the chain ended.
    #[must_use]
    pub fn anchor(&self) -> &str {
        &self.anchor
    }

    /// SHA-256 of that anchor's certificate.
    #[must_use]
    pub const fn anchor_sha256(&self) -> &[u8; 32] {
        &self.anchor_sha256
    }

    /// The typed claims.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.findings.claims
    }

    /// How up to date the platform is.
    #[must_use]
    pub const fn tcb(&self) -> &TcbVerdict {
        &self.findings.tcb
    }

    /// The 64 bytes that the attester chose.
    #[must_use]
    pub const fn report_data(&self) -> &[u8; 64] {
        &self.findings.report_data
    }

    /// The earliest end of validity of all that vouches for this evidence: chain, CRLs, TCB info.
    #[must_use]
    pub const fn not_after(&self) -> Time {
        self.findings.not_after
    }

    /// What stood after the signed evidence.
    #[must_use]
    pub const fn trailing(&self) -> &Trailing {
        &self.findings.trailing
    }

    /// Evidence that this evidence vouches for, by name.
    #[must_use]
    pub const fn submodules(&self) -> &BTreeMap<String, Self> {
        &self.submodules
    }
}
