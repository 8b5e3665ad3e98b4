//! Sorting files by what is in them. Names are labels only.

use casemate_evidence::eventlog::EventLog;

use crate::{Endorsements, EvidenceType, Refusal, recognise};

/// Files by what they hold.
#[derive(Debug, Default)]
pub struct Sorted {
    /// Evidence: name, kind, bytes.
    pub evidence: Vec<(String, EvidenceType, Vec<u8>)>,
    /// All endorsements together.
    pub endorsements: Endorsements,
    /// Event logs: name, bytes.
    pub event_logs: Vec<(String, Vec<u8>)>,
    /// What is none of these, or broken: name, and why.
    pub ignored: Vec<(String, Refusal)>,
}

/// Sorts `files`, names and contents.
#[must_use]
pub fn sort(files: &[(String, Vec<u8>)]) -> Sorted {
    let mut sorted = Sorted::default();
    for (name, bytes) in files {
        if let Some(kind) = recognise(bytes) {
            sorted.evidence.push((name.clone(), kind, bytes.clone()));
        } else if EventLog::recognise(bytes) {
            sorted.event_logs.push((name.clone(), bytes.clone()));
        } else if let Err(refusal) = sorted.endorsements.add(bytes) {
            sorted.ignored.push((name.clone(), refusal));
        }
    }
    sorted
}
