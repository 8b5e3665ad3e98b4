//! TCB info, versions 2 and 3 (Intel SGX and TDX Provisioning Certification Service API, "Get TCB Info").

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::json::{Signed, hex_array, json_error};
use crate::FormatError;

const WHAT: &str = "TCB info";
/// The most TCB levels that one document may list. Intel's have fewer than 30.
const LEVELS_LIMIT: usize = 1024;

/// Which platforms the levels are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TcbInfoId {
    /// SGX; version 2 documents carry no id and mean this.
    #[default]
    #[serde(rename = "SGX")]
    Sgx,
    /// TDX.
    #[serde(rename = "TDX")]
    Tdx,
}

/// The status of a TCB level, in Intel's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[expect(
    missing_docs,
    reason = "the vendor's words; `verify::TcbStatus` says what each means"
)]
pub enum LevelStatus {
    UpToDate,
    SWHardeningNeeded,
    ConfigurationNeeded,
    ConfigurationAndSWHardeningNeeded,
    OutOfDate,
    OutOfDateConfigurationNeeded,
    Revoked,
}

/// What Intel says of the TCB levels of one platform model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TcbInfo {
    /// Which platforms the levels are for.
    #[serde(default)]
    pub id: TcbInfoId,
    /// 2 or 3.
    pub version: u32,
    /// Start of validity, RFC 3339.
    pub issue_date: String,
    /// End of validity, RFC 3339.
    pub next_update: String,
    /// The platform model: family, model, stepping, platform type, custom SKU.
    #[serde(deserialize_with = "hex_array")]
    pub fmspc: [u8; 6],
    /// The provisioning certification enclave.
    #[serde(deserialize_with = "hex_array")]
    pub pce_id: [u8; 2],
    /// 0, the only type there is.
    pub tcb_type: u32,
    /// Grows with each TCB recovery event.
    pub tcb_evaluation_data_number: u32,
    /// The TDX module of major version 0.
    pub tdx_module: Option<TdxModule>,
    /// TDX modules of other major versions.
    #[serde(default)]
    pub tdx_module_identities: Vec<TdxModuleIdentity>,
    /// The levels, as listed.
    pub tcb_levels: Vec<TcbLevel>,
}

/// A TDX module's signer and attributes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TdxModule {
    /// Expected `MRSIGNERSEAM`.
    #[serde(deserialize_with = "hex_array")]
    pub mrsigner: [u8; 48],
    /// Expected `SEAMATTRIBUTES`.
    #[serde(deserialize_with = "hex_array")]
    pub attributes: [u8; 8],
    /// Which bits of them count.
    #[serde(deserialize_with = "hex_array")]
    pub attributes_mask: [u8; 8],
}

/// A TDX module of one major version, and its levels.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TdxModuleIdentity {
    /// `TDX_` and the major version in hex.
    pub id: String,
    /// Expected `MRSIGNERSEAM`.
    #[serde(deserialize_with = "hex_array")]
    pub mrsigner: [u8; 48],
    /// Expected `SEAMATTRIBUTES`.
    #[serde(deserialize_with = "hex_array")]
    pub attributes: [u8; 8],
    /// Which bits of them count.
    #[serde(deserialize_with = "hex_array")]
    pub attributes_mask: [u8; 8],
    /// The levels, as listed.
    pub tcb_levels: Vec<IsvLevel>,
}

/// A level by SVN alone: of a TDX module or a quoting enclave.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IsvLevel {
    /// The least SVN of this level.
    pub tcb: IsvSvn,
    /// Date of the level, RFC 3339.
    pub tcb_date: String,
    /// The status.
    pub tcb_status: LevelStatus,
    /// Advisories that apply.
    #[serde(rename = "advisoryIDs", default)]
    pub advisory_ids: Vec<String>,
}

/// The SVN of an [`IsvLevel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct IsvSvn {
    /// `ISVSVN`.
    pub isvsvn: u16,
}

/// A level of a platform.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TcbLevel {
    /// The least SVNs of this level.
    pub tcb: Tcb,
    /// Date of the level, RFC 3339.
    pub tcb_date: String,
    /// The status.
    pub tcb_status: LevelStatus,
    /// Advisories that apply; version 2 names none.
    #[serde(rename = "advisoryIDs", default)]
    pub advisory_ids: Vec<String>,
}

