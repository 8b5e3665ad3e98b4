//! Keeping secrets at rest.

use std::path::Path;

use casemate_crypto::{aead::Aes256Gcm, hash::sha256, rand, secret::SecretBytes};

use crate::{FileFault, read_private, write_private};

/// Seals secrets to whatever this machine or TEE has to seal with. A sealed secret opens only with the same sealer and
/// under the purpose that it was sealed for.
pub trait Seal: Send + Sync + 'static {
    /// Seals `secret` for `purpose`, e.g. `attestation/signing-key`.
    ///
    /// # Errors
    /// [`SealError::Unavailable`] if the sealer cannot be used now.
    fn seal(&self, purpose: &str, secret: &SecretBytes) -> Result<Vec<u8>, SealError>;

    /// Opens what [`Seal::seal`] made for the same `purpose`.
    ///
    /// # Errors
    /// [`SealError::NotOurs`] if another sealer made it, [`SealError::Damaged`] if it was changed or sealed for
    /// another purpose, [`SealError::Unavailable`] if the sealer cannot be used now.
    fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<SecretBytes, SealError>;

    /// The sealer's name in logs; it says `insecure` where it is.
    fn name(&self) -> &'static str;
}

/// A secret cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Another sealer made it.
    #[error("sealed by another sealer: key {found}, this one is {own}")]
    NotOurs {
        /// Key identifier in the sealed secret.
        found: String,
        /// Key identifier of this sealer.
        own: String,
    },
    /// It was changed, cut, or sealed for another purpose.
    #[error("the sealed secret is damaged or was sealed for another purpose")]
    Damaged,
    /// The sealer's key file cannot be used.
    #[error(transparent)]
    Unavailable(#[from] FileFault),
}

impl SealError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOurs { .. } => "sealed_by_other",
            Self::Damaged => "sealed_damaged",
            Self::Unavailable(_) => "sealer_unavailable",
        }
    }
}

const FORMAT: u8 = 1;
const KEY_ID: usize = 8;
const NONCE: usize = 12;
const DOMAIN: &[u8] = b"casemate file sealer 1\0";

/// Seals under a key in a file: as safe as that file, hence the configuration word `insecure_file_sealer`.
///
/// Layout of a sealed secret: format (1 byte), key identifier (8), nonce (12), AES-256-GCM ciphertext and tag. The
/// purpose is authenticated.
#[derive(Debug)]
pub struct FileSealer {
    key: SecretBytes,
    key_id: [u8; KEY_ID],
}

impl FileSealer {
    /// Opens the key file, or creates it (mode 0600, 32 random bytes in hex).
    ///
    /// # Errors
    /// [`FileFault::Exposed`] if others may read the file, [`FileFault::Content`] if it holds no key,
    /// [`FileFault::Io`] if it cannot be read or made.
    pub fn open_or_create(path: &Path) -> Result<Self, FileFault> {
        match read_private(path) {
            Ok(text) => Self::from_text(path, &text),
            Err(fault) if fault.is_missing() => {
                let key = SecretBytes::random(32);
                match write_private(path, &to_hex(&key)) {
                    // Someone else was faster: theirs is the key.
                    Err(FileFault::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                    Err(fault) => return Err(fault),
                    Ok(()) => {}
                }
                Self::from_text(path, &read_private(path)?)
            }
            Err(fault) => Err(fault),
        }
    }

    fn from_text(path: &Path, text: &SecretBytes) -> Result<Self, FileFault> {
        let key = from_hex(text.expose_secret().trim_ascii()).ok_or(FileFault::Content {
            path: path.to_owned(),
            expected: "a sealing key of 32 bytes in hex",
        })?;
        let digest = sha256(&[DOMAIN, b"key id", key.expose_secret()].concat());
        let mut key_id = [0; KEY_ID];
        key_id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Ok(Self { key, key_id })
    }

    fn authenticated(&self, purpose: &str) -> Vec<u8> {
        [DOMAIN, &[FORMAT], &self.key_id, purpose.as_bytes()].concat()
    }
}

impl Seal for FileSealer {
    fn seal(&self, purpose: &str, secret: &SecretBytes) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE] = rand::bytes();
        let sealed = Aes256Gcm::seal(&self.key, nonce, &self.authenticated(purpose), secret.expose_secret())
            .map_err(|_| SealError::Damaged)?;
        Ok([&[FORMAT][..], &self.key_id, &nonce, &sealed].concat())
    }

    fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<SecretBytes, SealError> {
        let (format, rest) = sealed.split_first().ok_or(SealError::Damaged)?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID>().ok_or(SealError::Damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Damaged)?;
        if *format != FORMAT {
            return Err(SealError::Damaged);
        }
        if *key_id != self.key_id {
            return Err(SealError::NotOurs {
                found: print_id(key_id),
                own: print_id(&self.key_id),
            });
        }
        Aes256Gcm::open(&self.key, *nonce, &self.authenticated(purpose), ciphertext).map_err(|_| SealError::Damaged)
    }

    fn name(&self) -> &'static str {
        "insecure_file_sealer"
    }
}

fn print_id(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn to_hex(key: &SecretBytes) -> SecretBytes {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    let text = key
        .expose_secret()
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    SecretBytes::new(text.chain([b'\n']).collect())
}

fn from_hex(text: &[u8]) -> Option<SecretBytes> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let key: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect();
    key.map(SecretBytes::new)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_the_same_file_and_purpose_only() {
        let directory = tempfile::tempdir().unwrap();
        let sealer = FileSealer::open_or_create(&directory.path().join("one")).unwrap();
        let secret = SecretBytes::new(b"a signing key".to_vec());
        let sealed = sealer.seal("signing", &secret).unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"signing"));
        let reopened = FileSealer::open_or_create(&directory.path().join("one")).unwrap();
        assert_eq!(reopened.unseal("signing", &sealed).unwrap(), secret);
        assert!(matches!(sealer.unseal("other", &sealed), Err(SealError::Damaged)));
        let other = FileSealer::open_or_create(&directory.path().join("two")).unwrap();
        assert!(matches!(
            other.unseal("signing", &sealed),
            Err(SealError::NotOurs { .. })
        ));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let sealer = FileSealer::open_or_create(&directory.path().join("key")).unwrap();
        let sealed = sealer.seal("p", &SecretBytes::new(vec![7; 9])).unwrap();
        for length in 0..sealed.len() {
            assert!(sealer.unseal("p", &sealed[..length]).is_err());
        }
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(sealer.unseal("p", &changed).is_err(), "bit {bit}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_exposed_or_malformed_key_file_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        FileSealer::open_or_create(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            FileSealer::open_or_create(&path),
            Err(FileFault::Exposed { mode: 0o640, .. })
        ));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        for text in ["", "00", "zz", &"0".repeat(63), &"0".repeat(66)] {
            std::fs::write(&path, text).unwrap();
            assert!(
                matches!(FileSealer::open_or_create(&path), Err(FileFault::Content { .. })),
                "{text:?}"
            );
        }
    }
}
