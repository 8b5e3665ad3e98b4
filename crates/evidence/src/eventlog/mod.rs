//! TCG event logs: the SHA-1 format of TPM 1.2, the crypto-agile format, and CCEL (the same bytes with confidential
//! computing measurement registers).
//!
//! TCG PC Client Platform Firmware Profile 1.06 ("PFP") §10; UEFI 2.10 §38.4 for the register mapping of CCEL.
//! Nothing here is believed: whether the data of an event is what was hashed is decided in `verify::eventlog`.

mod algorithm;
mod data;
mod device_path;
mod error;
mod event_type;
mod gpt;
mod reader;
mod spec_id;

pub use algorithm::Algorithm;
pub use data::{EventData, TaggedEvent, UefiVariable};
pub use error::LogError;
pub use event_type::EventType;
pub use gpt::{Partition, PartitionTable};
pub use spec_id::{SpecId, VendorInfoPlacement};

use reader::Cursor;
use serde::Serialize;

/// Largest log that is read, in bytes. Firmware reserves 64 KiB to 256 KiB.
pub const MAX_LOG: usize = 4 << 20;
/// Largest data of one event, in bytes. The largest seen is a 36 KiB list of boot modules.
pub const MAX_EVENT: usize = 1 << 20;
/// Most banks that a header may announce.
pub const MAX_ALGORITHMS: usize = 8;
/// Highest register index of a PC client TPM.
pub const MAX_REGISTER: u32 = 23;
/// Register index of events that belong to no register (Windows writes one when it attests its own key).
pub const NO_REGISTER: u32 = u32::MAX;

/// Which registers the indices of a log name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisterKind {
    /// PCR 0 to 23 of a TPM.
    Tpm,
    /// Confidential computing measurement registers: 0 is MRTD, 1 to 4 are RTMR 0 to 3 on Intel TDX.
    ConfidentialComputing,
}

/// The layout of the events after the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// `TCG_PCClientPCREvent`: one SHA-1 digest each.
    Sha1,
    /// `TCG_PCR_EVENT2` under a Spec ID event: one digest for each bank announced.
    CryptoAgile(SpecId, VendorInfoPlacement),
}

/// One digest of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The bank.
    pub algorithm: Algorithm,
    /// The value that extended the register of that bank.
    pub value: Vec<u8>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The register that it extends; [`NO_REGISTER`] only for events that extend none.
    pub register: u32,
    /// What the event says it is. Covered by no digest.
    pub event_type: EventType,
    /// One digest for each bank, in the log's order.
    pub digests: Vec<Digest>,
    /// The event's data, covered by its digests only for some types.
    pub data: Vec<u8>,
}

impl Event {
    /// Whether the event extends its register: all do, `EV_NO_ACTION` apart.
    #[must_use]
    pub fn extends(&self) -> bool {
        self.event_type != EventType::NO_ACTION
    }

    /// The digest for a bank.
    #[must_use]
    pub fn digest(&self, algorithm: Algorithm) -> Option<&[u8]> {
        self.digests
            .iter()
            .find(|digest| digest.algorithm == algorithm)
            .map(|digest| digest.value.as_slice())
    }

    /// The data, decoded by the event's type.
    #[must_use]
    pub fn decoded(&self) -> EventData {
        EventData::decode(self.event_type, &self.data)
    }
}

/// Bytes of one value that fill the log's memory after the last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Padding {
    /// 0x00 or 0xff.
    pub byte: u8,
    /// How many.
    pub length: usize,
}

/// A parsed log: [`EventLog::encode`] gives the bytes that were parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLog {
    format: Format,
    events: Vec<Event>,
    padding: Option<Padding>,
}

impl EventLog {
    /// Whether bytes look like a log: they begin with a Spec ID event, or parse as a SHA-1 log with a known first type.
    #[must_use]
    pub fn recognise(bytes: &[u8]) -> bool {
        if bytes.get(32..48) == Some(spec_id::SIGNATURE.as_slice()) {
            return bytes.get(4..8) == Some(EventType::NO_ACTION.0.to_le_bytes().as_slice());
        }
        Self::parse(bytes).is_ok_and(|log| {
            log.events
                .first()
                .is_some_and(|event| event.event_type.known_name().is_some())
        })
    }

