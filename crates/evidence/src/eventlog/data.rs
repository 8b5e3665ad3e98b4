//! The data of events, decoded by type.

use serde::Serialize;

use super::gpt::PartitionTable;
use super::reader::Cursor;
use super::{EventType, LogError, device_path};

/// `UEFI_VARIABLE_DATA` (PFP 1.06 §10.4.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UefiVariable {
    /// The vendor GUID of the variable.
    pub guid: String,
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(serialize_with = "as_hex")]
    pub value: Vec<u8>,
    /// Bytes after the end that the two length fields give; shim's own events have some.
    pub excess: usize,
}

impl UefiVariable {
    /// Reads a variable; bytes after its end are counted, not refused.
    ///
    /// # Errors
    /// [`LogError::Truncated`] if a length field runs past the end.
    pub fn parse(data: &[u8]) -> Result<Self, LogError> {
        let mut cursor = Cursor::new(data);
        let guid = guid(&cursor.array("variable GUID")?);
        let name_length = usize::try_from(cursor.u64("name length")?).unwrap_or(usize::MAX);
        let value_length = usize::try_from(cursor.u64("value length")?).unwrap_or(usize::MAX);
        let name = utf16(cursor.bytes(name_length.saturating_mul(2), "variable name")?);
        let value = cursor.bytes(value_length, "variable value")?.to_vec();
        Ok(Self {
            guid,
            name,
            value,
            excess: cursor.rest().len(),
        })
    }

    /// Whether this is the `SecureBoot` variable of the UEFI specification.
    #[must_use]
    pub fn is_secure_boot(&self) -> bool {
        self.guid == "8be4df61-93ca-11d2-aa0d-00e098032b8c" && self.name == "SecureBoot"
    }
}

/// `TCG_PCClientTaggedEvent` (PFP 1.06 §10.4.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaggedEvent {
    /// What the data is.
    pub id: u32,
    /// The data.
    #[serde(serialize_with = "as_hex")]
    pub data: Vec<u8>,
}

/// The data of an event as its type lays it out. What does not fit its type is [`EventData::Unparsed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventData {
    /// The header of a log.
    SpecId {
        /// `Spec ID Event03`, or that of an older specification.
        signature: String,
    },
    /// The locality at which the TPM was started; fixes the first value of PCR 0 (PFP 1.06 §10.4.5.3).
    StartupLocality {
        /// 0, 3 or 4.
        locality: u8,
    },
    /// Another `EV_NO_ACTION` event: SP800-155 reference manifests, vendor information.
    Information {
        /// Its 16-byte signature, empty if it has none.
        signature: String,
        /// Length of the data in bytes.
        length: usize,
    },
    /// A UEFI variable.
    Variable(UefiVariable),
    /// The end of the firmware's own measurements in a register.
    Separator {
        /// 0 or 0xffffffff; 1 says that an error happened.
        value: u32,
    },
    /// A message.
    Text {
        /// The message, without a closing NUL.
        text: String,
    },
    /// A region of firmware.
    Blob {
        /// Its name, where the type has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// Physical address.
        base: u64,
        /// Length in bytes.
        length: u64,
    },
    /// An image that was loaded.
    Image {
        /// Address in memory.
        address: u64,
        /// Length in memory, in bytes.
        length: u64,
        /// Where it came from.
        device_path: Vec<String>,
    },
    /// A partition table.
    Partitions(PartitionTable),
    /// A tagged event.
    Tagged(TaggedEvent),
    /// Configuration tables handed to the operating system.
    Tables {
        /// Their name, where the type has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// Vendor GUIDs of the tables.
        guids: Vec<String>,
    },
    /// Not decoded: an unknown type, or data that does not fit the type.
    Unparsed {
        /// Length of the data in bytes.
        length: usize,
    },
}

