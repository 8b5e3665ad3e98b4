//! A sans-IO client of the attestation service.

use casemate_crypto::jose::JwkSet;
use http::Method;
use serde::de::DeserializeOwned;

use crate::{Call, Endpoint, call::Content};

use super::{API_VERSION, AttestRequest, AttestationType, OpenIdConfiguration, TokenResponse};

/// Makes the calls of the attestation service; the caller sends them.
#[derive(Clone, Debug)]
pub struct Client {
    endpoint: Endpoint,
}

impl Client {
    /// A client of the service at `endpoint`.
    #[must_use]
    pub const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// `POST /attest/{type}`: evidence for a token.
    #[must_use]
    pub fn attest(&self, attestation_type: AttestationType, request: &AttestRequest) -> Call<TokenResponse> {
        // Strings, numbers and bytes only: serialising cannot fail.
        let body = serde_json::to_vec(request).unwrap_or_default();
        self.call(
            Method::POST,
            &format!("/attest/{attestation_type}?api-version={API_VERSION}"),
            Content::Json(body),
        )
    }

    /// `GET /policies/{type}`: the policy in force, in a signed token.
    #[must_use]
    pub fn policy(&self, attestation_type: AttestationType) -> Call<TokenResponse> {
        self.call(
            Method::GET,
            &format!("/policies/{attestation_type}?api-version={API_VERSION}"),
            Content::None,
        )
    }

    /// `PUT /policies/{type}`: sets the policy to the one in `jws`.
    #[must_use]
    pub fn set_policy(&self, attestation_type: AttestationType, jws: &str) -> Call<TokenResponse> {
        let path = format!("/policies/{attestation_type}?api-version={API_VERSION}");
        self.call(Method::PUT, &path, Content::Text(jws.to_owned()))
    }

    /// `POST /policies/{type}:reset`: back to the default policy. `jws` is the (unsecured) request token.
    #[must_use]
    pub fn reset_policy(&self, attestation_type: AttestationType, jws: &str) -> Call<TokenResponse> {
        let path = format!("/policies/{attestation_type}:reset?api-version={API_VERSION}");
        self.call(Method::POST, &path, Content::Text(jws.to_owned()))
    }

    /// `GET /certs`: the keys that tokens are signed with.
    #[must_use]
    pub fn certs(&self) -> Call<JwkSet> {
        self.call(Method::GET, "/certs", Content::None)
    }

    /// `GET /.well-known/openid-configuration`.
    #[must_use]
    pub fn openid_configuration(&self) -> Call<OpenIdConfiguration> {
        self.call(Method::GET, "/.well-known/openid-configuration", Content::None)
    }

    fn call<T: DeserializeOwned>(&self, method: Method, path: &str, content: Content) -> Call<T> {
        Call::new(self.endpoint.request(method, path, content), |body| {
            serde_json::from_slice(body)
        })
    }
}
