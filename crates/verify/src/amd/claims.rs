//! What a verified report says.

use casemate_evidence::snp::{AttestationReport, Product, TcbParts, TcbVersion};
use serde_json::{Map, Value, json};

use super::{
    ChainWindow, VekExtensions,
    collateral::{TableContents, Vek},
};

/// The claims of a SEV-SNP guest.
#[derive(Clone, Debug)]
pub struct SnpClaims {
    report: AttestationReport,
    vek: VekExtensions,
    vek_window: ChainWindow,
    table: Option<TableContents>,
}

impl SnpClaims {
    pub(crate) fn new(report: AttestationReport, vek: &Vek, table: Option<&TableContents>) -> Self {
        let vek_window = ChainWindow::of(&vek.certificate);
        Self {
            report,
            vek: vek.extensions.clone(),
            vek_window,
            table: table.cloned(),
        }
    }

    /// The report, every field of it.
    #[must_use]
    pub const fn report(&self) -> &AttestationReport {
        &self.report
    }

    /// What the endorsement key's certificate says.
    #[must_use]
    pub const fn vek(&self) -> &VekExtensions {
        &self.vek
    }

    /// The product line of the processor.
    #[must_use]
    pub const fn product(&self) -> Product {
        self.vek.product()
    }

    /// Whether the host may debug the guest, and so read its memory.
    #[must_use]
    pub const fn debug(&self) -> bool {
        self.report.policy.debug_allowed()
    }

    /// Whether a migration agent may move the guest.
    #[must_use]
    pub const fn migration_allowed(&self) -> bool {
        self.report.policy.migration_allowed()
    }

    /// Whether the guest may run with simultaneous multi-threading.
    #[must_use]
    pub const fn smt_allowed(&self) -> bool {
        self.report.policy.smt_allowed()
    }

    /// The guest's own security version.
    #[must_use]
    pub const fn guest_svn(&self) -> u32 {
        self.report.guest_svn
    }

    /// Privilege level that asked for the report.
    #[must_use]
    pub const fn vmpl(&self) -> u32 {
        self.report.vmpl
    }

    /// The 64 bytes that the guest chose.
    #[must_use]
    pub const fn report_data(&self) -> &[u8; 64] {
        &self.report.report_data
    }

    /// Launch digest.
    #[must_use]
    pub const fn measurement(&self) -> &[u8; 48] {
        &self.report.measurement
    }

    /// What the host chose at launch.
    #[must_use]
    pub const fn host_data(&self) -> &[u8; 32] {
        &self.report.host_data
    }

    /// SHA-384 of the key of the identity block; zero without one.
    #[must_use]
    pub const fn id_key_digest(&self) -> &[u8; 48] {
        &self.report.id_key_digest
    }

    /// SHA-384 of the author's key; zero without one.
    #[must_use]
    pub const fn author_key_digest(&self) -> &[u8; 48] {
        &self.report.author_key_digest
    }

    /// From the identity block.
    #[must_use]
    pub const fn family_id(&self) -> &[u8; 16] {
        &self.report.family_id
    }

    /// From the identity block.
    #[must_use]
    pub const fn image_id(&self) -> &[u8; 16] {
        &self.report.image_id
    }

    /// Identity of this launch of the guest.
    #[must_use]
    pub const fn report_id(&self) -> &[u8; 32] {
        &self.report.report_id
    }

    /// The chip; zero where the host masks it.
    #[must_use]
    pub const fn chip_id(&self) -> &[u8; 64] {
        &self.report.chip_id
    }

    /// The security patch levels that the platform vouches for, component by component.
    #[must_use]
    pub const fn reported_tcb(&self) -> TcbParts {
        self.parts(self.report.reported_tcb)
    }

    /// The levels that the platform runs.
    #[must_use]
    pub const fn current_tcb(&self) -> TcbParts {
        self.parts(self.report.current_tcb)
    }

    /// The levels below which the platform promised not to go.
    #[must_use]
    pub const fn committed_tcb(&self) -> TcbParts {
        self.parts(self.report.committed_tcb)
    }

    /// The levels at which the guest was launched.
    #[must_use]
    pub const fn launch_tcb(&self) -> TcbParts {
        self.parts(self.report.launch_tcb)
    }

    const fn parts(&self, version: TcbVersion) -> TcbParts {
        version.parts(self.vek.product().tcb_layout())
    }

    /// The claims by the names of the sample manifest's `key_facts`.
    #[must_use]
    pub fn facts(&self) -> Map<String, Value> {
        let report = &self.report;
        let mut facts = Map::new();
        let mut put = |name: &str, value: Value| drop(facts.insert(name.to_owned(), value));
        let hex = |bytes: &[u8]| json!(hex::encode(bytes));
        put("version", json!(report.version));
        put("guest_svn", json!(report.guest_svn));
        put("policy", json!(format!("0x{:x}", report.policy.0)));
        put("family_id", hex(&report.family_id));
        put("image_id", hex(&report.image_id));
        put("vmpl", json!(report.vmpl));
        put("signing_key", json!(report.signer.signing_key().as_str()));
        put("report_data", hex(&report.report_data));
        put("measurement", hex(&report.measurement));
        put("host_data", hex(&report.host_data));
        put("id_key_digest", hex(&report.id_key_digest));
        put("author_key_digest", hex(&report.author_key_digest));
        put("report_id", hex(&report.report_id));
        put("report_id_ma", hex(&report.report_id_ma));
        put("current_tcb", hex(&report.current_tcb.0));
        put("reported_tcb", hex(&report.reported_tcb.0));
        put("committed_tcb", hex(&report.committed_tcb.0));
        put("launch_tcb", hex(&report.launch_tcb.0));
        let cpuid = report.cpuid;
        put("cpuid_fms", hex(&[cpuid.family, cpuid.model, cpuid.stepping]));
        put("chip_id", hex(&report.chip_id));
        put("platform_info", json!(format!("0x{:x}", report.platform_info.0)));
        put("current_version", json!(report.current_version.to_string()));
        put("committed_version", json!(report.committed_version.to_string()));
        if let Some(mitigations) = report.mitigations {
            put("launch_mit_vector", json!(format!("0x{:x}", mitigations.launch)));
            put("current_mit_vector", json!(format!("0x{:x}", mitigations.current)));
        }
        put("debug", json!(self.debug()));
        put("migration_allowed", json!(self.migration_allowed()));
        put("smt_allowed", json!(self.smt_allowed()));
        if let Some(text) = ascii(&report.report_data) {
            put("report_data_ascii", json!(text));
        }
        if let Some(table) = &self.table {
            let entries = table.iter().map(|(kind, length)| (kind.name(), json!(length)));
            put("cert_table", Value::Object(entries.collect()));
        }
        put("tcbm", json!(format!("{:016X}", report.reported_tcb.to_u64())));
        put("vek_extensions", Value::Object(self.vek.facts()));
        put(
            "vek_valid",
            json!([self.vek_window.not_before, self.vek_window.not_after]),
        );
        facts
    }
}

/// Report data that is a text followed by zeros.
fn ascii(report_data: &[u8; 64]) -> Option<&str> {
    let length = report_data.iter().rposition(|byte| *byte != 0)? + 1;
    let text = std::str::from_utf8(report_data.get(..length)?).ok()?;
    text.bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic())
        .then_some(text)
}
