//! `casemate serve`: one service, as its configuration says.

use std::path::PathBuf;

use casemate_attestation::{Config, Service, StartError};
use casemate_daemon::{config, telemetry};
use tokio::runtime::Runtime;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::remote::with_causes;

/// Run one service until Ctrl-C or SIGTERM.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    service: Kind,
}

/// The services.
#[derive(Debug, clap::Subcommand)]
enum Kind {
    /// Attestation: evidence in, a verdict and a signed token out.
    Attestation(Configured),
}

/// Where a service's configuration comes from.
#[derive(Debug, clap::Args)]
struct Configured {
    /// TOML file; every key has a default, an unknown key is an error.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the configuration in effect, every key of it, and stop.
    #[arg(long)]
    print_config: bool,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, Failure> {
    let Kind::Attestation(configured) = &args.service;
    let config: Config = config::load(configured.config.as_deref()).map_err(|error| fault(&error))?;
    config.check().map_err(|error| fault(&error))?;
    if configured.print_config {
        let text = config::print(&config).map_err(|error| fault(&error))?;
        console.line(text.trim_end())?;
        return Ok(Exit::Done);
    }
    telemetry::start_logging(&config.telemetry).map_err(|error| fault(&error))?;
    runtime()?.block_on(async {
        let running = Service::start(config).await.map_err(|error| not_started(&error))?;
        console.line(format_args!("attestation  {}", running.url()))?;
        running
            .until_signal()
            .await
            .map_err(|error| Failure::fault(format!("signals: {error}")))?;
        Ok(Exit::Done)
    })
}

/// What services run on.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::fault(format!("cannot start threads: {error}")))
}

/// Why a service did not start, and what to do about it.
pub(crate) fn not_started(error: &StartError) -> Failure {
    let failure = Failure::fault(with_causes(error));
    error.hint().into_iter().fold(failure, Failure::hint)
}

fn fault(error: &dyn std::error::Error) -> Failure {
    Failure::fault(with_causes(error))
}
