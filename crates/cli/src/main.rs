//! The binary `casemate`: every face of the house, one file per subcommand under `commands/`.

mod args;
mod commands;
mod console;
mod emulated;
mod exit;
mod files;
mod house;
mod remote;
mod tree;

use std::process::ExitCode;

fn main() -> ExitCode {
    let console = console::Console::for_process();
    match args::parse(std::env::args_os(), &console) {
        Ok(command) => match commands::run(command, &console) {
            Ok(exit) => exit.into(),
            Err(failure) => {
                console.failure(&failure);
                failure.exit().into()
            }
        },
        Err(exit) => exit.into(),
    }
}
