//! `casemate verify`: evidence from files to a verdict.

use std::path::PathBuf;

use crate::console::Console;
use crate::exit::{Exit, Failure};

/// Verify evidence that a TEE made: SGX and TDX quotes, Open Enclave and SEV-SNP reports.
///
/// Evidence is recognised by its bytes, and so are the certificates, CRLs and collateral beside it. Nothing is fetched.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Evidence files, or folders whose files are sorted by their contents.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder (or file) with more endorsements: certificates, CRLs, TCB info, QE identities.
    #[arg(long, value_name = "DIR")]
    collateral: Vec<PathBuf>,
    /// Certificate in which chains may end besides the vendors' roots; evidence under it is of class `emulated`.
    #[arg(long, value_name = "FILE")]
    trust_root: Vec<PathBuf>,
    /// Verify as of this time (RFC 3339) instead of now.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Appraise what verifies under this attestation policy.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print one JSON object per evidence, one a line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(_args: &Args, _console: &Console) -> Result<Exit, Failure> {
    Err(Failure::fault("verify: the verifiers are not linked in yet"))
}
