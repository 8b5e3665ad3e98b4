//! One file per subcommand: its arguments, and what it does with them.

pub(crate) mod attestation;
pub(crate) mod emulate;
pub(crate) mod eventlog;
pub(crate) mod verify;

use crate::args::Command;
use crate::console::Console;
use crate::exit::{Exit, Failure};

/// Runs one subcommand to its end.
pub(crate) fn run(command: Command, console: &Console) -> Result<Exit, Failure> {
    match command {
        Command::Verify(args) => verify::run(&args, console),
        Command::Eventlog(args) => eventlog::run(&args, console),
        Command::Emulate(args) => emulate::run(&args, console),
        Command::Attestation(args) => attestation::run(&args, console),
    }
}
