//! `evidence/MANIFEST.json`, typed.

use casemate_crypto::Time;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::shared::{read, shared_dir};

/// What verification is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// It verifies.
    Verifies,
    /// It is refused.
    Fails,
}

/// One sample.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// Its name, also of its folder.
    pub id: String,
    /// `sgx-dcap`, `open-enclave`, `tdx`, `sev-snp`, `tdx-ccel`, `tpm-eventlog`, …
    #[serde(rename = "type")]
    pub evidence_type: String,
    /// `positive`, `negative`, `tcb-not-supported`, `unverifiable-offline`, …
    pub outcome_class: String,
    /// `hardware-or-vm`, `test-keys`, `vendor-signed`, …
    pub origin: String,
    /// What verification is to say.
    pub expected: Expected,
    /// Where that is known from.
    pub why: String,
    /// Its files, by their paths inside `evidence`.
    pub files: Vec<String>,
    /// A time at which all of its endorsements are valid (RFC 3339).
    pub valid_at: Option<String>,
    /// What its claims are.
    #[serde(default)]
    pub key_facts: Map<String, Value>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Entry {
    /// [`Entry::valid_at`] as a time.
    ///
    /// # Panics
    /// If it is not one.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        self.valid_at.as_deref().map(|text| Time::parse_rfc3339(text).unwrap())
    }

    /// Names (without folders) and contents of its files.
    ///
    /// # Panics
    /// If one cannot be read.
    #[must_use]
    pub fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        self.files
            .iter()
            .map(|path| (name(path), read(&format!("evidence/{path}"))))
            .collect()
    }

    /// The content of one of its files.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        self.contents()
            .into_iter()
            .find(|(found, _)| found == name)
            .map(|(_, content)| content)
    }
}

/// Every sample, in the manifest's order.
///
/// # Panics
/// If the manifest is not there or not as expected.
#[must_use]
pub fn manifest() -> Vec<Entry> {
    let text = std::fs::read(shared_dir().join("evidence/MANIFEST.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}
