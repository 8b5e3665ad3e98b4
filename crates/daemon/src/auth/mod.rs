//! Who is asking: bearer tokens (RFC 6750) of OpenID Connect issuers, and the development token.

mod claims;
mod dev_token;
mod oidc;

use std::path::Path;

use casemate_crypto::{Time, constant_time, jose::Jws, secret::SecretBytes};
use http::{HeaderMap, header::AUTHORIZATION};

use crate::{
    FileFault,
    config::{ConfigError, OidcIssuer},
    egress::{Client, EgressError},
};

pub use claims::TokenRefusal;
pub use dev_token::{open_or_create_dev_token, read_dev_token};
use oidc::Issuer;

/// Longest bearer token, bytes.
const MAX_TOKEN: usize = 16 << 10;

/// Who was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The issuer of the token; `dev` for the development token.
    pub issuer: String,
    /// The token's subject at that issuer.
    pub subject: String,
}

/// Nobody was authenticated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// No `Authorization: Bearer` header.
    #[error("a bearer token is required")]
    Missing,
    /// The token is not acceptable.
    #[error(transparent)]
    Refused(#[from] TokenRefusal),
    /// The issuer's keys cannot be had now; the request may be retried.
    #[error("the token cannot be checked now")]
    Unavailable(#[source] EgressError),
}

impl AuthError {
    /// The stable code in logs and on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Refused(refusal) => refusal.code(),
            Self::Unavailable(_) => "issuer_unavailable",
        }
    }
}

/// The authenticator cannot be set up as configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthSetupError {
    /// A key's value cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The development token cannot be read.
    #[error(transparent)]
    DevToken(#[from] FileFault),
}

impl AuthSetupError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::DevToken(fault) => fault.code(),
        }
    }
}

/// Checks bearer tokens. Without issuers and development token it refuses everybody.
pub struct Authenticator {
    dev_token: Option<SecretBytes>,
    issuers: Vec<Issuer>,
}

impl Authenticator {
    /// Accepts the development token in `dev_token_file` (unless the path is empty) and the tokens of `issuers`.
    ///
    /// # Errors
    /// [`AuthSetupError`] if the file cannot be used, an issuer names no audience, or `egress` does not allow its host.
    pub fn new(dev_token_file: &Path, issuers: &[OidcIssuer], egress: &Client) -> Result<Self, AuthSetupError> {
        let dev_token = match dev_token_file.as_os_str().is_empty() {
            true => None,
            false => Some(read_dev_token(dev_token_file)?),
        };
        let issuers: Result<Vec<_>, _> = issuers.iter().map(|issuer| Issuer::new(issuer, egress)).collect();
        Ok(Self {
            dev_token,
            issuers: issuers?,
        })
    }

    /// Who sends a request with `headers` at `now`.
    ///
    /// # Errors
    /// [`AuthError::Missing`] without a token, [`AuthError::Refused`] with one that is not acceptable,
    /// [`AuthError::Unavailable`] if its issuer's keys cannot be had.
    pub async fn authenticate(&self, headers: &HeaderMap, now: Time) -> Result<Principal, AuthError> {
        let token = bearer(headers).ok_or(AuthError::Missing)?;
        if token.len() > MAX_TOKEN {
            return Err(TokenRefusal::Malformed.into());
        }
        if let Some(dev) = &self.dev_token
            && constant_time::eq(dev.expose_secret(), token.as_bytes())
        {
            return Ok(Principal {
                issuer: "dev".to_owned(),
                subject: "dev".to_owned(),
            });
        }
        let unverified = Jws::parse(token).map_err(|_| TokenRefusal::Malformed)?;
        let claimed = claims::issuer_of(unverified.payload_unchecked())?;
        let issuer = self
            .issuers
            .iter()
            .find(|known| known.name() == claimed)
            .ok_or(TokenRefusal::UnknownIssuer)?;
        let subject = issuer.check(unverified, now).await?;
        Ok(Principal {
            issuer: issuer.name().to_owned(),
            subject,
        })
    }
}

/// The token of the one `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (all.next(), all.next()) else {
        return None;
    };
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::config::Egress;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        headers
    }

    #[tokio::test]
    async fn the_dev_token_and_nothing_else_is_accepted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        let token = String::from_utf8(open_or_create_dev_token(&path).unwrap().expose_secret().to_vec()).unwrap();
        let egress = Client::new(&Egress::default()).unwrap();
        let authenticator = Authenticator::new(&path, &[], &egress).unwrap();
        let now = Time::from_unix(0);
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let who = authenticator
                .authenticate(&headers(&[&format!("{scheme} {token}")]), now)
                .await;
            assert_eq!(who.unwrap().issuer, "dev");
        }
        let refused = async |values: &[&str]| authenticator.authenticate(&headers(values), now).await.unwrap_err();
        assert_eq!(refused(&[]).await, AuthError::Missing);
        assert_eq!(refused(&["Bearer "]).await, AuthError::Missing);
        assert_eq!(refused(&[&format!("Basic {token}")]).await, AuthError::Missing);
        assert_eq!(
            refused(&[&format!("Bearer {token}"), "Bearer x"]).await,
            AuthError::Missing
        );
        assert_eq!(
            refused(&[&format!("Bearer {token}x")]).await,
            TokenRefusal::Malformed.into()
        );
        assert_eq!(
            refused(&[&format!("Bearer {}", "a".repeat(MAX_TOKEN + 1))]).await,
            TokenRefusal::Malformed.into()
        );
    }
}
