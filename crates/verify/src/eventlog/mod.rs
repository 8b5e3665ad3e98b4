//! Event logs: recheck, structure, replay (PFP 1.06 §10; the checks of go-attestation's event log disclosure).
//!
//! A log proves nothing by itself: it explains registers. [`replay`] computes what a log explains, [`check`] holds it
//! against registers from elsewhere: a file, or the RTMRs of a verified quote.

mod coverage;
mod finding;
mod registers;
mod structure;

use std::collections::BTreeMap;

use casemate_crypto::hash::HashAlgorithm;
use casemate_evidence::eventlog::{Event, EventData, EventLog, EventType, RegisterKind};
use serde_json::{Map, Value, json};

use crate::{Refusal, Trace};

pub use coverage::Coverage;
pub use finding::{Finding, Severity};
pub use registers::{Banks, ExpectedRegisters, Registers, initial_value, register_name};

/// What the `SecureBoot` variable held when the firmware measured it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecureBootVariable {
    /// 1: images were verified.
    On,
    /// 0.
    Off,
    /// The firmware knows no such variable, and measured that.
    Empty,
}

impl SecureBootVariable {
    fn read(value: &[u8]) -> Option<Self> {
        match value {
            [1] => Some(Self::On),
            [0] => Some(Self::Off),
            [] => Some(Self::Empty),
            _ => None,
        }
    }

    fn to_json(self) -> Value {
        match self {
            Self::On => true.into(),
            Self::Off => false.into(),
            Self::Empty => "empty".into(),
        }
    }
}

/// What a log says once its digests are recomputed and its events replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Which registers the indices name.
    pub kind: RegisterKind,
    /// Final values of the registers that the log extends, for each supported bank that it announces.
    pub banks: Banks,
    /// What was found, by event, the whole log's last.
    pub findings: Vec<Finding>,
    /// How much of each event's data is authenticated, by the event's number.
    pub coverage: Vec<Coverage>,
    /// The Secure Boot state, from an event whose digest is of its data; `None` if no such event is there.
    pub secure_boot_variable: Option<SecureBootVariable>,
}

