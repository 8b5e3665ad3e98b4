//! Who an emulated attester says it is. Every field is a claim that the emulator signs as asked.

use casemate_crypto::hash;
use casemate_evidence::snp::Product;

/// An SGX enclave's identity (Intel SDM vol. 3D, REPORT).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SgxIdentity {
    /// Measurement of the enclave.
    pub mrenclave: [u8; 32],
    /// Hash of its signer's key.
    pub mrsigner: [u8; 32],
    /// Product number that the signer gave.
    pub isv_prod_id: u16,
    /// Security version that the signer gave.
    pub isv_svn: u16,
    /// Whether a debugger may read it.
    pub debug: Debug,
}

impl Default for SgxIdentity {
    fn default() -> Self {
        Self {
            mrenclave: hash::sha256(b"casemate emulated enclave"),
            mrsigner: hash::sha256(b"casemate emulated enclave signer"),
            isv_prod_id: 1,
            isv_svn: 1,
            debug: Debug::Off,
        }
    }
}

/// A TDX trust domain's identity (Intel TDX module ABI, `TDINFO_STRUCT`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TdxIdentity {
    /// Measurement of the initial contents.
    pub mrtd: [u8; 48],
    /// Software-defined id of a TD that is not measured into `mrtd`.
    pub mrconfigid: [u8; 48],
    /// The owner's id.
    pub mrowner: [u8; 48],
    /// The owner's configuration.
    pub mrownerconfig: [u8; 48],
    /// Run-time measurement registers.
    pub rtmr: [[u8; 48]; 4],
    /// Whether a debugger may read it.
    pub debug: Debug,
    /// The form of the quote.
    pub format: TdxFormat,
}

impl Default for TdxIdentity {
    fn default() -> Self {
        Self {
            mrtd: hash::sha384(b"casemate emulated trust domain"),
            mrconfigid: [0; 48],
            mrowner: [0; 48],
            mrownerconfig: [0; 48],
            rtmr: [[0; 48]; 4],
            debug: Debug::Off,
            format: TdxFormat::Version4,
        }
    }
}

/// The form of a TDX quote (Intel TDX DCAP quoting library API, appendix A.3 and A.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TdxFormat {
    /// Quote version 4 with a TD 1.0 report.
    Version4,
    /// Quote version 5 with a TD 1.5 report (body type 3).
    Version5,
}

/// A SEV-SNP guest's identity (AMD SEV-SNP ABI 56860, `ATTESTATION_REPORT`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnpIdentity {
    /// Measurement of the initial contents.
    pub measurement: [u8; 48],
    /// Data that the host gave at launch.
    pub host_data: [u8; 32],
    /// Security version of the guest.
    pub guest_svn: u32,
    /// Family id of the guest, from its ID block.
    pub family_id: [u8; 16],
    /// Image id of the guest, from its ID block.
    pub image_id: [u8; 16],
    /// Privilege level that asked for the report, 0 (highest) to 3.
    pub vmpl: u32,
    /// Whether a debugger may read it.
    pub debug: Debug,
    /// The line of processors, and so the version of the report: 3 on Milan and Genoa, 5 on Turin.
    pub product: Product,
}

impl Default for SnpIdentity {
    fn default() -> Self {
        Self {
            measurement: hash::sha384(b"casemate emulated guest"),
            host_data: [0; 32],
            guest_svn: 0,
            family_id: [0; 16],
            image_id: [0; 16],
            vmpl: 0,
            debug: Debug::Off,
            product: Product::Milan,
        }
    }
}

/// Whether a debugger may read the attester's memory. One that may keeps no secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debug {
    /// It may not.
    Off,
    /// It may.
    On,
}

impl Debug {
    pub(crate) const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}
