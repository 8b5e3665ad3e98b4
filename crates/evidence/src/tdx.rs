//! TD report bodies as quotes carry them (DCAP quote generation library, `sgx_quote_4.h` and `sgx_quote_5.h`).

use crate::{FormatError, reader::Reader};

/// Length of a TD 1.0 report body, bytes.
pub const TD10_LENGTH: usize = 584;
/// Length of a TD 1.5 report body, bytes.
pub const TD15_LENGTH: usize = 648;
/// Length of a TD 1.5 "ex" report body, bytes.
pub const TD15_EX_LENGTH: usize = 885;

/// `ATTRIBUTES.TUD`: any of these bits makes the TD untrusted (TDX module ABI, ATTRIBUTES).
const ATTRIBUTES_TUD: u8 = 0xff;

/// What the TDX module says of a trust domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TdReport {
    /// `TEE_TCB_SVN`: byte 0 the module's SVN, byte 1 its major version, then the other TDX components.
    pub tee_tcb_svn: [u8; 16],
    /// `MRSEAM`, the measurement of the TDX module.
    pub mr_seam: [u8; 48],
    /// `MRSIGNERSEAM`: zero for a module that Intel signed.
    pub mr_signer_seam: [u8; 48],
    /// `SEAMATTRIBUTES`.
    pub seam_attributes: [u8; 8],
    /// `TDATTRIBUTES`.
    pub td_attributes: [u8; 8],
    /// `XFAM`.
    pub xfam: [u8; 8],
    /// `MRTD`, the measurement of the TD's initial memory.
    pub mr_td: [u8; 48],
    /// `MRCONFIGID`.
    pub mr_config_id: [u8; 48],
    /// `MROWNER`.
    pub mr_owner: [u8; 48],
    /// `MROWNERCONFIG`.
    pub mr_owner_config: [u8; 48],
    /// Runtime measurement registers 0 to 3.
    pub rtmr: [[u8; 48]; 4],
    /// `REPORTDATA`, what the TD chose.
    pub report_data: [u8; 64],
    /// The fields that TDX 1.5 added.
    pub v15: Option<Td15>,
    /// The fields of the 885-byte body (quote v5, body type 4).
    pub ex: Option<Td15Ex>,
}

/// What TDX 1.5 added to the TD report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Td15 {
    /// `TEE_TCB_SVN2`: the current TCB, where `TEE_TCB_SVN` is that of the TD's launch.
    pub tee_tcb_svn2: [u8; 16],
    /// `MRSERVICETD`, the hash of the service TDs bound to this TD.
    pub mr_service_td: [u8; 48],
}

/// What the 885-byte body adds to TDX 1.5 (`sgx_report2_body_v1_5_ex_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Td15Ex {
    /// VM index: 0 for an unpartitioned TD or the L1 VMM.
    pub vmid: u8,
    /// Statistically unique identity of the TD instance.
    pub td_id: [u8; 32],
    /// Hash of the device information.
    pub dev_info: [u8; 48],
    /// `SERVTD_HASH` at the TD's creation.
    pub init_service_td_hash: [u8; 48],
    /// Attributes of the service TD at the TD's creation.
    pub init_service_td_attributes: [u8; 8],
    /// `CPUSVN` at the TD's creation.
    pub init_cpu_svn: [u8; 16],
    /// `TEE_TCB_SVN` at the TD's creation.
    pub init_tee_tcb_svn: [u8; 16],
    /// Model of the platform on which the TD was created.
    pub init_tee_fmspc: [u8; 12],
    /// `SERVTD_HASH` of the service TDs bound now.
    pub cur_service_td_hash: [u8; 48],
    /// Attributes of the service TD bound now.
    pub cur_service_td_attributes: [u8; 8],
}

impl TdReport {
    /// Reads a TD report body; its length says which.
    ///
    /// # Errors
    /// [`FormatError`] unless `bytes` are 584, 648 or 885 long.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new("TD report body", bytes);
        let mut report = Self {
            tee_tcb_svn: reader.array()?,
            mr_seam: reader.array()?,
            mr_signer_seam: reader.array()?,
            seam_attributes: reader.array()?,
            td_attributes: reader.array()?,
            xfam: reader.array()?,
            mr_td: reader.array()?,
            mr_config_id: reader.array()?,
            mr_owner: reader.array()?,
            mr_owner_config: reader.array()?,
            rtmr: [reader.array()?, reader.array()?, reader.array()?, reader.array()?],
            report_data: reader.array()?,
            v15: None,
            ex: None,
        };
        if bytes.len() >= TD15_LENGTH {
            report.v15 = Some(Td15 {
                tee_tcb_svn2: reader.array()?,
                mr_service_td: reader.array()?,
            });
        }
        if bytes.len() >= TD15_EX_LENGTH {
            report.ex = Some(Td15Ex::read(&mut reader)?);
        }
        reader.finish()?;
        Ok(report)
    }

    /// The bytes of this body: 584, 648 or 885 of them, by the parts that are there.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = [
            self.tee_tcb_svn.as_slice(),
            &self.mr_seam,
            &self.mr_signer_seam,
            &self.seam_attributes,
            &self.td_attributes,
            &self.xfam,
            &self.mr_td,
            &self.mr_config_id,
            &self.mr_owner,
            &self.mr_owner_config,
            self.rtmr.as_flattened(),
            &self.report_data,
        ]
        .concat();
        if let Some(v15) = &self.v15 {
            bytes.extend_from_slice(&v15.tee_tcb_svn2);
            bytes.extend_from_slice(&v15.mr_service_td);
            if let Some(ex) = &self.ex {
                ex.write(&mut bytes);
            }
        }
        bytes
    }

    /// Whether the TD can be debugged: its host reads its memory. Every bit of the TUD byte counts.
    #[must_use]
    pub const fn debug(&self) -> bool {
        let [tud, ..] = self.td_attributes;
        tud & ATTRIBUTES_TUD != 0
    }

    /// All fields zero, TD 1.0: a start for builders.
    #[must_use]
    pub const fn zeroed() -> Self {
        Self {
            tee_tcb_svn: [0; 16],
            mr_seam: [0; 48],
            mr_signer_seam: [0; 48],
            seam_attributes: [0; 8],
            td_attributes: [0; 8],
            xfam: [0; 8],
            mr_td: [0; 48],
            mr_config_id: [0; 48],
            mr_owner: [0; 48],
            mr_owner_config: [0; 48],
            rtmr: [[0; 48]; 4],
            report_data: [0; 64],
            v15: None,
            ex: None,
        }
    }
}

impl Td15Ex {
    fn read(reader: &mut Reader<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            vmid: u8::from_le_bytes(reader.array()?),
            td_id: reader.array()?,
            dev_info: reader.array()?,
            init_service_td_hash: reader.array()?,
            init_service_td_attributes: reader.array()?,
            init_cpu_svn: reader.array()?,
            init_tee_tcb_svn: reader.array()?,
            init_tee_fmspc: reader.array()?,
            cur_service_td_hash: reader.array()?,
            cur_service_td_attributes: reader.array()?,
        })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.vmid);
        for field in [
            self.td_id.as_slice(),
            &self.dev_info,
            &self.init_service_td_hash,
            &self.init_service_td_attributes,
            &self.init_cpu_svn,
            &self.init_tee_tcb_svn,
            &self.init_tee_fmspc,
            &self.cur_service_td_hash,
            &self.cur_service_td_attributes,
        ] {
            bytes.extend_from_slice(field);
        }
    }
}
