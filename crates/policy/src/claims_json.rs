//! Claim sets as JSON files: `casemate attestation policy test FILE --claims FILE`.

use serde_json::{Map, Value as Json};

use crate::{Claim, ClaimSet, Issuer, Value};

/// A JSON text is not a claim set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// The text is not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The top is neither an object nor an array.
    #[error("expected an object {{claim: value}} or an array of {{type, value, issuer}}")]
    Shape,
    /// An entry of the array form lacks `type` or `value`, or has one of the wrong type.
    #[error("entry {index}: {detail}")]
    Entry {
        /// The entry's place, from 0.
        index: usize,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// A value that no claim can have: null, a fraction, or a number beyond 64 bits with sign.
    #[error("claim {claim_type}: {found} is not a string, a whole number (64 bits with sign), or a boolean")]
    Value {
        /// The claim.
        claim_type: String,
        /// The value found.
        found: String,
    },
    /// More than [`ClaimSet::MAX`] claims.
    #[error("more than {} claims", ClaimSet::MAX)]
    TooMany,
}

impl ClaimsError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "claims_not_json",
            Self::Shape => "claims_shape",
            Self::Entry { .. } => "claims_entry",
            Self::Value { .. } => "claims_value",
            Self::TooMany => "claims_too_many",
        }
    }
}

impl ClaimSet {
    /// Reads a claim set.
    ///
    /// Two forms: an object `{claim: value | [values]}`, as the payload of a token has it, whose claims are all issued
    /// by `AttestationService`; or an array of `{type, value, issuer}` where `issuer` may be left out and means
    /// `AttestationService`. An object as a value (like `x-ms-runtime`) becomes its compact JSON text, as it does when
    /// the service makes the set.
    ///
    /// # Errors
    /// [`ClaimsError`] if the text is neither.
    pub fn from_json(text: &str) -> Result<Self, ClaimsError> {
        let json: Json = serde_json::from_str(text).map_err(|error| ClaimsError::NotJson(error.to_string()))?;
        match json {
            Json::Object(members) => from_object(&members),
            Json::Array(entries) => from_array(&entries),
            _ => Err(ClaimsError::Shape),
        }
    }
}

fn from_object(members: &Map<String, Json>) -> Result<ClaimSet, ClaimsError> {
    let mut set = ClaimSet::new();
    for (claim_type, json) in members {
        let values = match json {
            Json::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        for value in values {
            insert(
                &mut set,
                Claim::of_service(claim_type.as_str(), read(claim_type, value)?),
            )?;
        }
    }
    Ok(set)
}

fn from_array(entries: &[Json]) -> Result<ClaimSet, ClaimsError> {
    let mut set = ClaimSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let wrong = |detail| ClaimsError::Entry { index, detail };
        let members = entry.as_object().ok_or(wrong("not an object"))?;
        let claim_type = members
            .get("type")
            .and_then(Json::as_str)
            .ok_or(wrong("`type` is missing or not a string"))?;
        let value = read(claim_type, members.get("value").ok_or(wrong("`value` is missing"))?)?;
        let issuer = match members.get("issuer") {
            None => Issuer::AttestationService,
            Some(name) => name
                .as_str()
                .and_then(Issuer::named)
                .ok_or(wrong("`issuer` is not an issuer"))?,
        };
        insert(
            &mut set,
            Claim {
                claim_type: claim_type.to_owned(),
                value,
                issuer,
            },
        )?;
    }
    Ok(set)
}

fn insert(set: &mut ClaimSet, claim: Claim) -> Result<(), ClaimsError> {
    if set.insert(claim) {
        Ok(())
    } else {
        Err(ClaimsError::TooMany)
    }
}

fn read(claim_type: &str, json: &Json) -> Result<Value, ClaimsError> {
    let refused = || ClaimsError::Value {
        claim_type: claim_type.to_owned(),
        found: json.to_string().chars().take(64).collect(),
    };
    match json {
        Json::String(text) => Ok(Value::String(text.clone())),
        Json::Bool(flag) => Ok(Value::Boolean(*flag)),
        Json::Number(number) => number.as_i64().map(Value::Integer).ok_or_else(refused),
        Json::Object(_) => Ok(Value::String(json.to_string())),
        Json::Null | Json::Array(_) => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;

    #[test]
    fn both_forms_are_read_and_printed() {
        let object = ClaimSet::from_json(r#"{"a":1,"b":["x",true],"x-ms-runtime":{"k":[1]}}"#).unwrap();
        assert_eq!(object.len(), 4);
        assert!(object.iter().all(|claim| claim.issuer == Issuer::AttestationService));
        assert_eq!(
            object.of_type("x-ms-runtime").next().unwrap().value,
            Value::from(r#"{"k":[1]}"#)
        );
        let array = ClaimSet::from_json(
            r#"[{"type":"a","value":1},{"type":"b","value":"x"},{"type":"b","value":"x","issuer":"CustomClaim"}]"#,
        )
        .unwrap();
        assert_eq!(array.len(), 3, "equal claims of two issuers are two claims");
        assert_eq!(Json::Object(array.to_json()).to_string(), r#"{"a":1,"b":"x"}"#);
    }

    #[test]
    fn what_no_claim_can_be_is_refused() {
        for (text, code) in [
            ("{", "claims_not_json"),
            ("7", "claims_shape"),
            (r#"[{"value":1}]"#, "claims_entry"),
            (r#"[{"type":"a","value":1,"issuer":"Me"}]"#, "claims_entry"),
            (r#"{"a":null}"#, "claims_value"),
            (r#"{"a":1.5}"#, "claims_value"),
            (r#"{"a":9223372036854775808}"#, "claims_value"),
            (r#"{"a":[[1]]}"#, "claims_value"),
        ] {
            assert_eq!(ClaimSet::from_json(text).unwrap_err().code(), code, "{text}");
        }
        let many: Vec<String> = (0..=ClaimSet::MAX).map(|index| format!("\"c{index}\":1")).collect();
        assert_eq!(
            ClaimSet::from_json(&format!("{{{}}}", many.join(","))),
            Err(ClaimsError::TooMany)
        );
    }
}
