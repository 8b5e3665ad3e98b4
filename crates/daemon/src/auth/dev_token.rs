//! The development token: one random string in a file that only its owner can read.

use std::path::Path;

use casemate_crypto::{b64, secret::SecretBytes};

use crate::{FileFault, read_private, write_private};

/// Shortest development token, characters.
const MIN_TOKEN: usize = 32;

/// Reads the token in `path`, or makes one of 32 random bytes there (mode 0600).
///
/// # Errors
/// [`FileFault`] if the file cannot be used, may be read by others, or holds no token.
pub fn open_or_create_dev_token(path: &Path) -> Result<SecretBytes, FileFault> {
    match read_dev_token(path) {
        Err(fault) if fault.is_missing() => {
            let text = format!("{}\n", b64::url(SecretBytes::random(32).expose_secret()));
            match write_private(path, &SecretBytes::new(text.into_bytes())) {
                Err(FileFault::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                written => written?,
            }
            read_dev_token(path)
        }
        found => found,
    }
}

/// Reads the token in `path`.
///
/// # Errors
/// [`FileFault`] if the file cannot be read, may be read by others, or holds no token of at least 32 characters.
pub fn read_dev_token(path: &Path) -> Result<SecretBytes, FileFault> {
    let text = read_private(path)?;
    let token = text.expose_secret().trim_ascii();
    if token.len() < MIN_TOKEN || !token.iter().all(u8::is_ascii_graphic) {
        return Err(FileFault::Content {
            path: path.to_owned(),
            expected: "a token of at least 32 characters",
        });
    }
    Ok(SecretBytes::new(token.to_vec()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stays_and_a_short_one_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        let first = open_or_create_dev_token(&path).unwrap();
        assert_eq!(open_or_create_dev_token(&path).unwrap(), first);
        let short = directory.path().join("short");
        write_private(&short, &SecretBytes::new(b"password".to_vec())).unwrap();
        assert!(matches!(read_dev_token(&short), Err(FileFault::Content { .. })));
    }
}
