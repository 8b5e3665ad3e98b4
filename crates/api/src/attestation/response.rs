//! Bodies that the service answers with.

use serde::{Deserialize, Serialize};

/// `{"token": …}`: the answer to attest and policy requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// A JWT in compact serialisation.
    pub token: String,
}

/// OpenID Connect Discovery 1.0 §3, the members that the service has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIdConfiguration {
    /// The issuer of the tokens; equal to their `iss`.
    pub issuer: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// Claims that tokens may have.
    #[serde(default)]
    pub claims_supported: Vec<String>,
    /// Response types.
    #[serde(default)]
    pub response_types_supported: Vec<String>,
    /// Signature algorithms of the tokens.
    #[serde(default)]
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// Subject types: one name for all relying parties.
    #[serde(default)]
    pub subject_types_supported: Vec<String>,
}
