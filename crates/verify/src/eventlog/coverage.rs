//! Whether the data of an event is what its digests were made of.
//!
//! A register authenticates digests. The data beside them is the host's word, unless the specification defines the
//! digest as the hash of that data: then it is recomputed here (PFP 1.06 §10.4.1, table 27), and the few ways in which
//! real firmware departs from the table are named one by one.

use casemate_crypto::hash::digest;
use casemate_evidence::eventlog::{Event, EventData, EventType, RegisterKind};
use serde::Serialize;

use super::finding::Finding;
use super::registers::hash_of;

/// How much of an event's data its digests authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// All of it.
    Whole,
    /// The value of the variable, not its name.
    VariableValue,
    /// The text after the boot loader's prefix.
    AfterPrefix,
    /// Nothing: the digests are of something else. The data is only a label.
    Nothing,
    /// The event is not measured at all.
    NotMeasured,
    /// Not recomputed: none of the event's banks is of a supported hash.
    Unknown,
}

/// What the specification, and the firmware of this world, promise for a type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// The digest is a hash of the data: anything else is a lie.
    Always,
    /// It should be, but honest firmware is known that differs.
    Mostly,
    /// The type promises nothing.
    No,
}

/// Prefixes that GRUB puts before what it hashes (`grub-core/commands/tpm.c`).
const GRUB_PREFIXES: [&[u8]; 3] = [b"grub_cmd: ", b"kernel_cmdline: ", b"module_cmdline: "];

/// Recomputes the digests of one event.
pub(super) fn of(number: usize, event: &Event, kind: RegisterKind) -> (Coverage, Option<Finding>) {
    if !event.extends() {
        return (Coverage::NotMeasured, None);
    }
    let (promise, candidates) = candidates(event, kind);
    let known = event
        .digests
        .iter()
        .filter_map(|found| Some((hash_of(found.algorithm)?, found.value.as_slice())));
    let known: Vec<_> = known.collect();
    if known.is_empty() {
        return (Coverage::Unknown, None);
    }
    let matching = |candidate: &(Coverage, &[u8])| {
        known
            .iter()
            .all(|(algorithm, value)| digest(*algorithm, candidate.1) == *value)
    };
    if let Some((coverage, _)) = candidates.into_iter().find(matching) {
        return (coverage, None);
    }
    let detail = format!(
        "the digest of {} in register {} is not that of its data",
        event.event_type, event.register
    );
    let finding = match promise {
        Promise::Always => Some(Finding::fatal(number, "digest_mismatch", detail)),
        Promise::Mostly => Some(Finding::note(number, "digest_of_other_data", detail)),
        Promise::No => None,
    };
    (Coverage::Nothing, finding)
}

/// The byte runs that the digests may be of, the likeliest first.
fn candidates(event: &Event, kind: RegisterKind) -> (Promise, Vec<(Coverage, &[u8])>) {
    let data = event.data.as_slice();
    let whole = (Coverage::Whole, data);
    match event.event_type {
        EventType::SEPARATOR
        | EventType::EFI_ACTION
        | EventType::EFI_GPT_EVENT
        | EventType::EFI_GPT_EVENT2
        | EventType::EFI_VARIABLE_DRIVER_CONFIG => (Promise::Always, vec![whole]),
        // Old firmware hashes the whole structure, EDK II the value alone.
        EventType::EFI_VARIABLE_BOOT | EventType::EFI_VARIABLE_BOOT2 => (
            Promise::Always,
            vec![(Coverage::VariableValue, variable_value(data)), whole],
        ),
        // shim before 15.5 logs the padding of its C structure and hashes all but the last byte of it.
        EventType::EFI_VARIABLE_AUTHORITY => {
            let padded = matches!(event.decoded(), EventData::Variable(variable) if variable.excess > 0);
            let shim = data
                .split_last()
                .filter(|_| padded)
                .map(|(_, head)| (Coverage::Whole, head));
            (Promise::Always, std::iter::once(whole).chain(shim).collect())
        }
        // HPE's servers hash something other than the version that they log; no EV_ACTION was seen yet.
        EventType::S_CRTM_VERSION | EventType::ACTION => (Promise::Mostly, vec![whole]),
        EventType::IPL => ipl(event, kind),
        _ => (Promise::No, vec![whole]),
    }
}

fn ipl(event: &Event, kind: RegisterKind) -> (Promise, Vec<(Coverage, &[u8])>) {
    let data = event.data.as_slice();
    let command_register = match kind {
        RegisterKind::Tpm => 8,
        RegisterKind::ConfidentialComputing => 3,
    };
    let text = GRUB_PREFIXES.iter().find_map(|prefix| data.strip_prefix(*prefix));
    match text {
        Some(text) if event.register == command_register => {
            let trimmed = text.strip_suffix(&[0]).unwrap_or(text);
            (
                Promise::Always,
                vec![(Coverage::AfterPrefix, trimmed), (Coverage::AfterPrefix, text)],
            )
        }
        _ => (Promise::No, vec![(Coverage::Whole, data)]),
    }
}

/// The value part of `UEFI_VARIABLE_DATA`: what follows the name; empty where the structure is broken.
fn variable_value(data: &[u8]) -> &[u8] {
    let length = |at: usize| -> Option<usize> {
        let bytes = data.get(at..at.checked_add(8)?)?;
        usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let value = || {
        let start = length(16)?.checked_mul(2)?.checked_add(32)?;
        data.get(start..start.checked_add(length(24)?)?)
    };
    value().unwrap_or_default()
}
