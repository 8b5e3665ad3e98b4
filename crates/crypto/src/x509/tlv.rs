//! A small, total reader and writer for DER (X.690 §10): tag, length, value.
//!
//! Only what X.509 and the vendors' extensions need: low tag numbers, definite minimal lengths of at most four
//! octets. The reader knows where in the outermost input it stands, so that signed spans can be sliced from the
//! bytes received and are never re-encoded.

use std::ops::Range;

pub use der::asn1::ObjectIdentifier;

pub use super::tlv_writer::Writer;

/// Tags as they appear on the wire (class, constructed bit and number in one octet).
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String.
    pub const UTF8_STRING: u8 = 0x0c;
    /// PrintableString.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString.
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String.
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime.
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// BMPString.
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF.
    pub const SET: u8 = 0x31;

    /// `[number]`, constructed: EXPLICIT, or IMPLICIT of a constructed type.
    #[must_use]
    pub const fn constructed(number: u8) -> u8 {
        0xa0 | (number & 0x1f)
    }

    /// `[number]`, primitive: IMPLICIT of a primitive type.
    #[must_use]
    pub const fn primitive(number: u8) -> u8 {
        0x80 | (number & 0x1f)
    }
}

/// Bytes are not the DER that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("DER: {problem} at offset {offset}")]
pub struct TlvError {
    /// Offset in the outermost input.
    pub offset: usize,
    /// What is wrong there.
    pub problem: TlvProblem,
}

/// What [`TlvError`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlvProblem {
    /// The input ends inside an element.
    #[error("input ends early")]
    Truncated,
    /// Another element stands here.
    #[error("tag {found:#04x} instead of {expected:#04x}")]
    Tag {
        /// The tag asked for.
        expected: u8,
        /// The tag found.
        found: u8,
    },
    /// A high tag number, which no format read here uses.
    #[error("tag number above 30")]
    HighTag,
    /// An indefinite, non-minimal or over-long length.
    #[error("length not in DER form")]
    Length,
    /// Bytes after the last element expected.
    #[error("trailing bytes")]
    Trailing,
    /// The content is not the DER form of its type.
    #[error("content not valid for its type")]
    Content,
}

impl TlvError {
    /// A stable word for the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "der_malformed"
    }
}

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// The content octets.
    pub content: &'a [u8],
    /// The whole element: identifier, length and content.
    pub raw: &'a [u8],
    /// Offset of the identifier octet in the outermost input.
    pub offset: usize,
}

impl<'a> Tlv<'a> {
    /// The place of the whole element in the outermost input.
    #[must_use]
    pub const fn span(&self) -> Range<usize> {
        self.offset..self.offset + self.raw.len()
    }

    /// The place of the content in the outermost input.
    #[must_use]
    pub const fn content_span(&self) -> Range<usize> {
        let end = self.offset + self.raw.len();
        end - self.content.len()..end
    }

