//! `ATTESTATION_REPORT` (AMD 56860 §7.3, table 23).

use super::{Cpuid, FirmwareVersion, GuestPolicy, PlatformInfo, Product, Signature, SignerInfo, TcbVersion};

/// Length of a report of every version, bytes.
pub const REPORT_LEN: usize = 0x4a0;
/// Length of the part that the signature covers, bytes.
pub const SIGNED_LEN: usize = 0x2a0;

/// A report as it was received. Every byte of the input is in one of these fields, so [`AttestationReport::encode`]
/// gives the input back; a signature is still to be checked over the bytes received, never over an encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationReport {
    /// 2, 3, 4 or 5.
    pub version: u32,
    /// The guest's own security version.
    pub guest_svn: u32,
    /// What the guest's owner allowed.
    pub policy: GuestPolicy,
    /// From the identity block of the launch.
    pub family_id: [u8; 16],
    /// From the identity block of the launch.
    pub image_id: [u8; 16],
    /// Privilege level of the requester; 0xffff_ffff for a report that the host asked for.
    pub vmpl: u32,
    /// 1 is ECDSA P-384 with SHA-384.
    pub signature_algorithm: u32,
    /// What the platform runs.
    pub current_tcb: TcbVersion,
    /// How the platform was configured.
    pub platform_info: PlatformInfo,
    /// Who signed.
    pub signer: SignerInfo,
    /// The 64 bytes that the guest chose.
    pub report_data: [u8; 64],
    /// Launch digest.
    pub measurement: [u8; 48],
    /// Chosen by the host at launch.
    pub host_data: [u8; 32],
    /// SHA-384 of the key that signed the identity block; zero without one.
    pub id_key_digest: [u8; 48],
    /// SHA-384 of the key that certified that key; zero without one.
    pub author_key_digest: [u8; 48],
    /// Identity of this guest, random per launch.
    pub report_id: [u8; 32],
    /// Identity of its migration agent.
    pub report_id_ma: [u8; 32],
    /// What the signing key was derived from; the endorsement key's certificate names the same.
    pub reported_tcb: TcbVersion,
    /// Zero in version 2.
    pub cpuid: Cpuid,
    /// Identity of the chip; zero where masked. Turin fills the first eight bytes only.
    pub chip_id: [u8; 64],
    /// What the platform promised not to go below.
    pub committed_tcb: TcbVersion,
    /// Firmware that runs.
    pub current_version: FirmwareVersion,
    /// Firmware that is committed.
    pub committed_version: FirmwareVersion,
    /// What the platform ran when the guest was launched.
    pub launch_tcb: TcbVersion,
    /// From version 5 on.
    pub mitigations: Option<MitigationVectors>,
    /// The areas that the specification reserves.
    pub reserved: Reserved,
    /// Over the first [`SIGNED_LEN`] bytes.
    pub signature: Signature,
}

/// Which mitigations the platform had (version 5, AMD 56860 revision 1.58).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MitigationVectors {
    /// When the guest was launched.
    pub launch: u64,
    /// When the report was made.
    pub current: u64,
}

/// The reserved areas inside the signed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// 0x4c to 0x4f.
    pub after_signer: [u8; 4],
    /// 0x18b to 0x19f.
    pub after_cpuid: [u8; 21],
    /// 0x1eb and 0x1ef, behind the firmware versions.
    pub after_versions: [u8; 2],
    /// 0x1f8 to 0x207 before version 5, where the mitigation vectors came to stand; zero from version 5 on.
    pub before_tail: [u8; 16],
    /// 0x208 to 0x29f.
    pub tail: [u8; 152],
}

impl Default for Reserved {
    fn default() -> Self {
        Self {
            after_signer: [0; 4],
            after_cpuid: [0; 21],
            after_versions: [0; 2],
            before_tail: [0; 16],
            tail: [0; 152],
        }
    }
}

/// Bytes are not a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Not [`REPORT_LEN`] bytes.
    #[error("a report has 1184 bytes, not {0}")]
    Length(usize),
    /// A version whose layout is not known.
    #[error("report version {0} (2 to 5 are known)")]
    Version(u32),
}

impl ReportError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length(_) => "report_length",
            Self::Version(_) => "report_version",
        }
    }
}