/// The SVNs of a [`TcbLevel`]. Components are bytes on hardware; Intel's own test data exceeds that, which no platform
/// can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tcb {
    /// The 16 SGX components.
    pub sgx: [u16; 16],
    /// `PCESVN`.
    pub pce_svn: u16,
    /// The 16 TDX components (TDX only).
    pub tdx: Option<[u16; 16]>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow, rename = "tcbInfo")]
    document: &'a RawValue,
    signature: &'a str,
}

impl Signed<TcbInfo> {
    /// Reads the service's response: `{"tcbInfo": …, "signature": "…"}`.
    ///
    /// # Errors
    /// [`FormatError::Json`] when it is not that (unknown fields are tolerated, repeated ones are not),
    /// [`FormatError::Unsupported`] for another version than 2 and 3.
    pub fn parse_tcb_info(json: &[u8]) -> Result<Self, FormatError> {
        let response: Response<'_> = serde_json::from_slice(json).map_err(|error| json_error(WHAT, &error))?;
        Self::tcb_info(response.document.get().to_owned(), response.signature)
    }

    /// Reads the document's text and the hex of its signature, given apart.
    ///
    /// # Errors
    /// As [`Signed::parse_tcb_info`].
    pub fn tcb_info(raw: String, signature: &str) -> Result<Self, FormatError> {
        let signed = Self::new(WHAT, raw, signature)?;
        let info: &TcbInfo = &signed.document;
        if !matches!((info.version, info.id), (2, TcbInfoId::Sgx) | (3, _)) {
            return Err(FormatError::Unsupported {
                what: WHAT,
                field: "version",
                value: u64::from(info.version),
            });
        }
        if info.tcb_type != 0 {
            let value = u64::from(info.tcb_type);
            return Err(FormatError::Unsupported {
                what: WHAT,
                field: "tcbType",
                value,
            });
        }
        if info.tcb_levels.len() > LEVELS_LIMIT {
            return Err(FormatError::Invalid {
                what: WHAT,
                offset: 0,
                detail: "more than 1,024 TCB levels",
            });
        }
        Ok(signed)
    }
}

#[derive(Deserialize)]
struct Component {
    svn: u16,
}

struct TcbVisitor;

impl<'de> Deserialize<'de> for Tcb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TcbVisitor)
    }
}

impl<'de> Visitor<'de> for TcbVisitor {
    type Value = Tcb;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the SVNs of a TCB level")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tcb, A::Error> {
        let mut sgx: [Option<u16>; 16] = [None; 16];
        let mut tdx = None;
        let mut pce_svn = None;
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "pcesvn" => set(&mut pce_svn, map.next_value::<u16>()?, "pcesvn")?,
                "tdxtcbcomponents" => set(&mut tdx, components(map.next_value()?), "tdxtcbcomponents")?,
                "sgxtcbcomponents" => {
                    for (slot, svn) in sgx.iter_mut().zip(components(map.next_value()?)) {
                        set(slot, svn, "sgxtcbcomponents")?;
                    }
                }
                _ => match component_index(key).and_then(|index| sgx.get_mut(index)) {
                    Some(slot) => set(slot, map.next_value::<u16>()?, "sgxtcbcompNNsvn")?,
                    None => drop(map.next_value::<IgnoredAny>()?),
                },
            }
        }
        let mut components = [0; 16];
        for (component, svn) in components.iter_mut().zip(sgx) {
            *component = svn.ok_or_else(|| A::Error::missing_field("sgxtcbcomponents"))?;
        }
        let pce_svn = pce_svn.ok_or_else(|| A::Error::missing_field("pcesvn"))?;
        Ok(Tcb {
            sgx: components,
            pce_svn,
            tdx,
        })
    }
}

fn set<T, E: serde::de::Error>(slot: &mut Option<T>, value: T, field: &'static str) -> Result<(), E> {
    if slot.replace(value).is_some() {
        Err(E::duplicate_field(field))
    } else {
        Ok(())
    }
}

fn components(listed: [Component; 16]) -> [u16; 16] {
    listed.map(|component| component.svn)
}

/// `sgxtcbcomp01svn` … `sgxtcbcomp16svn` of version 2.
fn component_index(key: &str) -> Option<usize> {
    let number = key.strip_prefix("sgxtcbcomp")?.strip_suffix("svn")?;
    let index: usize = number.parse().ok()?;
    (number.len() == 2 && (1..=16).contains(&index)).then(|| index.saturating_sub(1))
}
