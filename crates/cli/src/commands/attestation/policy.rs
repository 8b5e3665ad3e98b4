//! `casemate attestation policy`.

use std::path::{Path, PathBuf};

use casemate_api::attestation::{AttestationType, TokenResponse};
use casemate_crypto::jose;
use casemate_policy::{
    ClaimSet, Decision, DocumentError, Effect, ParseError, Policy, PolicyDocument, RuleOutcome, Verdict, lint,
};
use clap::Subcommand;
use serde_json::{Value, json};

use super::service::{self, Service};

use crate::console::{Console, Tone};
use crate::exit::{Exit, Failure};
use crate::files;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Parse a policy; a wrong one is refused with line and column.
    Check {
        /// The policy text.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Evaluate a policy over claims; exit code 2 if it does not permit them.
    Test {
        /// The policy text.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The incoming claims: JSON, `{claim: value}` or `[{type, value, issuer}]`.
        #[arg(long, value_name = "FILE")]
        claims: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Print the policy that a service has in force.
    Get {
        /// SgxEnclave, OpenEnclave, SevSnpVm or TdxVm.
        #[arg(value_name = "TYPE")]
        attestation_type: AttestationType,
        #[command(flatten)]
        service: service::Args,
    },
    /// Give a service a policy.
    Set {
        /// SgxEnclave, OpenEnclave, SevSnpVm or TdxVm.
        #[arg(value_name = "TYPE")]
        attestation_type: AttestationType,
        /// The policy text.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        service: service::Args,
    },
    /// Take a service back to its default policy.
    Reset {
        /// SgxEnclave, OpenEnclave, SevSnpVm or TdxVm.
        #[arg(value_name = "TYPE")]
        attestation_type: AttestationType,
        #[command(flatten)]
        service: service::Args,
    },
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<Exit, Failure> {
    match command {
        Command::Check { file, json } => check(file, *json, console),
        Command::Test { file, claims, json } => test(file, claims, *json, console),
        Command::Get {
            attestation_type,
            service,
        } => get(*attestation_type, &Service::new(service)?, console),
        Command::Set {
            attestation_type,
            file,
            service,
        } => set(*attestation_type, file, &Service::new(service)?, console),
        Command::Reset {
            attestation_type,
            service,
        } => reset(*attestation_type, &Service::new(service)?, console),
    }
}

fn check(file: &Path, json: bool, console: &Console) -> Result<Exit, Failure> {
    let text = files::read_text(file)?;
    match Policy::parse(&text) {
        Ok(policy) => {
            let warnings = lint(&policy);
            if json {
                console.line(json!({"valid": true, "version": policy.version().as_str(), "warnings": warnings}))?;
            } else {
                for warning in &warnings {
                    console.note(warning);
                }
                console.line(format_args!(
                    "{} {}: policy of version {}",
                    console.paint(Tone::Good, "✓"),
                    file.display(),
                    policy.version().as_str()
                ))?;
            }
            Ok(Exit::Done)
        }
        Err(error) if json => {
            console.line(json!({
                "valid": false,
                "code": error.code(),
                "line": error.line,
                "column": error.column,
                "expected": error.expected,
                "found": error.found,
            }))?;
            Ok(Exit::Refused)
        }
        Err(error) => Err(wrong(file, &error)),
    }
}

/// The policy in `file`.
///
/// # Errors
/// A fault if the file cannot be read, a refusal with line and column if it holds no policy.
pub(crate) fn load(file: &Path) -> Result<Policy, Failure> {
    Policy::parse(&files::read_text(file)?).map_err(|error| wrong(file, &error))
}

fn wrong(file: &Path, error: &ParseError) -> Failure {
    // The form that editors jump to: FILE:LINE:COLUMN.
    let failure = Failure::refused(format!(
        "{}:{}:{}: expected {}, found {}",
        file.display(),
        error.line,
        error.column,
        error.expected,
        error.found
    ));
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn test(file: &Path, claims: &Path, json: bool, console: &Console) -> Result<Exit, Failure> {
    let policy = load(file)?;
    let incoming = ClaimSet::from_json(&files::read_text(claims)?)
        .map_err(|error| Failure::refused(format!("{}: {error}", claims.display())))?;
    let decision = policy
        .evaluate(&incoming)
        .map_err(|error| Failure::refused(format!("{}: {error}", file.display())))?;
    if json {
        console.line(json!({
            "verdict": decision.verdict(),
            "outgoing": decision.outgoing(),
            "properties": decision.properties(),
            "failed": decision.failed_expectations(),
            "rules": decision.trace(),
        }))?;
    } else {
        console.line(text(&decision, console))?;
    }
    Ok(if decision.permitted() {
        Exit::Done
    } else {
        Exit::Refused
    })
}

fn text(decision: &Decision, console: &Console) -> String {
    let mut lines = vec![match decision.verdict() {
        Verdict::Permitted => console.paint(Tone::Good, "✓ permitted"),
        Verdict::Denied => console.paint(Tone::Bad, "✗ denied: a deny rule applied"),
        Verdict::NotPermitted => console.paint(Tone::Bad, "✗ not permitted: no permit rule applied"),
    }];
    for rule in decision.trace() {
        let mark = match (rule.effect, rule.outcome) {
            (Effect::Deny, RuleOutcome::Applied) => console.paint(Tone::Bad, "✗"),
            (_, RuleOutcome::Applied) => console.paint(Tone::Good, "✓"),
            (_, RuleOutcome::NotApplied) => console.paint(Tone::Faint, "·"),
        };
        lines.push(format!("  {mark} line {}: {}", rule.line, rule.rule));
    }
    for failed in decision.failed_expectations() {
        lines.push(format!("  {}", console.paint(Tone::Bad, failed)));
    }
    if decision.permitted() {
        lines.push("outgoing claims:".to_owned());
        lines.extend(
            decision
                .outgoing()
                .to_json()
                .iter()
                .map(|(name, value)| format!("  {name} = {value}")),
        );
    }
    lines.join("\n")
}

/// The policy text alone, so that it can be edited and given back.
fn get(attestation_type: AttestationType, service: &Service, console: &Console) -> Result<Exit, Failure> {
    let answer = service.send(&service.client().policy(attestation_type))?;
    let token = service.validated(&answer)?;
    let jws = token
        .claim("x-ms-policy")
        .and_then(Value::as_str)
        .ok_or_else(|| Failure::fault("the service's token has no x-ms-policy"))?;
    let document =
        PolicyDocument::from_jws(jws).map_err(|error| Failure::fault(format!("the service's policy: {error}")))?;
    console.text(document.policy().text())?;
    Ok(Exit::Done)
}

fn set(attestation_type: AttestationType, file: &Path, service: &Service, console: &Console) -> Result<Exit, Failure> {
    let document = PolicyDocument::from_text(&files::read_text(file)?).map_err(|error| match error {
        DocumentError::Parse(error) => wrong(file, &error),
        other => Failure::refused(format!("{}: {other}", file.display())),
    })?;
    let answer = service.send(&service.client().set_policy(attestation_type, document.jws()))?;
    changed(attestation_type, &answer, service, console)
}

fn reset(attestation_type: AttestationType, service: &Service, console: &Console) -> Result<Exit, Failure> {
    let answer = service.send(&service.client().reset_policy(attestation_type, &jose::unsecured(b"")))?;
    changed(attestation_type, &answer, service, console)
}

/// Says what the service signed that it did.
fn changed(
    attestation_type: AttestationType,
    answer: &TokenResponse,
    service: &Service,
    console: &Console,
) -> Result<Exit, Failure> {
    let token = service.validated(answer)?;
    let claim = |name: &str| {
        token
            .claim(name)
            .and_then(Value::as_str)
            .unwrap_or("unknown")
            .to_owned()
    };
    console.line(format_args!(
        "{} {attestation_type}: {}, policy token hash {}",
        console.paint(Tone::Good, "✓"),
        claim("x-ms-policy-result"),
        claim("x-ms-policy-token-hash")
    ))?;
    Ok(Exit::Done)
}
