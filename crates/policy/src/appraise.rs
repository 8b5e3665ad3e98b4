//! From verified evidence to an appraisal: the binding of the data it came with, then the policy.

use casemate_verify::{Claims, TcbVerdict, Verified};

use crate::binding::{check_inittime_data, check_runtime_data};
use crate::incoming::{add_held_data, sgx_claims, snp_claims, tdx_claims};
use crate::{
    Appraised, AttestationType, Claim, ClaimSet, Decision, HeldData, Policy, PolicyRefusal, SgxCollateral, Value,
    Verdict,
};

/// What came with the evidence.
#[derive(Clone, Debug, Default)]
pub struct AppraisalInputs {
    /// Data whose hash the attester put into its report data.
    pub runtime_data: Option<HeldData>,
    /// Data whose hash whoever launched the attester put into its configuration.
    pub inittime_data: Option<HeldData>,
    /// Hashes for `x-ms-sgx-collateral`. What is left out here is taken from the verification.
    pub sgx_collateral: Option<SgxCollateral>,
}

/// Appraises verified evidence.
///
/// First the evidence must carry the hash of the run-time data in its report data, and of the init-time data in
/// HOST_DATA (SEV-SNP), CONFIG_ID (SGX) or MRCONFIGID (TDX): SHA-256 of the bytes as sent, zeros after it. Then the
/// policy decides over the claims.
///
/// # Errors
/// [`PolicyRefusal`]; of a policy's refusal it lists every failed expectation.
pub fn appraise(verified: &Verified, policy: &Policy, inputs: AppraisalInputs) -> Result<Appraised, PolicyRefusal> {
    let evidence_type = verified.evidence_type();
    let attestation_type = AttestationType::of_evidence(evidence_type).ok_or(PolicyRefusal::UnsupportedEvidence {
        found: evidence_type.as_str(),
    })?;
    check_runtime_data(verified.report_data(), inputs.runtime_data.as_ref())?;
    check_inittime(verified.claims(), inputs.inittime_data.as_ref())?;
    let service_claims = service_claims(verified, attestation_type)?;
    let mut incoming = service_claims.clone();
    add_held_data(
        &mut incoming,
        attestation_type,
        inputs.runtime_data.as_ref(),
        inputs.inittime_data.as_ref(),
    );
    let decision = policy.evaluate(&incoming)?;
    permitted(&decision)?;
    check_tcb_identifier(&decision, attestation_type, verified.tcb())?;
    Ok(Appraised {
        attestation_type,
        class: verified.class(),
        not_after: verified.not_after(),
        service_claims,
        policy_claims: decision.outgoing,
        properties: decision.properties,
        policy_hash: policy.hash(),
        runtime_data: inputs.runtime_data,
        inittime_data: inputs.inittime_data,
        sgx_collateral: sgx_collateral(verified.claims(), inputs.sgx_collateral),
    })
}

/// The claims that the service states from the evidence alone, as a policy sees them.
///
/// # Errors
/// [`PolicyRefusal::UnsupportedEvidence`].
pub fn incoming_claims(verified: &Verified) -> Result<ClaimSet, PolicyRefusal> {
    let evidence_type = verified.evidence_type();
    let attestation_type = AttestationType::of_evidence(evidence_type).ok_or(PolicyRefusal::UnsupportedEvidence {
        found: evidence_type.as_str(),
    })?;
    service_claims(verified, attestation_type)
}

fn service_claims(verified: &Verified, attestation_type: AttestationType) -> Result<ClaimSet, PolicyRefusal> {
    let tcb = verified.tcb();
    let of_tee = match verified.claims() {
        Claims::Sgx(claims) => sgx_claims(claims.report()),
        Claims::Tdx(claims) => tdx_claims(claims.report(), tcb.status),
        Claims::Snp(claims) => snp_claims(claims.report(), claims.reported_tcb()),
        _ => {
            return Err(PolicyRefusal::UnsupportedEvidence {
                found: verified.evidence_type().as_str(),
            });
        }
    };
    let mut claims = vec![
        Claim::of_service("x-ms-attestation-type", attestation_type.claim_word()),
        Claim::of_service("x-casemate-trust-class", verified.class().as_str()),
        Claim::of_service("x-casemate-anchor", verified.anchor()),
        Claim::of_service("x-casemate-tcb-status", tcb.status.as_str()),
    ];
    claims.extend(
        tcb.advisory_ids
            .iter()
            .map(|id| Claim::of_service("x-casemate-tcb-advisory-ids", id.as_str())),
    );
    claims.extend(
        tcb.tcb_date
            .map(|date| Claim::of_service("x-casemate-tcb-date", date.to_string())),
    );
    claims.extend(
        tcb.evaluation_data_number
            .map(|number| Claim::of_service("x-casemate-tcb-evaluation-data-number", i64::from(number))),
    );
    Ok(claims.into_iter().chain(of_tee).collect())
}