impl EventData {
    /// Decodes `data` as `event_type` lays it out. Never fails: see [`EventData::Unparsed`].
    #[must_use]
    pub fn decode(event_type: EventType, data: &[u8]) -> Self {
        decode(event_type, data).unwrap_or(Self::Unparsed { length: data.len() })
    }
}

fn decode(event_type: EventType, data: &[u8]) -> Result<EventData, LogError> {
    Ok(match event_type {
        EventType::NO_ACTION => no_action(data),
        EventType::SEPARATOR => {
            let value = data.try_into().map_err(|_| LogError::Truncated {
                field: "separator",
                offset: 0,
            })?;
            EventData::Separator {
                value: u32::from_le_bytes(value),
            }
        }
        EventType::EFI_VARIABLE_DRIVER_CONFIG
        | EventType::EFI_VARIABLE_BOOT
        | EventType::EFI_VARIABLE_BOOT2
        | EventType::EFI_VARIABLE_AUTHORITY => EventData::Variable(UefiVariable::parse(data)?),
        EventType::EFI_BOOT_SERVICES_APPLICATION
        | EventType::EFI_BOOT_SERVICES_DRIVER
        | EventType::EFI_RUNTIME_SERVICES_DRIVER => image(data)?,
        EventType::EFI_GPT_EVENT => EventData::Partitions(PartitionTable::parse(data)?),
        EventType::EFI_PLATFORM_FIRMWARE_BLOB => blob(data)?,
        EventType::EFI_PLATFORM_FIRMWARE_BLOB2 => named_blob(data)?,
        EventType::POST_CODE if data.len() == 16 && !printable(data) => blob(data)?,
        EventType::EFI_HANDOFF_TABLES => tables(Cursor::new(data), None)?,
        EventType::EFI_HANDOFF_TABLES2 => named_tables(data)?,
        EventType::EVENT_TAG => EventData::Tagged(tagged(data)?),
        EventType::S_CRTM_VERSION => crtm_version(data),
        EventType::POST_CODE
        | EventType::ACTION
        | EventType::EFI_ACTION
        | EventType::IPL
        | EventType::S_CRTM_CONTENTS
        | EventType::CPU_MICROCODE
        | EventType::PLATFORM_CONFIG_FLAGS
        | EventType::OMIT_BOOT_DEVICE_EVENTS
        | EventType::EFI_HCRTM_EVENT => text(data),
        _ => EventData::Unparsed { length: data.len() },
    })
}

fn no_action(data: &[u8]) -> EventData {
    let signature = data
        .get(..16)
        .map(|s| s.split(|byte| *byte == 0).next().unwrap_or_default());
    match (signature, data.get(16..)) {
        (Some(b"StartupLocality"), Some([locality])) => EventData::StartupLocality { locality: *locality },
        (Some(signature), _) if signature.starts_with(b"Spec ID Event") => EventData::SpecId {
            signature: String::from_utf8_lossy(signature).into_owned(),
        },
        (Some(signature), _) if printable(signature) => EventData::Information {
            signature: String::from_utf8_lossy(signature).into_owned(),
            length: data.len(),
        },
        _ => EventData::Information {
            signature: String::new(),
            length: data.len(),
        },
    }
}

/// `UEFI_IMAGE_LOAD_EVENT` (PFP 1.06 §10.4.4).
fn image(data: &[u8]) -> Result<EventData, LogError> {
    let mut cursor = Cursor::new(data);
    let address = cursor.u64("image address")?;
    let length = cursor.u64("image length")?;
    cursor.u64("link time address")?;
    let size = usize::try_from(cursor.u64("device path length")?).unwrap_or(usize::MAX);
    let device_path = device_path::nodes(cursor.bytes(size, "device path")?)?;
    Ok(EventData::Image {
        address,
        length,
        device_path,
    })
}

fn blob(data: &[u8]) -> Result<EventData, LogError> {
    let mut cursor = Cursor::new(data);
    let (base, length) = (cursor.u64("blob base")?, cursor.u64("blob length")?);
    Ok(EventData::Blob {
        description: None,
        base,
        length,
    })
}

