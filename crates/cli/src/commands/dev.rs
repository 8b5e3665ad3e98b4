//! `casemate dev`: every service that exists, on this machine, ready to build against.

use std::path::{Path, PathBuf};

use casemate_daemon::{config::Telemetry, telemetry};

use crate::commands::serve::runtime;
use crate::console::{Console, Tone};
use crate::exit::{Exit, Failure};
use crate::house::{House, Ports};

/// Start every service on loopback, with its state in one folder.
///
/// Accepts evidence of emulated platforms, which protects nothing: for building and trying out. Writes
/// `DIR/endpoints.json` (where the services are and which CA to trust) and `DIR/token` (a bearer token that all of them
/// accept). Ctrl-C stops it; starting again on the same folder finds everything as it was.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder for keys, state and settings; made if missing.
    #[arg(long, value_name = "DIR", default_value = "casemate-dev")]
    data: PathBuf,
    /// First of the ports; attestation takes the one after it. 0 takes free ones.
    #[arg(long, value_name = "N", default_value_t = 8440)]
    port_base: u16,
    /// What is logged: a level, or directives like `info,casemate_attestation=debug`.
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log: String,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, Failure> {
    let logs = Telemetry {
        level: args.log.clone(),
        ..Telemetry::default()
    };
    telemetry::start_logging(&logs).map_err(|error| Failure::misuse(format!("--log: {error}")))?;
    let ports = match args.port_base {
        0 => Ports::Free,
        base => Ports::Base(base),
    };
    runtime()?.block_on(async {
        let house = House::open(&args.data, ports, super::now()).await?;
        table(&house, &args.data, console)?;
        house.until_signal().await?;
        console.line("stopped")?;
        Ok(Exit::Done)
    })
}

fn table(house: &House, data: &Path, console: &Console) -> Result<(), Failure> {
    let ca_pem = data.join("tls/ca.pem");
    let data = data.display();
    let heading = format!("{:<13} {:<28} {}", "service", "address", "CA to trust");
    console.line(console.paint(Tone::Strong, heading))?;
    console.line(format_args!(
        "{:<13} {:<28} {}",
        "attestation",
        house.attestation.url(),
        ca_pem.display()
    ))?;
    console.line("")?;
    console.line(format_args!(
        "{:<13} {data}/token (accepted by every service)",
        "bearer token"
    ))?;
    console.line(format_args!("{:<13} {data}/endpoints.json", "endpoints"))?;
    console.line(format_args!(
        "{:<13} casemate emulate sgx|tdx|snp --data {data} --out FILE",
        "evidence"
    ))?;
    let class = format!(
        "{:<13} emulated platforms are accepted here: nothing is protected",
        "trust class"
    );
    console.line(console.paint(Tone::Caution, class))?;
    console.line(console.paint(Tone::Faint, "Ctrl-C stops it; the same command finds everything again"))
}
