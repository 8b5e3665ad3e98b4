//! `casemate attestation policy`.

use std::path::{Path, PathBuf};

use casemate_policy::{ClaimSet, Decision, Effect, Policy, RuleOutcome, Verdict};
use clap::Subcommand;
use serde_json::json;

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
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<Exit, Failure> {
    match command {
        Command::Check { file, json } => check(file, *json, console),
        Command::Test { file, claims, json } => test(file, claims, *json, console),
    }
}

fn check(file: &Path, json: bool, console: &Console) -> Result<Exit, Failure> {
    let text = files::read_text(file)?;
    match Policy::parse(&text) {
        Ok(policy) => {
            if json {
                console.line(json!({"valid": true, "version": policy.version().as_str()}))?;
            } else {
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

fn wrong(file: &Path, error: &casemate_policy::ParseError) -> Failure {
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