    /// A reader over the content.
    #[must_use]
    pub const fn reader(&self) -> Reader<'a> {
        Reader {
            rest: self.content,
            offset: self.content_span().start,
        }
    }

    const fn error(&self, problem: TlvProblem) -> TlvError {
        TlvError {
            offset: self.offset,
            problem,
        }
    }
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// A reader over `input`, which becomes the outermost input of every offset.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self { rest: input, offset: 0 }
    }

    /// Whether all input is consumed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next element, if there is one.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Offset of the next element in the outermost input.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`TlvProblem::Trailing`] when input is left.
    pub const fn finish(self) -> Result<(), TlvError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(self.error(TlvProblem::Trailing))
        }
    }

    /// The next element, whatever it is.
    ///
    /// # Errors
    /// [`TlvError`] when the header is not DER or the input ends early.
    pub fn read_any(&mut self) -> Result<Tlv<'a>, TlvError> {
        let (tag, length, header) = self.header()?;
        let total = header
            .checked_add(length)
            .ok_or_else(|| self.error(TlvProblem::Length))?;
        let (raw, rest) = self
            .rest
            .split_at_checked(total)
            .ok_or_else(|| self.error(TlvProblem::Truncated))?;
        let (_, content) = raw
            .split_at_checked(header)
            .ok_or_else(|| self.error(TlvProblem::Truncated))?;
        let tlv = Tlv {
            tag,
            content,
            raw,
            offset: self.offset,
        };
        self.rest = rest;
        self.offset += total;
        Ok(tlv)
    }

    /// The next element, which must have this tag.
    ///
    /// # Errors
    /// [`TlvError`], in particular [`TlvProblem::Tag`].
    pub fn read(&mut self, expected: u8) -> Result<Tlv<'a>, TlvError> {
        match self.peek() {
            None => Err(self.error(TlvProblem::Truncated)),
            Some(found) if found != expected => Err(self.error(TlvProblem::Tag { expected, found })),
            Some(_) => self.read_any(),
        }
    }

    /// The next element if it has this tag; otherwise nothing is consumed.
    ///
    /// # Errors
    /// [`TlvError`] when the element is there but malformed.
    pub fn read_optional(&mut self, expected: u8) -> Result<Option<Tlv<'a>>, TlvError> {
        if self.peek() == Some(expected) {
            self.read_any().map(Some)
        } else {
            Ok(None)
        }
    }

    /// The inside of a SEQUENCE.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_sequence(&mut self) -> Result<Reader<'a>, TlvError> {
        Ok(self.read(tag::SEQUENCE)?.reader())
    }

    /// The inside of a SET.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_set(&mut self) -> Result<Reader<'a>, TlvError> {
        Ok(self.read(tag::SET)?.reader())
    }

    /// An OBJECT IDENTIFIER of at most 39 content octets.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_oid(&mut self) -> Result<ObjectIdentifier, TlvError> {
        let tlv = self.read(tag::OID)?;
        ObjectIdentifier::from_bytes(tlv.content).map_err(|_| tlv.error(TlvProblem::Content))
    }

    /// An INTEGER as its minimal two's complement content octets.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_integer(&mut self) -> Result<&'a [u8], TlvError> {
        let tlv = self.read(tag::INTEGER)?;
        minimal_integer(&tlv)?;
        Ok(tlv.content)
    }

    /// A non-negative INTEGER, big-endian without leading zeros; zero is `[0]`.
    ///
    /// # Errors
    /// [`TlvError`]; a negative number is [`TlvProblem::Content`].
    pub fn read_unsigned(&mut self) -> Result<&'a [u8], TlvError> {
        let tlv = self.read(tag::INTEGER)?;
        minimal_integer(&tlv)?;
        match tlv.content {
            [0, rest @ ..] if !rest.is_empty() => Ok(rest),
            [first, ..] if *first < 0x80 => Ok(tlv.content),
            _ => Err(tlv.error(TlvProblem::Content)),
        }
    }

    /// A non-negative INTEGER that fits 64 bits.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_u64(&mut self) -> Result<u64, TlvError> {
        let offset = self.offset;
        let octets = self.read_unsigned()?;
        if octets.len() > 8 {
            return Err(TlvError {
                offset,
                problem: TlvProblem::Content,
            });
        }
        Ok(octets.iter().fold(0, |value, octet| (value << 8) | u64::from(*octet)))
    }

    /// An ENUMERATED that fits 64 bits and is not negative.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_enumerated(&mut self) -> Result<u64, TlvError> {
        let tlv = self.read(tag::ENUMERATED)?;
        minimal_integer(&tlv)?;
        match tlv.content {
            [first, ..] if *first < 0x80 && tlv.content.len() <= 8 => Ok(tlv
                .content
                .iter()
                .fold(0, |value, octet| (value << 8) | u64::from(*octet))),
            _ => Err(tlv.error(TlvProblem::Content)),
        }
    }

    /// A BOOLEAN: only `00` and `ff` are DER.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_boolean(&mut self) -> Result<bool, TlvError> {
        let tlv = self.read(tag::BOOLEAN)?;
        match tlv.content {
            [0x00] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(tlv.error(TlvProblem::Content)),
        }
    }

    /// An OCTET STRING.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_octet_string(&mut self) -> Result<&'a [u8], TlvError> {
        Ok(self.read(tag::OCTET_STRING)?.content)
    }

    /// A BIT STRING of whole octets (no unused bits), as signatures and keys are.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_bit_string(&mut self) -> Result<&'a [u8], TlvError> {
        let tlv = self.read(tag::BIT_STRING)?;
        match tlv.content {
            [0, octets @ ..] => Ok(octets),
            _ => Err(tlv.error(TlvProblem::Content)),
        }
    }

    /// A named BIT STRING of at most 32 bits (like KeyUsage): bit 0 of the result is the string's first bit.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_named_bits(&mut self) -> Result<u32, TlvError> {
        let tlv = self.read(tag::BIT_STRING)?;
        let malformed = tlv.error(TlvProblem::Content);
        let (unused, octets) = tlv.content.split_first().ok_or(malformed)?;
        let last = octets.last().copied().unwrap_or(0);
        let padding_ok = match *unused {
            0 => true,
            bits @ 1..=7 => !octets.is_empty() && last & ((1 << bits) - 1) == 0,
            _ => false,
        };
        if !padding_ok || octets.len() > 4 {
            return Err(malformed);
        }
        let flags = octets.iter().enumerate();
        Ok(flags.fold(0, |bits, (index, octet)| {
            bits | (u32::from(octet.reverse_bits()) << (8 * index))
        }))
    }

    /// NULL.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_null(&mut self) -> Result<(), TlvError> {
        let tlv = self.read(tag::NULL)?;
        if tlv.content.is_empty() {
            Ok(())
        } else {
            Err(tlv.error(TlvProblem::Content))
        }
    }

    /// An IA5String: ASCII.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_ia5(&mut self) -> Result<&'a str, TlvError> {
        let tlv = self.read(tag::IA5_STRING)?;
        match std::str::from_utf8(tlv.content) {
            Ok(text) if text.is_ascii() => Ok(text),
            _ => Err(tlv.error(TlvProblem::Content)),
        }
    }

    /// The inside of `[number] EXPLICIT`.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_explicit(&mut self, number: u8) -> Result<Reader<'a>, TlvError> {
        Ok(self.read(tag::constructed(number))?.reader())
    }

    /// The inside of `[number] EXPLICIT` if it is there.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn read_optional_explicit(&mut self, number: u8) -> Result<Option<Reader<'a>>, TlvError> {
        Ok(self.read_optional(tag::constructed(number))?.map(|tlv| tlv.reader()))
    }

    /// Tag, content length and header length of the next element.
    fn header(&self) -> Result<(u8, usize, usize), TlvError> {
        let truncated = self.error(TlvProblem::Truncated);
        let tag = *self.rest.first().ok_or(truncated)?;
        if tag & 0x1f == 0x1f {
            return Err(self.error(TlvProblem::HighTag));
        }
        let first = *self.rest.get(1).ok_or(truncated)?;
        if first < 0x80 {
            return Ok((tag, usize::from(first), 2));
        }
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return Err(self.error(TlvProblem::Length));
        }
        let octets = self.rest.get(2..2 + count).ok_or(truncated)?;
        let length = octets
            .iter()
            .fold(0_u64, |length, octet| (length << 8) | u64::from(*octet));
        let minimal = octets.first() != Some(&0) && length >= 0x80;
        match usize::try_from(length) {
            Ok(length) if minimal => Ok((tag, length, 2 + count)),
            _ => Err(self.error(TlvProblem::Length)),
        }
    }

    pub(crate) const fn error(&self, problem: TlvProblem) -> TlvError {
        TlvError {
            offset: self.offset,
            problem,
        }
    }
}

