//! Files that hold secrets: readable by their owner only, and written whole or not at all.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use casemate_crypto::secret::SecretBytes;

/// Longest secret file, bytes.
const MAX_SECRET_FILE: u64 = 64 << 10;

/// A file with a secret cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// Reading or writing failed.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Others than the owner may read or write the file.
    #[error("{} may be read or written by others (mode {mode:03o})", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not hold what it should.
    #[error("{} does not hold {expected}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
}

impl FileFault {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "file_io",
            Self::Exposed { .. } => "file_exposed",
            Self::Content { .. } => "file_content",
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Exposed { .. } => Some("chmod 600 the file, and consider what it holds as known to others"),
            Self::Io { .. } | Self::Content { .. } => None,
        }
    }

    /// Whether the file is simply not there.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// Reads a secret from a file that only its owner may read or write.
///
/// # Errors
/// [`FileFault::Exposed`] if group or others have any permission, [`FileFault::Io`] if it cannot be read.
pub fn read_private(path: &Path) -> Result<SecretBytes, FileFault> {
    let file = File::open(path).map_err(|source| FileFault::io(path, source))?;
    check_mode(path, &file)?;
    let mut bytes = Vec::new();
    file.take(MAX_SECRET_FILE)
        .read_to_end(&mut bytes)
        .map_err(|source| FileFault::io(path, source))?;
    Ok(SecretBytes::new(bytes))
}

#[cfg(unix)]
fn check_mode(path: &Path, file: &File) -> Result<(), FileFault> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file
        .metadata()
        .map_err(|source| FileFault::io(path, source))?
        .permissions()
        .mode()
        & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(FileFault::Exposed {
            path: path.to_owned(),
            mode,
        })
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &File) -> Result<(), FileFault> {
    Ok(())
}

/// Writes a new file of mode 0600; after a crash it is there whole or not at all.
///
/// # Errors
/// [`FileFault::Io`]; of kind `AlreadyExists` if there is a file at `path`, which is left as it is.
pub fn write_private(path: &Path, secret: &SecretBytes) -> Result<(), FileFault> {
    let fault = |source| FileFault::io(path, source);
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(fault)?;
    let suffix = u64::from_be_bytes(casemate_crypto::rand::bytes::<8>());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let temporary = directory.join(format!(".{name}.{suffix:016x}"));
    let written = write_and_link(&temporary, path, secret.expose_secret());
    let _ = std::fs::remove_file(&temporary);
    written.map_err(fault)?;
    #[cfg(unix)]
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(fault)?;
    Ok(())
}

fn write_and_link(temporary: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    // A link, unlike a rename, never replaces what is there.
    std::fs::hard_link(temporary, path)
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_written_once_and_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sub/key");
        write_private(&path, &SecretBytes::new(b"one".to_vec())).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = write_private(&path, &SecretBytes::new(b"two".to_vec()));
        assert!(matches!(again, Err(FileFault::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists));
        assert_eq!(read_private(&path).unwrap().expose_secret(), b"one");
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[test]
    fn an_exposed_secret_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, "secret").unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(read_private(&path), Err(FileFault::Exposed { mode: found, .. }) if found == mode));
        }
        assert!(read_private(&directory.path().join("none")).unwrap_err().is_missing());
    }
}
