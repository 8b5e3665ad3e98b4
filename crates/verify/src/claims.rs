//! Typed claims, one struct per kind of TEE.

use serde_json::{Map, Value};

pub use crate::{
    amd::SnpClaims,
    intel::{SgxClaims, TdxClaims},
};

/// What the evidence says of the attester, after verification.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Claims {
    /// An SGX enclave (also inside an Open Enclave report).
    Sgx(Box<SgxClaims>),
    /// A TDX trust domain.
    Tdx(Box<TdxClaims>),
    /// A SEV-SNP guest.
    Snp(Box<SnpClaims>),
}

impl Claims {
    /// Whether the attester can be debugged, and so keeps no secrets.
    #[must_use]
    pub fn debug(&self) -> bool {
        match self {
            Self::Sgx(claims) => claims.debug(),
            Self::Tdx(claims) => claims.debug(),
            Self::Snp(claims) => claims.debug(),
        }
    }

    /// The claims by the names that `casemate verify --json` and the sample manifest's `key_facts` use.
    #[must_use]
    pub fn facts(&self) -> Map<String, Value> {
        match self {
            Self::Sgx(claims) => claims.facts(),
            Self::Tdx(claims) => claims.facts(),
            Self::Snp(claims) => claims.facts(),
        }
    }
}
