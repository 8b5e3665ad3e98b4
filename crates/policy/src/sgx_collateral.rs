//! Hashes of what an SGX quote was verified with.

use serde_json::{Map, Value as Json};

/// SHA-256 of the quote and of each piece of collateral, for the claim `x-ms-sgx-collateral`. What is not known is
/// left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SgxCollateral {
    /// Of the certificate chain that signed the quoting enclave's identity.
    pub qe_identity_certificates: Option<[u8; 32]>,
    /// Of the revocation list for that chain.
    pub qe_identity_crl: Option<[u8; 32]>,
    /// Of the quoting enclave's identity.
    pub qe_identity: Option<[u8; 32]>,
    /// Of the evidence as sent: the quote, or the Open Enclave report around it.
    pub quote: Option<[u8; 32]>,
    /// Of the certificate chain that signed the TCB info.
    pub tcb_info_certificates: Option<[u8; 32]>,
    /// Of the revocation list for that chain.
    pub tcb_info_crl: Option<[u8; 32]>,
    /// Of the TCB info.
    pub tcb_info: Option<[u8; 32]>,
}

impl SgxCollateral {
    /// The claim's value: hex under Azure's names.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Json> {
        [
            ("qeidcertshash", self.qe_identity_certificates),
            ("qeidcrlhash", self.qe_identity_crl),
            ("qeidhash", self.qe_identity),
            ("quotehash", self.quote),
            ("tcbinfocertshash", self.tcb_info_certificates),
            ("tcbinfocrlhash", self.tcb_info_crl),
            ("tcbinfohash", self.tcb_info),
        ]
        .into_iter()
        .filter_map(|(name, digest)| Some((name.to_owned(), Json::from(hex::encode(digest?)))))
        .collect()
    }
}
