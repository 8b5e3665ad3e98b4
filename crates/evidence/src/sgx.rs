//! SGX report bodies (Intel SDM volume 3D, REPORT; DCAP ECDSA quote library API, appendix A).

use crate::{FormatError, reader::Reader};

/// Length of an SGX report body, bytes.
pub const REPORT_BODY_LENGTH: usize = 384;

/// `ATTRIBUTES.DEBUG`: the enclave can be read and written by its host.
const ATTRIBUTE_DEBUG: u8 = 1 << 1;

/// The body of an SGX REPORT: what the processor says of an enclave. Also the body of an SGX quote and the report
/// of a quoting enclave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportBody {
    /// Security versions of the processor's components.
    pub cpu_svn: [u8; 16],
    /// `MISCSELECT`, the SSA frame features.
    pub misc_select: u32,
    /// Reserved.
    pub reserved1: [u8; 12],
    /// `ISVEXTPRODID` (key separation and sharing, KSS).
    pub isv_ext_prod_id: [u8; 16],
    /// `ATTRIBUTES`: flags (8 bytes) and XFRM (8 bytes).
    pub attributes: [u8; 16],
    /// `MRENCLAVE`, the measurement of the enclave's build.
    pub mr_enclave: [u8; 32],
    /// Reserved.
    pub reserved2: [u8; 32],
    /// `MRSIGNER`, the hash of the key that signed the enclave.
    pub mr_signer: [u8; 32],
    /// Reserved.
    pub reserved3: [u8; 32],
    /// `CONFIGID` (KSS).
    pub config_id: [u8; 64],
    /// `ISVPRODID`.
    pub isv_prod_id: u16,
    /// `ISVSVN`.
    pub isv_svn: u16,
    /// `CONFIGSVN` (KSS).
    pub config_svn: u16,
    /// Reserved.
    pub reserved4: [u8; 42],
    /// `ISVFAMILYID` (KSS).
    pub isv_family_id: [u8; 16],
    /// `REPORTDATA`, what the enclave chose.
    pub report_data: [u8; 64],
}

impl ReportBody {
    /// Reads a report body.
    ///
    /// # Errors
    /// [`FormatError::Truncated`] or `Invalid` unless `bytes` are exactly [`REPORT_BODY_LENGTH`] long.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new("SGX report body", bytes);
        let body = Self {
            cpu_svn: reader.array()?,
            misc_select: reader.u32()?,
            reserved1: reader.array()?,
            isv_ext_prod_id: reader.array()?,
            attributes: reader.array()?,
            mr_enclave: reader.array()?,
            reserved2: reader.array()?,
            mr_signer: reader.array()?,
            reserved3: reader.array()?,
            config_id: reader.array()?,
            isv_prod_id: reader.u16()?,
            isv_svn: reader.u16()?,
            config_svn: reader.u16()?,
            reserved4: reader.array()?,
            isv_family_id: reader.array()?,
            report_data: reader.array()?,
        };
        reader.finish()?;
        Ok(body)
    }

    /// The bytes of this body, [`REPORT_BODY_LENGTH`] of them.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [
            self.cpu_svn.as_slice(),
            &self.misc_select.to_le_bytes(),
            &self.reserved1,
            &self.isv_ext_prod_id,
            &self.attributes,
            &self.mr_enclave,
            &self.reserved2,
            &self.mr_signer,
            &self.reserved3,
            &self.config_id,
            &self.isv_prod_id.to_le_bytes(),
            &self.isv_svn.to_le_bytes(),
            &self.config_svn.to_le_bytes(),
            &self.reserved4,
            &self.isv_family_id,
            &self.report_data,
        ]
        .concat()
    }

    /// Whether the enclave runs in debug mode: its host reads its memory.
    #[must_use]
    pub const fn debug(&self) -> bool {
        let [flags, ..] = self.attributes;
        flags & ATTRIBUTE_DEBUG != 0
    }

    /// All fields zero: a start for builders.
    #[must_use]
    pub const fn zeroed() -> Self {
        Self {
            cpu_svn: [0; 16],
            misc_select: 0,
            reserved1: [0; 12],
            isv_ext_prod_id: [0; 16],
            attributes: [0; 16],
            mr_enclave: [0; 32],
            reserved2: [0; 32],
            mr_signer: [0; 32],
            reserved3: [0; 32],
            config_id: [0; 64],
            isv_prod_id: 0,
            isv_svn: 0,
            config_svn: 0,
            reserved4: [0; 42],
            isv_family_id: [0; 16],
            report_data: [0; 64],
        }
    }
}
