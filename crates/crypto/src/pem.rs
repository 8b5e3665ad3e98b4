//! PEM framing (RFC 7468), normalised away: what counts is the DER inside.

use crate::b64;

/// The most text that [`decode`] looks at.
pub const MAX_PEM: usize = 8 << 20;

/// The most blocks that [`decode`] returns.
pub const MAX_BLOCKS: usize = 64;

/// A text does not hold well-formed PEM blocks of the label asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// There is no block with this label.
    #[error("no PEM block of the expected label")]
    Missing,
    /// A block has no end line of the same label.
    #[error("PEM block {block} has no matching end line")]
    Unterminated {
        /// Number of the block, from 0.
        block: usize,
    },
    /// The inside of a block is not base64.
    #[error("PEM block {block} does not hold base64")]
    Content {
        /// Number of the block, from 0.
        block: usize,
    },
    /// Longer than [`MAX_PEM`] or more blocks than [`MAX_BLOCKS`].
    #[error("PEM text too large")]
    TooLarge,
}

impl PemError {
    /// A stable word for the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "pem_missing",
            Self::Unterminated { .. } | Self::Content { .. } => "pem_malformed",
            Self::TooLarge => "pem_too_large",
        }
    }
}

/// The contents of every block with `label` (like `"CERTIFICATE"`), in order.
///
/// What stands before, between and after the blocks is ignored: real chains end with NUL, newline or nothing.
/// Inside a block spaces, tabs, CR and LF are skipped and the rest is strict padded base64.
///
/// # Errors
/// [`PemError`]; [`PemError::Missing`] when no block has the label.
pub fn decode(label: &str, text: &[u8]) -> Result<Vec<Vec<u8>>, PemError> {
    if text.len() > MAX_PEM {
        return Err(PemError::TooLarge);
    }
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, inside)) = split_at(rest, begin.as_bytes()) {
        let block = blocks.len();
        if block == MAX_BLOCKS {
            return Err(PemError::TooLarge);
        }
        let (body, after) = split_at(inside, end.as_bytes()).ok_or(PemError::Unterminated { block })?;
        let der = content(body).ok_or(PemError::Content { block })?;
        if der.is_empty() {
            return Err(PemError::Content { block });
        }
        blocks.push(der);
        rest = after;
    }
    if blocks.is_empty() {
        Err(PemError::Missing)
    } else {
        Ok(blocks)
    }
}

/// The octets that the inside of a block encodes.
fn content(body: &[u8]) -> Option<Vec<u8>> {
    // Lines of 64 characters, as nearly all are; where that does not decode, character by character.
    if let Ok(der) = b64::decode_std_strict(&joined_lines(body)) {
        return Some(der);
    }
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let compact: Vec<u8> = body.iter().copied().filter(|b| !blank(b)).collect();
    b64::decode_std_strict(&compact).ok()
}

/// The lines of 64 characters, and the shorter last one, without their ends.
fn joined_lines(body: &[u8]) -> Vec<u8> {
    let trimmed = body.trim_ascii();
    let mut joined = Vec::with_capacity(trimmed.len());
    let mut rest = trimmed;
    while let Some((line, after)) = rest.split_at_checked(64) {
        joined.extend_from_slice(line);
        rest = after.strip_prefix(b"\r").unwrap_or(after);
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    joined.extend_from_slice(rest);
    joined
}

/// One block with `label`, lines of 64 characters, ending in a newline.
#[must_use]
pub fn encode(label: &str, der: &[u8]) -> String {
    let body = b64::std(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for (column, character) in body.chars().enumerate() {
        if column != 0 && column % 64 == 0 {
            out.push('\n');
        }
        out.push(character);
    }
    out.push_str(&format!("\n-----END {label}-----\n"));
    out
}

/// What stands before and after the first `needle`.
fn split_at<'a>(text: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut from = 0;
    // Dashes are rare outside PEM lines: look only where one stands.
    while let Some(dash) = text.get(from..)?.iter().position(|b| *b == b'-') {
        let at = from + dash;
        let (before, rest) = text.split_at_checked(at)?;
        if let Some(after) = rest.strip_prefix(needle) {
            return Some((before, after));
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tolerates_what_real_files_have_around_blocks() {
        let text =
            "junk\r\n-----BEGIN X-----\r\nAQI\r\n D\r\n-----END X-----\0\0-----BEGIN Y-----\nBB==\n-----END Y-----";
        assert_eq!(decode("X", text.as_bytes()), Ok(vec![vec![1, 2, 3]]));
        assert_eq!(
            decode("Y", text.as_bytes()),
            Err(PemError::Content { block: 0 }),
            "non-zero trailing bits"
        );
        assert_eq!(decode("Z", text.as_bytes()), Err(PemError::Missing));
        assert_eq!(
            decode("X", b"-----BEGIN X-----AQID"),
            Err(PemError::Unterminated { block: 0 })
        );
        assert_eq!(
            decode("X", b"-----BEGIN X----------END X-----"),
            Err(PemError::Content { block: 0 })
        );
        assert_eq!(
            decode("X", b"-----BEGIN X-----AQ\0D-----END X-----"),
            Err(PemError::Content { block: 0 })
        );
    }

    #[test]
    fn is_bounded() {
        assert_eq!(decode("X", &vec![b'-'; MAX_PEM + 1]), Err(PemError::TooLarge));
        let many = encode("X", &[1]).repeat(MAX_BLOCKS + 1);
        assert_eq!(decode("X", many.as_bytes()), Err(PemError::TooLarge));
    }

    proptest! {
        #[test]
        fn round_trips(der in proptest::collection::vec(any::<u8>(), 1..300)) {
            let text = encode("CERTIFICATE", &der);
            prop_assert!(text.lines().all(|line| line.len() <= 64));
            prop_assert_eq!(decode("CERTIFICATE", text.as_bytes()).unwrap(), vec![der]);
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode("X", &text);
        }
    }
}
