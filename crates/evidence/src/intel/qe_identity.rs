//! The identity of quoting enclaves (Intel SGX and TDX Provisioning Certification Service API, "Get QE Identity").

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    json::{Signed, hex_array, json_error},
    tcb_info::IsvLevel,
};
use crate::FormatError;

const WHAT: &str = "QE identity";
const LEVELS_LIMIT: usize = 1024;

/// Which enclave an identity describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum EnclaveId {
    /// The SGX quoting enclave.
    #[serde(rename = "QE")]
    Qe,
    /// The TD quoting enclave.
    #[serde(rename = "TD_QE")]
    TdQe,
    /// The quote verification enclave, which signs no quotes.
    #[serde(rename = "QVE")]
    Qve,
}

/// What Intel says of a quoting enclave.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QeIdentity {
    /// Which enclave.
    pub id: EnclaveId,
    /// 2 (and 3 for TDX, of the same layout).
    pub version: u32,
    /// Start of validity, RFC 3339.
    pub issue_date: String,
    /// End of validity, RFC 3339.
    pub next_update: String,
    /// Grows with each TCB recovery event.
    pub tcb_evaluation_data_number: u32,
    /// Expected `MISCSELECT`, in memory order.
    #[serde(deserialize_with = "hex_array")]
    pub miscselect: [u8; 4],
    /// Which bits of it count.
    #[serde(deserialize_with = "hex_array")]
    pub miscselect_mask: [u8; 4],
    /// Expected `ATTRIBUTES`.
    #[serde(deserialize_with = "hex_array")]
    pub attributes: [u8; 16],
    /// Which bits of them count.
    #[serde(deserialize_with = "hex_array")]
    pub attributes_mask: [u8; 16],
    /// Expected `MRSIGNER`.
    #[serde(deserialize_with = "hex_array")]
    pub mrsigner: [u8; 32],
    /// Expected `ISVPRODID`.
    pub isvprodid: u16,
    /// The levels, as listed.
    pub tcb_levels: Vec<IsvLevel>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow, rename = "enclaveIdentity")]
    document: &'a RawValue,
    signature: &'a str,
}

impl Signed<QeIdentity> {
    /// Reads the service's response: `{"enclaveIdentity": …, "signature": "…"}`.
    ///
    /// # Errors
    /// [`FormatError::Json`] when it is not that (unknown fields are tolerated, repeated ones are not),
    /// [`FormatError::Unsupported`] for another version than 2 and 3.
    pub fn parse_qe_identity(json: &[u8]) -> Result<Self, FormatError> {
        let response: Response<'_> = serde_json::from_slice(json).map_err(|error| json_error(WHAT, &error))?;
        Self::qe_identity(response.document.get().to_owned(), response.signature)
    }

    /// Reads the document's text and the hex of its signature, given apart.
    ///
    /// # Errors
    /// As [`Signed::parse_qe_identity`].
    pub fn qe_identity(raw: String, signature: &str) -> Result<Self, FormatError> {
        let signed = Self::new(WHAT, raw, signature)?;
        let identity: &QeIdentity = &signed.document;
        if !matches!((identity.version, identity.id), (2, _) | (3, EnclaveId::TdQe)) {
            let value = u64::from(identity.version);
            return Err(FormatError::Unsupported {
                what: WHAT,
                field: "version",
                value,
            });
        }
        if identity.tcb_levels.len() > LEVELS_LIMIT {
            return Err(FormatError::Invalid {
                what: WHAT,
                offset: 0,
                detail: "more than 1,024 TCB levels",
            });
        }
        Ok(signed)
    }
}
