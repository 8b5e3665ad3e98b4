//! The command line.

use std::ffi::OsString;

use clap::{Parser, Subcommand, error::ErrorKind};

use crate::commands::{attestation, dev, emulate, eventlog, serve, tour, verify};
use crate::console::Console;
use crate::exit::Exit;

/// Confidential computing that proves what runs, on any TEE and any machine.
#[derive(Debug, Parser)]
#[command(name = "casemate", version, propagate_version = true, after_help = EXIT_CODES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done or verified, 1 fault, 2 refused, 64 misuse.";

/// One subcommand each.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Dev(dev::Args),
    Tour(tour::Args),
    Verify(verify::Args),
    Eventlog(eventlog::Args),
    Emulate(emulate::Args),
    Attestation(attestation::Args),
    Serve(serve::Args),
}

/// Reads the command line. Help and version are printed and end in `Done`, anything wrong in `Misuse`.
pub(crate) fn parse(line: impl IntoIterator<Item = OsString>, _console: &Console) -> Result<Command, Exit> {
    CommandLine::try_parse_from(line)
        .map(|line| line.command)
        .map_err(|error| {
            // A closed stream leaves nobody to tell.
            let _ = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
                _ => Exit::Misuse,
            }
        })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        CommandLine::command().debug_assert();
    }
}
