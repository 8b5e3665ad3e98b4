//! The key that tokens are signed with: made once, sealed in the store, the same after a restart.

use casemate_crypto::{
    Time, b64,
    secret::SecretBytes,
    sign::{KeyError, KeyType, SigningKey},
    x509::Certificate,
};
use casemate_daemon::seal::{Seal, SealError};
use casemate_store::{Batch, CommitError, Entry, Expectation, Fault, Store};
use casemate_token::{SignerError, TokenSigner};
use serde::{Deserialize, Serialize};

const KEY: &str = "attestation/signing-key";
const PURPOSE: &str = "attestation/signing-key";
const DAY: i64 = 86_400;
/// Validity of the self-signed certificate, days.
const CERTIFICATE_DAYS: i64 = 3650;

/// The signing key cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Fault),
    /// The sealer did not seal or open it.
    #[error("the signing key cannot be sealed or opened")]
    Seal(#[from] SealError),
    /// The key cannot be made or read.
    #[error("the signing key is not usable")]
    Key(#[from] KeyError),
    /// The certificate cannot be made.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// What the store holds is no signing key.
    #[error("the stored signing key is damaged")]
    Damaged,
}

impl SigningKeyError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(fault) => fault.code(),
            Self::Seal(error) => error.code(),
            Self::Key(_) => "signing_key_unusable",
            Self::Signer(error) => error.code(),
            Self::Damaged => "signing_key_damaged",
        }
    }
}

/// What the store holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// Sealed PKCS#8, base64url.
    sealed_key: String,
    /// DER, base64url.
    certificate: String,
}

/// Opens the signing key of `issuer`, or makes it. After a change of the issuer the key stays and its certificate is
/// made anew.
///
/// # Errors
/// [`SigningKeyError`].
pub(crate) fn open_or_create(
    store: &dyn Store,
    seal: &dyn Seal,
    issuer: &str,
    now: Time,
) -> Result<TokenSigner, SigningKeyError> {
    if let Some(entry) = store.get(KEY.as_bytes())? {
        return open(store, seal, issuer, now, &entry);
    }
    let signer = certify(SigningKey::generate(KeyType::Rsa2048)?, issuer, now)?;
    let sealed = seal.seal(PURPOSE, &signer.key().to_pkcs8_der()?)?;
    tracing::info!(kid = signer.kid(), sealer = seal.name(), "made the signing key");
    match store.commit(
        &Batch::new()
            .expect(KEY, Expectation::Absent)
            .put(KEY, encode(&sealed, &signer)),
    ) {
        Ok(_) => Ok(signer),
        Err(CommitError::Conflict { .. }) => {
            // Another starter was faster: its key is the one.
            let entry = store.get(KEY.as_bytes())?.ok_or(SigningKeyError::Damaged)?;
            open(store, seal, issuer, now, &entry)
        }
        Err(CommitError::Fault(fault)) => Err(fault.into()),
        Err(_) => Err(SigningKeyError::Damaged),
    }
}

fn open(
    store: &dyn Store,
    seal: &dyn Seal,
    issuer: &str,
    now: Time,
    entry: &Entry,
) -> Result<TokenSigner, SigningKeyError> {
    let stored: Stored = serde_json::from_slice(&entry.value).map_err(|_| SigningKeyError::Damaged)?;
    let decode = |text: &str| b64::decode_url_strict(text).map_err(|_| SigningKeyError::Damaged);
    let sealed = decode(&stored.sealed_key)?;
    let pkcs8: SecretBytes = seal.unseal(PURPOSE, &sealed)?;
    let key = SigningKey::from_pkcs8_der(pkcs8.expose_secret())?;
    let certificate = Certificate::parse(&decode(&stored.certificate)?).map_err(|_| SigningKeyError::Damaged)?;
    let fits = certificate.subject().common_name().as_deref() == Some(issuer) && certificate.not_after() > now;
    if fits {
        return Ok(TokenSigner::new(issuer, key, certificate)?);
    }
    let signer = certify(key, issuer, now)?;
    tracing::info!(kid = signer.kid(), "made a new certificate for the signing key");
    let batch = Batch::new()
        .expect(KEY, Expectation::At(entry.revision))
        .put(KEY, encode(&sealed, &signer));
    match store.commit(&batch) {
        Ok(_) | Err(CommitError::Conflict { .. }) => Ok(signer),
        Err(CommitError::Fault(fault)) => Err(fault.into()),
        Err(_) => Err(SigningKeyError::Damaged),
    }
}

fn certify(key: SigningKey, issuer: &str, now: Time) -> Result<TokenSigner, SigningKeyError> {
    let (from, until) = (now.plus_seconds(-DAY), now.plus_seconds(CERTIFICATE_DAYS * DAY));
    Ok(TokenSigner::self_signed(issuer, key, from, until)?)
}

fn encode(sealed: &[u8], signer: &TokenSigner) -> Vec<u8> {
    let stored = Stored {
        sealed_key: b64::url(sealed),
        certificate: b64::url(signer.certificate().der()),
    };
    // Two texts: serialising cannot fail.
    serde_json::to_vec(&stored).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use casemate_daemon::seal::FileSealer;
    use casemate_store::MemoryStore;

    use super::*;

    const NOW: Time = Time::from_unix(1_800_000_000);

    #[test]
    fn the_key_stays_and_is_not_in_the_store_in_the_clear() {
        let directory = tempfile::tempdir().unwrap();
        let seal = FileSealer::open_or_create(&directory.path().join("seal.key")).unwrap();
        let store = MemoryStore::new();
        let first = open_or_create(&store, &seal, "https://a.example", NOW).unwrap();
        let again = open_or_create(&store, &seal, "https://a.example", NOW).unwrap();
        assert_eq!((first.kid(), first.certificate()), (again.kid(), again.certificate()));
        let pkcs8 = first.key().to_pkcs8_der().unwrap();
        let value = store.get(KEY.as_bytes()).unwrap().unwrap().value;
        let text = String::from_utf8(value).unwrap();
        assert!(!text.contains(&b64::url(pkcs8.expose_secret())[100..200]));

        let moved = open_or_create(&store, &seal, "https://b.example", NOW).unwrap();
        assert_eq!(moved.kid(), first.kid());
        assert_eq!(
            moved.certificate().subject().common_name().as_deref(),
            Some("https://b.example")
        );
        let kept = open_or_create(&store, &seal, "https://b.example", NOW).unwrap();
        assert_eq!(kept.certificate(), moved.certificate());
    }

    #[test]
    fn another_sealer_does_not_open_it_and_no_new_key_is_made() {
        let directory = tempfile::tempdir().unwrap();
        let store = MemoryStore::new();
        let seal = |name: &str| FileSealer::open_or_create(&directory.path().join(name)).unwrap();
        open_or_create(&store, &seal("one"), "https://a.example", NOW).unwrap();
        let refused = open_or_create(&store, &seal("two"), "https://a.example", NOW);
        assert!(matches!(refused, Err(SigningKeyError::Seal(SealError::NotOurs { .. }))));
    }
}
