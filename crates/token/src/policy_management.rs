//! Tokens of the policy routes.

use casemate_crypto::jose::Jwk;
use serde_json::{Map, Value as Json};

use crate::{Issuance, azure::validity};

/// Seconds that a token of the policy routes lives: one hour, as Azure's.
pub const POLICY_TOKEN_LIFETIME: i64 = 3_600;

/// What became of a policy (`x-ms-policy-result`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyChange {
    /// It was set.
    Updated,
    /// It was reset to the default.
    Removed,
}

impl PolicyChange {
    /// The word in the token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Updated => "Updated",
            Self::Removed => "Removed",
        }
    }
}

/// The claims of the answer to `GET /policies/…`: the policy's JWS as it was set. Of `issuance` only issuer and time
/// are used.
#[must_use]
pub fn policy_claims(issuance: &Issuance, policy_jws: &str) -> Map<String, Json> {
    let mut members = Map::new();
    validity(&mut members, issuance, POLICY_TOKEN_LIFETIME);
    members.insert("x-ms-policy".to_owned(), policy_jws.into());
    members
}

/// The claims of the answer to setting or resetting a policy. `token_hash` is that of the JWS exactly as sent
/// ([`casemate_policy::policy_token_hash`]); `signer` is the key that signed it, if any did.
#[must_use]
pub fn policy_result_claims(
    issuance: &Issuance,
    change: PolicyChange,
    token_hash: &str,
    signer: Option<&Jwk>,
) -> Map<String, Json> {
    let mut members = Map::new();
    validity(&mut members, issuance, POLICY_TOKEN_LIFETIME);
    members.insert("x-ms-policy-result".to_owned(), change.as_str().into());
    members.insert("x-ms-policy-token-hash".to_owned(), token_hash.into());
    // A JWK is text members only, so this cannot fail; if it did, no signer would be named.
    if let Some(signer) = signer.and_then(|jwk| serde_json::to_value(jwk).ok()) {
        members.insert("x-ms-policy-signer".to_owned(), signer);
    }
    members
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use casemate_crypto::Time;

    fn names(members: &Map<String, Json>) -> Vec<&str> {
        // Whether a map keeps its order depends on features that other crates switch on.
        let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_claims_are_those_of_real_policy_tokens() {
        let issuance = Issuance::new("https://a.example", Time::from_unix(1_625_170_441), [0; 32]);
        let got = policy_claims(&issuance, "eyJ.e30.");
        assert_eq!(names(&got), ["exp", "iat", "iss", "nbf", "x-ms-policy"]);
        assert_eq!(got["exp"], 1_625_174_041);
        let set = policy_result_claims(&issuance, PolicyChange::Updated, "hash", None);
        assert_eq!(
            names(&set),
            [
                "exp",
                "iat",
                "iss",
                "nbf",
                "x-ms-policy-result",
                "x-ms-policy-token-hash"
            ]
        );
        let signer = Jwk {
            kty: "RSA".to_owned(),
            x5c: Some(vec!["MIIC".to_owned()]),
            ..Jwk::default()
        };
        let reset = policy_result_claims(&issuance, PolicyChange::Removed, "hash", Some(&signer));
        assert_eq!(reset["x-ms-policy-result"], "Removed");
        assert_eq!(reset["x-ms-policy-signer"]["kty"], "RSA");
    }
}
