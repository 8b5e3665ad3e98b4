//! `casemate emulate`: evidence from a software platform.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::console::Console;
use crate::exit::{Exit, Failure};

/// The platforms that can be emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    /// An Intel SGX enclave: quote version 3.
    Sgx,
    /// An Intel TDX trust domain: quote version 4.
    Tdx,
    /// An AMD SEV-SNP guest: attestation report.
    Snp,
}

/// Make evidence of an emulated platform, with everything that vouches for it.
///
/// The formats are real; the roots are the data directory's own. It keeps out nobody: verifiers accept it only where
/// its root is named, and then say class `emulated`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The platform.
    platform: Platform,
    /// Folder of the emulator's certificate authorities, made on first use.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// File whose SHA-256 goes into the report data.
    #[arg(long, value_name = "FILE", conflicts_with = "report_data")]
    runtime_data: Option<PathBuf>,
    /// Report data: up to 64 bytes in hexadecimal, zeros follow.
    #[arg(long, value_name = "HEX")]
    report_data: Option<String>,
    /// Where the evidence goes; its endorsements go into the folder `FILE.endorsements`.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(_args: &Args, _console: &Console) -> Result<Exit, Failure> {
    Err(Failure::fault("emulate: the emulator is not linked in yet"))
}
