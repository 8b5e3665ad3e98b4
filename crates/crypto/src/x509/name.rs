//! Distinguished names (RFC 5280 §4.1.2.4), printed as RFC 4514 says.

use std::{fmt, sync::Arc};

use super::{
    X509Error, oid,
    tlv::{ObjectIdentifier, Reader, Tlv, Writer, tag},
};

/// The most attributes in one name.
const MAX_ATTRIBUTES: usize = 64;

/// A distinguished name: its DER, compared byte by byte. [`Name::matches`] compares tolerantly.
///
/// Display gives RFC 4514's order, the last RDN first: `C=US,ST=CA,L=Santa Clara,O=Intel Corporation,CN=…` for a
/// name that the DER begins with CN.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Arc<[u8]>);

/// Short names that RFC 4514 §3 knows.
const KEYWORDS: [(ObjectIdentifier, &str); 9] = [
    (oid::COMMON_NAME, "CN"),
    (oid::LOCALITY, "L"),
    (oid::STATE, "ST"),
    (oid::ORGANIZATION, "O"),
    (oid::ORGANIZATIONAL_UNIT, "OU"),
    (oid::COUNTRY, "C"),
    (oid::STREET, "STREET"),
    (oid::DOMAIN_COMPONENT, "DC"),
    (oid::USER_ID, "UID"),
];

impl Name {
    /// Reads a DER Name.
    ///
    /// # Errors
    /// [`X509Error`].
    pub fn parse(der: &[u8]) -> Result<Self, X509Error> {
        let mut reader = Reader::new(der);
        let name = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(name)
    }

    /// A name of these attributes, in the order of the DER, one per RDN. Countries become PrintableString, domain
    /// components IA5String, everything else UTF8String.
    #[must_use]
    pub fn from_attributes(attributes: &[(ObjectIdentifier, &str)]) -> Self {
        let rdns = attributes.iter().fold(Writer::new(), |rdns, (id, value)| {
            let tag = match *id {
                oid::COUNTRY => tag::PRINTABLE_STRING,
                oid::DOMAIN_COMPONENT => tag::IA5_STRING,
                _ => tag::UTF8_STRING,
            };
            let attribute = Writer::new().sequence(Writer::new().oid(id).element(tag, value.as_bytes()));
            rdns.nested(tag::SET, attribute)
        });
        Self(Writer::new().sequence(rdns).into_der().into())
    }

    /// The DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// The first common name, if it is text.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        self.attribute(&oid::COMMON_NAME)
    }

    /// The first attribute of this type, if it is text.
    #[must_use]
    pub fn attribute(&self, id: &ObjectIdentifier) -> Option<String> {
        let attributes = self.attributes();
        attributes
            .iter()
            .flatten()
            .find(|attribute| attribute.oid == *id)
            .and_then(|found| text_of(&found.value))
    }

    /// Whether both names say the same when letter case, runs of blanks and string types are ignored
    /// (RFC 5280 §7.1).
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self == other || self.folded() == other.folded()
    }

    /// Reads and checks the next element.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, X509Error> {
        let tlv = reader.read(tag::SEQUENCE)?;
        check(tlv.reader())?;
        Ok(Self(tlv.raw.into()))
    }

    /// The RDNs in DER order. Total, because the DER was checked when read.
    fn attributes(&self) -> Vec<Vec<Attribute<'_>>> {
        let mut rdns = Vec::new();
        let Ok(mut sequence) = Reader::new(&self.0).read_sequence() else {
            return rdns;
        };
        while let Ok(mut set) = sequence.read_set() {
            let mut rdn = Vec::new();
            while let Ok(attribute) = Attribute::read(&mut set) {
                rdn.push(attribute);
            }
            rdns.push(rdn);
        }
        rdns
    }

    fn folded(&self) -> Vec<Vec<(ObjectIdentifier, String)>> {
        let fold = |attribute: &Attribute<'_>| {
            let text = text_of(&attribute.value).map_or_else(
                || format!("#{}", hex::encode(attribute.value.raw)),
                |text| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "),
            );
            (attribute.oid, text)
        };
        let mut rdns: Vec<Vec<_>> = self
            .attributes()
            .iter()
            .map(|rdn| rdn.iter().map(fold).collect())
            .collect();
        rdns.iter_mut().for_each(|rdn| rdn.sort());
        rdns
    }
}

struct Attribute<'a> {
    oid: ObjectIdentifier,
    value: Tlv<'a>,
}

impl<'a> Attribute<'a> {
    fn read(set: &mut Reader<'a>) -> Result<Self, X509Error> {
        let mut inside = set.read_sequence()?;
        let oid = inside.read_oid()?;
        let value = inside.read_any()?;
        inside.finish()?;
        Ok(Self { oid, value })
    }
}

