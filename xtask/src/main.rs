//! Checks of the house that a compiler does not make: `cargo xtask layers` and `cargo xtask sizes`.

mod facts;
mod layers;
mod lexer;
mod sizes;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Why a check could not be made at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Fault {
    #[error("{}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    NotToml {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("cargo metadata: {0}")]
    Metadata(#[from] cargo_metadata::Error),
}

pub(crate) fn read(path: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(path).map_err(|source| Fault::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut arguments = std::env::args().skip(1);
    let outcome = match (arguments.next().as_deref(), arguments.next()) {
        (Some("layers"), None) => layers::run(&root),
        (Some("sizes"), None) => sizes::run(&root),
        _ => {
            eprintln!("usage: cargo xtask layers|sizes");
            return ExitCode::from(64);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}
