//! Containers that carry a whole set of Intel collateral.

use serde::Deserialize;

use super::json::json_error;
use crate::FormatError;

/// The JSON form of quote verification collateral (`QuoteCollateralV3` of the open-source verifiers; the fields of
/// `sgx_ql_qve_collateral_t`). Signatures and CRLs are hex, chains PEM, documents their JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the fields are named by the format")]
pub struct CollateralContainer {
    pub pck_crl_issuer_chain: Option<String>,
    pub root_ca_crl: Option<String>,
    pub pck_crl: Option<String>,
    pub tcb_info_issuer_chain: Option<String>,
    pub tcb_info: Option<String>,
    pub tcb_info_signature: Option<String>,
    pub qe_identity_issuer_chain: Option<String>,
    pub qe_identity: Option<String>,
    pub qe_identity_signature: Option<String>,
    pub pck_certificate_chain: Option<String>,
}

impl CollateralContainer {
    /// Reads the container. Unknown fields are tolerated: nothing in a container is trusted for being in it.
    ///
    /// # Errors
    /// [`FormatError::Json`] when it is no JSON object, a field is no text, or one is repeated.
    pub fn parse(json: &[u8]) -> Result<Self, FormatError> {
        serde_json::from_slice(json).map_err(|error| json_error("collateral container", &error))
    }

    /// The certificate chains, PEM.
    pub fn chains(&self) -> impl Iterator<Item = &str> {
        [
            &self.pck_certificate_chain,
            &self.pck_crl_issuer_chain,
            &self.tcb_info_issuer_chain,
            &self.qe_identity_issuer_chain,
        ]
        .into_iter()
        .filter_map(Option::as_deref)
    }

    /// The CRLs, hex of DER (or PEM).
    pub fn crls(&self) -> impl Iterator<Item = &str> {
        [&self.root_ca_crl, &self.pck_crl]
            .into_iter()
            .filter_map(Option::as_deref)
    }
}