fn description(cursor: &mut Cursor<'_>) -> Result<String, LogError> {
    let size = usize::from(cursor.u8("description size")?);
    Ok(trimmed(cursor.bytes(size, "description")?))
}

fn named_blob(data: &[u8]) -> Result<EventData, LogError> {
    let mut cursor = Cursor::new(data);
    let description = Some(description(&mut cursor)?);
    let (base, length) = (cursor.u64("blob base")?, cursor.u64("blob length")?);
    Ok(EventData::Blob {
        description,
        base,
        length,
    })
}

fn named_tables(data: &[u8]) -> Result<EventData, LogError> {
    let mut cursor = Cursor::new(data);
    let description = description(&mut cursor)?;
    tables(cursor, Some(description))
}

/// `UEFI_HANDOFF_TABLE_POINTERS` (PFP 1.06 §10.4.4).
fn tables(mut cursor: Cursor<'_>, description: Option<String>) -> Result<EventData, LogError> {
    let count = cursor.u64("number of tables")?;
    if count > 128 {
        return Err(LogError::TooLarge {
            what: "number of tables",
            size: usize::MAX,
            limit: 128,
        });
    }
    let mut guids = Vec::new();
    for _ in 0..count {
        guids.push(guid(&cursor.array("table GUID")?));
        cursor.u64("table address")?;
    }
    Ok(EventData::Tables { description, guids })
}

fn tagged(data: &[u8]) -> Result<TaggedEvent, LogError> {
    let mut cursor = Cursor::new(data);
    let id = cursor.u32("tag")?;
    let size = usize::try_from(cursor.u32("tagged size")?).unwrap_or(usize::MAX);
    let data = cursor.bytes(size, "tagged data")?.to_vec();
    Ok(TaggedEvent { id, data })
}

/// A GUID, or text in UTF-16, or bytes: the three forms that firmware uses.
fn crtm_version(data: &[u8]) -> EventData {
    let wide = data.len().is_multiple_of(2) && data.iter().skip(1).step_by(2).all(|byte| *byte == 0);
    match <&[u8; 16]>::try_from(data) {
        _ if wide => EventData::Text { text: utf16(data) },
        Ok(bytes) => EventData::Text { text: guid(bytes) },
        Err(_) => text(data),
    }
}

/// Text in ASCII, or in UTF-16 as systemd-boot writes it.
fn text(data: &[u8]) -> EventData {
    let wide = data.len() >= 4 && data.get(1) == Some(&0) && data.get(3) == Some(&0);
    if wide {
        return EventData::Text { text: utf16(data) };
    }
    match std::str::from_utf8(data) {
        Ok(text) => EventData::Text {
            text: text.trim_end_matches('\0').to_owned(),
        },
        Err(_) => EventData::Unparsed { length: data.len() },
    }
}

fn printable(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

fn trimmed(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

/// UTF-16LE up to the first NUL; what is not UTF-16 becomes U+FFFD.
pub(super) fn utf16(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|unit| unit.try_into().map_or(0xfffd, u16::from_le_bytes));
    let units = units.take_while(|unit| *unit != 0);
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// A GUID in its usual spelling (RFC 9562 §4, with the mixed byte order of UEFI 2.10 appendix A).
pub(super) fn guid(bytes: &[u8; 16]) -> String {
    let [a0, a1, a2, a3, b0, b1, c0, c1, rest @ ..] = *bytes;
    let (a, b, c) = (
        u32::from_le_bytes([a0, a1, a2, a3]),
        u16::from_le_bytes([b0, b1]),
        u16::from_le_bytes([c0, c1]),
    );
    let [d0, d1, node @ ..] = rest;
    format!("{a:08x}-{b:04x}-{c:04x}-{d0:02x}{d1:02x}-{}", hex::encode(node))
}

fn as_hex<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}