/// Takes fields off the front of a report whose length was checked.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ReportError> {
        let (field, rest) = self.0.split_first_chunk().ok_or(ReportError::Length(0))?;
        self.0 = rest;
        Ok(*field)
    }

    fn u32(&mut self) -> Result<u32, ReportError> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, ReportError> {
        self.take().map(u64::from_le_bytes)
    }

    /// Build, minor, major, reserved.
    fn firmware(&mut self) -> Result<(FirmwareVersion, u8), ReportError> {
        let [build, minor, major, reserved] = self.take()?;
        Ok((FirmwareVersion { major, minor, build }, reserved))
    }
}

impl AttestationReport {
    /// Reads a report of version 2 to 5. Reserved areas are kept and not judged.
    ///
    /// Version 4 is not in a public revision of the specification, but platforms emit it: its layout is that of
    /// version 3, and its later areas are kept as reserved.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReportError> {
        if bytes.len() != REPORT_LEN {
            return Err(ReportError::Length(bytes.len()));
        }
        let mut at = Fields(bytes);
        let version = at.u32()?;
        if !(2..=5).contains(&version) {
            return Err(ReportError::Version(version));
        }
        let mut report = Self {
            version,
            ..Self::default()
        };
        report.read_identity(&mut at)?;
        report.read_platform(&mut at)?;
        report.signature = Signature {
            r: at.take()?,
            s: at.take()?,
            reserved: at.take()?,
        };
        Ok(report)
    }

    /// 0x04 to 0x17f.
    fn read_identity(&mut self, at: &mut Fields<'_>) -> Result<(), ReportError> {
        self.guest_svn = at.u32()?;
        self.policy = GuestPolicy(at.u64()?);
        self.family_id = at.take()?;
        self.image_id = at.take()?;
        self.vmpl = at.u32()?;
        self.signature_algorithm = at.u32()?;
        self.current_tcb = TcbVersion(at.take()?);
        self.platform_info = PlatformInfo(at.u64()?);
        self.signer = SignerInfo(at.u32()?);
        self.reserved.after_signer = at.take()?;
        self.report_data = at.take()?;
        self.measurement = at.take()?;
        self.host_data = at.take()?;
        self.id_key_digest = at.take()?;
        self.author_key_digest = at.take()?;
        self.report_id = at.take()?;
        self.report_id_ma = at.take()?;
        Ok(())
    }

    /// 0x180 to 0x29f.
    fn read_platform(&mut self, at: &mut Fields<'_>) -> Result<(), ReportError> {
        self.reported_tcb = TcbVersion(at.take()?);
        let [family, model, stepping] = at.take()?;
        self.cpuid = Cpuid {
            family,
            model,
            stepping,
        };
        self.reserved.after_cpuid = at.take()?;
        self.chip_id = at.take()?;
        self.committed_tcb = TcbVersion(at.take()?);
        let (current, after_current) = at.firmware()?;
        let (committed, after_committed) = at.firmware()?;
        self.current_version = current;
        self.committed_version = committed;
        self.reserved.after_versions = [after_current, after_committed];
        self.launch_tcb = TcbVersion(at.take()?);
        if self.version >= 5 {
            self.mitigations = Some(MitigationVectors {
                launch: at.u64()?,
                current: at.u64()?,
            });
        } else {
            self.reserved.before_tail = at.take()?;
        }
        self.reserved.tail = at.take()?;
        Ok(())
    }

    /// The report's bytes, signature included.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.encode_signed();
        out.extend_from_slice(&self.signature.r);
        out.extend_from_slice(&self.signature.s);
        out.extend_from_slice(&self.signature.reserved);
        out
    }

    /// The first [`SIGNED_LEN`] bytes, to be signed by whoever makes a report.
    #[must_use]
    pub fn encode_signed(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(REPORT_LEN);
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&self.guest_svn.to_le_bytes());
        out.extend_from_slice(&self.policy.0.to_le_bytes());
        out.extend_from_slice(&self.family_id);
        out.extend_from_slice(&self.image_id);
        out.extend_from_slice(&self.vmpl.to_le_bytes());
        out.extend_from_slice(&self.signature_algorithm.to_le_bytes());
        out.extend_from_slice(&self.current_tcb.0);
        out.extend_from_slice(&self.platform_info.0.to_le_bytes());
        out.extend_from_slice(&self.signer.0.to_le_bytes());
        out.extend_from_slice(&self.reserved.after_signer);
        out.extend_from_slice(&self.report_data);
        out.extend_from_slice(&self.measurement);
        out.extend_from_slice(&self.host_data);
        out.extend_from_slice(&self.id_key_digest);
        out.extend_from_slice(&self.author_key_digest);
        out.extend_from_slice(&self.report_id);
        out.extend_from_slice(&self.report_id_ma);
        self.encode_platform(&mut out);
        out
    }

    fn encode_platform(&self, out: &mut Vec<u8>) {
        let [after_current, after_committed] = self.reserved.after_versions;
        let (current, committed) = (self.current_version, self.committed_version);
        out.extend_from_slice(&self.reported_tcb.0);
        out.extend_from_slice(&[self.cpuid.family, self.cpuid.model, self.cpuid.stepping]);
        out.extend_from_slice(&self.reserved.after_cpuid);
        out.extend_from_slice(&self.chip_id);
        out.extend_from_slice(&self.committed_tcb.0);
        out.extend_from_slice(&[current.build, current.minor, current.major, after_current]);
        out.extend_from_slice(&[committed.build, committed.minor, committed.major, after_committed]);
        out.extend_from_slice(&self.launch_tcb.0);
        match self.mitigations {
            Some(vectors) => {
                out.extend_from_slice(&vectors.launch.to_le_bytes());
                out.extend_from_slice(&vectors.current.to_le_bytes());
            }
            None => out.extend_from_slice(&self.reserved.before_tail),
        }
        out.extend_from_slice(&self.reserved.tail);
    }

    /// The product line that the processor's family and model name; `None` in version 2, which does not say, and
    /// for processors that are not known.
    #[must_use]
    pub const fn product(&self) -> Option<Product> {
        if self.version < 3 {
            None
        } else {
            Product::from_cpuid(self.cpuid)
        }
    }

    /// Offset of the first byte that this version's specification wants to be zero and that is not. Version 4 has
    /// no public specification: its areas from 0x1f8 on are not looked at.
    #[must_use]
    pub fn first_reserved_not_zero(&self) -> Option<usize> {
        let cpuid = [self.cpuid.family, self.cpuid.model, self.cpuid.stepping];
        let [after_current, after_committed] = &self.reserved.after_versions;
        let areas: [(usize, &[u8], bool); 7] = [
            (0x4c, &self.reserved.after_signer, true),
            (0x188, &cpuid, self.version == 2),
            (0x18b, &self.reserved.after_cpuid, true),
            (0x1eb, std::slice::from_ref(after_current), true),
            (0x1ef, std::slice::from_ref(after_committed), true),
            (0x1f8, &self.reserved.before_tail, self.version != 4),
            (0x208, &self.reserved.tail, self.version != 4),
        ];
        let first = |(offset, area, zero): (usize, &[u8], bool)| {
            area.iter().position(|byte| zero && *byte != 0).map(|at| offset + at)
        };
        if self.signer.reserved() != 0 {
            return Some(0x48);
        }
        areas.into_iter().find_map(first)
    }
}

impl Default for AttestationReport {
    /// Version 3, ECDSA P-384 with SHA-384, the policy's must-be-one bit; all else zero.
    fn default() -> Self {
        Self {
            version: 3,
            guest_svn: 0,
            policy: GuestPolicy(1 << 17),
            family_id: [0; 16],
            image_id: [0; 16],
            vmpl: 0,
            signature_algorithm: 1,
            current_tcb: TcbVersion::default(),
            platform_info: PlatformInfo::default(),
            signer: SignerInfo::default(),
            report_data: [0; 64],
            measurement: [0; 48],
            host_data: [0; 32],
            id_key_digest: [0; 48],
            author_key_digest: [0; 48],
            report_id: [0; 32],
            report_id_ma: [0; 32],
            reported_tcb: TcbVersion::default(),
            cpuid: Cpuid::default(),
            chip_id: [0; 64],
            committed_tcb: TcbVersion::default(),
            current_version: FirmwareVersion::default(),
            committed_version: FirmwareVersion::default(),
            launch_tcb: TcbVersion::default(),
            mitigations: None,
            reserved: Reserved::default(),
            signature: Signature {
                r: [0; 72],
                s: [0; 72],
                reserved: [0; 368],
            },
        }
    }
}
