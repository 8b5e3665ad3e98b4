//! What a TDX quote claims.

use casemate_evidence::tdx::TdReport;
use serde_json::{Map, Value, json};

use super::{QuoteFacts, claims::hex};

/// A trust domain, as its quote describes it.
#[derive(Clone, Debug)]
pub struct TdxClaims {
    quote: QuoteFacts,
    body_type: u16,
    report: TdReport,
}

impl TdxClaims {
    pub(super) const fn new(quote: QuoteFacts, body_type: u16, report: TdReport) -> Self {
        Self {
            quote,
            body_type,
            report,
        }
    }

    /// The quote and the platform.
    #[must_use]
    pub const fn quote(&self) -> &QuoteFacts {
        &self.quote
    }

    /// The whole TD report.
    #[must_use]
    pub const fn report(&self) -> &TdReport {
        &self.report
    }

    /// Body type as in quote version 5: 2 TD 1.0, 3 TD 1.5, 4 TD 1.5 with 885 bytes.
    #[must_use]
    pub const fn body_type(&self) -> u16 {
        self.body_type
    }

    /// `MRTD`.
    #[must_use]
    pub const fn mr_td(&self) -> &[u8; 48] {
        &self.report.mr_td
    }

    /// Runtime measurement registers 0 to 3.
    #[must_use]
    pub const fn rtmr(&self) -> &[[u8; 48]; 4] {
        &self.report.rtmr
    }

    /// `REPORTDATA`.
    #[must_use]
    pub const fn report_data(&self) -> &[u8; 64] {
        &self.report.report_data
    }

    /// Whether the TD can be debugged.
    #[must_use]
    pub const fn debug(&self) -> bool {
        self.report.debug()
    }

    /// The claims by the sample manifest's names. `body_kind` is the manifest's word too, which calls the 885-byte body
    /// after its TD 1.0 base; `body_type` tells the bodies apart.
    #[must_use]
    pub fn facts(&self) -> Map<String, Value> {
        let report = &self.report;
        let mut facts = Map::new();
        self.quote.write_head(&mut facts);
        if self.quote.version() >= 5 {
            facts.insert("body_type".into(), json!(self.body_type));
        }
        for (name, value) in [
            ("tee_tcb_svn", report.tee_tcb_svn.as_slice()),
            ("mr_seam", &report.mr_seam),
            ("mr_signer_seam", &report.mr_signer_seam),
            ("seam_attributes", &report.seam_attributes),
            ("td_attributes", &report.td_attributes),
            ("xfam", &report.xfam),
            ("mr_td", &report.mr_td),
            ("mr_config_id", &report.mr_config_id),
            ("mr_owner", &report.mr_owner),
            ("mr_owner_config", &report.mr_owner_config),
        ] {
            facts.insert(name.into(), hex(value));
        }
        facts.insert("debug".into(), json!(report.debug()));
        for (name, value) in ["rtmr0", "rtmr1", "rtmr2", "rtmr3"].into_iter().zip(&report.rtmr) {
            facts.insert(name.into(), hex(value));
        }
        facts.insert("report_data".into(), hex(&report.report_data));
        if let Some(v15) = &report.v15 {
            facts.insert("tee_tcb_svn2".into(), hex(&v15.tee_tcb_svn2));
            facts.insert("mr_service_td".into(), hex(&v15.mr_service_td));
        }
        let body_kind = if report.v15.is_some() && report.ex.is_none() {
            "td15"
        } else {
            "td10"
        };
        facts.insert("body_kind".into(), json!(body_kind));
        self.quote.write_tail(&mut facts);
        facts
    }
}
