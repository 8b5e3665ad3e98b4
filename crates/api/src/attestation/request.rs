//! Bodies that clients send.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::Base64Bytes;

use super::Nonce;

/// How data that the evidence vouches for shows in the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum DataType {
    /// As opaque bytes.
    Binary,
    /// As a parsed JSON object.
    #[serde(rename = "JSON")]
    Json,
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match word.to_ascii_lowercase().as_str() {
            "binary" => Ok(Self::Binary),
            "json" => Ok(Self::Json),
            _ => Err(de::Error::unknown_variant(&word, &["Binary", "JSON"])),
        }
    }
}

/// Data that the attester bound into its evidence, at run time or at launch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserData {
    /// The bytes whose hash the evidence holds.
    pub data: Base64Bytes,
    /// How they show in the token.
    pub data_type: DataType,
}

/// Reads `{data, dataType}`; `null`, `data: null` and `data: ""` mean that there is none: Azure's Python client and
/// Microsoft's Go sidecar send them so.
fn absent_if_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UserData>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        #[serde(default)]
        data: Option<Base64Bytes>,
        #[serde(default)]
        data_type: Option<String>,
    }
    let Some(wire) = Option::<Wire>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let Some(data) = wire.data.filter(|data| !data.as_slice().is_empty()) else {
        return Ok(None);
    };
    let word = wire.data_type.ok_or_else(|| de::Error::missing_field("dataType"))?;
    let data_type = DataType::deserialize(de::value::StringDeserializer::<D::Error>::new(word))?;
    Ok(Some(UserData { data, data_type }))
}

/// An empty text is no policy.
fn absent_if_blank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

/// The body of `POST /attest/{type}` for the TEE types: they differ in the name of one field only.
///
/// Fields that this version does not know are ignored, as later api-versions add some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttestRequest {
    /// The evidence of `SgxEnclave` and `TdxVm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Base64Bytes>,
    /// The evidence of `OpenEnclave`, and of `SevSnpVm` as [`SnpEvidence`] in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Base64Bytes>,
    /// What the attester bound into its report data.
    #[serde(
        default,
        deserialize_with = "absent_if_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub runtime_data: Option<UserData>,
    /// What was bound into the evidence at launch.
    #[serde(
        default,
        deserialize_with = "absent_if_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub init_time_data: Option<UserData>,
    /// A policy text to try instead of the one in force. The answer is an unsecured token.
    #[serde(
        default,
        deserialize_with = "absent_if_blank",
        skip_serializing_if = "Option::is_none"
    )]
    pub draft_policy_for_attestation: Option<String>,
    /// Comes back in the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Nonce>,
}

/// What `report` of a `SevSnpVm` request holds, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SnpEvidence {
    /// The attestation report, 1184 bytes.
    pub snp_report: Base64Bytes,
    /// PEM: VCEK (or VLEK), ASK, ARK.
    #[serde(default)]
    pub vcek_cert_chain: Base64Bytes,
    /// JSON `{"Uvm": [COSE_Sign1, …]}`: signed statements on the utility VM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endorsements: Option<Base64Bytes>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<AttestRequest, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn null_and_empty_data_are_absent() {
        for init in [
            r#"null"#,
            r#"{"data":null,"dataType":"JSON"}"#,
            r#"{"data":"","dataType":""}"#,
            r#"{"data":"","dataType":"Binary"}"#,
            r#"{}"#,
        ] {
            let request = read(&format!(
                r#"{{"quote":"AAAA","initTimeData":{init},"runtimeData":{init}}}"#
            ))
            .unwrap();
            assert_eq!((request.init_time_data, request.runtime_data), (None, None), "{init}");
        }
    }

    #[test]
    fn data_without_a_known_type_is_refused() {
        assert!(read(r#"{"runtimeData":{"data":"AAAA"}}"#).is_err());
        assert!(read(r#"{"runtimeData":{"data":"AAAA","dataType":"YAML"}}"#).is_err());
        let request = read(r#"{"runtimeData":{"data":"AAAA","dataType":"json"}}"#).unwrap();
        assert_eq!(request.runtime_data.unwrap().data_type, DataType::Json);
    }

    #[test]
    fn unknown_fields_are_ignored_and_requests_round_trip() {
        let request = read(
            r#"{"report":"_w==","nonce":18446744073709551615,"draftPolicyForAttestation":"version=1.0;","more":[1]}"#,
        )
        .unwrap();
        assert_eq!(request.nonce, Some(Nonce::Number(u64::MAX)));
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(read(&text).unwrap(), request);
        assert!(text.contains(r#""report":"_w""#), "{text}");
        assert_eq!(
            read(r#"{"draftPolicyForAttestation":""}"#)
                .unwrap()
                .draft_policy_for_attestation,
            None
        );
    }

    #[test]
    fn snp_evidence_reads_the_sidecars_names() {
        let evidence: SnpEvidence = serde_json::from_str(r#"{"SnpReport":"AAA=","VcekCertChain":"LS0="}"#).unwrap();
        assert_eq!(evidence.snp_report.as_slice(), [0, 0]);
        assert_eq!(evidence.endorsements, None);
        assert!(serde_json::from_str::<SnpEvidence>(r#"{"VcekCertChain":"LS0="}"#).is_err());
    }
}
