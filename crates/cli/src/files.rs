//! Files that commands read and write.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// No piece of evidence, collateral or policy is larger than this (bytes).
const LARGEST: u64 = 64 << 20;

/// Whole contents of `path`.
///
/// # Errors
/// A fault if the file cannot be read or is larger than any evidence is.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| Failure::fault(format!("{}: {error}", path.display()));
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::fault(format!(
            "{}: larger than {} MiB",
            path.display(),
            LARGEST >> 20
        )));
    }
    Ok(bytes)
}

/// Contents of `path` as text.
///
/// # Errors
/// A fault if the file cannot be read, a refusal if it is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| Failure::refused(format!("{}: not UTF-8 text", path.display())))
}

/// The files at `path`: itself, or those directly and further below it in the order of their names. Links that
/// lead out of the folder or in circles are not followed.
///
/// # Errors
/// A fault if something cannot be read.
pub(crate) fn below(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |at: &Path, error: std::io::Error| Failure::fault(format!("{}: {error}", at.display()));
    if !fs::metadata(path).map_err(|error| unreadable(path, error))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))? {
            let entry = entry.map_err(|error| unreadable(&folder, error))?;
            let kind = entry.file_type().map_err(|error| unreadable(&entry.path(), error))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if fs::metadata(entry.path()).is_ok_and(|target| target.is_file()) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever the process's umask lets.
    Shared,
    /// The owner only (mode 0600).
    Owner,
}

/// Writes `bytes` to `path` whole or not at all, over what was there.
///
/// # Errors
/// A fault if it cannot be written.
pub(crate) fn write(path: &Path, bytes: &[u8], access: Access) -> Result<(), Failure> {
    with_draft(path, bytes, access, |draft| fs::rename(draft, path))
}

/// What became of [`create`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Creation {
    /// The file is the caller's.
    Created,
    /// Somebody else's was there first, and still is.
    Existed,
}

/// Writes `bytes` to `path` whole or not at all, and never over a file that is there.
///
/// # Errors
/// A fault if it cannot be written.
pub(crate) fn create(path: &Path, bytes: &[u8], access: Access) -> Result<Creation, Failure> {
    with_draft(path, bytes, access, |draft| match fs::hard_link(draft, path) {
        Ok(()) => fs::remove_file(draft).map(|()| Creation::Created),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => fs::remove_file(draft).map(|()| Creation::Existed),
        Err(error) => Err(error),
    })
}

/// Writes a draft beside `path` and lets `publish` put it in place.
fn with_draft<T>(
    path: &Path,
    bytes: &[u8],
    access: Access,
    publish: impl FnOnce(&Path) -> std::io::Result<T>,
) -> Result<T, Failure> {
    let mut name = path
        .file_name()
        .ok_or_else(|| Failure::misuse(format!("{}: not a file", path.display())))?
        .to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let draft = path.with_file_name(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if access == Access::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let published = options
        .open(&draft)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| publish(&draft));
    if published.is_err() {
        // Nothing of a failed write stays; the failure itself is what is reported.
        let _ = fs::remove_file(&draft);
    }
    published.map_err(|error| Failure::fault(format!("{}: {error}", path.display())))
}
