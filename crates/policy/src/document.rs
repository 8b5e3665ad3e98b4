//! Policies as clients send, store and fetch them: in a JWS, unsigned.

use casemate_crypto::jose::{self, JoseError, Jws};
use casemate_crypto::{b64, hash};
use serde_json::{Map, Value as Json, json};

use crate::{ParseError, Policy};

/// What was sent is no policy, or not one that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not a compact JWS.
    #[error("not a JSON Web Signature")]
    NotJws(#[source] JoseError),
    /// A signed policy. Unsigned ones are accepted; signatures are not checked yet, so none is believed.
    #[error("the policy is signed; signed policies are not supported yet")]
    Signed,
    /// The payload is not an object with the member `AttestationPolicy`.
    #[error("the payload is not a JSON object with a string AttestationPolicy")]
    NoPolicy,
    /// `AttestationPolicy` is not the base64url of a text in UTF-8.
    #[error("AttestationPolicy is not the base64url of a text in UTF-8")]
    NotText,
    /// The text is not a policy.
    #[error("the policy does not parse")]
    Parse(#[source] ParseError),
}

impl DocumentError {
    /// The stable code; a parse error's own.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotJws(_) => "policy_not_jws",
            Self::Signed => "policy_signed",
            Self::NoPolicy => "policy_missing",
            Self::NotText => "policy_not_text",
            Self::Parse(error) => error.code(),
        }
    }
}

impl From<ParseError> for DocumentError {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}

/// A policy and the JWS that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDocument {
    jws: String,
    policy: Policy,
}

impl PolicyDocument {
    /// Reads what `PUT /policies/…` sends: `{"AttestationPolicy": base64url(text)}` as the payload of a JWS with
    /// algorithm `none`. A text inside JSON quotation marks, as one signing tool makes it, is taken out of them.
    ///
    /// # Errors
    /// [`DocumentError`]; [`DocumentError::Signed`] if there is a signature.
    pub fn from_jws(jws: &str) -> Result<Self, DocumentError> {
        let payload = unsigned_payload(jws)?;
        let members: Map<String, Json> = serde_json::from_slice(&payload).map_err(|_| DocumentError::NoPolicy)?;
        let encoded = members
            .get("AttestationPolicy")
            .and_then(Json::as_str)
            .ok_or(DocumentError::NoPolicy)?;
        let bytes = b64::decode_any(encoded).map_err(|_| DocumentError::NotText)?;
        let text = unquoted(String::from_utf8(bytes).map_err(|_| DocumentError::NotText)?)?;
        Ok(Self {
            jws: jws.to_owned(),
            policy: Policy::parse(&text)?,
        })
    }

    /// Wraps a text.
    ///
    /// # Errors
    /// [`DocumentError::Parse`].
    pub fn from_text(text: &str) -> Result<Self, DocumentError> {
        let policy = Policy::parse(text)?;
        let payload = json!({ "AttestationPolicy": b64::url(text.as_bytes()) });
        Ok(Self {
            jws: jose::unsecured(payload.to_string().as_bytes()),
            policy,
        })
    }

    /// Reads what `draftPolicyForAttestation` holds: clients send the bare text, the specification says a JWS.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn from_draft(draft: &str) -> Result<Self, DocumentError> {
        // base64url of `{"`: no policy begins so, every JWS does.
        if draft.starts_with("eyJ") {
            Self::from_jws(draft)
        } else {
            Self::from_text(draft)
        }
    }

    /// The JWS, exactly as sent.
    #[must_use]
    pub fn jws(&self) -> &str {
        &self.jws
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// `x-ms-policy-token-hash`: base64url of the SHA-256 of the JWS exactly as sent.
    #[must_use]
    pub fn token_hash(&self) -> String {
        policy_token_hash(&self.jws)
    }
}

/// Checks what `POST /policies/…:reset` sends: an unsigned JWS, whose payload does not matter (clients leave it
/// empty).
///
/// # Errors
/// [`DocumentError::NotJws`], [`DocumentError::Signed`].
pub fn check_reset(jws: &str) -> Result<(), DocumentError> {
    unsigned_payload(jws).map(drop)
}

/// base64url of the SHA-256 of a JWS exactly as sent.
#[must_use]
pub fn policy_token_hash(jws: &str) -> String {
    b64::url(&hash::sha256(jws.as_bytes()))
}

impl Policy {
    /// `x-ms-policy-hash`: base64url of the SHA-256 of the base64url of the text.
    #[must_use]
    pub fn hash(&self) -> String {
        b64::url(&hash::sha256(b64::url(self.text().as_bytes()).as_bytes()))
    }
}

