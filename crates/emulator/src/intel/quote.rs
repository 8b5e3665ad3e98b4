//! Quotes of the emulated platform.

use casemate_crypto::hash;
use casemate_evidence::{
    intel::{
        CertificationData, QuoteBody, QuoteBuilder, QuoteHeader,
        quote::{ATTESTATION_KEY_P256, INTEL_QE_VENDOR_ID, TEE_TYPE_SGX, TEE_TYPE_TDX},
    },
    sgx::ReportBody,
    tdx::{Td15, TdReport},
};

use super::{
    IntelPki,
    collateral::{CPU_SVN, PCE_SVN, TEE_TCB_SVN, Tee},
};
use crate::{
    EmulatorFault,
    certified::sign_p256,
    identity::{SgxIdentity, TdxFormat, TdxIdentity},
};

/// `ATTRIBUTES.INIT`.
const INIT: u8 = 1;
/// `ATTRIBUTES.DEBUG`.
const DEBUG: u8 = 1 << 1;
/// `ATTRIBUTES.MODE64BIT`.
const MODE64BIT: u8 = 1 << 2;
/// `ATTRIBUTES.PROVISIONKEY`, which quoting enclaves hold.
const PROVISION_KEY: u8 = 1 << 4;
/// XFRM: x87 and SSE.
const XFRM: u8 = 0b11;
/// TD `ATTRIBUTES.DEBUG`.
const TD_DEBUG: u8 = 1;
/// TD `ATTRIBUTES.SEPT_VE_DISABLE` (bit 28), as guests of today are started.
const SEPT_VE_DISABLE: u8 = 1 << 4;
/// XFAM that AVX-512 and AMX guests run with.
const XFAM: [u8; 8] = [0xe7, 0x18, 0x06, 0, 0, 0, 0, 0];
/// What real quoting enclaves put here: the bytes 0 to 31.
const AUTH_DATA: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31,
];

impl IntelPki {
    /// An SGX quote version 3.
    pub(crate) fn sgx_quote(&self, report_data: &[u8; 64], identity: &SgxIdentity) -> Result<Vec<u8>, EmulatorFault> {
        let debug = if identity.debug.is_on() { DEBUG } else { 0 };
        let body = ReportBody {
            attributes: attributes(INIT | MODE64BIT | debug),
            mr_enclave: identity.mrenclave,
            mr_signer: identity.mrsigner,
            isv_prod_id: identity.isv_prod_id,
            isv_svn: identity.isv_svn,
            report_data: *report_data,
            ..processor_report()
        };
        let header = QuoteHeader {
            version: 3,
            tee_type: TEE_TYPE_SGX,
            qe_svn: Tee::Sgx.qe_svn(),
            pce_svn: PCE_SVN,
            ..self.header()
        };
        self.quote(Tee::Sgx, header, QuoteBody::Sgx(Box::new(body)))
    }

    /// A TDX quote of the version that `identity` asks for.
    pub(crate) fn tdx_quote(&self, report_data: &[u8; 64], identity: &TdxIdentity) -> Result<Vec<u8>, EmulatorFault> {
        let debug = if identity.debug.is_on() { TD_DEBUG } else { 0 };
        let (version, v15) = match identity.format {
            TdxFormat::Version4 => (4, None),
            TdxFormat::Version5 => (
                5,
                Some(Td15 {
                    tee_tcb_svn2: TEE_TCB_SVN,
                    mr_service_td: [0; 48],
                }),
            ),
        };
        let body = TdReport {
            tee_tcb_svn: TEE_TCB_SVN,
            mr_seam: hash::sha384(b"casemate emulated TDX module"),
            td_attributes: [debug, 0, 0, SEPT_VE_DISABLE, 0, 0, 0, 0],
            xfam: XFAM,
            mr_td: identity.mrtd,
            mr_config_id: identity.mrconfigid,
            mr_owner: identity.mrowner,
            mr_owner_config: identity.mrownerconfig,
            rtmr: identity.rtmr,
            report_data: *report_data,
            v15,
            ..TdReport::zeroed()
        };
        let header = QuoteHeader {
            version,
            tee_type: TEE_TYPE_TDX,
            qe_svn: 0,
            pce_svn: 0,
            ..self.header()
        };
        self.quote(Tee::Tdx, header, QuoteBody::Td(Box::new(body)))
    }

    fn header(&self) -> QuoteHeader {
        let mut user_data = [0; 20];
        let platform = hash::sha256(self.pck.key.public_key().spki_der());
        user_data
            .iter_mut()
            .take(16)
            .zip(platform)
            .for_each(|(place, octet)| *place = octet);
        QuoteHeader {
            version: 0,
            att_key_type: ATTESTATION_KEY_P256,
            tee_type: 0,
            qe_svn: 0,
            pce_svn: 0,
            qe_vendor_id: INTEL_QE_VENDOR_ID,
            user_data,
        }
    }

    fn quote(&self, tee: Tee, header: QuoteHeader, body: QuoteBody) -> Result<Vec<u8>, EmulatorFault> {
        let attestation_key = self.attestation_point()?;
        let qe_report = qe_report(tee, &attestation_key);
        let chain = self.pck_chain();
        let mut builder = QuoteBuilder {
            header,
            body,
            signature: [0; 64],
            attestation_key,
            qe_report,
            qe_report_signature: self.pck.sign_p256(&qe_report.encode())?,
            qe_auth_data: &AUTH_DATA,
            certification: CertificationData::PckChain(chain.as_bytes()),
        };
        builder.signature = sign_p256(&self.attestation_key, &builder.signed())?;
        Ok(builder.encode()?)
    }

    /// x ‖ y of the attestation key.
    fn attestation_point(&self) -> Result<[u8; 64], EmulatorFault> {
        self.attestation_key
            .public_key()
            .ec_point()
            .and_then(|point| point.strip_prefix(&[4]))
            .and_then(|coordinates| coordinates.try_into().ok())
            .ok_or(EmulatorFault::Kept {
                detail: "the attestation key is not on P-256",
            })
    }
}

/// The quoting enclave's report: its report data is SHA-256 of attestation key and authentication data.
fn qe_report(tee: Tee, attestation_key: &[u8; 64]) -> ReportBody {
    let bound = hash::sha256(&[attestation_key.as_slice(), &AUTH_DATA].concat());
    let mut report_data = [0; 64];
    report_data
        .iter_mut()
        .zip(bound)
        .for_each(|(place, octet)| *place = octet);
    ReportBody {
        attributes: attributes(INIT | PROVISION_KEY),
        mr_enclave: hash::sha256(b"casemate emulated quoting enclave"),
        mr_signer: IntelPki::qe_mrsigner(),
        isv_prod_id: tee.qe_prod_id(),
        isv_svn: tee.qe_svn(),
        report_data,
        ..processor_report()
    }
}

/// What the processor puts into every report.
fn processor_report() -> ReportBody {
    ReportBody {
        cpu_svn: CPU_SVN,
        ..ReportBody::zeroed()
    }
}

fn attributes(flags: u8) -> [u8; 16] {
    [flags, 0, 0, 0, 0, 0, 0, 0, XFRM, 0, 0, 0, 0, 0, 0, 0]
}
