//! `casemate eventlog`: a TCG event log parsed, rechecked and replayed.

use std::path::PathBuf;

use crate::console::Console;
use crate::exit::{Exit, Failure};

/// Parse, recheck and replay a TCG event log (a TPM's, or a trust domain's CCEL).
///
/// A log alone is no evidence: it says what a machine claims to have measured. Only a quote vouches for it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The event log.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Register values that the log must replay to, as JSON.
    #[arg(long, value_name = "FILE")]
    pcrs: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(_args: &Args, _console: &Console) -> Result<Exit, Failure> {
    Err(Failure::fault("eventlog: the parser is not linked in yet"))
}
