//! `casemate attestation`: policies tried out here, and a client of the service.

mod attest;
pub(crate) mod policy;
mod service;

use clap::Subcommand;
use serde_json::json;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use service::Service;

/// Try out attestation policies, and talk to an attestation service.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Attest(attest::Args),
    /// Check and try out policies here; read and change those of a service.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Print the keys that a service signs tokens with (a JSON Web Key Set).
    Certs(service::Args),
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, Failure> {
    match &args.command {
        Command::Attest(args) => attest::run(args, console),
        Command::Policy(command) => policy::run(command, console),
        Command::Certs(args) => {
            let service = Service::new(args)?;
            let keys = service.send(&service.client().certs())?;
            console.line(json!(keys))?;
            Ok(Exit::Done)
        }
    }
}
