//! `casemate eventlog`: a TCG event log parsed, rechecked and replayed.

use std::path::PathBuf;

use casemate_evidence::eventlog::EventLog;
use casemate_verify::{
    Check, Refusal, Trace,
    eventlog::{Expected, ExpectedRegisters, Replay, register_name, replay},
};
use serde_json::{Map, Value, json};

use crate::console::{Console, Tone};
use crate::exit::{Exit, Failure};
use crate::files;
use crate::tree::{self, Tree};

const NO_EVIDENCE: &str = "a log says what a machine claims to have measured; only a quote vouches for it";

/// Parse, recheck and replay a TCG event log (a TPM's, or a trust domain's CCEL).
///
/// A log alone is no evidence: it says what a machine claims to have measured. Only a quote vouches for it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The event log.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Register values that the log must replay to: JSON `{"sha256": {"0": "hex", …}}`. CCEL counts from 1: 1 is RTMR0.
    #[arg(long, value_name = "FILE")]
    pcrs: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, Failure> {
    let bytes = files::read(&args.file)?;
    let registers = match &args.pcrs {
        Some(path) => Some(
            ExpectedRegisters::from_json(&files::read(path)?)
                .map_err(|refusal| Failure::fault(format!("{}: {refusal}", path.display())))?,
        ),
        None => None,
    };
    let expected = match &registers {
        Some(registers) => Expected::Registers(registers),
        None => Expected::Waived {
            why: "no --pcrs were given",
        },
    };
    let mut trace = Trace::new();
    let parsed = EventLog::parse(&bytes);
    let replayed = match &parsed {
        Ok(log) => {
            let replayed = replay(log);
            replayed.report(&mut trace);
            replayed.compare(expected, &mut trace);
            Some((log, replayed))
        }
        Err(error) => {
            trace.fail(
                "eventlog.format",
                Refusal::Malformed {
                    what: "event log",
                    detail: error.to_string(),
                },
            );
            None
        }
    };
    if args.json {
        console.line(as_json(replayed.as_ref(), &trace))?;
    } else {
        console.line(as_tree(args, replayed.as_ref(), &trace, console).render())?;
    }
    Ok(if trace.refusals().is_empty() {
        Exit::Done
    } else {
        Exit::Refused
    })
}

fn as_json(replayed: Option<&(&EventLog, Replay)>, trace: &Trace) -> Value {
    let mut object = match replayed {
        Some((log, replay)) => replay.to_json(log),
        None => Map::from_iter([
            ("banks".to_owned(), json!({})),
            ("events".to_owned(), json!([])),
            ("findings".to_owned(), json!([])),
        ]),
    };
    object.insert("consistent".to_owned(), trace.refusals().is_empty().into());
    object.insert("checks".to_owned(), json!(trace.checks()));
    object.insert("refusals".to_owned(), super::refusals_json(trace.refusals()));
    Value::Object(object)
}

fn as_tree(args: &Args, replayed: Option<&(&EventLog, Replay)>, trace: &Trace, console: &Console) -> Tree {
    let verdict = match (trace.refusals().is_empty(), &args.pcrs) {
        (false, _) => console.paint(Tone::Bad, "✗ refused"),
        (true, Some(_)) => console.paint(Tone::Good, "✓ well-formed, and replays to the registers given"),
        (true, None) => console.paint(Tone::Good, "✓ well-formed"),
    };
    let kind = replayed.map_or("event log", |(_, replay)| replay.type_word());
    let mut tree = Tree::new(format!("{} {kind}", console.paint(Tone::Strong, args.file.display())));
    if let Some((log, replay)) = replayed {
        tree = tree
            .with(Tree::new(format!("{} events", log.events().len())))
            .with_all(banks(replay, console));
    }
    let checks: Vec<Check> = trace.checks().to_vec();
    tree.with(tree::checks(&checks, console))
        .with(Tree::new(verdict))
        .with(Tree::new(
            console.paint(Tone::Caution, format!("not evidence: {NO_EVIDENCE}")),
        ))
}

fn banks(replay: &Replay, console: &Console) -> Vec<Tree> {
    let bank = |(algorithm, registers): (_, &casemate_verify::eventlog::Registers)| {
        Tree::new(console.paint(Tone::Strong, format!("{algorithm}"))).with_all(registers.iter().map(
            |(register, value)| {
                Tree::new(format!(
                    "{:<6}  {}",
                    register_name(replay.kind, *register),
                    hex::encode(value)
                ))
            },
        ))
    };
    replay.banks.iter().map(bank).collect()
}
