//! What an SGX quote claims.

use casemate_evidence::sgx::ReportBody;
use serde_json::{Map, Value, json};

use super::{QuoteFacts, claims::hex};

/// An SGX enclave, as its quote describes it.
#[derive(Clone, Debug)]
pub struct SgxClaims {
    quote: QuoteFacts,
    qe_svn: u16,
    pce_svn: u16,
    report: ReportBody,
}

impl SgxClaims {
    pub(super) const fn new(quote: QuoteFacts, qe_svn: u16, pce_svn: u16, report: ReportBody) -> Self {
        Self {
            quote,
            qe_svn,
            pce_svn,
            report,
        }
    }

    /// The quote and the platform.
    #[must_use]
    pub const fn quote(&self) -> &QuoteFacts {
        &self.quote
    }

    /// The whole report body.
    #[must_use]
    pub const fn report(&self) -> &ReportBody {
        &self.report
    }

    /// `MRENCLAVE`.
    #[must_use]
    pub const fn mr_enclave(&self) -> &[u8; 32] {
        &self.report.mr_enclave
    }

    /// `MRSIGNER`.
    #[must_use]
    pub const fn mr_signer(&self) -> &[u8; 32] {
        &self.report.mr_signer
    }

    /// `ISVPRODID`.
    #[must_use]
    pub const fn isv_prod_id(&self) -> u16 {
        self.report.isv_prod_id
    }

    /// `ISVSVN`.
    #[must_use]
    pub const fn isv_svn(&self) -> u16 {
        self.report.isv_svn
    }

    /// `REPORTDATA`.
    #[must_use]
    pub const fn report_data(&self) -> &[u8; 64] {
        &self.report.report_data
    }

    /// `CONFIGID`.
    #[must_use]
    pub const fn config_id(&self) -> &[u8; 64] {
        &self.report.config_id
    }

    /// `CONFIGSVN`.
    #[must_use]
    pub const fn config_svn(&self) -> u16 {
        self.report.config_svn
    }

    /// `ISVEXTPRODID`.
    #[must_use]
    pub const fn isv_ext_prod_id(&self) -> &[u8; 16] {
        &self.report.isv_ext_prod_id
    }

    /// `ISVFAMILYID`.
    #[must_use]
    pub const fn isv_family_id(&self) -> &[u8; 16] {
        &self.report.isv_family_id
    }

    /// SVN of the quoting enclave, as the header says.
    #[must_use]
    pub const fn qe_svn(&self) -> u16 {
        self.qe_svn
    }

    /// SVN of the provisioning certification enclave, as the header says.
    #[must_use]
    pub const fn pce_svn(&self) -> u16 {
        self.pce_svn
    }

    /// Whether the enclave runs in debug mode.
    #[must_use]
    pub const fn debug(&self) -> bool {
        self.report.debug()
    }

    /// The claims by the sample manifest's names.
    #[must_use]
    pub fn facts(&self) -> Map<String, Value> {
        let report = &self.report;
        let mut facts = Map::new();
        self.quote.write_head(&mut facts);
        facts.insert("qe_svn".into(), json!(self.qe_svn));
        facts.insert("pce_svn".into(), json!(self.pce_svn));
        facts.insert("cpu_svn".into(), hex(&report.cpu_svn));
        facts.insert("mrenclave".into(), hex(&report.mr_enclave));
        facts.insert("mrsigner".into(), hex(&report.mr_signer));
        facts.insert("isv_prod_id".into(), json!(report.isv_prod_id));
        facts.insert("isv_svn".into(), json!(report.isv_svn));
        facts.insert("attributes".into(), hex(&report.attributes));
        facts.insert("debug".into(), json!(report.debug()));
        facts.insert("report_data".into(), hex(&report.report_data));
        facts.insert("body_kind".into(), json!("sgx"));
        self.quote.write_tail(&mut facts);
        facts
    }
}
