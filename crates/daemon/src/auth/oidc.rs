//! One OpenID Connect issuer: where its keys are, and when to ask for them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use casemate_crypto::{
    Time,
    jose::{Jwk, JwkSet, JwsAlgorithm, UnverifiedJws},
};
use http::Request;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{
    config::{ConfigError, OidcIssuer},
    egress::{Client, EgressError},
};

use super::{
    AuthError, TokenRefusal,
    claims::{self, Expected},
};

/// Algorithms accepted from issuers.
const ALGORITHMS: &[JwsAlgorithm] = &[JwsAlgorithm::RS256, JwsAlgorithm::ES256];
/// Least time between two fetches: tokens with invented key names must not make us hammer the issuer.
const MIN_REFRESH: Duration = Duration::from_secs(30);
/// Most keys kept of one issuer.
const MAX_KEYS: usize = 64;

#[derive(Default)]
struct Cache {
    keys: Vec<Jwk>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
    failure: Option<EgressError>,
}

pub(crate) struct Issuer {
    config: OidcIssuer,
    egress: Client,
    min_refresh: Duration,
    cache: Mutex<Cache>,
}

impl Issuer {
    pub(crate) fn new(config: &OidcIssuer, egress: &Client) -> Result<Self, ConfigError> {
        let invalid = |key, reason: &str| Err(ConfigError::invalid(key, format!("{:?}: {reason}", config.issuer)));
        if config.audiences.is_empty() || config.audiences.iter().any(String::is_empty) {
            return invalid("auth.issuers.audiences", "must name at least one audience");
        }
        let discovery = discovery_uri(&config.issuer);
        let first = if config.jwks_uri.is_empty() {
            &discovery
        } else {
            &config.jwks_uri
        };
        let allowed = first.parse().is_ok_and(|uri| egress.allows(&uri));
        if !allowed {
            let key = if config.jwks_uri.is_empty() {
                "auth.issuers.issuer"
            } else {
                "auth.issuers.jwks_uri"
            };
            return invalid(key, "must be an https address whose host egress.allow names");
        }
        Ok(Self {
            config: config.clone(),
            egress: egress.clone(),
            min_refresh: MIN_REFRESH,
            cache: Mutex::default(),
        })
    }

    /// The exact `iss`.
    pub(crate) fn name(&self) -> &str {
        &self.config.issuer
    }

    /// Verifies signature and claims; returns the subject.
    pub(crate) async fn check(&self, token: UnverifiedJws, now: Time) -> Result<String, AuthError> {
        let kid = token.kid().ok_or(TokenRefusal::UnknownKey)?.to_owned();
        let key = self.key(&kid).await?;
        let public = key.to_public_key().map_err(|_| TokenRefusal::UnknownKey)?;
        let verified = token
            .verify(&public, ALGORITHMS)
            .map_err(|_| TokenRefusal::BadSignature)?;
        let leeway = i64::try_from(self.config.leeway_seconds).unwrap_or(i64::MAX);
        let expected = Expected {
            issuer: &self.config.issuer,
            audiences: &self.config.audiences,
            leeway,
        };
        Ok(claims::check(verified.payload(), &expected, now)?)
    }

    /// The key named `kid`: from the cache while that is fresh, else asked for, but not too often. The lock is held
    /// while asking, so that many requests cause one fetch.
    async fn key(&self, kid: &str) -> Result<Jwk, AuthError> {
        let mut cache = self.cache.lock().await;
        let ttl = Duration::from_secs(self.config.jwks_ttl_seconds);
        let fresh = cache.fetched.is_some_and(|at| at.elapsed() < ttl);
        if fresh && let Some(key) = find(&cache.keys, kid) {
            return Ok(key);
        }
        let may_ask = cache.tried.is_none_or(|at| at.elapsed() >= self.min_refresh);
        if may_ask {
            cache.tried = Some(Instant::now());
            match self.fetch().await {
                Ok(keys) => {
                    *cache = Cache {
                        keys,
                        fetched: Some(Instant::now()),
                        tried: cache.tried,
                        failure: None,
                    }
                }
                Err(failure) => {
                    tracing::warn!(issuer = self.name(), code = failure.code(), %failure, "cannot fetch keys");
                    cache.failure = Some(failure);
                }
            }
        }
        let fresh = cache.fetched.is_some_and(|at| at.elapsed() < ttl);
        match (fresh, find(&cache.keys, kid), &cache.failure) {
            (true, Some(key), _) => Ok(key),
            (_, _, Some(failure)) => Err(AuthError::Unavailable(failure.clone())),
            (_, _, None) => Err(TokenRefusal::UnknownKey.into()),
        }
    }

    async fn fetch(&self) -> Result<Vec<Jwk>, EgressError> {
        let uri = match self.config.jwks_uri.as_str() {
            "" => {
                let found: Discovery = self.fetch_json(&discovery_uri(&self.config.issuer)).await?;
                if found.issuer != self.config.issuer {
                    let detail = "the discovery document names another issuer".to_owned();
                    return Err(EgressError::Failed {
                        host: self.config.issuer.clone(),
                        detail,
                    });
                }
                found.jwks_uri
            }
            uri => uri.to_owned(),
        };
        let set: JwkSet = self.fetch_json(&uri).await?;
        Ok(set.keys.into_iter().filter(may_sign).take(MAX_KEYS).collect())
    }

    async fn fetch_json<T: serde::de::DeserializeOwned>(&self, uri: &str) -> Result<T, EgressError> {
        let failed = |detail: String| EgressError::Failed {
            host: uri.chars().take(200).collect(),
            detail,
        };
        let request = Request::get(uri)
            .header(http::header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|error| failed(error.to_string()))?;
        let answer = self.egress.send(request).await?;
        if !answer.status().is_success() {
            return Err(failed(format!("status {}", answer.status().as_u16())));
        }
        serde_json::from_slice(answer.body()).map_err(|error| failed(error.to_string()))
    }
}

/// The members of OpenID Connect Discovery 1.0 §3 that are used.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

fn discovery_uri(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

fn find(keys: &[Jwk], kid: &str) -> Option<Jwk> {
    keys.iter().find(|key| key.kid.as_deref() == Some(kid)).cloned()
}

/// A key for encryption must not verify signatures (RFC 7517 §4.2).
fn may_sign(key: &Jwk) -> bool {
    key.usage.as_deref().is_none_or(|usage| usage == "sig")
}
