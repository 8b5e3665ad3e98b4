//! Open Enclave's wrappings of SGX evidence and endorsements (openenclave: `include/openenclave/internal/report.h`,
//! `common/sgx/endorsements.h`, `enclave/sgx/attester.c`).

use crate::{FormatError, reader::Reader};

/// Length of the report header, bytes.
pub const REPORT_HEADER_LENGTH: usize = 16;
const REPORT_VERSION: u32 = 1;
const REPORT_TYPE_SGX_REMOTE: u32 = 2;
const ENDORSEMENTS_VERSION: u32 = 1;
const ENCLAVE_TYPE_SGX: u32 = 2;
/// Elements of the endorsements blob: version, TCB info and chain, PCK CRL, root CRL, CRL chain, QE identity and chain,
/// creation time.
const ENDORSEMENTS_ELEMENTS: usize = 9;
/// Elements of the TDX collateral dump.
const DUMP_ELEMENTS: usize = 7;
const CUSTOM_CLAIMS_VERSION: u64 = 1;
/// The most custom claims that are read.
const CUSTOM_CLAIMS_LIMIT: u64 = 256;

/// An Open Enclave remote report: a 16-byte header around a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// The quote, of the length that the header gives.
    pub quote: &'a [u8],
    /// What stands after it.
    pub trailing: &'a [u8],
}

impl<'a> Report<'a> {
    /// Reads a report.
    ///
    /// # Errors
    /// [`FormatError::Unsupported`] for another version than 1 or another type than 2 (SGX remote), `Truncated` when
    /// the header says more than is there.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FormatError> {
        const WHAT: &str = "Open Enclave report";
        let mut reader = Reader::new(WHAT, bytes);
        let version = reader.u32()?;
        if version != REPORT_VERSION {
            return Err(FormatError::Unsupported {
                what: WHAT,
                field: "version",
                value: u64::from(version),
            });
        }
        let kind = reader.u32()?;
        if kind != REPORT_TYPE_SGX_REMOTE {
            return Err(FormatError::Unsupported {
                what: WHAT,
                field: "type",
                value: u64::from(kind),
            });
        }
        let length = reader.u64()?;
        let quote = reader.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        Ok(Self {
            quote,
            trailing: reader.rest(),
        })
    }

    /// Wraps a quote.
    #[must_use]
    pub fn encode(quote: &[u8]) -> Vec<u8> {
        let length = quote.len() as u64;
        [
            REPORT_VERSION.to_le_bytes().as_slice(),
            &REPORT_TYPE_SGX_REMOTE.to_le_bytes(),
            &length.to_le_bytes(),
            quote,
        ]
        .concat()
    }
}

/// One custom claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomClaim<'a> {
    /// The name; Open Enclave ends some names with NUL.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

/// Reads the custom claims buffer that Open Enclave appends to a quote. SHA-256 of the whole buffer is the first half
/// of the quote's report data.
///
/// # Errors
/// [`FormatError`] when the buffer is not exactly a list of claims.
pub fn parse_custom_claims(bytes: &[u8]) -> Result<Vec<CustomClaim<'_>>, FormatError> {
    const WHAT: &str = "Open Enclave custom claims";
    let mut reader = Reader::new(WHAT, bytes);
    let version = reader.u64()?;
    if version != CUSTOM_CLAIMS_VERSION {
        return Err(FormatError::Unsupported {
            what: WHAT,
            field: "version",
            value: version,
        });
    }
    let count = reader.u64()?;
    if count > CUSTOM_CLAIMS_LIMIT {
        return Err(reader.invalid("more than 256 claims"));
    }
    let mut claims = Vec::new();
    for _ in 0..count {
        let name_length = usize::try_from(reader.u64()?).unwrap_or(usize::MAX);
        let value_length = usize::try_from(reader.u64()?).unwrap_or(usize::MAX);
        claims.push(CustomClaim {
            name: reader.take(name_length)?,
            value: reader.take(value_length)?,
        });
    }
    reader.finish()?;
    Ok(claims)
}

