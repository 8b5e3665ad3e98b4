//! `casemate attestation`: policies tried out here, and a client of the service.

mod policy;

use clap::Subcommand;

use crate::console::Console;
use crate::exit::{Exit, Failure};

/// Try out attestation policies, and talk to an attestation service.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check and try out policies here; read and change those of a service.
    #[command(subcommand)]
    Policy(policy::Command),
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, Failure> {
    match &args.command {
        Command::Policy(command) => policy::run(command, console),
    }
}
