//! One file per subcommand: its arguments, and what it does with them.

pub(crate) mod attestation;
pub(crate) mod dev;
pub(crate) mod emulate;
pub(crate) mod eventlog;
pub(crate) mod serve;
pub(crate) mod tour;
pub(crate) mod verify;

pub(crate) use casemate_daemon::now;
use casemate_verify::Refusal;
use serde_json::{Value, json};

use crate::args::Command;
use crate::console::Console;
use crate::exit::{Exit, Failure};

/// Runs one subcommand to its end.
pub(crate) fn run(command: Command, console: &Console) -> Result<Exit, Failure> {
    match command {
        Command::Dev(args) => dev::run(&args, console),
        Command::Tour(args) => tour::run(&args, console),
        Command::Verify(args) => verify::run(&args, console),
        Command::Eventlog(args) => eventlog::run(&args, console),
        Command::Emulate(args) => emulate::run(&args, console),
        Command::Attestation(args) => attestation::run(&args, console),
        Command::Serve(args) => serve::run(&args, console),
    }
}

/// Refusals as every `--json` shows them.
pub(crate) fn refusals_json(refusals: &[Refusal]) -> Value {
    refusals
        .iter()
        .map(|refusal| json!({"code": refusal.code(), "message": refusal.to_string()}))
        .collect()
}