/// Writes a custom claims buffer.
#[must_use]
pub fn encode_custom_claims(claims: &[CustomClaim<'_>]) -> Vec<u8> {
    let mut bytes = CUSTOM_CLAIMS_VERSION.to_le_bytes().to_vec();
    bytes.extend_from_slice(&(claims.len() as u64).to_le_bytes());
    for claim in claims {
        bytes.extend_from_slice(&(claim.name.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&(claim.value.len() as u64).to_le_bytes());
        bytes.extend_from_slice(claim.name);
        bytes.extend_from_slice(claim.value);
    }
    bytes
}

/// Reads a blob of endorsements: Open Enclave's SGX form (offsets into a buffer) or the memory image of
/// `sgx_ql_qve_collateral_t` that it uses for TDX. The elements come back without their final NUL, in file order; each
/// is a PEM chain, a CRL, a JSON document, or a text that says nothing to a verifier.
///
/// # Errors
/// [`FormatError`] when the bytes are neither.
pub fn parse_endorsements(bytes: &[u8]) -> Result<Vec<&[u8]>, FormatError> {
    let mut reader = Reader::new("Open Enclave endorsements", bytes);
    match (reader.u32()?, reader.u32()?) {
        (ENDORSEMENTS_VERSION, ENCLAVE_TYPE_SGX) => sgx_endorsements(reader),
        (version, 0 | 0x81) if matches!(version & 0xffff, 3 | 4) => collateral_dump(reader),
        (version, _) => Err(FormatError::Unsupported {
            what: "Open Enclave endorsements",
            field: "version",
            value: u64::from(version),
        }),
    }
}

fn sgx_endorsements(mut reader: Reader<'_>) -> Result<Vec<&[u8]>, FormatError> {
    let length = usize::try_from(reader.u32()?).unwrap_or(usize::MAX);
    let count = usize::try_from(reader.u32()?).unwrap_or(usize::MAX);
    if reader.rest().len() != length {
        return Err(reader.invalid("buffer size does not match"));
    }
    if count != ENDORSEMENTS_ELEMENTS {
        return Err(reader.invalid("expected nine elements"));
    }
    let mut offsets = [0_usize; ENDORSEMENTS_ELEMENTS];
    for offset in &mut offsets {
        *offset = usize::try_from(reader.u32()?).unwrap_or(usize::MAX);
    }
    let data = reader.rest();
    let mut elements = Vec::with_capacity(ENDORSEMENTS_ELEMENTS);
    for (index, &start) in offsets.iter().enumerate() {
        let end = offsets.get(index.saturating_add(1)).copied().unwrap_or(data.len());
        let element = data
            .get(start..end)
            .ok_or_else(|| reader.invalid("element outside the buffer"))?;
        elements.push(without_nul(element));
    }
    // Element 0 is a version number.
    elements.remove(0);
    Ok(elements)
}

fn collateral_dump(mut reader: Reader<'_>) -> Result<Vec<&[u8]>, FormatError> {
    let mut lengths = [0_usize; DUMP_ELEMENTS];
    for length in &mut lengths {
        let _pointer = reader.u64()?;
        *length = usize::try_from(reader.u64()?).unwrap_or(usize::MAX);
    }
    let mut elements = Vec::with_capacity(DUMP_ELEMENTS);
    for length in lengths {
        elements.push(without_nul(reader.take(length)?));
    }
    reader.finish()?;
    Ok(elements)
}

/// Texts end in NUL. So do DER elements of some writers; of others they end where their length says, perhaps in a zero.
fn without_nul(element: &[u8]) -> &[u8] {
    if der_length(element) == Some(element.len()) {
        return element;
    }
    element.strip_suffix(&[0]).unwrap_or(element)
}

/// The whole length of a DER SEQUENCE with a length of one or two octets (X.690 §8.1.3), which every CRL here has.
fn der_length(element: &[u8]) -> Option<usize> {
    match *element {
        [0x30, 0x81, length, ..] => Some(usize::from(length) + 3),
        [0x30, 0x82, high, low, ..] => Some(usize::from(u16::from_be_bytes([high, low])) + 4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_goes_but_not_the_last_octet_of_der() {
        let der = [&[0x30, 0x81, 0x80][..], &[7; 127], &[0]].concat();
        assert_eq!(without_nul(&der), der, "DER that ends in a zero");
        let terminated = [&der[..], &[0]].concat();
        assert_eq!(without_nul(&terminated), der, "the same, terminated");
        assert_eq!(without_nul(b"{}\0"), b"{}");
        assert_eq!(without_nul(b"{}"), b"{}");
        assert_eq!(without_nul(b""), b"");
    }
}
