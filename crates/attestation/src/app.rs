//! What every request shares.

use std::sync::Arc;

use casemate_api::attestation::OpenIdConfiguration;
use casemate_crypto::{
    Time,
    jose::{JwkSet, JwsAlgorithm},
};
use casemate_daemon::{auth::Authenticator, body::Bodies};
use casemate_store::Store;
use casemate_token::TokenSigner;
use casemate_verify::{ChainCache, TrustAnchors};

use crate::{collateral::Collateral, config::AttestAuth, metrics::Metrics, policies::Policies, pool::Pool};

/// The service's state.
pub(crate) struct App {
    /// `iss` of every token; without a slash at the end.
    pub(crate) issuer: String,
    /// Seconds.
    pub(crate) token_lifetime: i64,
    /// Replaces the present for evidence and collateral only.
    pub(crate) verification_time: Option<Time>,
    pub(crate) attest_auth: AttestAuth,
    pub(crate) bodies: Bodies,
    pub(crate) request_timeout: std::time::Duration,
    /// The vendors' roots, and the configured ones of emulated platforms.
    pub(crate) anchors: TrustAnchors,
    /// Chains that earlier requests verified; keyed on signed content, never on evidence.
    pub(crate) cache: ChainCache,
    pub(crate) collateral: Collateral,
    pub(crate) policies: Policies,
    pub(crate) signer: TokenSigner,
    pub(crate) authenticator: Authenticator,
    pub(crate) pool: Pool,
    pub(crate) metrics: Metrics,
    pub(crate) store: Arc<dyn Store>,
}

impl App {
    /// `GET /certs`.
    pub(crate) fn keys(&self) -> JwkSet {
        JwkSet {
            keys: vec![self.signer.jwk()],
        }
    }

    /// `GET /.well-known/openid-configuration`.
    pub(crate) fn openid_configuration(&self) -> OpenIdConfiguration {
        let claims = [
            "iss",
            "iat",
            "nbf",
            "exp",
            "jti",
            "nonce",
            "x-ms-ver",
            "x-ms-attestation-type",
            "x-ms-policy-hash",
            "x-ms-policy",
            "x-ms-policy-result",
            "x-ms-policy-token-hash",
            "x-ms-runtime",
            "x-ms-inittime",
            "x-casemate-trust-class",
            "x-casemate-tcb-status",
        ];
        OpenIdConfiguration {
            issuer: self.issuer.clone(),
            jwks_uri: format!("{}/certs", self.issuer),
            claims_supported: claims.map(str::to_owned).to_vec(),
            response_types_supported: vec!["token".to_owned(), "none".to_owned()],
            id_token_signing_alg_values_supported: vec![JwsAlgorithm::RS256.name().to_owned()],
            subject_types_supported: vec!["public".to_owned()],
        }
    }
}
