//! The body of an attest request, read into evidence and what came with it.

use casemate_api::attestation::{AttestRequest, DataType as WireDataType, Nonce as WireNonce, SnpEvidence, UserData};
use casemate_policy::{AttestationType, DataType, HeldData};
use casemate_token::Nonce;
use serde::de::DeserializeOwned;

use crate::error::{Code, Failure};

/// What an attest request asks for.
#[derive(Debug)]
pub(crate) struct Submission {
    /// The quote or report.
    pub(crate) evidence: Vec<u8>,
    /// Certificates that came with it, PEM. They vouch for nothing until they chain to an anchor.
    pub(crate) certificates: Option<Vec<u8>>,
    /// What the report data must be the hash of.
    pub(crate) runtime_data: Option<HeldData>,
    /// What the launch configuration must be the hash of.
    pub(crate) inittime_data: Option<HeldData>,
    /// A policy to try instead of the one in force.
    pub(crate) draft_policy: Option<String>,
    /// Comes back in the token, of the type it was sent as.
    pub(crate) nonce: Option<Nonce>,
}

fn invalid(reason: &str, message: impl Into<String>) -> Failure {
    Failure::new(Code::InvalidParameter, reason, message)
}

/// Reads a JSON object. (The parser by itself would take an array of the fields' values, too.)
fn object<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, Failure> {
    let malformed = |why: String| invalid("request_malformed", format!("The {what} is malformed: {why}"));
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(malformed("not a JSON object".to_owned()));
    }
    serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))
}

impl Submission {
    /// Reads the body of `POST /attest/{attestation_type}`.
    pub(crate) fn parse(attestation_type: AttestationType, body: &[u8]) -> Result<Self, Failure> {
        let request: AttestRequest = object("request body", body)?;
        let (field, bytes) = match attestation_type {
            AttestationType::SgxEnclave | AttestationType::TdxVm => ("quote", request.quote),
            AttestationType::OpenEnclave | AttestationType::SevSnpVm => ("report", request.report),
        };
        let bytes = bytes
            .map(casemate_api::Base64Bytes::into_vec)
            .filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or_else(|| invalid("evidence_missing", format!("The request has no {field}.")))?;
        let (evidence, certificates) = match attestation_type {
            AttestationType::SevSnpVm => snp_parts(&bytes)?,
            _ => (bytes, None),
        };
        Ok(Self {
            evidence,
            certificates,
            runtime_data: held("runtimeData", request.runtime_data)?,
            inittime_data: held("initTimeData", request.init_time_data)?,
            draft_policy: request.draft_policy_for_attestation,
            nonce: request.nonce.map(|nonce| match nonce {
                WireNonce::Text(text) => Nonce::Text(text),
                WireNonce::Number(number) => Nonce::Number(number),
            }),
        })
    }
}

/// The report and its certificates out of `{SnpReport, VcekCertChain, Endorsements}`. The last, statements on Azure's
/// utility VM, vouch for nothing that a claim of this version states.
fn snp_parts(bytes: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), Failure> {
    let parts: SnpEvidence = object("report", bytes)?;
    let chain = parts.vcek_cert_chain.into_vec();
    Ok((parts.snp_report.into_vec(), (!chain.is_empty()).then_some(chain)))
}

fn held(name: &str, data: Option<UserData>) -> Result<Option<HeldData>, Failure> {
    let Some(UserData { data, data_type }) = data else {
        return Ok(None);
    };
    let data_type = match data_type {
        WireDataType::Binary => DataType::Binary,
        WireDataType::Json => DataType::Json,
    };
    HeldData::read(data.into_vec(), data_type).map_err(|error| invalid(error.code(), format!("{name}: {error}.")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use casemate_crypto::b64;

    use super::*;

    fn reason(attestation_type: AttestationType, body: &str) -> String {
        Submission::parse(attestation_type, body.as_bytes())
            .unwrap_err()
            .reason()
            .to_owned()
    }

    #[test]
    fn each_type_has_its_field() {
        let parse = |kind, body: &str| Submission::parse(kind, body.as_bytes());
        assert_eq!(
            parse(AttestationType::SgxEnclave, r#"{"quote":"AQI="}"#)
                .unwrap()
                .evidence,
            [1, 2]
        );
        assert_eq!(
            parse(AttestationType::TdxVm, r#"{"quote":"AQI"}"#).unwrap().evidence,
            [1, 2]
        );
        assert_eq!(
            parse(AttestationType::OpenEnclave, r#"{"report":"AQI"}"#)
                .unwrap()
                .evidence,
            [1, 2]
        );
        for body in [r#"{"report":"AQI"}"#, r#"{"quote":""}"#, r#"{"quote":null}"#, "{}"] {
            assert_eq!(reason(AttestationType::SgxEnclave, body), "evidence_missing", "{body}");
        }
        for body in [
            "",
            "[]",
            r#"{"quote":7}"#,
            r#"{"quote":"?"}"#,
            r#"{"quote":"AQI","nonce":1.5}"#,
        ] {
            assert_eq!(reason(AttestationType::SgxEnclave, body), "request_malformed", "{body}");
        }
    }

    #[test]
    fn a_sidecars_report_is_taken_apart() {
        let inner = r#"{"SnpReport":"AQI=","VcekCertChain":"LS0tLS0=","Endorsements":"e30="}"#;
        let body = format!(
            r#"{{"report":"{}","initTimeData":{{"data":"","dataType":""}},"nonce":18446744073709551615}}"#,
            b64::std(inner.as_bytes())
        );
        let submission = Submission::parse(AttestationType::SevSnpVm, body.as_bytes()).unwrap();
        assert_eq!(
            (submission.evidence.as_slice(), submission.certificates.as_deref()),
            (&[1, 2][..], Some(&b"-----"[..]))
        );
        assert_eq!(
            (submission.inittime_data, submission.nonce),
            (None, Some(Nonce::Number(u64::MAX)))
        );
        assert_eq!(
            reason(AttestationType::SevSnpVm, r#"{"report":"AQI"}"#),
            "request_malformed"
        );
    }

    #[test]
    fn json_data_must_be_an_object() {
        let body = format!(
            r#"{{"quote":"AQI","runtimeData":{{"data":"{}","dataType":"JSON"}}}}"#,
            b64::url(b"[]")
        );
        assert_eq!(reason(AttestationType::SgxEnclave, &body), "data_not_an_object");
    }
}
