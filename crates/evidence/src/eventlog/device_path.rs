//! UEFI device paths in words.

use super::LogError;
use super::data::{guid, utf16};
use super::reader::Cursor;

/// Most nodes that are read.
const MAX_NODES: usize = 64;

/// The nodes of a device path (UEFI 2.10 §10.3), each in the text form of §10.6 where it is a common one, else as
/// `Path(type,subtype,hex)`.
pub(super) fn nodes(path: &[u8]) -> Result<Vec<String>, LogError> {
    let mut cursor = Cursor::new(path);
    let mut nodes = Vec::new();
    while !cursor.rest().is_empty() {
        let kind = cursor.u8("device path type")?;
        let subtype = cursor.u8("device path subtype")?;
        let length = usize::from(cursor.u16("device path length")?);
        let body = cursor.bytes(length.saturating_sub(4), "device path node")?;
        if length < 4 {
            return Err(LogError::Truncated {
                field: "device path length",
                offset: cursor.offset(),
            });
        }
        if (kind, subtype) == (0x7f, 0xff) {
            break;
        }
        if nodes.len() >= MAX_NODES {
            return Err(LogError::TooLarge {
                what: "device path",
                size: nodes.len(),
                limit: MAX_NODES,
            });
        }
        nodes.push(node(kind, subtype, body));
    }
    Ok(nodes)
}

fn node(kind: u8, subtype: u8, body: &[u8]) -> String {
    known(kind, subtype, body).unwrap_or_else(|_| format!("Path({kind},{subtype},{})", hex::encode(body)))
}

fn known(kind: u8, subtype: u8, body: &[u8]) -> Result<String, LogError> {
    let mut cursor = Cursor::new(body);
    Ok(match (kind, subtype) {
        (1, 1) => {
            let (function, device) = (cursor.u8("function")?, cursor.u8("device")?);
            format!("Pci({device:#x},{function:#x})")
        }
        (2, 1) => match (cursor.u32("hid")?, cursor.u32("uid")?) {
            (0x0a03_41d0, uid) => format!("PciRoot({uid:#x})"),
            (hid, uid) => format!("Acpi({hid:#010x},{uid:#x})"),
        },
        (3, 2) => format!("Scsi({:#x},{:#x})", cursor.u16("target")?, cursor.u16("lun")?),
        (3, 18) => {
            format!(
                "Sata({:#x},{:#x},{:#x})",
                cursor.u16("port")?,
                cursor.u16("multiplier")?,
                cursor.u16("lun")?
            )
        }
        (3, 23) => format!(
            "NVMe({:#x},{})",
            cursor.u32("namespace")?,
            hex::encode(cursor.bytes(8, "eui64")?)
        ),
        (4, 1) => {
            let number = cursor.u32("partition number")?;
            cursor.bytes(16, "partition extent")?;
            format!("HD({number},GPT,{})", guid(&cursor.array("signature")?))
        }
        (4, 4) => utf16(body),
        (4, 6) => format!("FvFile({})", guid(&cursor.array("file name")?)),
        (4, 7) => format!("Fv({})", guid(&cursor.array("volume name")?)),
        (4, 8) => {
            cursor.bytes(4, "reserved")?;
            format!("Offset({:#x},{:#x})", cursor.u64("start")?, cursor.u64("end")?)
        }
        _ => return Err(LogError::Empty),
    })
}
