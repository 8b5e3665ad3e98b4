//! `casemate attestation`: policies checked here, and a client of the service.

use std::path::PathBuf;

use clap::Subcommand;

use crate::console::Console;
use crate::exit::{Exit, Failure};

/// Check attestation policies, and talk to an attestation service.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check and try out policies, here or in the service.
    #[command(subcommand)]
    Policy(PolicyCommand),
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Parse a policy; a wrong one is refused with line and column.
    Check {
        /// The policy text.
        file: PathBuf,
    },
}

pub(crate) fn run(args: &Args, _console: &Console) -> Result<Exit, Failure> {
    match &args.command {
        Command::Policy(PolicyCommand::Check { .. }) => {
            Err(Failure::fault("policy: the language is not linked in yet"))
        }
    }
}
