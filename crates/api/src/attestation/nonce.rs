//! The nonce of an attest request.

use serde::{Deserialize, Deserializer, Serialize, de};

/// A caller's nonce: a string by the specification; Microsoft's Go sidecar sends an unsigned 64-bit number.
///
/// Numbers are kept exactly: one that does not fit 64 bits, or has a fraction, is refused rather than rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Nonce {
    /// As a string.
    Text(String),
    /// As a number.
    Number(u64),
}

/// Longest nonce string, bytes.
const MAX_TEXT: usize = 1024;

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Nonce;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "a string of at most {MAX_TEXT} bytes or an unsigned 64-bit number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Nonce, E> {
                if text.len() > MAX_TEXT {
                    return Err(E::invalid_length(text.len(), &self));
                }
                Ok(Nonce::Text(text.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Nonce, E> {
                Ok(Nonce::Number(number))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_or_refused() {
        let read = serde_json::from_str::<Nonce>;
        assert_eq!(read("18446744073709551615").unwrap(), Nonce::Number(u64::MAX));
        assert_eq!(read("9007199254740993").unwrap(), Nonce::Number(9_007_199_254_740_993));
        assert_eq!(
            serde_json::to_string(&Nonce::Number(u64::MAX)).unwrap(),
            "18446744073709551615"
        );
        assert_eq!(read("\"7\"").unwrap(), Nonce::Text("7".to_owned()));
        for text in ["18446744073709551616", "1.5", "1e3", "-1", "true", "[]"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