/// The content octets of an INTEGER are not empty and not longer than needed (X.690 §8.3.2).
fn minimal_integer(tlv: &Tlv<'_>) -> Result<(), TlvError> {
    match tlv.content {
        [] => Err(tlv.error(TlvProblem::Content)),
        [0x00, second, ..] if *second < 0x80 => Err(tlv.error(TlvProblem::Content)),
        [0xff, second, ..] if *second >= 0x80 => Err(tlv.error(TlvProblem::Content)),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem<T: std::fmt::Debug>(result: Result<T, TlvError>) -> TlvProblem {
        result.unwrap_err().problem
    }

    #[test]
    fn knows_where_it_stands() {
        let bytes = [0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0xaa];
        let mut outer = Reader::new(&bytes);
        let mut inner = outer.read_sequence().unwrap();
        assert_eq!(inner.read_u64(), Ok(5));
        let tlv = inner.read_any().unwrap();
        assert_eq!((tlv.span(), tlv.content_span()), (5..8, 7..8));
        assert_eq!((inner.finish(), outer.finish()), (Ok(()), Ok(())));
    }

    #[test]
    fn lengths_are_minimal_and_definite() {
        for bytes in [
            &[0x04, 0x80][..],
            &[0x04, 0x81, 0x01, 0],
            &[0x04, 0x82, 0, 0x80],
            &[0x04, 0x85, 1, 0, 0, 0, 0],
        ] {
            assert_eq!(problem(Reader::new(bytes).read_any()), TlvProblem::Length, "{bytes:x?}");
        }
        assert_eq!(
            problem(Reader::new(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]).read_any()),
            TlvProblem::Truncated
        );
        assert_eq!(problem(Reader::new(&[0x1f, 0x00]).read_any()), TlvProblem::HighTag);
        assert_eq!(problem(Reader::new(&[0x04, 0x02, 0]).read_any()), TlvProblem::Truncated);
        assert_eq!(problem(Reader::new(&[]).read(tag::NULL)), TlvProblem::Truncated);
        assert_eq!(problem(Reader::new(&[0]).finish()), TlvProblem::Trailing);
    }

    #[test]
    fn integers_are_minimal() {
        assert_eq!(Reader::new(&[2, 1, 0]).read_unsigned(), Ok(&[0][..]));
        assert_eq!(Reader::new(&[2, 2, 0, 0x80]).read_unsigned(), Ok(&[0x80][..]));
        assert_eq!(Reader::new(&[2, 1, 0xff]).read_integer(), Ok(&[0xff][..]));
        for bytes in [&[2, 0][..], &[2, 2, 0, 0x7f], &[2, 2, 0xff, 0x80], &[2, 1, 0x80]] {
            assert_eq!(
                problem(Reader::new(bytes).read_unsigned()),
                TlvProblem::Content,
                "{bytes:x?}"
            );
        }
        assert_eq!(
            problem(Reader::new(&[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0]).read_u64()),
            TlvProblem::Content
        );
        assert_eq!(
            problem(Reader::new(&[4, 1, 0]).read_u64()),
            TlvProblem::Tag { expected: 2, found: 4 }
        );
    }

    #[test]
    fn bits_and_booleans_are_strict() {
        assert_eq!(Reader::new(&[3, 2, 1, 0x06]).read_named_bits(), Ok(0b0110_0000));
        assert_eq!(Reader::new(&[3, 1, 0]).read_named_bits(), Ok(0));
        for bytes in [&[3, 2, 1, 0x07][..], &[3, 0], &[3, 2, 8, 0], &[3, 1, 1]] {
            assert_eq!(
                problem(Reader::new(bytes).read_named_bits()),
                TlvProblem::Content,
                "{bytes:x?}"
            );
        }
        assert_eq!(
            problem(Reader::new(&[3, 2, 1, 0]).read_bit_string()),
            TlvProblem::Content
        );
        assert_eq!(problem(Reader::new(&[1, 1, 1]).read_boolean()), TlvProblem::Content);
        assert_eq!(problem(Reader::new(&[5, 1, 0]).read_null()), TlvProblem::Content);
    }

    proptest! {
        #[test]
        fn never_panics_and_always_ends(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::new(&bytes);
            while let Ok(tlv) = reader.read_any() {
                prop_assert_eq!(bytes.get(tlv.span()), Some(tlv.raw));
                let mut inside = tlv.reader();
                let _ = (inside.read_oid(), inside.read_named_bits(), inside.read_unsigned(), inside.read_enumerated());
            }
        }
    }
}
