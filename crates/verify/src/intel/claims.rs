//! What SGX and TDX claims share: the quote around the report, its platform, and its TCB.

use std::sync::Arc;

use casemate_crypto::Time;
use casemate_evidence::intel::Quote;
use serde_json::{Map, Value, json};

use super::{PckChain, SgxExtension};
use crate::TcbVerdict;

/// SHA-256 of the collateral that a verdict rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollateralDigests {
    /// The TCB info's signed text.
    pub tcb_info: [u8; 32],
    /// The certificates of its signer, leaf first, DER, anchor included.
    pub tcb_info_certificates: [u8; 32],
    /// The CRL over its signer.
    pub tcb_info_crl: [u8; 32],
    /// The QE identity's signed text.
    pub qe_identity: [u8; 32],
    /// The certificates of its signer.
    pub qe_identity_certificates: [u8; 32],
    /// The CRL over its signer.
    pub qe_identity_crl: [u8; 32],
}

/// The quote around a report, and the platform that made it.
#[derive(Clone, Debug)]
pub struct QuoteFacts {
    version: u16,
    att_key_type: u16,
    tee_type: u32,
    user_data: [u8; 20],
    sig_len: usize,
    trailing: usize,
    cert_data_type: u16,
    qe_cert_data_type: u16,
    qe_mrsigner: [u8; 32],
    qe_isvsvn: u16,
    pck_chain_len: usize,
    pck: Arc<PckChain>,
    tcb: TcbVerdict,
    collateral: CollateralDigests,
}

/// What a verifier found besides the quote itself.
pub(super) struct Appraised {
    pub(super) pck: Arc<PckChain>,
    pub(super) pck_chain_len: usize,
    pub(super) tcb: TcbVerdict,
    pub(super) collateral: CollateralDigests,
}

impl QuoteFacts {
    pub(super) fn new(quote: &Quote<'_>, whole: &[u8], appraised: Appraised) -> Self {
        Self {
            version: quote.header.version,
            att_key_type: quote.header.att_key_type,
            tee_type: quote.header.tee_type,
            user_data: quote.header.user_data,
            sig_len: quote.signature_data_length(whole),
            trailing: quote.trailing.len(),
            cert_data_type: quote.outer_certification_type(),
            qe_cert_data_type: quote.certification.kind(),
            qe_mrsigner: quote.qe_report.mr_signer,
            qe_isvsvn: quote.qe_report.isv_svn,
            pck_chain_len: appraised.pck_chain_len,
            pck: appraised.pck,
            tcb: appraised.tcb,
            collateral: appraised.collateral,
        }
    }

    /// Version of the quote: 3, 4 or 5.
    #[must_use]
    pub const fn version(&self) -> u16 {
        self.version
    }

    /// The quoting enclave's user data; its first 16 bytes identify the platform instance.
    #[must_use]
    pub const fn user_data(&self) -> &[u8; 20] {
        &self.user_data
    }

    /// What the PCK certificate says of the platform.
    #[must_use]
    pub fn platform(&self) -> &SgxExtension {
        &self.pck.extension
    }

    /// The TCB level reached.
    #[must_use]
    pub const fn tcb(&self) -> &TcbVerdict {
        &self.tcb
    }

    /// SHA-256 of the collateral used.
    #[must_use]
    pub const fn collateral(&self) -> &CollateralDigests {
        &self.collateral
    }

    /// Facts that stand before the report's.
    pub(super) fn write_head(&self, facts: &mut Map<String, Value>) {
        facts.insert("version".into(), json!(self.version));
        facts.insert("att_key_type".into(), json!(self.att_key_type));
        facts.insert("tee_type".into(), json!(format!("{:#x}", self.tee_type)));
        facts.insert("user_data".into(), hex(&self.user_data));
    }

    /// Facts that stand after the report's.
    pub(super) fn write_tail(&self, facts: &mut Map<String, Value>) {
        facts.insert("sig_len".into(), json!(self.sig_len));
        facts.insert("trailing".into(), json!(self.trailing));
        facts.insert("cert_data_type".into(), json!(self.cert_data_type));
        if self.version >= 4 {
            facts.insert("qe_cert_data_type".into(), json!(self.qe_cert_data_type));
        }
        facts.insert("qe_mrsigner".into(), hex(&self.qe_mrsigner));
        facts.insert("qe_isvsvn".into(), json!(self.qe_isvsvn));
        facts.insert("pck_chain_len".into(), json!(self.pck_chain_len));
        if let Some(leaf) = self.pck.leaf() {
            facts.insert("pck_issuer".into(), json!(leaf.issuer().to_string()));
        }
        let (start, end) = self.pck.path.window();
        facts.insert("pck_window".into(), json!([start.to_string(), end.to_string()]));
        facts.insert("fmspc".into(), json!(self.pck.extension.fmspc_hex()));
        facts.insert("tcb_status".into(), json!(self.tcb.status.as_str()));
        facts.insert("advisory_ids".into(), json!(self.tcb.advisory_ids));
        facts.insert(
            "tcb_date".into(),
            json!(self.tcb.tcb_date.as_ref().map(Time::to_string)),
        );
        facts.insert(
            "tcb_evaluation_data_number".into(),
            json!(self.tcb.evaluation_data_number),
        );
    }
}

pub(super) fn hex(bytes: &[u8]) -> Value {
    Value::String(hex::encode(bytes))
}
