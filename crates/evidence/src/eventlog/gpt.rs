//! The partition table as measured by `EV_EFI_GPT_EVENT`.

use serde::Serialize;

use super::LogError;
use super::data::guid;
use super::reader::Cursor;

/// Most partitions that are read; tables hold 128 entries.
const MAX_PARTITIONS: u64 = 256;

/// `UEFI_GPT_DATA` (PFP 1.06 §10.4.2): the header and the entries in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartitionTable {
    /// Identity of the disk.
    pub disk_guid: String,
    /// The partitions in use.
    pub partitions: Vec<Partition>,
}

/// One entry of the table (UEFI 2.10 §5.3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// What the partition is for.
    pub type_guid: String,
    /// Identity of the partition.
    pub partition_guid: String,
    /// First block.
    pub first_lba: u64,
    /// Last block, inclusive.
    pub last_lba: u64,
    /// Label.
    pub name: String,
}

impl PartitionTable {
    pub(super) fn parse(data: &[u8]) -> Result<Self, LogError> {
        let mut cursor = Cursor::new(data);
        cursor.bytes(56, "partition table header")?;
        let disk_guid = guid(&cursor.array("disk GUID")?);
        cursor.bytes(8, "entries LBA")?;
        cursor.u32("number of entries")?;
        let entry_size = usize::try_from(cursor.u32("entry size")?).unwrap_or(usize::MAX);
        cursor.bytes(4, "entries CRC")?;
        let count = cursor.u64("number of partitions")?;
        if count > MAX_PARTITIONS {
            return Err(LogError::TooLarge {
                what: "number of partitions",
                size: usize::MAX,
                limit: 256,
            });
        }
        let mut partitions = Vec::new();
        for _ in 0..count {
            partitions.push(Partition::parse(cursor.bytes(entry_size, "partition entry")?)?);
        }
        Ok(Self { disk_guid, partitions })
    }
}

impl Partition {
    fn parse(entry: &[u8]) -> Result<Self, LogError> {
        let mut cursor = Cursor::new(entry);
        let type_guid = guid(&cursor.array("partition type")?);
        let partition_guid = guid(&cursor.array("partition GUID")?);
        let first_lba = cursor.u64("first LBA")?;
        let last_lba = cursor.u64("last LBA")?;
        cursor.bytes(8, "attributes")?;
        let name = super::data::utf16(cursor.bytes(72, "partition name")?);
        Ok(Self {
            type_guid,
            partition_guid,
            first_lba,
            last_lba,
            name,
        })
    }
}