fn unsigned_payload(jws: &str) -> Result<Vec<u8>, DocumentError> {
    match jose::parse_unsecured(jws) {
        Ok(unsecured) => Ok(unsecured.payload().to_vec()),
        // Azure's clients sign with names of their own (`RSA256`) too, so the signature tells, not the name.
        Err(JoseError::Algorithm) if Jws::parse(jws).is_ok() => Err(DocumentError::Signed),
        Err(error) => Err(DocumentError::NotJws(error)),
    }
}

fn unquoted(text: String) -> Result<String, DocumentError> {
    if text.starts_with('"') {
        serde_json::from_str(&text).map_err(|_| DocumentError::NotText)
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;

    const TEXT: &str = "version=1.0; authorizationrules{=> permit();}; issuancerules{};";

    fn wrapped(text: &str) -> String {
        jose::unsecured(
            json!({ "AttestationPolicy": b64::url(text.as_bytes()) })
                .to_string()
                .as_bytes(),
        )
    }

    #[test]
    fn hashes_are_those_of_real_tokens() {
        assert_eq!(
            Policy::parse(TEXT).unwrap().hash(),
            "z0FRjKS0ssQTNur1V6BV8WIrh9M3fzgTo0EfHRvapWU"
        );
        // Azure's default SGX policy of 2021, in the tokens of its shared instances.
        let default = "version= 1.0;authorizationrules{=> permit();};issuancerules{c:[type==\"x-ms-sgx-is-debuggable\"] => issue(type=\"is-debuggable\", value=c.value);c:[type==\"x-ms-sgx-mrsigner\"] => issue(type=\"sgx-mrsigner\", value=c.value);c:[type==\"x-ms-sgx-mrenclave\"] => issue(type=\"sgx-mrenclave\", value=c.value);c:[type==\"x-ms-sgx-product-id\"] => issue(type=\"product-id\", value=c.value);c:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);c:[type==\"x-ms-attestation-type\"] => issue(type=\"tee\", value=c.value);};";
        assert_eq!(
            Policy::parse(default).unwrap().hash(),
            "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw"
        );
    }

    #[test]
    fn a_text_survives_its_envelope() {
        let made = PolicyDocument::from_text(TEXT).unwrap();
        assert!(made.jws().starts_with("eyJhbGciOiJub25lIn0."));
        assert_eq!(PolicyDocument::from_jws(made.jws()), Ok(made.clone()));
        assert_eq!(PolicyDocument::from_draft(made.jws()), Ok(made.clone()));
        assert_eq!(PolicyDocument::from_draft(TEXT), Ok(made));
        let quoted = PolicyDocument::from_jws(&wrapped(&Json::from(TEXT).to_string())).unwrap();
        assert_eq!(quoted.policy().text(), TEXT);
        let padded = json!({ "AttestationPolicy": b64::std(TEXT.as_bytes()) }).to_string();
        assert!(PolicyDocument::from_jws(&jose::unsecured(padded.as_bytes())).is_ok());
    }

    #[test]
    fn what_is_no_unsigned_policy_is_refused() {
        let signed = format!(
            "{}.AAAA",
            wrapped(TEXT)
                .replace("eyJhbGciOiJub25lIn0", &b64::url(br#"{"alg":"RSA256"}"#))
                .trim_end_matches('.')
        );
        for (jws, code) in [
            ("eyJhbGciOiJub25lIn0".to_owned(), "policy_not_jws"),
            (String::new(), "policy_not_jws"),
            (format!("{}AAAA", wrapped(TEXT)), "policy_not_jws"),
            (signed, "policy_signed"),
            (jose::unsecured(b""), "policy_missing"),
            (jose::unsecured(b"{}"), "policy_missing"),
            (jose::unsecured(br#"{"AttestationPolicy":7}"#), "policy_missing"),
            (jose::unsecured(br#"{"AttestationPolicy":"?"}"#), "policy_not_text"),
            (jose::unsecured(br#"{"AttestationPolicy":"_w"}"#), "policy_not_text"),
            (wrapped("version=1.0"), "policy_syntax"),
        ] {
            assert_eq!(PolicyDocument::from_jws(&jws).unwrap_err().code(), code, "{jws}");
        }
    }

    #[test]
    fn a_reset_is_an_unsigned_jws() {
        assert_eq!(check_reset("eyJhbGciOiJub25lIn0.."), Ok(()));
        assert_eq!(check_reset("eyJhbGciOiJSUzI1NiJ9..AAAA"), Err(DocumentError::Signed));
        assert!(matches!(check_reset("reset"), Err(DocumentError::NotJws(_))));
    }
}
