//! Attestation reports of the emulated processors.

use casemate_crypto::{
    hash,
    sign::{SignatureAlgorithm, SignatureEncoding},
};
use casemate_evidence::snp::{
    AttestationReport, Cpuid, FirmwareVersion, GuestPolicy, MitigationVectors, PlatformInfo, Product, SignerInfo,
    SigningKey,
};

use super::{AmdPki, firmware};
use crate::{EmulatorFault, identity::SnpIdentity};

/// SMT allowed, and the bit that must be one; ABI 0.31.
const POLICY: u64 = 0x3_001f;
const POLICY_DEBUG: u64 = 1 << 19;
/// SMT enabled, ECC memory, aliases checked.
const PLATFORM_INFO: u64 = 0x25;
const FIRMWARE_VERSION: FirmwareVersion = FirmwareVersion {
    major: 1,
    minor: 55,
    build: 39,
};

impl AmdPki {
    /// A report signed by the VCEK of `identity`'s line of processors.
    pub(crate) fn snp_report(&self, report_data: &[u8; 64], identity: &SnpIdentity) -> Result<Vec<u8>, EmulatorFault> {
        let mut report = self.unsigned_report(report_data, identity);
        let signature = self.vcek_key.sign(
            SignatureAlgorithm::EcdsaP384Sha384,
            SignatureEncoding::Fixed,
            &report.encode_signed(),
        )?;
        let fixed: &[u8; 96] = signature.as_slice().try_into().map_err(|_| EmulatorFault::Kept {
            detail: "the key that signs reports is not on P-384",
        })?;
        report.signature = casemate_evidence::snp::Signature::from_fixed(fixed);
        Ok(report.encode())
    }

    fn unsigned_report(&self, report_data: &[u8; 64], identity: &SnpIdentity) -> AttestationReport {
        let product = identity.product;
        let tcb = firmware(product).encode(product.tcb_layout());
        let (version, cpuid, mitigations) = match product {
            Product::Turin => (
                5,
                Cpuid {
                    family: 0x1a,
                    model: 0x02,
                    stepping: 1,
                },
                Some(MitigationVectors::default()),
            ),
            Product::Genoa => (
                3,
                Cpuid {
                    family: 0x19,
                    model: 0x11,
                    stepping: 1,
                },
                None,
            ),
            _ => (
                3,
                Cpuid {
                    family: 0x19,
                    model: 0x01,
                    stepping: 1,
                },
                None,
            ),
        };
        let debug = if identity.debug.is_on() { POLICY_DEBUG } else { 0 };
        let mut chip_id = [0; 64];
        chip_id
            .iter_mut()
            .zip(self.chip_id(product))
            .for_each(|(place, octet)| *place = octet);
        AttestationReport {
            version,
            guest_svn: identity.guest_svn,
            policy: GuestPolicy(POLICY | debug),
            family_id: identity.family_id,
            image_id: identity.image_id,
            vmpl: identity.vmpl,
            current_tcb: tcb,
            platform_info: PlatformInfo(PLATFORM_INFO),
            signer: SignerInfo::new(SigningKey::Vcek),
            report_data: *report_data,
            measurement: identity.measurement,
            host_data: identity.host_data,
            // One guest per measurement and host data: its id is random at launch, and the emulator launches nothing.
            report_id: hash::sha256(&[identity.measurement.as_slice(), &identity.host_data].concat()),
            report_id_ma: [0xff; 32],
            reported_tcb: tcb,
            cpuid,
            chip_id,
            committed_tcb: tcb,
            current_version: FIRMWARE_VERSION,
            committed_version: FIRMWARE_VERSION,
            launch_tcb: tcb,
            mitigations,
            ..AttestationReport::default()
        }
    }
}
