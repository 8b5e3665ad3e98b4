//! `casemate tour`: the whole path in one command, one line per step with what was proven.

mod evidence;
mod instance;
mod report;
mod steps;

use std::path::{Path, PathBuf};
use std::time::Instant;

use casemate_crypto::rand;

use crate::commands::serve::runtime;
use crate::console::{Console, Tone};
use crate::exit::{Exit, Failure};
use report::Report;

/// Run the whole path end to end, in a temporary folder, and say at each step what was proven.
///
/// Starts services on free loopback ports, verifies evidence that real hardware made and evidence of emulated platforms,
/// and tries what must be refused. Ends with 1 if any step fails. Touches nothing outside its folder, which it removes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep the folder and say where it is.
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, Failure> {
    let started = Instant::now();
    let folder = Folder::create(args.keep)?;
    console.line(console.paint(
        Tone::Strong,
        "casemate tour: evidence in, a verdict and a signed token out",
    ))?;
    let mut report = Report::new(console);
    let walked = runtime()?.block_on(steps::walk(&folder.path, &mut report));
    if let Err(failure) = walked {
        report.broken(&failure)?;
    }
    let (proven, failed) = report.counts();
    let seconds = started.elapsed().as_secs_f64();
    console.line("")?;
    if args.keep {
        console.line(format_args!("folder: {}", folder.path.display()))?;
    }
    if failed == 0 {
        let words = format!("tour passed: {proven} of {proven} steps proven in {seconds:.1} s");
        console.line(console.paint(Tone::Good, words))?;
        Ok(Exit::Done)
    } else {
        let words = format!("tour failed: {failed} of {} steps not proven", proven + failed);
        console.line(console.paint(Tone::Bad, words))?;
        Ok(Exit::Fault)
    }
}

/// The tour's own folder; removed when the tour ends, however it ends.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn create(keep: bool) -> Result<Self, Failure> {
        let name = format!("casemate-tour-{}", hex::encode(rand::bytes::<8>()));
        let path = std::env::temp_dir().join(name);
        make_private(&path).map_err(|error| Failure::fault(format!("{}: {error}", path.display())))?;
        Ok(Self { path, keep })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // What is left behind in a temporary folder is no reason to fail.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn make_private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
