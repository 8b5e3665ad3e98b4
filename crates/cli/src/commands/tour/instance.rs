//! A running service as a client and a relying party see it.

use std::path::Path;

use casemate_api::attestation::{Client, TokenResponse};
use casemate_api::{Call, Endpoint};
use casemate_crypto::{Time, jose::JwkSet, secret::SecretBytes};
use casemate_token::{ValidatedToken, validate};

use super::evidence::Exhibit;
use crate::exit::Failure;
use crate::remote::{Remote, RemoteError, with_causes};

/// A running attestation service.
pub(crate) struct Instance {
    pub(crate) url: String,
    /// Without a token, as attesters and relying parties come.
    pub(crate) anybody: Client,
    /// With the token of its owner.
    pub(crate) owner: Client,
    remote: Remote,
}

impl Instance {
    /// The service at `url`, trusted by its CA file.
    ///
    /// # Errors
    /// A fault if the CA file or the token cannot be used.
    pub(crate) fn new(url: &str, ca_pem: &Path, token: &SecretBytes) -> Result<Self, Failure> {
        let unusable = |error| Failure::fault(with_causes(&error));
        let anybody = Endpoint::new(url).map_err(unusable)?;
        let token = String::from_utf8_lossy(token.expose_secret());
        let owner = anybody.clone().with_token(&token).map_err(unusable)?;
        Ok(Self {
            url: url.to_owned(),
            anybody: Client::new(anybody),
            owner: Client::new(owner),
            remote: Remote::new(url, ca_pem)?,
        })
    }

    /// Sends a call.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub(crate) async fn call<T>(&self, call: &Call<T>) -> Result<T, RemoteError> {
        self.remote.call(call).await
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// [`RemoteError`], the service's refusal included.
    pub(crate) async fn attest(&self, exhibit: &Exhibit, nonce: &str) -> Result<String, RemoteError> {
        let call = self
            .anybody
            .attest(exhibit.tee.attestation_type(), &exhibit.request(nonce));
        let TokenResponse { token } = self.call(&call).await?;
        Ok(token)
    }

    /// The keys that discovery leads to, as a relying party gets them.
    ///
    /// # Errors
    /// [`RemoteError`], or in words what is wrong with the discovery document.
    pub(crate) async fn keys(&self) -> Result<JwkSet, String> {
        let words = |error: RemoteError| with_causes(&error);
        let discovered = self.call(&self.anybody.openid_configuration()).await.map_err(words)?;
        if discovered.issuer != self.url {
            return Err(format!(
                "discovery names the issuer {}, not {}",
                discovered.issuer, self.url
            ));
        }
        if discovered.jwks_uri != format!("{}/certs", self.url) {
            return Err(format!("discovery leads to keys elsewhere: {}", discovered.jwks_uri));
        }
        self.call(&self.anybody.certs()).await.map_err(words)
    }

    /// Validates a token as a relying party that knows the issuer's address and nothing else.
    ///
    /// # Errors
    /// In words, the first check that failed.
    pub(crate) async fn validate(&self, token: &str, now: Time) -> Result<ValidatedToken, String> {
        validate(token, &self.keys().await?, &self.url, now).map_err(|refusal| refusal.to_string())
    }
}
