//! ECDSA quotes: version 3 (SGX), 4 and 5 (TDX, SGX).
//!
//! Layouts: Intel SGX ECDSA QuoteGenReference appendix A (version 3), Intel TDX DCAP Quoting Library API appendix A
//! (versions 4 and 5).

use super::certification::{CertificationData, section};
use crate::{
    FormatError,
    reader::Reader,
    sgx::{REPORT_BODY_LENGTH, ReportBody},
    tdx::{TD10_LENGTH, TD15_EX_LENGTH, TD15_LENGTH, TdReport},
};

const WHAT: &str = "quote";
/// Length of the header, bytes.
pub const HEADER_LENGTH: usize = 48;
/// `tee_type` of SGX.
pub const TEE_TYPE_SGX: u32 = 0;
/// `tee_type` of TDX.
pub const TEE_TYPE_TDX: u32 = 0x81;
/// `att_key_type` of ECDSA-256 with curve P-256, the only one in use.
pub const ATTESTATION_KEY_P256: u16 = 2;
/// The QE vendor id of Intel's quoting enclaves.
pub const INTEL_QE_VENDOR_ID: [u8; 16] = [
    0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
];
/// Certification data type 6: the QE report and its own certification data.
const QE_REPORT_CERTIFICATION_DATA: u16 = 6;

/// The first 48 bytes of a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteHeader {
    /// 3, 4 or 5.
    pub version: u16,
    /// [`ATTESTATION_KEY_P256`].
    pub att_key_type: u16,
    /// [`TEE_TYPE_SGX`] or [`TEE_TYPE_TDX`]; part of the reserved bytes in version 3, where it is 0.
    pub tee_type: u32,
    /// SVN of the quoting enclave (version 3), else reserved.
    pub qe_svn: u16,
    /// SVN of the provisioning certification enclave (version 3), else reserved.
    pub pce_svn: u16,
    /// [`INTEL_QE_VENDOR_ID`].
    pub qe_vendor_id: [u8; 16],
    /// The quoting enclave's: the first 16 bytes identify the platform instance.
    pub user_data: [u8; 20],
}

/// What a quote is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuoteBody {
    /// An SGX enclave.
    Sgx(Box<ReportBody>),
    /// A TDX trust domain.
    Td(Box<TdReport>),
}

/// A quote, taken apart; signed spans are the received bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote<'a> {
    /// The header.
    pub header: QuoteHeader,
    /// The body.
    pub body: QuoteBody,
    /// Header and body (with its descriptor in version 5) as received: what [`Quote::signature`] signs.
    pub signed: &'a [u8],
    /// ECDSA signature by the attestation key, r ‖ s.
    pub signature: [u8; 64],
    /// The attestation key, x ‖ y on P-256.
    pub attestation_key: [u8; 64],
    /// The quoting enclave's report.
    pub qe_report: ReportBody,
    /// The quoting enclave's report as received: what [`Quote::qe_report_signature`] signs.
    pub qe_report_raw: &'a [u8],
    /// ECDSA signature over the report by the PCK, r ‖ s.
    pub qe_report_signature: [u8; 64],
    /// Authentication data of the quoting enclave, hashed with the attestation key into its report data.
    pub qe_auth_data: &'a [u8],
    /// How the PCK is named or carried.
    pub certification: CertificationData<'a>,
    /// What stands after the quote.
    pub trailing: &'a [u8],
}

impl QuoteHeader {
    fn read(reader: &mut Reader<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            version: reader.u16()?,
            att_key_type: reader.u16()?,
            tee_type: reader.u32()?,
            qe_svn: reader.u16()?,
            pce_svn: reader.u16()?,
            qe_vendor_id: reader.array()?,
            user_data: reader.array()?,
        })
    }

    /// Reads only the header of a quote.
    ///
    /// # Errors
    /// [`FormatError::Truncated`] when fewer than 48 bytes are there.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        Self::read(&mut Reader::new(WHAT, bytes))
    }

    /// The 48 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [
            self.version.to_le_bytes().as_slice(),
            &self.att_key_type.to_le_bytes(),
            &self.tee_type.to_le_bytes(),
            &self.qe_svn.to_le_bytes(),
            &self.pce_svn.to_le_bytes(),
            &self.qe_vendor_id,
            &self.user_data,
        ]
        .concat()
    }
}

