//! From a request to a token: decode, verify, appraise, sign. Computes only; runs on the pool.

use casemate_crypto::{Time, hash::sha256, rand};
use casemate_policy::{AppraisalInputs, AttestationType, PolicyDocument, PolicyRefusal, SgxCollateral, appraise};
use casemate_token::{Issuance, claims};
use casemate_verify::{Context, Endorsements, EvidenceType, Refusal, Trace, TrustClass, Verified, recognise, verify};

use crate::{
    app::App,
    error::{Code, Failure},
    evidence::Submission,
    policies,
};

/// Most failed expectations that an answer lists.
const MAX_DETAILS: usize = 64;

/// What became of an attest request, for the answer, the log and the metrics.
pub(crate) struct Verdict {
    /// The class of the verified evidence; `None` if it was not verified.
    pub(crate) class: Option<TrustClass>,
    /// The token, or why there is none.
    pub(crate) token: Result<String, Failure>,
}

impl App {
    /// Answers `POST /attest/{attestation_type}`.
    pub(crate) fn attest(&self, attestation_type: AttestationType, body: &[u8], now: Time) -> Verdict {
        let verified = Submission::parse(attestation_type, body)
            .and_then(|submission| Ok((self.verify(attestation_type, &submission, now)?, submission)));
        match verified {
            Ok((verified, submission)) => Verdict {
                class: Some(verified.class()),
                token: self.issue(attestation_type, &verified, submission, now),
            },
            Err(failure) => Verdict {
                class: None,
                token: Err(failure),
            },
        }
    }

    /// Evidence and what vouches for it → what it proves. The kind must be the route's: a policy for one kind must
    /// never decide over another.
    fn verify(
        &self,
        attestation_type: AttestationType,
        submission: &Submission,
        now: Time,
    ) -> Result<Verified, Failure> {
        let expected = evidence_type(attestation_type);
        if let Some(found) = recognise(&submission.evidence).filter(|found| *found != expected) {
            let message = format!("This is {found} evidence, which {attestation_type} does not take.");
            return Err(Failure::new(Code::InvalidParameter, "unsupported_type", message));
        }
        let on_file = self.collateral.current();
        let with_request;
        let endorsements: &Endorsements = match &submission.certificates {
            None => &on_file,
            Some(certificates) => {
                let mut all = Endorsements::clone(&on_file);
                all.add(certificates)
                    .map_err(|refusal| refused("VcekCertChain", &refusal))?;
                with_request = all;
                &with_request
            }
        };
        let context = Context {
            anchors: &self.anchors,
            endorsements,
            time: self.verification_time.unwrap_or(now),
            cache: Some(&self.cache),
        };
        let verified = verify(&submission.evidence, &context, &mut Trace::quiet())
            .map_err(|refusal| refused("evidence", &refusal))?;
        if verified.evidence_type() != expected {
            let message = format!(
                "{attestation_type} does not take {} evidence.",
                verified.evidence_type()
            );
            return Err(Failure::new(Code::InvalidParameter, "unsupported_type", message));
        }
        Ok(verified)
    }

    /// What the evidence proves → a token, if the policy permits. A draft policy's token is unsecured, so that no
    /// relying party can take it for one under the policy in force.
    fn issue(
        &self,
        attestation_type: AttestationType,
        verified: &Verified,
        submission: Submission,
        now: Time,
    ) -> Result<String, Failure> {
        let draft = submission.draft_policy.as_deref().map(PolicyDocument::from_draft);
        let draft = draft.transpose().map_err(policies::refused)?;
        let in_force;
        let document = match &draft {
            Some(draft) => draft,
            None => {
                in_force = self.policies.current(attestation_type).ok_or_else(internal)?;
                &*in_force
            }
        };
        let inputs = AppraisalInputs {
            runtime_data: submission.runtime_data,
            inittime_data: submission.inittime_data,
            sgx_collateral: sgx_collateral(attestation_type, &submission.evidence),
        };
        let appraised = appraise(verified, document.policy(), inputs).map_err(|refusal| denied(&refusal))?;
        let issuance = Issuance {
            issuer: self.issuer.clone(),
            now,
            lifetime: self.token_lifetime,
            jti: rand::bytes(),
            nonce: submission.nonce,
        };
        let claims = claims(&appraised, &issuance);
        if draft.is_some() {
            return Ok(self.signer.unsecured(&claims));
        }
        self.signer.sign(&claims).map_err(|error| {
            tracing::error!(code = error.code(), %error, "cannot sign a token");
            internal()
        })
    }
}

/// The kind of evidence that a route takes.
const fn evidence_type(attestation_type: AttestationType) -> EvidenceType {
    match attestation_type {
        AttestationType::SgxEnclave => EvidenceType::SgxDcap,
        AttestationType::OpenEnclave => EvidenceType::OpenEnclave,
        AttestationType::SevSnpVm => EvidenceType::SevSnp,
        AttestationType::TdxVm => EvidenceType::Tdx,
    }
}

/// The hash of the evidence as sent, which Azure lists among those of the collateral.
fn sgx_collateral(attestation_type: AttestationType, evidence: &[u8]) -> Option<SgxCollateral> {
    match attestation_type {
        AttestationType::SgxEnclave | AttestationType::OpenEnclave => Some(SgxCollateral {
            quote: Some(sha256(evidence)),
            ..SgxCollateral::default()
        }),
        AttestationType::SevSnpVm | AttestationType::TdxVm => None,
    }
}

fn internal() -> Failure {
    Failure::new(Code::InternalError, "internal", "The request could not be processed.")
}

/// Evidence that did not verify.
fn refused(what: &str, refusal: &Refusal) -> Failure {
    let message = format!("The specified {what} was invalid: {refusal}.");
    Failure::new(Code::InvalidParameter, refusal.code(), message).with_hint(refusal.hint())
}

/// Verified evidence that the policy, or the data it came with, does not admit. Every expectation of the policy that
/// failed is a detail.
fn denied(refusal: &PolicyRefusal) -> Failure {
    let (code, message) = match refusal {
        PolicyRefusal::RuntimeDataMismatch { .. }
        | PolicyRefusal::InittimeDataMismatch { .. }
        | PolicyRefusal::UnsupportedEvidence { .. } => {
            (Code::InvalidParameter, format!("The request is invalid: {refusal}."))
        }
        // In Azure's words, which people search for.
        PolicyRefusal::Denied { .. } => (
            Code::PolicyEvaluationError,
            format!("Policy Engine Exception: A Deny claim was issued, authorization failed. {refusal}."),
        ),
        _ => (Code::PolicyEvaluationError, format!("Authorization failed: {refusal}.")),
    };
    Failure::new(code, refusal.code(), message)
        .with_hint(refusal.hint())
        .because(
            refusal
                .failed_expectations()
                .iter()
                .take(MAX_DETAILS)
                .map(ToString::to_string),
        )
}
