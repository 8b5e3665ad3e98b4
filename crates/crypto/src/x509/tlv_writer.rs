//! The writing half of [`super::tlv`].

use der::asn1::ObjectIdentifier;

use super::tlv::tag;

/// Builds DER from the inside out; every method appends one element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty writer.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// An element with this tag and content.
    #[must_use]
    pub fn element(mut self, tag: u8, content: &[u8]) -> Self {
        self.0.push(tag);
        let length = content.len().to_be_bytes();
        let significant = length.iter().position(|octet| *octet != 0).unwrap_or(length.len() - 1);
        let octets = length.get(significant..).unwrap_or_default();
        if content.len() >= 0x80 {
            // At most 8, so the cast is exact.
            self.0.push(0x80 | octets.len() as u8);
        }
        self.0.extend_from_slice(octets);
        self.0.extend_from_slice(content);
        self
    }

    /// An element whose content another writer built.
    #[must_use]
    pub fn nested(self, tag: u8, content: Self) -> Self {
        self.element(tag, &content.0)
    }

    /// A SEQUENCE.
    #[must_use]
    pub fn sequence(self, content: Self) -> Self {
        self.nested(tag::SEQUENCE, content)
    }

    /// DER that exists already.
    #[must_use]
    pub fn raw(mut self, der: &[u8]) -> Self {
        self.0.extend_from_slice(der);
        self
    }

    /// An OBJECT IDENTIFIER.
    #[must_use]
    pub fn oid(self, oid: &ObjectIdentifier) -> Self {
        self.element(tag::OID, oid.as_bytes())
    }

    /// A non-negative INTEGER from big-endian octets; leading zeros are dropped and added as DER wants.
    #[must_use]
    pub fn unsigned(self, octets: &[u8]) -> Self {
        let significant = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
        let octets = octets.get(significant..).unwrap_or_default();
        let mut content = Vec::with_capacity(octets.len() + 1);
        if octets.first().is_none_or(|first| *first >= 0x80) {
            content.push(0);
        }
        content.extend_from_slice(octets);
        self.element(tag::INTEGER, &content)
    }

    /// A non-negative INTEGER.
    #[must_use]
    pub fn u64(self, value: u64) -> Self {
        self.unsigned(&value.to_be_bytes())
    }

    /// A BOOLEAN.
    #[must_use]
    pub fn boolean(self, value: bool) -> Self {
        self.element(tag::BOOLEAN, &[if value { 0xff } else { 0 }])
    }

    /// NULL.
    #[must_use]
    pub fn null(self) -> Self {
        self.element(tag::NULL, &[])
    }

    /// An ENUMERATED below 128.
    #[must_use]
    pub fn enumerated(self, value: u8) -> Self {
        self.element(tag::ENUMERATED, &[value & 0x7f])
    }

    /// An OCTET STRING.
    #[must_use]
    pub fn octet_string(self, octets: &[u8]) -> Self {
        self.element(tag::OCTET_STRING, octets)
    }

    /// A BIT STRING of whole octets.
    #[must_use]
    pub fn bit_string(self, octets: &[u8]) -> Self {
        let mut content = Vec::with_capacity(octets.len() + 1);
        content.push(0);
        content.extend_from_slice(octets);
        self.element(tag::BIT_STRING, &content)
    }

    /// A named BIT STRING: bit 0 of `bits` is the string's first bit; trailing zero bits are dropped.
    #[must_use]
    pub fn named_bits(self, bits: u32) -> Self {
        let used = 32 - bits.leading_zeros();
        let unused = (8 - used % 8) % 8;
        let count = used.div_ceil(8) as usize;
        let mut content = vec![unused as u8];
        content.extend(bits.to_le_bytes().iter().take(count).map(|octet| octet.reverse_bits()));
        self.element(tag::BIT_STRING, &content)
    }

    /// An IA5String; `text` is expected to be ASCII.
    #[must_use]
    pub fn ia5(self, text: &str) -> Self {
        self.element(tag::IA5_STRING, text.as_bytes())
    }

    /// The DER built so far.
    #[must_use]
    pub fn into_der(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::x509::tlv::Reader;

    proptest! {
        #[test]
        fn what_is_written_is_read(value: u64, bits: u32, len in 0_usize..70_000, flag: bool, octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            let long = vec![0x5a; len];
            let der = Writer::new()
                .sequence(Writer::new().u64(value).named_bits(bits).octet_string(&long).boolean(flag).unsigned(&octets).null())
                .into_der();
            let mut outer = Reader::new(&der);
            let mut reader = outer.read_sequence().unwrap();
            prop_assert_eq!(reader.read_u64().unwrap(), value);
            prop_assert_eq!(reader.read_named_bits().unwrap(), bits);
            prop_assert_eq!(reader.read_octet_string().unwrap(), &long[..]);
            prop_assert_eq!(reader.read_boolean().unwrap(), flag);
            let significant: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
            let expected = if significant.is_empty() { vec![0] } else { significant };
            prop_assert_eq!(reader.read_unsigned().unwrap(), &expected[..]);
            reader.read_null().unwrap();
            prop_assert_eq!(reader.finish(), Ok(()));
            prop_assert_eq!(outer.finish(), Ok(()));
        }
    }
}