impl QuoteBody {
    /// The body type of quote version 5: 1 SGX, 2 TD 1.0, 3 TD 1.5, 4 TD 1.5 with 885 bytes.
    #[must_use]
    pub const fn body_type(&self) -> u16 {
        match self {
            Self::Sgx(_) => 1,
            Self::Td(report) => match (&report.v15, &report.ex) {
                (None, _) => 2,
                (Some(_), None) => 3,
                (Some(_), Some(_)) => 4,
            },
        }
    }

    fn read(header: &QuoteHeader, reader: &mut Reader<'_>) -> Result<Self, FormatError> {
        let unsupported = |field, value| FormatError::Unsupported {
            what: WHAT,
            field,
            value,
        };
        let length = match (header.version, header.tee_type) {
            (3 | 4, TEE_TYPE_SGX) => REPORT_BODY_LENGTH,
            (4, TEE_TYPE_TDX) => TD10_LENGTH,
            (5, TEE_TYPE_SGX | TEE_TYPE_TDX) => body_length(header.tee_type, reader)?,
            (3..=5, tee_type) => return Err(unsupported("TEE type", u64::from(tee_type))),
            (version, _) => return Err(unsupported("version", u64::from(version))),
        };
        let bytes = reader.take(length)?;
        Ok(if header.tee_type == TEE_TYPE_SGX {
            Self::Sgx(Box::new(ReportBody::parse(bytes)?))
        } else {
            Self::Td(Box::new(TdReport::parse(bytes)?))
        })
    }

    fn encode(&self, version: u16) -> Vec<u8> {
        let body = match self {
            Self::Sgx(report) => report.encode(),
            Self::Td(report) => report.encode(),
        };
        if version < 5 {
            body
        } else {
            section(self.body_type(), &body)
        }
    }
}

/// Reads the body descriptor of version 5: a type and a size, which must be the type's.
fn body_length(tee_type: u32, reader: &mut Reader<'_>) -> Result<usize, FormatError> {
    let body_type = reader.u16()?;
    let length = match (tee_type, body_type) {
        (TEE_TYPE_SGX, 1) => REPORT_BODY_LENGTH,
        (TEE_TYPE_TDX, 2) => TD10_LENGTH,
        (TEE_TYPE_TDX, 3) => TD15_LENGTH,
        (TEE_TYPE_TDX, 4) => TD15_EX_LENGTH,
        (_, other) => {
            return Err(FormatError::Unsupported {
                what: WHAT,
                field: "body type",
                value: u64::from(other),
            });
        }
    };
    let invalid = reader.invalid("body size is not that of the body type");
    if usize::try_from(reader.u32()?) == Ok(length) {
        Ok(length)
    } else {
        Err(invalid)
    }
}