    /// Reads a whole log. Zeros or 0xff after the last event are padding; anything else there is an error.
    ///
    /// # Errors
    /// [`LogError`] for bytes that are not a log, in full, or over the limits of this module.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogError> {
        if bytes.len() > MAX_LOG {
            return Err(LogError::TooLarge {
                what: "log",
                size: bytes.len(),
                limit: MAX_LOG,
            });
        }
        let padding_start = padding_start(bytes);
        let mut cursor = Cursor::new(bytes);
        let mut events = Vec::new();
        if padding_start == 0 {
            return Err(LogError::Empty);
        }
        let first = sha1_event(&mut cursor, 0)?;
        let format = format_of(&first, &mut cursor)?;
        events.push(first);
        while cursor.offset() < padding_start {
            let number = events.len();
            events.push(match &format {
                Format::Sha1 => sha1_event(&mut cursor, number)?,
                Format::CryptoAgile(header, _) => agile_event(&mut cursor, header, number)?,
            });
        }
        let padding = cursor.rest().first().map(|byte| Padding {
            byte: *byte,
            length: cursor.rest().len(),
        });
        Ok(Self {
            format,
            events,
            padding,
        })
    }

    /// A crypto-agile log that holds its header only. `register` is 0 for a TPM's log, 1 for CCEL.
    #[must_use]
    pub fn new(header: SpecId, register: u32) -> Self {
        let digest = Digest {
            algorithm: Algorithm::SHA1,
            value: vec![0; 20],
        };
        let data = header.encode();
        let event = Event {
            register,
            event_type: EventType::NO_ACTION,
            digests: vec![digest],
            data,
        };
        let format = Format::CryptoAgile(header, VendorInfoPlacement::InEvent);
        Self {
            format,
            events: vec![event],
            padding: None,
        }
    }

    /// Appends an event.
    ///
    /// # Errors
    /// [`LogError`] if a log with this event would not parse.
    pub fn push(&mut self, event: Event) -> Result<(), LogError> {
        let number = self.events.len();
        check_register(event.register, event.event_type, number)?;
        check_size(event.data.len())?;
        for (at, digest) in event.digests.iter().enumerate() {
            let length = match &self.format {
                Format::Sha1 => (digest.algorithm == Algorithm::SHA1).then_some(20),
                Format::CryptoAgile(header, _) => header.digest_length(digest.algorithm),
            };
            let algorithm = digest.algorithm.0;
            let length = length.ok_or(LogError::UnannouncedAlgorithm {
                event: number,
                algorithm,
            })?;
            if length != digest.value.len() {
                return Err(LogError::DigestLength {
                    algorithm,
                    found: digest.value.len(),
                });
            }
            if event
                .digests
                .iter()
                .take(at)
                .any(|earlier| earlier.algorithm == digest.algorithm)
            {
                return Err(LogError::RepeatedDigest {
                    event: number,
                    algorithm,
                });
            }
        }
        if self.format == Format::Sha1 && event.digests.len() != 1 {
            return Err(LogError::DigestLength {
                algorithm: Algorithm::SHA1.0,
                found: 0,
            });
        }
        self.events.push(event);
        Ok(())
    }

    /// The layout.
    #[must_use]
    pub const fn format(&self) -> &Format {
        &self.format
    }

    /// The header of a crypto-agile log.
    #[must_use]
    pub const fn spec_id(&self) -> Option<&SpecId> {
        match &self.format {
            Format::CryptoAgile(header, _) => Some(header),
            Format::Sha1 => None,
        }
    }

    /// Every event in order, the Spec ID event included.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The padding after the last event.
    #[must_use]
    pub const fn padding(&self) -> Option<Padding> {
        self.padding
    }

    /// The banks that the log speaks of, in the header's order.
    #[must_use]
    pub fn algorithms(&self) -> Vec<Algorithm> {
        match &self.format {
            Format::Sha1 => vec![Algorithm::SHA1],
            Format::CryptoAgile(header, _) => header.algorithms.iter().map(|(algorithm, _)| *algorithm).collect(),
        }
    }

    /// Which registers the log speaks of. CCEL's header sits in register 1, a TPM log's in PCR 0; where a header says
    /// 0, CCEL is told by its one bank and by extending nothing but registers 1 to 4 (a TPM log begins in PCR 0).
    #[must_use]
    pub fn register_kind(&self) -> RegisterKind {
        let header_in_one = self.spec_id().is_some() && self.events.first().is_some_and(|first| first.register == 1);
        let mut extended = self
            .events
            .iter()
            .filter(|event| event.extends())
            .map(|event| event.register)
            .peekable();
        let like_ccel = self.algorithms() == [Algorithm::SHA384]
            && extended.peek() == Some(&1)
            && extended.all(|register| (1..=4).contains(&register));
        if header_in_one || like_ccel {
            RegisterKind::ConfidentialComputing
        } else {
            RegisterKind::Tpm
        }
    }

    /// The log's bytes, padding included.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, event) in self.events.iter().enumerate() {
            match &self.format {
                Format::CryptoAgile(header, placement) if number == 0 => {
                    encode_sha1(event, &mut out);
                    if *placement == VendorInfoPlacement::AfterEvent {
                        out.extend_from_slice(&header.vendor_info);
                    }
                }
                Format::CryptoAgile(..) => encode_agile(event, &mut out),
                Format::Sha1 => encode_sha1(event, &mut out),
            }
        }
        if let Some(padding) = self.padding {
            out.resize(out.len().saturating_add(padding.length), padding.byte);
        }
        out
    }
}

