//! Run-time and init-time data: what the attester held when it was launched or asked for evidence.

use serde_json::{Map, Value as Json};

/// How the client says its data is to be read (`dataType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// A JSON object, which the token carries as `x-ms-runtime` or `x-ms-inittime`.
    Json,
    /// Bytes, which the token carries in base64url.
    Binary,
}

impl DataType {
    /// The type of this word (`JSON`, `Binary`), in any case.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("JSON") {
            Some(Self::Json)
        } else if word.eq_ignore_ascii_case("Binary") {
            Some(Self::Binary)
        } else {
            None
        }
    }
}

/// Data is not of the type the client says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeldDataError {
    /// Not JSON (RFC 8259).
    #[error("the data is not JSON: {0}")]
    NotJson(String),
    /// JSON, but not an object.
    #[error("the data is not a JSON object")]
    NotAnObject,
    /// A whole number of more than 64 bits: a token could not repeat it exactly.
    #[error("the data has a number that cannot be repeated exactly: {0}")]
    InexactNumber(String),
}

impl HeldDataError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "data_not_json",
            Self::NotAnObject => "data_not_an_object",
            Self::InexactNumber(_) => "data_inexact_number",
        }
    }
}

/// Data that evidence is claimed to vouch for. Whether it does, [`crate::appraise`] checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldData {
    bytes: Vec<u8>,
    object: Option<Map<String, Json>>,
}

impl HeldData {
    /// Reads data as the type that the client says. Empty data is no data: clients send it where they have none.
    ///
    /// # Errors
    /// [`HeldDataError`] if the type is [`DataType::Json`] and the bytes are no JSON object.
    pub fn read(bytes: Vec<u8>, data_type: DataType) -> Result<Option<Self>, HeldDataError> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let object = match data_type {
            DataType::Binary => None,
            DataType::Json => Some(read_object(&bytes)?),
        };
        Ok(Some(Self { bytes, object }))
    }

    /// The bytes as sent; evidence carries their SHA-256.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The object, if the type is [`DataType::Json`].
    #[must_use]
    pub const fn object(&self) -> Option<&Map<String, Json>> {
        self.object.as_ref()
    }
}

fn read_object(bytes: &[u8]) -> Result<Map<String, Json>, HeldDataError> {
    let json: Json = serde_json::from_slice(bytes).map_err(|error| HeldDataError::NotJson(error.to_string()))?;
    check_numbers(&json)?;
    match json {
        Json::Object(object) => Ok(object),
        _ => Err(HeldDataError::NotAnObject),
    }
}

/// The parser's nesting limit (128) bounds this recursion.
fn check_numbers(json: &Json) -> Result<(), HeldDataError> {
    const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
    match json {
        Json::Number(number) if number.is_f64() && number.as_f64().is_none_or(|float| float.abs() >= EXACT_BELOW) => {
            Err(HeldDataError::InexactNumber(number.to_string()))
        }
        Json::Array(values) => values.iter().try_for_each(check_numbers),
        Json::Object(members) => members.values().try_for_each(check_numbers),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;

    #[test]
    fn objects_are_read_exactly() {
        let data = HeldData::read(
            br#" {"nonce":18446744073709551615,"low":-9223372036854775808,"half":0.5} "#.to_vec(),
            DataType::Json,
        );
        let data = data.unwrap().unwrap();
        let text = Json::Object(data.object().unwrap().clone()).to_string();
        assert!(
            text.contains("18446744073709551615") && text.contains("-9223372036854775808"),
            "{text}"
        );
        assert!(
            HeldData::read(b"{".to_vec(), DataType::Binary)
                .unwrap()
                .unwrap()
                .object()
                .is_none()
        );
        assert_eq!(HeldData::read(Vec::new(), DataType::Json), Ok(None));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for (text, code) in [
            ("{", "data_not_json"),
            ("\u{0}", "data_not_json"),
            ("[1]", "data_not_an_object"),
            ("null", "data_not_an_object"),
            (r#"{"a":[{"b":18446744073709551616}]}"#, "data_inexact_number"),
        ] {
            assert_eq!(
                HeldData::read(text.as_bytes().to_vec(), DataType::Json)
                    .unwrap_err()
                    .code(),
                code,
                "{text}"
            );
        }
        assert!(HeldData::read("[".repeat(100_000).into_bytes(), DataType::Json).is_err());
    }
}
