//! The policy language and its envelope.

use super::Outcome;
use std::sync::LazyLock;

use casemate_policy::{Claim, ClaimSet, Policy, PolicyDocument, check_reset, lint};

static CLAIMS: LazyLock<ClaimSet> = LazyLock::new(|| {
    let mut claims = ClaimSet::default();
    for (name, value) in [("x-ms-sgx-is-debuggable", false), ("secureboot", true)] {
        claims.insert(Claim::of_service(name, value));
    }
    claims.insert(Claim::of_service("x-ms-sgx-svn", 3));
    claims.insert(Claim::of_service("x-ms-sgx-mrsigner", "a1b2"));
    claims
});

/// Policies: what parses prints to a text that parses to the same, and evaluates to the same decision.
pub fn policy(bytes: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Outcome::Refused;
    };
    let Ok(policy) = Policy::parse(text) else {
        return Outcome::Refused;
    };
    assert_eq!(policy.text(), text);
    let printed = policy.to_string();
    let again = Policy::parse(&printed).unwrap_or_else(|error| panic!("printed policy: {error:?}\n{printed}"));
    assert_eq!(again, policy, "a printed policy says the same");
    assert_eq!(again.to_string(), printed, "printing is idempotent");
    let _ = lint(&policy);
    match (policy.evaluate(&CLAIMS), again.evaluate(&CLAIMS)) {
        (Ok(one), Ok(other)) => assert_eq!(one.permitted(), other.permitted()),
        (one, other) => assert_eq!(one.is_err(), other.is_err()),
    }
    Outcome::Accepted
}

/// The JWS around a policy.
pub fn policy_document(bytes: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Outcome::Refused;
    };
    let _ = check_reset(text);
    let _ = PolicyDocument::from_draft(text);
    let Ok(document) = PolicyDocument::from_jws(text) else {
        return Outcome::Refused;
    };
    assert_eq!(document.jws(), text);
    let wrapped = PolicyDocument::from_text(document.policy().text()).expect("a policy wraps");
    assert_eq!(
        PolicyDocument::from_jws(wrapped.jws()).map(|again| again.policy().text().to_owned()),
        Ok(document.policy().text().to_owned())
    );
    Outcome::Accepted
}

/// Claim sets in JSON.
pub fn claims(bytes: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Outcome::Refused;
    };
    let Ok(claims) = ClaimSet::from_json(text) else {
        return Outcome::Refused;
    };
    assert_eq!(claims.len(), claims.iter().count());
    let _ = claims.to_json();
    Outcome::Accepted
}
