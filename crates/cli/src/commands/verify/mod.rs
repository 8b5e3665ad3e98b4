//! `casemate verify`: evidence from files to a verdict.

mod inputs;
mod outcome;
mod replay;
mod view;

use std::path::PathBuf;

use casemate_crypto::Time;
use casemate_policy::Policy;
use casemate_verify::{ChainCache, Context};

use crate::commands::attestation::policy;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use inputs::{Evidence, Inputs};
use outcome::Outcome;

/// Verify evidence that a TEE made: SGX and TDX quotes, Open Enclave and SEV-SNP reports.
///
/// Evidence is recognised by its bytes, and so are the certificates, CRLs and collateral beside it. Nothing is fetched,
/// and no root that lies beside the evidence is trusted.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Evidence files, or folders whose files are sorted by their contents.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder (or file) with more endorsements: certificates, CRLs, TCB info, QE identities.
    #[arg(long, value_name = "DIR")]
    collateral: Vec<PathBuf>,
    /// Certificates in which chains may end besides the vendors' roots; evidence under them is of class `emulated`.
    #[arg(long, value_name = "FILE")]
    trust_root: Vec<PathBuf>,
    /// Verify as of this time (RFC 3339) instead of now.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Appraise what verifies under this attestation policy; what it does not permit is refused.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print one JSON object per evidence, one a line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, Failure> {
    let time = match &args.at {
        None => super::now(),
        Some(text) => Time::parse_rfc3339(text).map_err(|error| {
            Failure::misuse(format!("--at {text}: {error}")).hint("write it as 2025-06-11T19:18:17Z")
        })?,
    };
    let policy = args.policy.as_deref().map(policy::load).transpose()?;
    let inputs = Inputs::read(&args.paths, &args.collateral, &args.trust_root)?;
    for (name, refusal) in &inputs.broken {
        console.note(format_args!("{name} is not used: {refusal}"));
    }
    let outcomes = verify_all(&inputs, time, policy.as_ref())?;
    for outcome in &outcomes {
        if args.json {
            console.line(outcome.to_json())?;
        } else {
            console.line(view::tree(outcome, console).render())?;
        }
    }
    Ok(if outcomes.iter().all(Outcome::accepted) {
        Exit::Done
    } else {
        Exit::Refused
    })
}

/// Every evidence in turn; AMD certificates alone if there is none, and no policy that would have to judge a report.
fn verify_all(inputs: &Inputs, time: Time, policy: Option<&Policy>) -> Result<Vec<Outcome>, Failure> {
    let cache = ChainCache::new(64);
    let context = Context {
        anchors: &inputs.anchors,
        endorsements: &inputs.endorsements,
        time,
        cache: Some(&cache),
    };
    if inputs.evidence.is_empty() {
        let chain = match policy {
            None => outcome::endorsement_chain(&inputs.name, &context),
            Some(_) => None,
        };
        return chain
            .map(|outcome| vec![outcome])
            .ok_or_else(|| inputs.without_evidence());
    }
    Ok(inputs
        .evidence
        .iter()
        .map(|evidence| one(evidence, inputs, &context, policy))
        .collect())
}

fn one(evidence: &Evidence, inputs: &Inputs, context: &Context<'_>, policy: Option<&Policy>) -> Outcome {
    let mut outcome = Outcome::of(evidence, context);
    replay::logs(evidence, inputs, &mut outcome);
    if let Some(policy) = policy {
        outcome.appraise(policy);
    }
    outcome
}