/// What the registers of a log are held against.
#[derive(Clone, Copy, Debug)]
pub enum Expected<'a> {
    /// These registers; others are not looked at.
    Registers(&'a ExpectedRegisters),
    /// The four RTMRs of a TDX quote.
    Rtmrs(&'a [[u8; 48]; 4]),
    /// Nothing: the log is checked for being well-formed only.
    Waived {
        /// Why nothing better is there.
        why: &'static str,
    },
}

/// Recomputes every digest that is defined by its data, checks the structure, and replays the log.
#[must_use]
pub fn replay(log: &EventLog) -> Replay {
    let kind = log.register_kind();
    let mut findings = Vec::new();
    let mut coverage = Vec::new();
    for (number, event) in log.events().iter().enumerate() {
        let (covered, finding) = coverage::of(number, event, kind);
        coverage.push(covered);
        findings.extend(finding);
    }
    findings.extend(structure::findings(log));
    findings.sort_by_key(|finding| finding.event.unwrap_or(usize::MAX));
    let secure_boot_variable = secure_boot_variable(log, &coverage);
    Replay {
        kind,
        banks: registers::replay(log),
        findings,
        coverage,
        secure_boot_variable,
    }
}

/// Parses, rechecks and replays a log, and holds it against `expected`, writing each step into `trace`.
///
/// # Errors
/// `malformed` if it does not parse, `event_log` for a fatal finding, `replay_mismatch` naming the first register that
/// differs. All of them are in `trace`.
pub fn check(bytes: &[u8], expected: Expected<'_>, trace: &mut Trace) -> Result<Replay, Refusal> {
    let mark = trace.mark();
    let parsed = EventLog::parse(bytes).map_err(|error| Refusal::Malformed {
        what: "event log",
        detail: error.to_string(),
    });
    let log = match parsed {
        Ok(log) => log,
        Err(refusal) => {
            trace.fail("eventlog.format", refusal.clone());
            return Err(refusal);
        }
    };
    trace.pass("eventlog.format", || format!("{} events", log.events().len()));
    let replay = replay(&log);
    replay.report(trace);
    replay.compare(expected, trace);
    trace.outcome(mark)?;
    Ok(replay)
}

impl Replay {
    /// Whether no finding is fatal.
    #[must_use]
    pub fn well_formed(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Note)
    }

    /// Writes the findings into `trace`: fatal ones as refusals.
    pub fn report(&self, trace: &mut Trace) {
        for finding in self
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Fatal)
        {
            let name = match finding.code {
                "digest_mismatch" => "eventlog.digest",
                _ => "eventlog.structure",
            };
            trace.fail(
                name,
                Refusal::EventLog {
                    detail: finding.to_string(),
                },
            );
        }
        for finding in self
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Note)
        {
            trace.pass("eventlog.note", || finding.to_string());
        }
        if self.well_formed() {
            let covered = self
                .coverage
                .iter()
                .filter(|c| !matches!(c, Coverage::Nothing | Coverage::Unknown))
                .count();
            trace.pass("eventlog.structure", || {
                format!(
                    "well-formed; digests cover the data of {covered} of {} events",
                    self.coverage.len()
                )
            });
        }
    }

    /// Holds the replayed registers against `expected`, writing each comparison into `trace`.
    pub fn compare(&self, expected: Expected<'_>, trace: &mut Trace) {
        match expected {
            Expected::Registers(registers) => {
                for (bank, register, value) in registers.iter() {
                    self.compare_register(bank, register, value, trace);
                }
            }
            Expected::Rtmrs(rtmrs) => self.compare_rtmrs(rtmrs, trace),
            Expected::Waived { why } => trace.pass("eventlog.registers", || format!("not compared: {why}")),
        }
    }

    /// RTMR0 to 2 hold what the firmware and the boot loader measured and must replay. RTMR3 is the running system's:
    /// it is compared if the log has events for it, else only mentioned.
    fn compare_rtmrs(&self, rtmrs: &[[u8; 48]; 4], trace: &mut Trace) {
        if self.kind != RegisterKind::ConfidentialComputing {
            let detail = "a TPM's log does not explain the RTMRs of a quote".to_owned();
            trace.fail("eventlog.registers", Refusal::EventLog { detail });
            return;
        }
        for (register, value) in (1u32..).zip(rtmrs) {
            let explained = self.value(HashAlgorithm::Sha384, register).is_some();
            if register == 4 && !explained {
                let zero = value.iter().all(|byte| *byte == 0);
                let found = if zero {
                    "unused"
                } else {
                    "extended at run time; this log does not say with what"
                };
                trace.pass("eventlog.registers", || format!("RTMR3 is {found}"));
            } else {
                self.compare_register(HashAlgorithm::Sha384, register, value, trace);
            }
        }
    }

    fn compare_register(&self, bank: HashAlgorithm, register: u32, expected: &[u8], trace: &mut Trace) {
        let name = register_name(self.kind, register);
        if !self.banks.contains_key(&bank) {
            let detail = format!("the log has no {bank} bank to hold {name} against");
            trace.fail("eventlog.registers", Refusal::EventLog { detail });
            return;
        }
        let initial = initial_value(self.kind, register, bank);
        let replayed = self.value(bank, register).unwrap_or(&initial);
        if replayed == expected {
            trace.pass("eventlog.registers", || {
                format!("{name} ({bank}) replays to {}", hex::encode(expected))
            });
            return;
        }
        let refusal = Refusal::ReplayMismatch {
            register: format!("{name} ({bank})"),
            replayed: hex::encode(replayed),
            found: hex::encode(expected),
        };
        trace.fail("eventlog.registers", refusal);
    }

    /// The replayed value of a register, `None` if no event extends it.
    #[must_use]
    pub fn value(&self, bank: HashAlgorithm, register: u32) -> Option<&[u8]> {
        self.banks.get(&bank)?.get(&register).map(Vec::as_slice)
    }

    /// The word for this kind of log in the sample manifest and in `--json`.
    #[must_use]
    pub const fn type_word(&self) -> &'static str {
        match self.kind {
            RegisterKind::Tpm => "tpm-eventlog",
            RegisterKind::ConfidentialComputing => "tdx-ccel",
        }
    }

    /// The facts by the names that the sample manifest uses: `replay`, `events` (their number), `secure_boot_variable`.
    #[must_use]
    pub fn facts(&self) -> Map<String, Value> {
        let secure_boot = self
            .secure_boot_variable
            .map_or(Value::Null, SecureBootVariable::to_json);
        Map::from_iter([
            ("replay".to_owned(), registers::to_json(&self.banks)),
            ("events".to_owned(), self.coverage.len().into()),
            ("secure_boot_variable".to_owned(), secure_boot),
        ])
    }

    /// Everything, for `--json`: `type`, `banks`, `events` one by one, `secure_boot_variable`, `findings`. `log` is the
    /// log that was replayed.
    #[must_use]
    pub fn to_json(&self, log: &EventLog) -> Map<String, Value> {
        let events = log.events().iter().zip(&self.coverage).enumerate();
        let events = events.map(|(number, (event, coverage))| event_json(number, event, *coverage));
        let mut object = self.facts();
        let banks = object.remove("replay").unwrap_or_default();
        object.insert("type".to_owned(), self.type_word().into());
        object.insert("banks".to_owned(), banks);
        object.insert("events".to_owned(), events.collect());
        object.insert("findings".to_owned(), json!(self.findings));
        object
    }
}

fn event_json(number: usize, event: &Event, coverage: Coverage) -> Value {
    let digests: BTreeMap<String, String> = event
        .digests
        .iter()
        .map(|digest| (digest.algorithm.name(), hex::encode(&digest.value)))
        .collect();
    json!({
        "event": number,
        "register": event.register,
        "type": event.event_type,
        "digests": digests,
        "size": event.data.len(),
        "covered": coverage,
        "data": event.decoded(),
    })
}

/// The first `SecureBoot` variable in the policy's register whose digests are of its data, or could not be recomputed.
fn secure_boot_variable(log: &EventLog, coverage: &[Coverage]) -> Option<SecureBootVariable> {
    let register = structure::policy_register(log.register_kind());
    let mut policy = log.events().iter().zip(coverage).filter(|(event, coverage)| {
        event.event_type == EventType::EFI_VARIABLE_DRIVER_CONFIG
            && event.register == register
            && matches!(coverage, Coverage::Whole | Coverage::Unknown)
    });
    policy.find_map(|(event, _)| match event.decoded() {
        EventData::Variable(variable) if variable.is_secure_boot() => SecureBootVariable::read(&variable.value),
        _ => None,
    })
}
