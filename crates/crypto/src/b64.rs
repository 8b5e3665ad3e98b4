//! Base64 (RFC 4648): the standard and the URL alphabet, with canonical decoding only.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};

/// A text is not canonical base64 of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum B64Error {
    /// A character outside the alphabet, or both alphabets mixed.
    #[error("base64: character outside the alphabet at offset {offset}")]
    Character {
        /// Byte offset of the character.
        offset: usize,
    },
    /// A length, padding or last character that no encoder produces.
    #[error("base64: not canonical (length, padding or trailing bits)")]
    NotCanonical,
}

impl B64Error {
    /// A stable word for the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "base64_malformed"
    }
}

impl From<base64::DecodeError> for B64Error {
    fn from(error: base64::DecodeError) -> Self {
        match error {
            base64::DecodeError::InvalidByte(offset, byte) if byte != b'=' => Self::Character { offset },
            _ => Self::NotCanonical,
        }
    }
}

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const ANY_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);
const ANY_STD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);

/// URL alphabet, unpadded (base64url of RFC 7515).
#[must_use]
pub fn url(bytes: &[u8]) -> String {
    general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Standard alphabet, padded.
#[must_use]
pub fn std(bytes: &[u8]) -> String {
    general_purpose::STANDARD.encode(bytes)
}

/// Decodes either alphabet, padded or not: Azure's clients send all four.
///
/// # Errors
/// [`B64Error`] for foreign characters, mixed alphabets and non-zero trailing bits.
pub fn decode_any(text: &str) -> Result<Vec<u8>, B64Error> {
    let engine = if text.bytes().any(|b| b == b'-' || b == b'_') {
        &ANY_URL
    } else {
        &ANY_STD
    };
    Ok(engine.decode(text)?)
}

/// Decodes canonical unpadded base64url, as JOSE demands (RFC 7515 §2): one text per value.
///
/// # Errors
/// [`B64Error`] for anything that [`url`] does not produce.
pub fn decode_url_strict(text: &str) -> Result<Vec<u8>, B64Error> {
    Ok(general_purpose::URL_SAFE_NO_PAD.decode(text)?)
}

/// Decodes canonical padded standard base64.
///
/// # Errors
/// [`B64Error`] for anything that [`std`] does not produce.
pub fn decode_std_strict(text: &[u8]) -> Result<Vec<u8>, B64Error> {
    Ok(general_purpose::STANDARD.decode(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_spellings_of_one_value() {
        for text in ["-_8=", "-_8", "+/8=", "+/8"] {
            assert_eq!(decode_any(text), Ok(vec![0xfb, 0xff]), "{text}");
        }
        assert_eq!(
            (url(&[0xfb, 0xff]).as_str(), std(&[0xfb, 0xff]).as_str()),
            ("-_8", "+/8=")
        );
    }

    #[test]
    fn refuses_what_no_encoder_writes() {
        assert_eq!(decode_any("-/8"), Err(B64Error::Character { offset: 1 }));
        assert_eq!(decode_any("+_8"), Err(B64Error::Character { offset: 0 }));
        assert_eq!(decode_any("-_9"), Err(B64Error::NotCanonical));
        assert_eq!(decode_any("A"), Err(B64Error::NotCanonical));
        assert_eq!(decode_any("AA A"), Err(B64Error::Character { offset: 2 }));
        assert_eq!(decode_url_strict("-_8="), Err(B64Error::NotCanonical));
        assert_eq!(decode_url_strict("+_8"), Err(B64Error::Character { offset: 0 }));
        assert_eq!(decode_std_strict(b"+/8"), Err(B64Error::NotCanonical));
        assert_eq!(decode_url_strict(""), Ok(vec![]));
    }
}
