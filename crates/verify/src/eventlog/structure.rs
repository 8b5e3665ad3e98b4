//! The grammar that honest firmware keeps across the events of a log (PFP 1.06 §3.3.4 and §10.4; UEFI 2.10 §32.5).
//!
//! Types, the order between registers and events that are not measured are authenticated by nothing. Rules that real
//! logs break are notes; a fatal rule has held in every real log seen.

use std::collections::{BTreeMap, BTreeSet};

use casemate_evidence::eventlog::{Event, EventData, EventLog, EventType, Format, RegisterKind, VendorInfoPlacement};

use super::finding::Finding;
use super::registers::hash_of;

/// Everything that the log's structure shows.
pub(super) fn findings(log: &EventLog) -> Vec<Finding> {
    let mut walk = Walk::new(log.register_kind());
    for (number, event) in log.events().iter().enumerate() {
        walk.event(number, event);
    }
    let Walk {
        mut findings,
        separators,
        ..
    } = walk;
    findings.extend(duplicate_separators(log, &separators));
    findings.extend(missing_digests(log, !separators.is_empty()));
    findings.extend(whole_log(log, !separators.is_empty()));
    findings
}

/// The register of the Secure Boot policy.
pub(super) const fn policy_register(kind: RegisterKind) -> u32 {
    match kind {
        RegisterKind::Tpm => 7,
        RegisterKind::ConfidentialComputing => 1,
    }
}

struct Walk {
    kind: RegisterKind,
    findings: Vec<Finding>,
    /// Events that separate, by register.
    separators: BTreeMap<u32, Vec<usize>>,
    /// Secure Boot variables seen, by GUID and name.
    variables: BTreeSet<(String, String)>,
    /// The event that says that the firmware's services are gone.
    exited: Option<usize>,
    started: bool,
    first_register_extended: bool,
}

impl Walk {
    fn new(kind: RegisterKind) -> Self {
        Self {
            kind,
            findings: Vec::new(),
            separators: BTreeMap::new(),
            variables: BTreeSet::new(),
            exited: None,
            started: false,
            first_register_extended: false,
        }
    }

    /// Whether the firmware itself measures into this register before it hands over.
    fn firmware_register(&self, register: u32) -> bool {
        match self.kind {
            RegisterKind::Tpm => register <= 7,
            RegisterKind::ConfidentialComputing => (1..=2).contains(&register),
        }
    }

    fn event(&mut self, number: usize, event: &Event) {
        match event.event_type {
            EventType::NO_ACTION => self.no_action(number, event),
            EventType::SEPARATOR => self.separator(number, event),
            EventType::EFI_VARIABLE_DRIVER_CONFIG if event.register == policy_register(self.kind) => {
                self.policy_variable(number, event);
            }
            kind if kind.known_name().is_none() => {
                self.findings.push(Finding::note(
                    number,
                    "unknown_type",
                    format!("the type {kind} is unknown"),
                ));
            }
            _ => {}
        }
        if event.extends() {
            self.after_exit(number, event);
            self.first_register_extended |= event.register == 0;
        }
        if event.event_type == EventType::EFI_ACTION && event.data == b"Exit Boot Services Returned with Success" {
            self.exited.get_or_insert(number);
        }
    }

    fn no_action(&mut self, number: usize, event: &Event) {
        match event.decoded() {
            EventData::SpecId { .. } if number == 0 => {}
            EventData::StartupLocality { locality } if self.kind == RegisterKind::Tpm && event.register == 0 => {
                self.startup_locality(number, locality);
            }
            _ => {
                let detail = format!("{} bytes that no register covers", event.data.len());
                self.findings.push(Finding::note(number, "not_measured", detail));
            }
        }
        if event
            .digests
            .iter()
            .any(|digest| digest.value.iter().any(|byte| *byte != 0))
        {
            let detail = "an event that extends nothing carries a digest".to_owned();
            self.findings.push(Finding::note(number, "unused_digest", detail));
        }
    }

    fn startup_locality(&mut self, number: usize, locality: u8) {
        let wrong = if !matches!(locality, 0 | 3 | 4) {
            Some(format!("a TPM does not start at locality {locality}"))
        } else if self.started {
            Some("the locality of the start is given twice".to_owned())
        } else if self.first_register_extended {
            Some("the locality of the start comes after PCR 0 was extended".to_owned())
        } else {
            None
        };
        self.started = true;
        self.findings
            .extend(wrong.map(|detail| Finding::fatal(number, "startup_locality", detail)));
    }

    fn separator(&mut self, number: usize, event: &Event) {
        self.separators.entry(event.register).or_default().push(number);
        let plain = matches!(event.decoded(), EventData::Separator { value: 0 | u32::MAX });
        if !plain && self.firmware_register(event.register) {
            let detail = format!(
                "the separator in register {} says that the firmware failed",
                event.register
            );
            self.findings.push(Finding::fatal(number, "separator_value", detail));
        }
    }