impl<'a> Quote<'a> {
    /// Reads a quote. Every inner length must account for exactly the bytes of its section.
    ///
    /// # Errors
    /// [`FormatError::Unsupported`] for a version, TEE type, body type, attestation key type or certification data
    /// type that is not known; else `Truncated` or `Invalid` with the offset.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new(WHAT, bytes);
        let header = QuoteHeader::read(&mut reader)?;
        let body = QuoteBody::read(&header, &mut reader)?;
        if header.att_key_type != ATTESTATION_KEY_P256 {
            let value = u64::from(header.att_key_type);
            return Err(FormatError::Unsupported {
                what: WHAT,
                field: "attestation key type",
                value,
            });
        }
        let signed = bytes.get(..reader.offset()).unwrap_or_default();
        let signature_data = reader.sized32()?;
        let trailing = reader.rest();
        let mut reader = Reader::new("quote signature data", signature_data);
        let signature = reader.array()?;
        let attestation_key = reader.array()?;
        if header.version >= 4 {
            let kind = reader.u16()?;
            if kind != QE_REPORT_CERTIFICATION_DATA {
                let value = u64::from(kind);
                return Err(FormatError::Unsupported {
                    what: WHAT,
                    field: "outer certification data type",
                    value,
                });
            }
            let inner = reader.sized32()?;
            reader.finish()?;
            reader = Reader::new("QE report certification data", inner);
        }
        let qe_report_raw = reader.take(REPORT_BODY_LENGTH)?;
        let qe_report = ReportBody::parse(qe_report_raw)?;
        let qe_report_signature = reader.array()?;
        let qe_auth_data = reader.sized16()?;
        let kind = reader.u16()?;
        let certification = CertificationData::parse(kind, reader.sized32()?)?;
        reader.finish()?;
        Ok(Self {
            header,
            body,
            signed,
            signature,
            attestation_key,
            qe_report,
            qe_report_raw,
            qe_report_signature,
            qe_auth_data,
            certification,
            trailing,
        })
    }

    /// Length of the signature data (the `sig_len` field), bytes.
    #[must_use]
    pub fn signature_data_length(&self, whole: &[u8]) -> usize {
        whole
            .len()
            .saturating_sub(self.signed.len())
            .saturating_sub(4)
            .saturating_sub(self.trailing.len())
    }

    /// The outer certification data type: 6 in versions 4 and 5, the inner one in version 3.
    #[must_use]
    pub const fn outer_certification_type(&self) -> u16 {
        if self.header.version >= 4 {
            QE_REPORT_CERTIFICATION_DATA
        } else {
            self.certification.kind()
        }
    }
}

/// The parts of a quote to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteBuilder<'a> {
    /// The header.
    pub header: QuoteHeader,
    /// The body.
    pub body: QuoteBody,
    /// Signature over [`QuoteBuilder::signed`].
    pub signature: [u8; 64],
    /// The attestation key.
    pub attestation_key: [u8; 64],
    /// The quoting enclave's report.
    pub qe_report: ReportBody,
    /// Signature over the encoded report.
    pub qe_report_signature: [u8; 64],
    /// Authentication data.
    pub qe_auth_data: &'a [u8],
    /// The certification data.
    pub certification: CertificationData<'a>,
}

impl QuoteBuilder<'_> {
    /// What the attestation key has to sign.
    #[must_use]
    pub fn signed(&self) -> Vec<u8> {
        let mut bytes = self.header.encode();
        bytes.extend(self.body.encode(self.header.version));
        bytes
    }

    /// The quote.
    ///
    /// # Errors
    /// [`FormatError::Invalid`] when the authentication data is longer than its length field can say.
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        let auth_length = u16::try_from(self.qe_auth_data.len()).map_err(|_| FormatError::Invalid {
            what: WHAT,
            offset: 0,
            detail: "authentication data longer than 65,535 bytes",
        })?;
        let inner = [
            self.qe_report.encode().as_slice(),
            &self.qe_report_signature,
            &auth_length.to_le_bytes(),
            self.qe_auth_data,
            &self.certification.encode(),
        ]
        .concat();
        let inner = if self.header.version >= 4 {
            section(QE_REPORT_CERTIFICATION_DATA, &inner)
        } else {
            inner
        };
        let signature_data = [self.signature.as_slice(), &self.attestation_key, &inner].concat();
        let length = u32::try_from(signature_data.len()).unwrap_or(u32::MAX);
        let mut bytes = self.signed();
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&signature_data);
        Ok(bytes)
    }
}

impl<'a> From<&Quote<'a>> for QuoteBuilder<'a> {
    fn from(quote: &Quote<'a>) -> Self {
        Self {
            header: quote.header,
            body: quote.body.clone(),
            signature: quote.signature,
            attestation_key: quote.attestation_key,
            qe_report: quote.qe_report,
            qe_report_signature: quote.qe_report_signature,
            qe_auth_data: quote.qe_auth_data,
            certification: quote.certification.clone(),
        }
    }
}