/// The structure of an RDNSequence.
fn check(mut rdns: Reader<'_>) -> Result<(), X509Error> {
    let mut count = 0;
    while !rdns.is_empty() {
        let mut set = rdns.read_set()?;
        if set.is_empty() {
            return Err(X509Error::field("rdnSequence"));
        }
        while !set.is_empty() {
            Attribute::read(&mut set)?;
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err(X509Error::field("rdnSequence"));
            }
        }
    }
    Ok(())
}

/// The text of a string type; `None` for other types and malformed text.
fn text_of(value: &Tlv<'_>) -> Option<String> {
    match value.tag {
        tag::UTF8_STRING => String::from_utf8(value.content.to_vec()).ok(),
        tag::PRINTABLE_STRING | tag::IA5_STRING if value.content.is_ascii() => {
            String::from_utf8(value.content.to_vec()).ok()
        }
        tag::TELETEX_STRING => Some(value.content.iter().copied().map(char::from).collect()),
        tag::BMP_STRING => {
            let (units, []) = value.content.as_chunks::<2>() else {
                return None;
            };
            char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)))
                .collect::<Result<_, _>>()
                .ok()
        }
        _ => None,
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rdn) in self.attributes().iter().rev().enumerate() {
            for (position, attribute) in rdn.iter().enumerate() {
                f.write_str(match (index, position) {
                    (0, 0) => "",
                    (_, 0) => ",",
                    _ => "+",
                })?;
                write_attribute(f, attribute)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// `type=value`, escaped (RFC 4514 §2.3, §2.4); unknown types and non-text values are `#` and hex.
fn write_attribute(f: &mut fmt::Formatter<'_>, attribute: &Attribute<'_>) -> fmt::Result {
    let keyword = KEYWORDS.iter().find(|(id, _)| *id == attribute.oid);
    let text = text_of(&attribute.value);
    let (Some((_, keyword)), Some(text)) = (keyword, text) else {
        return write!(f, "{}=#{}", attribute.oid, hex::encode(attribute.value.raw));
    };
    write!(f, "{keyword}=")?;
    let last = text.chars().count().saturating_sub(1);
    for (position, character) in text.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{character}")?,
            '#' if position == 0 => f.write_str("\\#")?,
            ' ' if position == 0 || position == last => f.write_str("\\ ")?,
            // Keeps a hostile name from breaking lines or writing terminal codes.
            control if control.is_control() => {
                let mut utf8 = [0; 4];
                for octet in control.encode_utf8(&mut utf8).bytes() {
                    write!(f, "\\{octet:02x}")?;
                }
            }
            plain => write!(f, "{plain}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prints_in_reverse_and_escapes() {
        let name = Name::from_attributes(&[
            (oid::COMMON_NAME, "Intel SGX Root CA"),
            (oid::ORGANIZATION, " Intel, \"Corp\"#+\n "),
            (oid::COUNTRY, "US"),
        ]);
        assert_eq!(
            name.to_string(),
            "C=US,O=\\ Intel\\, \\\"Corp\\\"#\\+\\0a\\ ,CN=Intel SGX Root CA"
        );
        assert_eq!(name.common_name().as_deref(), Some("Intel SGX Root CA"));
        assert_eq!(Name::parse(name.der()), Ok(name.clone()));
        let unknown = Name::from_attributes(&[(oid::ObjectIdentifier::new_unwrap("2.5.4.5"), "1")]);
        assert_eq!(unknown.to_string(), "2.5.4.5=#0c0131");
    }

    #[test]
    fn compares_tolerantly_when_asked() {
        let one = Name::from_attributes(&[(oid::COMMON_NAME, "Root  CA"), (oid::COUNTRY, "US")]);
        let two = Name::from_attributes(&[(oid::COMMON_NAME, "root ca "), (oid::COUNTRY, "us")]);
        let three = Name::from_attributes(&[(oid::COUNTRY, "US"), (oid::COMMON_NAME, "Root CA")]);
        assert_ne!(one, two);
        assert!(one.matches(&two));
        assert!(!one.matches(&three), "order counts");
    }

    #[test]
    fn refuses_other_structures() {
        for der in ["3000 00", "3002 3100", "3004 3102 3000", "3002 0500"] {
            let bytes = hex::decode(der.replace(' ', "")).unwrap();
            assert!(Name::parse(&bytes).is_err(), "{der}");
        }
        assert_eq!(Name::parse(&[0x30, 0]).unwrap().to_string(), "");
    }

    proptest! {
        #[test]
        fn prints_anything_on_one_line(values in proptest::collection::vec(any::<String>(), 0..4)) {
            let attributes: Vec<_> = values.iter().map(|value| (oid::COMMON_NAME, value.as_str())).collect();
            let name = Name::from_attributes(&attributes);
            prop_assert!(!name.to_string().contains(char::is_control));
            prop_assert_eq!(Name::parse(name.der()), Ok(name));
        }
    }
}
