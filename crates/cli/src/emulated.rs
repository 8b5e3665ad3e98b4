//! The emulated platforms of a data directory. Shared by `emulate` and `dev`.

use std::path::{Path, PathBuf};

use casemate_crypto::{Time, secret::SecretBytes};
use casemate_emulator::{Emulator, EmulatorFault};

use crate::exit::Failure;
use crate::files::{self, Access};

/// Keys and certificates; holds private keys.
const KEPT: &str = "emulator.pem";
/// The roots, for `--trust-root`.
const ROOTS: &str = "emulated-roots.pem";

/// The emulator of a data directory and where its roots are.
#[derive(Debug)]
pub(crate) struct Emulated {
    /// The platforms.
    pub(crate) emulator: Emulator,
    /// PEM file with the roots.
    pub(crate) roots: PathBuf,
}

/// The emulator that lives in `data`, which is made if need be.
///
/// # Errors
/// A fault if the directory cannot be read or written, or what it holds is not an emulator.
pub(crate) fn open_or_create(data: &Path, now: Time) -> Result<Emulated, Failure> {
    std::fs::create_dir_all(data).map_err(|error| Failure::fault(format!("{}: {error}", data.display())))?;
    let kept = data.join(KEPT);
    if !kept.exists() {
        let emulator = Emulator::generate(now).map_err(|error| fault(&error))?;
        let bytes = emulator.to_pem().map_err(|error| fault(&error))?;
        // Of several that start at once, the first one's platforms are everybody's.
        files::create(&kept, bytes.expose_secret(), Access::Owner)?;
    }
    let bytes = SecretBytes::new(files::read(&kept)?);
    let emulator = Emulator::from_pem(&bytes).map_err(|error| {
        Failure::fault(format!("{}: {}", kept.display(), with_cause(&error)))
            .hint("remove the file to make new emulated platforms; what the old ones signed will not verify any more")
    })?;
    let roots = data.join(ROOTS);
    let pem = emulator.roots_pem();
    if std::fs::read(&roots).ok().as_deref() != Some(pem.as_bytes()) {
        files::write(&roots, pem.as_bytes(), Access::Shared)?;
    }
    Ok(Emulated { emulator, roots })
}

/// A fault of the emulator, with what caused it.
pub(crate) fn fault(error: &EmulatorFault) -> Failure {
    Failure::fault(with_cause(error))
}

fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
