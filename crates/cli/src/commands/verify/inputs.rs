//! The files of one `casemate verify`, sorted by what is in them.

use std::path::{Path, PathBuf};

use casemate_crypto::{pem, x509::Certificate};
use casemate_verify::{Endorsements, EvidenceType, Refusal, TrustAnchors, collect};

use crate::exit::Failure;
use crate::files;

/// A file that was asked to be verified.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Its path.
    pub(super) name: String,
    /// What its bytes are; `None` for a file that was named as evidence and is of no known format.
    pub(super) kind: Option<EvidenceType>,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
}

/// An event log beside evidence.
#[derive(Debug)]
pub(super) struct Log {
    /// Its path.
    pub(super) name: String,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// How it came to be here.
    pub(super) origin: Origin,
}

/// How a file came to be among the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was named.
    Named,
    /// It was found in a folder.
    Found,
}

/// Everything that verification is given.
#[derive(Debug)]
pub(super) struct Inputs {
    /// The paths as given, for messages.
    pub(super) name: String,
    pub(super) evidence: Vec<Evidence>,
    pub(super) logs: Vec<Log>,
    pub(super) endorsements: Endorsements,
    pub(super) anchors: TrustAnchors,
    /// Files that look like endorsements and are malformed.
    pub(super) broken: Vec<(String, Refusal)>,
}

impl Inputs {
    /// Reads and sorts the files.
    ///
    /// # Errors
    /// A fault if a file cannot be read or a trust root is no certificate.
    pub(super) fn read(paths: &[PathBuf], collateral: &[PathBuf], roots: &[PathBuf]) -> Result<Self, Failure> {
        let mut contents = Vec::new();
        for path in paths {
            for file in files::below(path)? {
                contents.push((file.display().to_string(), files::read(&file)?));
            }
        }
        let mut inputs = Self {
            name: paths
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
            evidence: Vec::new(),
            logs: Vec::new(),
            endorsements: Endorsements::new(),
            anchors: anchors(roots)?,
            broken: Vec::new(),
        };
        inputs.take_in(&contents, |name| {
            paths.iter().any(|path| path.display().to_string() == name)
        });
        inputs.add_collateral(collateral)?;
        Ok(inputs)
    }

    fn take_in(&mut self, contents: &[(String, Vec<u8>)], named: impl Fn(&str) -> bool) {
        let sorted = collect::sort(contents);
        self.endorsements = sorted.endorsements;
        for (name, kind, bytes) in sorted.evidence {
            self.evidence.push(Evidence {
                name,
                kind: Some(kind),
                bytes,
            });
        }
        for (name, bytes) in sorted.event_logs {
            let origin = if named(&name) { Origin::Named } else { Origin::Found };
            self.logs.push(Log { name, bytes, origin });
        }
        for (name, refusal) in sorted.ignored {
            match refusal {
                // Who names a file wants its verdict, so that nothing asked for goes by unseen.
                _ if named(&name) => {
                    let bytes = contents
                        .iter()
                        .find(|(own, _)| *own == name)
                        .map(|(_, bytes)| bytes.clone());
                    self.evidence.push(Evidence {
                        name,
                        kind: None,
                        bytes: bytes.unwrap_or_default(),
                    });
                }
                Refusal::Malformed { .. } => self.broken.push((name, refusal)),
                _ => {}
            }
        }
    }

    fn add_collateral(&mut self, paths: &[PathBuf]) -> Result<(), Failure> {
        for path in paths {
            for file in files::below(path)? {
                if let Err(refusal @ Refusal::Malformed { .. }) = self.endorsements.add(&files::read(&file)?) {
                    self.broken.push((file.display().to_string(), refusal));
                }
            }
        }
        Ok(())
    }

    /// The logs that belong to `evidence`: those beside it; and all, if it is the only quote that logs can belong to.
    pub(super) fn logs_of<'a>(&'a self, evidence: &'a Evidence) -> impl Iterator<Item = &'a Log> {
        let quotes = self
            .evidence
            .iter()
            .filter(|other| other.kind == Some(EvidenceType::Tdx))
            .count();
        let folder = Path::new(&evidence.name).parent();
        self.logs
            .iter()
            .filter(move |log| quotes == 1 || Path::new(&log.name).parent() == folder)
    }

    /// Why there is nothing to verify.
    pub(super) fn without_evidence(&self) -> Failure {
        match self.logs.first() {
            Some(log) => Failure::fault(format!("{}: an event log without a quote is not evidence", log.name))
                .hint("look at it with: casemate eventlog FILE"),
            None => Failure::fault(format!("{}: no evidence found", self.name))
                .hint("evidence is an SGX or TDX quote, an Open Enclave report or an SEV-SNP report, in binary"),
        }
    }
}

/// The vendors' roots and those of the command line.
fn anchors(roots: &[PathBuf]) -> Result<TrustAnchors, Failure> {
    let mut anchors = TrustAnchors::vendor();
    for path in roots {
        let bytes = files::read(path)?;
        let no_certificate =
            |error: &dyn std::fmt::Display| Failure::fault(format!("{}: not a certificate: {error}", path.display()));
        let ders = match pem::decode("CERTIFICATE", &bytes) {
            Ok(ders) if !ders.is_empty() => ders,
            _ => vec![bytes],
        };
        for der in ders {
            Certificate::parse(&der).map_err(|error| no_certificate(&error))?;
            anchors.add_emulated(&der).map_err(|error| no_certificate(&error))?;
        }
    }
    Ok(anchors)
}
