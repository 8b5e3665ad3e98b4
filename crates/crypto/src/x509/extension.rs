//! Extensions (RFC 5280 §4.2).

use std::ops::Range;

use super::{
    X509Error,
    tlv::{ObjectIdentifier, Reader, Writer, tag},
};

/// The most extensions in one certificate, CRL or CRL entry.
const MAX_EXTENSIONS: usize = 64;

/// Whether a reader that does not know an extension must refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Criticality {
    /// It must.
    Critical,
    /// It may go on.
    NonCritical,
}

/// One extension as it stands in a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its identifier.
    pub oid: ObjectIdentifier,
    /// The critical flag.
    pub critical: bool,
    /// The octets inside extnValue.
    pub value: &'a [u8],
}

/// Where an extension stands in the DER that holds it.
#[derive(Clone, Debug)]
pub(super) struct ExtensionSpan {
    pub(super) oid: ObjectIdentifier,
    pub(super) critical: bool,
    pub(super) value: Range<usize>,
}

impl ExtensionSpan {
    pub(super) fn value<'a>(&self, der: &'a [u8]) -> &'a [u8] {
        der.get(self.value.clone()).unwrap_or_default()
    }
}

/// Reads `Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension`; an identifier may occur once.
pub(super) fn read_all(reader: &mut Reader<'_>) -> Result<Vec<ExtensionSpan>, X509Error> {
    let mut list = reader.read_sequence()?;
    let mut spans: Vec<ExtensionSpan> = Vec::with_capacity(12);
    while !list.is_empty() {
        let mut one = list.read_sequence()?;
        let oid = one.read_oid()?;
        let critical = one.peek() == Some(tag::BOOLEAN);
        // DEFAULT FALSE must not be encoded in DER.
        if critical && !one.read_boolean()? {
            return Err(X509Error::field("critical"));
        }
        let value = one.read(tag::OCTET_STRING)?.content_span();
        one.finish()?;
        if spans.len() == MAX_EXTENSIONS || spans.iter().any(|span| span.oid == oid) {
            return Err(X509Error::field("extensions"));
        }
        spans.push(ExtensionSpan { oid, critical, value });
    }
    if spans.is_empty() {
        Err(X509Error::field("extensions"))
    } else {
        Ok(spans)
    }
}

/// Appends one Extension.
pub(super) fn write(writer: Writer, oid: &ObjectIdentifier, criticality: Criticality, value: &[u8]) -> Writer {
    let mut inside = Writer::new().oid(oid);
    if criticality == Criticality::Critical {
        inside = inside.boolean(true);
    }
    writer.sequence(inside.octet_string(value))
}