/// Where the run of zeros, or of 0xff, at the end of `bytes` begins.
fn padding_start(bytes: &[u8]) -> usize {
    let run = match bytes.last() {
        Some(last @ (0 | 0xff)) => bytes.iter().rev().take_while(|byte| *byte == last).count(),
        _ => 0,
    };
    bytes.len().saturating_sub(run)
}

fn format_of(first: &Event, cursor: &mut Cursor<'_>) -> Result<Format, LogError> {
    let header = first.event_type == EventType::NO_ACTION && first.data.starts_with(spec_id::SIGNATURE);
    if !header {
        return Ok(Format::Sha1);
    }
    let (header, placement) = SpecId::parse(&first.data, cursor.rest())?;
    if placement == VendorInfoPlacement::AfterEvent {
        cursor.bytes(header.vendor_info.len(), "vendor info")?;
    }
    Ok(Format::CryptoAgile(header, placement))
}

fn check_register(register: u32, event_type: EventType, event: usize) -> Result<(), LogError> {
    let none = register == NO_REGISTER && event_type == EventType::NO_ACTION;
    if register <= MAX_REGISTER || none {
        Ok(())
    } else {
        Err(LogError::Register { event, register })
    }
}

fn check_size(size: usize) -> Result<(), LogError> {
    if size > MAX_EVENT {
        return Err(LogError::TooLarge {
            what: "event",
            size,
            limit: MAX_EVENT,
        });
    }
    Ok(())
}

fn event_data(cursor: &mut Cursor<'_>) -> Result<Vec<u8>, LogError> {
    let size = usize::try_from(cursor.u32("event size")?).unwrap_or(usize::MAX);
    let data = cursor.bytes(size, "event data")?;
    check_size(size)?;
    Ok(data.to_vec())
}

/// `TCG_PCClientPCREvent` (PFP 1.06 §10.1).
fn sha1_event(cursor: &mut Cursor<'_>, number: usize) -> Result<Event, LogError> {
    let register = cursor.u32("register")?;
    let event_type = EventType(cursor.u32("event type")?);
    check_register(register, event_type, number)?;
    let value = cursor.bytes(20, "digest")?.to_vec();
    let data = event_data(cursor)?;
    Ok(Event {
        register,
        event_type,
        digests: vec![Digest {
            algorithm: Algorithm::SHA1,
            value,
        }],
        data,
    })
}

/// `TCG_PCR_EVENT2` (PFP 1.06 §10.2.2).
fn agile_event(cursor: &mut Cursor<'_>, header: &SpecId, number: usize) -> Result<Event, LogError> {
    let register = cursor.u32("register")?;
    let event_type = EventType(cursor.u32("event type")?);
    check_register(register, event_type, number)?;
    let count = usize::try_from(cursor.u32("digest count")?).unwrap_or(usize::MAX);
    if count > header.algorithms.len() {
        return Err(LogError::TooLarge {
            what: "digest count",
            size: count,
            limit: header.algorithms.len(),
        });
    }
    let mut digests: Vec<Digest> = Vec::new();
    for _ in 0..count {
        let algorithm = Algorithm(cursor.u16("digest algorithm")?);
        let length = header.digest_length(algorithm).ok_or(LogError::UnannouncedAlgorithm {
            event: number,
            algorithm: algorithm.0,
        })?;
        if digests.iter().any(|digest| digest.algorithm == algorithm) {
            return Err(LogError::RepeatedDigest {
                event: number,
                algorithm: algorithm.0,
            });
        }
        digests.push(Digest {
            algorithm,
            value: cursor.bytes(length, "digest")?.to_vec(),
        });
    }
    let data = event_data(cursor)?;
    Ok(Event {
        register,
        event_type,
        digests,
        data,
    })
}

fn encode_data(data: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(data);
}

fn encode_sha1(event: &Event, out: &mut Vec<u8>) {
    out.extend_from_slice(&event.register.to_le_bytes());
    out.extend_from_slice(&event.event_type.0.to_le_bytes());
    event
        .digests
        .iter()
        .for_each(|digest| out.extend_from_slice(&digest.value));
    encode_data(&event.data, out);
}

fn encode_agile(event: &Event, out: &mut Vec<u8>) {
    out.extend_from_slice(&event.register.to_le_bytes());
    out.extend_from_slice(&event.event_type.0.to_le_bytes());
    out.extend_from_slice(&u32::try_from(event.digests.len()).unwrap_or(u32::MAX).to_le_bytes());
    for digest in &event.digests {
        out.extend_from_slice(&digest.algorithm.0.to_le_bytes());
        out.extend_from_slice(&digest.value);
    }
    encode_data(&event.data, out);
}