/// The hashes that the caller gives, completed by those of what verification used. Only SGX evidence has any.
fn sgx_collateral(claims: &Claims, given: Option<SgxCollateral>) -> Option<SgxCollateral> {
    let Claims::Sgx(claims) = claims else {
        return None;
    };
    let (given, used) = (given.unwrap_or_default(), claims.quote().collateral());
    Some(SgxCollateral {
        qe_identity_certificates: given.qe_identity_certificates.or(Some(used.qe_identity_certificates)),
        qe_identity_crl: given.qe_identity_crl.or(Some(used.qe_identity_crl)),
        qe_identity: given.qe_identity.or(Some(used.qe_identity)),
        quote: given.quote,
        tcb_info_certificates: given.tcb_info_certificates.or(Some(used.tcb_info_certificates)),
        tcb_info_crl: given.tcb_info_crl.or(Some(used.tcb_info_crl)),
        tcb_info: given.tcb_info.or(Some(used.tcb_info)),
    })
}

fn check_inittime(claims: &Claims, data: Option<&HeldData>) -> Result<(), PolicyRefusal> {
    match claims {
        Claims::Sgx(claims) => check_inittime_data("CONFIG_ID", &claims.report().config_id, data),
        Claims::Tdx(claims) => check_inittime_data("MRCONFIGID", &claims.report().mr_config_id, data),
        Claims::Snp(claims) => check_inittime_data("HOST_DATA", &claims.report().host_data, data),
        _ => Ok(()),
    }
}

fn permitted(decision: &Decision) -> Result<(), PolicyRefusal> {
    let failed = decision.failed_expectations();
    match decision.verdict() {
        Verdict::Permitted => Ok(()),
        Verdict::Denied => Err(PolicyRefusal::Denied { failed }),
        Verdict::NotPermitted => Err(PolicyRefusal::NotPermitted { failed }),
    }
}

/// `x-ms-sgx-tcbidentifier`: `azuredefault` demands nothing; a number demands collateral of at least that TCB
/// evaluation data number, since newer collateral judges a platform at least as strictly.
fn check_tcb_identifier(
    decision: &Decision,
    attestation_type: AttestationType,
    tcb: &TcbVerdict,
) -> Result<(), PolicyRefusal> {
    if !matches!(
        attestation_type,
        AttestationType::SgxEnclave | AttestationType::OpenEnclave
    ) {
        return Ok(());
    }
    for claim in decision.properties().of_type("x-ms-sgx-tcbidentifier") {
        let Some(required) = tcb_number(&claim.value)? else {
            continue;
        };
        if tcb.evaluation_data_number.is_none_or(|number| number < required) {
            let found = tcb
                .evaluation_data_number
                .map_or_else(|| "none".to_owned(), |number| number.to_string());
            return Err(PolicyRefusal::TcbBaseline { required, found });
        }
    }
    Ok(())
}

/// The evaluation data number that an identifier demands, if any.
fn tcb_number(identifier: &Value) -> Result<Option<u32>, PolicyRefusal> {
    let number = match identifier {
        Value::String(text) if text == "azuredefault" => return Ok(None),
        Value::String(text) => text.parse().ok(),
        Value::Integer(number) => u32::try_from(*number).ok(),
        Value::Boolean(_) => None,
    };
    number.map(Some).ok_or_else(|| PolicyRefusal::TcbIdentifier {
        found: identifier.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use casemate_verify::TcbStatus;

    use super::*;
    use crate::AttestationType::{OpenEnclave, SevSnpVm, SgxEnclave};

    fn baseline(value: &str, kind: AttestationType, number: Option<u32>) -> Result<(), PolicyRefusal> {
        let text = format!(
            "version=1.1;configurationrules{{=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",value={value});}};"
        );
        let decision = Policy::parse(&text).unwrap().evaluate(&ClaimSet::new()).unwrap();
        let tcb = TcbVerdict {
            status: TcbStatus::UpToDate,
            advisory_ids: Vec::new(),
            tcb_date: None,
            evaluation_data_number: number,
        };
        check_tcb_identifier(&decision, kind, &tcb)
    }

    #[test]
    fn the_tcb_identifier_is_a_least_evaluation_number() {
        assert_eq!(baseline("\"azuredefault\"", SgxEnclave, None), Ok(()));
        for value in ["\"17\"", "17"] {
            assert_eq!(baseline(value, SgxEnclave, Some(17)), Ok(()));
            assert_eq!(baseline(value, OpenEnclave, Some(18)), Ok(()));
            for number in [Some(16), None] {
                let refusal = baseline(value, SgxEnclave, number).unwrap_err();
                assert!(matches!(refusal, PolicyRefusal::TcbBaseline { required: 17, .. }));
            }
            assert_eq!(baseline(value, SevSnpVm, None), Ok(()), "SEV-SNP has no such number");
        }
        for value in ["\"\"", "\"latest\"", "-1", "true", "4294967296"] {
            let refusal = baseline(value, SgxEnclave, Some(17)).unwrap_err();
            assert!(matches!(refusal, PolicyRefusal::TcbIdentifier { .. }), "{value}");
        }
    }
}
