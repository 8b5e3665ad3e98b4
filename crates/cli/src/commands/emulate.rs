//! `casemate emulate`: evidence from a software platform.

use std::path::{Path, PathBuf};

use casemate_crypto::{Time, hash};
use casemate_emulator::{
    Bundle, Debug, Emulator, EmulatorFault, Product, SgxIdentity, SnpIdentity, TdxFormat, TdxIdentity,
};
use clap::ValueEnum;
use serde_json::json;

use crate::console::{Console, Tone};
use crate::emulated;
use crate::exit::{Exit, Failure};
use crate::files::{self, Access};

/// The platforms that can be emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Platform {
    /// An Intel SGX enclave: quote version 3.
    Sgx,
    /// An Intel TDX trust domain: quote version 4 or 5.
    Tdx,
    /// An AMD SEV-SNP guest: attestation report.
    Snp,
}

/// Lines of AMD processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Processor {
    Milan,
    Genoa,
    Turin,
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
    /// Where the evidence goes; what vouches for it goes into the folder `FILE.endorsements`.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Emulate an attester that a debugger may read.
    #[arg(long)]
    debug: bool,
    /// The line of processors: Milan unless given (snp only).
    #[arg(long, value_name = "LINE", ignore_case = true)]
    product: Option<Processor>,
    /// The version of the quote: 4 unless given, or 5 (tdx only).
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(4..=5))]
    quote_version: Option<u8>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, Failure> {
    if args.product.is_some() && args.platform != Platform::Snp {
        return Err(Failure::misuse("--product is for snp only"));
    }
    if args.quote_version.is_some() && args.platform != Platform::Tdx {
        return Err(Failure::misuse("--quote-version is for tdx only"));
    }
    let report_data = report_data(args)?;
    let now = super::now();
    let emulated = emulated::open_or_create(&args.data, now)?;
    let bundle = bundle(args, &emulated.emulator, &report_data, now).map_err(|error| emulated::fault(&error))?;
    let endorsements = endorsements_folder(&args.out);
    write(&bundle, &args.out, &endorsements)?;
    if args.json {
        console.line(json!({
            "evidence": args.out,
            "endorsements": endorsements,
            "trust_root": emulated.roots,
            "class": "emulated",
        }))?;
        return Ok(Exit::Done);
    }
    console.line(format_args!("evidence      {}", args.out.display()))?;
    console.line(format_args!("endorsements  {}", endorsements.display()))?;
    console.line(format_args!("trust root    {}", emulated.roots.display()))?;
    console.line(console.paint(Tone::Caution, "class         emulated: no hardware vouches for this"))?;
    console.line(console.paint(
        Tone::Faint,
        format!(
            "casemate verify {} --collateral {} --trust-root {}",
            args.out.display(),
            endorsements.display(),
            emulated.roots.display()
        ),
    ))?;
    Ok(Exit::Done)
}

fn bundle(args: &Args, emulator: &Emulator, report_data: &[u8; 64], now: Time) -> Result<Bundle, EmulatorFault> {
    let debug = if args.debug { Debug::On } else { Debug::Off };
    let platform = casemate_emulator::Platform::default();
    match args.platform {
        Platform::Sgx => {
            let identity = SgxIdentity {
                debug,
                ..SgxIdentity::default()
            };
            emulator.sgx_quote(report_data, &identity, platform, now)
        }
        Platform::Tdx => {
            let format = if args.quote_version == Some(5) {
                TdxFormat::Version5
            } else {
                TdxFormat::Version4
            };
            let identity = TdxIdentity {
                debug,
                format,
                ..TdxIdentity::default()
            };
            emulator.tdx_quote(report_data, &identity, platform, now)
        }
        Platform::Snp => {
            let product = match args.product {
                None | Some(Processor::Milan) => Product::Milan,
                Some(Processor::Genoa) => Product::Genoa,
                Some(Processor::Turin) => Product::Turin,
            };
            let identity = SnpIdentity {
                debug,
                product,
                ..SnpIdentity::default()
            };
            emulator.snp_report(report_data, &identity, platform, now)
        }
    }
}

/// The 64 bytes that the attester chooses; zeros if nothing was asked for.
fn report_data(args: &Args) -> Result<[u8; 64], Failure> {
    let given = match (&args.runtime_data, &args.report_data) {
        (Some(path), _) => hash::sha256(&files::read(path)?).to_vec(),
        (None, Some(text)) => {
            hex::decode(text).map_err(|error| Failure::misuse(format!("--report-data: not hexadecimal: {error}")))?
        }
        (None, None) => Vec::new(),
    };
    let mut report_data = [0; 64];
    report_data
        .get_mut(..given.len())
        .ok_or_else(|| {
            Failure::misuse(format!("--report-data: {} bytes do not fit into 64", given.len()))
                .hint("put longer data into a file and give it with --runtime-data, which hashes it")
        })?
        .copy_from_slice(&given);
    Ok(report_data)
}

fn endorsements_folder(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".endorsements");
    name.into()
}

fn write(bundle: &Bundle, out: &Path, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::fault(format!("{}: {error}", folder.display())))?;
    for file in &bundle.endorsements {
        files::write(&folder.join(file.name), &file.contents, Access::Shared)?;
    }
    files::write(out, &bundle.evidence, Access::Shared)
}