    /// The Secure Boot configuration is measured once, before the separator; only authorities follow it.
    fn policy_variable(&mut self, number: usize, event: &Event) {
        let EventData::Variable(variable) = event.decoded() else {
            return;
        };
        // CCEL joins PCR 1, which holds configuration of all kinds, and PCR 7.
        let policy = self.kind == RegisterKind::Tpm || is_policy(&variable.name);
        if policy && self.separators.contains_key(&event.register) {
            let detail = format!("the variable {} is configured after the separator", variable.name);
            self.findings
                .push(Finding::fatal(number, "config_after_separator", detail));
        }
        let name = variable.name.clone();
        if policy && !self.variables.insert((variable.guid, variable.name)) {
            let detail = format!("the variable {name} is measured twice");
            self.findings.push(Finding::fatal(number, "variable_repeated", detail));
        }
    }

    /// Nothing of the firmware's own is measured once its boot services are gone.
    fn after_exit(&mut self, number: usize, event: &Event) {
        let Some(exit) = self.exited else { return };
        let firmware_only = matches!(
            event.event_type,
            EventType::SEPARATOR
                | EventType::EFI_VARIABLE_DRIVER_CONFIG
                | EventType::EFI_VARIABLE_AUTHORITY
                | EventType::EFI_VARIABLE_BOOT
                | EventType::EFI_BOOT_SERVICES_APPLICATION
        );
        if firmware_only && self.firmware_register(event.register) {
            let detail = format!("{} after the boot services ended at event {exit}", event.event_type);
            self.findings
                .push(Finding::fatal(number, "after_exit_boot_services", detail));
        }
    }
}

fn is_policy(name: &str) -> bool {
    ["SecureBoot", "PK", "KEK", "db", "dbx", "dbt", "dbr"].contains(&name)
}

fn duplicate_separators(log: &EventLog, separators: &BTreeMap<u32, Vec<usize>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (register, events) in separators {
        let [first, second, ..] = events.as_slice() else {
            continue;
        };
        let detail = format!("register {register} has separators at events {first} and {second}");
        findings.push(if is_tdvf_before_6051(log, separators) {
            Finding::note(*second, "separator_in_wrong_register", detail)
        } else {
            Finding::fatal(*second, "separator_repeated", detail)
        });
    }
    findings
}

/// The one honest firmware that separates a register twice: upstream TDVF before EDK II pull request 6051 measured
/// the separator of RTMR1 into RTMR0. It is told by the firmware volume's name, which upstream leaves as the template;
/// vendors whose builds name theirs have the fix, so that for them a second separator is no accident.
fn is_tdvf_before_6051(log: &EventLog, separators: &BTreeMap<u32, Vec<usize>>) -> bool {
    let template = |event: &Event| {
        event.event_type == EventType::EFI_PLATFORM_FIRMWARE_BLOB2
            && matches!(event.decoded(), EventData::Blob { description: Some(name), .. }
                if name == "Fv(XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX)")
    };
    log.register_kind() == RegisterKind::ConfidentialComputing
        && separators.get(&1).is_some_and(|events| events.len() == 2)
        && separators.len() == 1
        && log.events().iter().any(template)
}

/// Every measured event has a digest for every bank announced. A bank that no event has is a bank that software can
/// still fill as it likes; a fragment of a log, without any separator, stands for no boot and is left to its reader.
fn missing_digests(log: &EventLog, complete: bool) -> Vec<Finding> {
    let measured = || log.events().iter().enumerate().filter(|(_, event)| event.extends());
    let mut findings = Vec::new();
    for bank in log.algorithms() {
        let mut lacking = measured().filter(|(_, event)| event.digest(bank).is_none());
        let Some((first, _)) = lacking.next() else { continue };
        let detail = format!("the header announces {bank}, the event has no digest of it");
        let nowhere = measured().all(|(_, event)| event.digest(bank).is_none());
        findings.push(if nowhere && !complete {
            Finding::note(first, "digest_missing", detail)
        } else {
            Finding::fatal(first, "digest_missing", detail)
        });
    }
    findings
}

fn whole_log(log: &EventLog, separated: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(padding) = log.padding() {
        let detail = format!("{} bytes of {:#04x} after the last event", padding.length, padding.byte);
        findings.push(Finding::note(None, "padding", detail));
    }
    if matches!(log.format(), Format::CryptoAgile(_, VendorInfoPlacement::AfterEvent)) {
        let detail = "the header's size leaves out its vendor information".to_owned();
        findings.push(Finding::note(0, "vendor_info_size", detail));
    }
    if !separated {
        let detail = "no separator: this is a part of a log, or of no boot".to_owned();
        findings.push(Finding::note(None, "no_separator", detail));
    }
    for bank in log.algorithms().into_iter().filter(|bank| hash_of(*bank).is_none()) {
        let detail = format!("digests of {bank} are neither recomputed nor replayed");
        findings.push(Finding::note(None, "bank_not_supported", detail));
    }
    findings
}
