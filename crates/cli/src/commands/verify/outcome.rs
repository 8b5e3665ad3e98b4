//! What became of one piece of evidence.

use casemate_crypto::{
    Time,
    x509::{Certificate, oid},
};
use casemate_policy::{AppraisalInputs, Policy, PolicyRefusal, appraise};
use casemate_verify::{Check, Context, Refusal, Trace, TrustClass, Verified, amd, verify};
use serde_json::{Map, Value, json};

use super::inputs::Evidence;
use super::replay::ReplayedLog;

/// A refusal by verification or by the policy.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) hint: Option<&'static str>,
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code().to_owned(),
            message: refusal.to_string(),
            hint: refusal.hint(),
        }
    }
}

/// Who vouches for what was verified.
#[derive(Debug)]
pub(super) struct Voucher {
    pub(super) class: TrustClass,
    pub(super) anchor: String,
    pub(super) not_after: Time,
}

/// What became of one piece of evidence.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) name: String,
    /// The manifest's word; `None` for bytes of no known format.
    pub(super) kind: Option<&'static str>,
    pub(super) checks: Vec<Check>,
    pub(super) refusals: Vec<Refused>,
    /// Set if verification succeeded, whatever the policy said then.
    pub(super) voucher: Option<Voucher>,
    pub(super) claims: Map<String, Value>,
    /// The whole result, if there was evidence and it verified.
    pub(super) verified: Option<Verified>,
    /// Event logs beside a quote that verified.
    pub(super) logs: Vec<ReplayedLog>,
    /// What the policy issued, if one was given and permitted.
    pub(super) issued: Option<Map<String, Value>>,
}

impl Outcome {
    /// Verifies `evidence`.
    pub(super) fn of(evidence: &Evidence, context: &Context<'_>) -> Self {
        let mut trace = Trace::new();
        let verified = verify(&evidence.bytes, context, &mut trace).ok();
        let voucher = verified.as_ref().map(|verified| Voucher {
            class: verified.class(),
            anchor: verified.anchor().to_owned(),
            not_after: verified.not_after(),
        });
        Self {
            kind: evidence.kind.map(casemate_verify::EvidenceType::as_str),
            claims: verified
                .as_ref()
                .map(|verified| verified.claims().facts())
                .unwrap_or_default(),
            verified,
            ..Self::from_trace(&evidence.name, &trace, voucher)
        }
    }

    fn from_trace(name: &str, trace: &Trace, voucher: Option<Voucher>) -> Self {
        Self {
            name: name.to_owned(),
            kind: None,
            checks: trace.checks().to_vec(),
            refusals: trace.refusals().iter().map(Refused::from).collect(),
            voucher,
            claims: Map::new(),
            verified: None,
            logs: Vec::new(),
            issued: None,
        }
    }

    /// Adds a check and the refusal that follows from it.
    pub(super) fn refuse(&mut self, name: &'static str, refused: Refused) {
        self.checks.push(Check {
            name,
            ok: false,
            detail: refused.message.clone(),
        });
        self.refusals.push(refused);
    }

    /// Appraises what verified under `policy`.
    pub(super) fn appraise(&mut self, policy: &Policy) {
        let Some(verified) = &self.verified else { return };
        match appraise(verified, policy, AppraisalInputs::default()) {
            Ok(appraised) => {
                let detail = format!("permitted; policy hash {}", appraised.policy_hash());
                self.checks.push(Check {
                    name: "policy",
                    ok: true,
                    detail,
                });
                self.issued = Some(appraised.policy_claims().to_json());
            }
            Err(refusal) => self.refuse("policy", denied(&refusal)),
        }
    }

    /// Whether everything held that was asked for.
    pub(super) fn accepted(&self) -> bool {
        self.voucher.is_some() && self.refusals.is_empty()
    }

    /// The object of `--json`.
    pub(super) fn to_json(&self) -> Value {
        let voucher = self.voucher.as_ref().filter(|_| self.accepted());
        let mut object = Map::from_iter([
            ("file".to_owned(), json!(self.name)),
            ("type".to_owned(), json!(self.kind)),
            ("class".to_owned(), json!(voucher.map(|voucher| voucher.class))),
            (
                "verdict".to_owned(),
                json!(if self.accepted() { "verified" } else { "refused" }),
            ),
            ("checks".to_owned(), json!(self.checks)),
            ("claims".to_owned(), json!(self.claims)),
            (
                "refusals".to_owned(),
                self.refusals.iter().map(Refused::to_json).collect(),
            ),
        ]);
        if let Some(voucher) = voucher {
            object.insert("anchor".to_owned(), json!(voucher.anchor));
            object.insert("not_after".to_owned(), json!(voucher.not_after));
        }
        if !self.logs.is_empty() {
            object.insert(
                "event_logs".to_owned(),
                self.logs.iter().map(ReplayedLog::to_json).collect(),
            );
        }
        if let Some(issued) = &self.issued {
            object.insert("issued".to_owned(), json!(issued));
        }
        Value::Object(object)
    }
}

impl Refused {
    fn to_json(&self) -> Value {
        json!({"code": self.code, "message": self.message})
    }
}

fn denied(refusal: &PolicyRefusal) -> Refused {
    Refused {
        code: refusal.code().to_owned(),
        message: refusal.to_string(),
        hint: refusal.hint(),
    }
}

/// In every endorsement key's certificate: the version of AMD's extensions.
const AMD_EXTENSION: &str = "1.3.6.1.4.1.3704.1.1";

/// Whether this looks like a certificate of AMD's. Decides only whether a failed chain is worth showing.
fn is_amds(certificate: &Certificate) -> bool {
    certificate.extension(AMD_EXTENSION).is_some()
        || certificate
            .subject()
            .attribute(&oid::ORGANIZATION)
            .is_some_and(|name| name == "Advanced Micro Devices")
}

/// AMD certificates without a report; `None` if there are none either.
pub(super) fn endorsement_chain(name: &str, context: &Context<'_>) -> Option<Outcome> {
    let mut trace = Trace::new();
    let chain = amd::verify_endorsement_chain(context, &mut trace);
    if chain.is_err() && !context.endorsements.certificates().iter().any(is_amds) {
        return None;
    }
    let voucher = chain.as_ref().ok().map(|chain| Voucher {
        class: chain.class(),
        anchor: chain.anchor().to_owned(),
        not_after: chain.not_after(),
    });
    let mut outcome = Outcome::from_trace(name, &trace, voucher);
    outcome.kind = Some("sev-snp");
    if let (Err(refusal), true) = (&chain, outcome.refusals.is_empty()) {
        outcome.refuse("chain", Refused::from(refusal));
    }
    outcome.checks.push(Check {
        name: "report",
        ok: true,
        detail: "none was there: certificates only, which say nothing about any machine".to_owned(),
    });
    if let Ok(chain) = &chain {
        outcome.claims = chain.facts().clone();
        outcome.claims.insert("kind".to_owned(), "endorsement-chain".into());
    }
    Some(outcome)
}
