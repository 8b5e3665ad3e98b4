//! The embedded store: one file, one process.

use std::{
    fs::{File, OpenOptions},
    ops::Bound,
    path::Path,
    sync::{Mutex, PoisonError},
};

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition, backends::FileBackend};

use crate::{Batch, CommitError, Entry, Fault, Revision, Store, Watch, batch::Write, watch::Watchers};

/// Key → revision (8 bytes, big endian), value.
const ENTRIES: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("entries");
/// `format` and `revision`.
const META: TableDefinition<'static, &str, u64> = TableDefinition::new("meta");
const FORMAT: u64 = 1;
/// Pages kept in memory, bytes.
const CACHE_BYTES: usize = 64 << 20;

/// A store in one redb file, readable by its owner only. Every commit is on disk before it returns.
#[derive(Debug)]
pub struct EmbeddedStore {
    database: Database,
    /// Held over commit and telling the watches, so that these see commits in order.
    order: Mutex<()>,
    watchers: Watchers,
}

impl EmbeddedStore {
    /// Opens the file at `path`, or creates it (mode 0600).
    ///
    /// # Errors
    /// [`Fault::Locked`] if another process has it open, [`Fault::Open`] if it cannot be opened or created,
    /// [`Fault::Damaged`] if it is no store, [`Fault::NewerFormat`] if a later version wrote it.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let file = open_private(path).map_err(|source| Fault::Open {
            path: path.to_owned(),
            source,
        })?;
        let backend = FileBackend::new(file).map_err(|error| open_fault(path, error))?;
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(backend)
            .map_err(|error| open_fault(path, error))?;
        let store = Self {
            database,
            order: Mutex::new(()),
            watchers: Watchers::default(),
        };
        store.prepare()?;
        Ok(store)
    }

    /// Creates the tables of a new file and checks the format of an old one.
    fn prepare(&self) -> Result<(), Fault> {
        let transaction = self.database.begin_write().map_err(fault)?;
        {
            let mut meta = transaction.open_table(META).map_err(fault)?;
            let found = meta.get("format").map_err(fault)?.map(|guard| guard.value());
            match found {
                Some(found) if found > FORMAT => {
                    return Err(Fault::NewerFormat {
                        found,
                        supported: FORMAT,
                    });
                }
                Some(_) => {}
                None => {
                    meta.insert("format", FORMAT).map_err(fault)?;
                    meta.insert("revision", 0).map_err(fault)?;
                }
            }
            transaction.open_table(ENTRIES).map_err(fault)?;
        }
        transaction.commit().map_err(fault)
    }
}

impl Store for EmbeddedStore {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, Fault> {
        let table = self
            .database
            .begin_read()
            .map_err(fault)?
            .open_table(ENTRIES)
            .map_err(fault)?;
        let found = table.get(key).map_err(fault)?;
        found.map(|guard| decode(guard.value())).transpose()
    }

    fn range(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<(Vec<u8>, Entry)>, Fault> {
        let start = match after {
            Some(key) if key >= prefix => Bound::Excluded(key),
            _ => Bound::Included(prefix),
        };
        let table = self
            .database
            .begin_read()
            .map_err(fault)?
            .open_table(ENTRIES)
            .map_err(fault)?;
        let mut found = Vec::new();
        for item in table
            .range::<&[u8]>((start, Bound::Unbounded))
            .map_err(fault)?
            .take(limit)
        {
            let (key, value) = item.map_err(fault)?;
            if !key.value().starts_with(prefix) {
                break;
            }
            found.push((key.value().to_vec(), decode(value.value())?));
        }
        Ok(found)
    }

    fn commit(&self, batch: &Batch) -> Result<Revision, CommitError> {
        batch.check_limits()?;
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = self.database.begin_write().map_err(fault)?;
        let revision = {
            let mut entries = transaction.open_table(ENTRIES).map_err(fault)?;
            for (key, expectation) in &batch.expectations {
                let found = entries.get(key.as_slice()).map_err(fault)?;
                let found = found.map(|guard| decode(guard.value())).transpose()?;
                expectation.check(key, found.as_ref())?;
            }
            let mut meta = transaction.open_table(META).map_err(fault)?;
            let last = meta.get("revision").map_err(fault)?.map_or(0, |guard| guard.value());
            let revision = Revision::from_u64(last).next();
            meta.insert("revision", revision.as_u64()).map_err(fault)?;
            for (key, write) in &batch.writes {
                match write {
                    Write::Put(value) => {
                        entries
                            .insert(key.as_slice(), encode(revision, value).as_slice())
                            .map_err(fault)?;
                    }
                    Write::Delete => {
                        entries.remove(key.as_slice()).map_err(fault)?;
                    }
                }
            }
            revision
        };
        transaction.commit().map_err(fault)?;
        self.watchers.tell(batch, revision);
        Ok(revision)
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        self.watchers.watch(prefix)
    }
}

fn encode(revision: Revision, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len().saturating_add(8));
    bytes.extend_from_slice(&revision.as_u64().to_be_bytes());
    bytes.extend_from_slice(value);
    bytes
}

fn decode(bytes: &[u8]) -> Result<Entry, Fault> {
    let Some((revision, value)) = bytes.split_first_chunk::<8>() else {
        return Err(Fault::Damaged {
            what: "an entry".to_owned(),
            detail: format!("{} bytes", bytes.len()),
        });
    };
    Ok(Entry {
        revision: Revision::from_u64(u64::from_be_bytes(*revision)),
        value: value.to_vec(),
    })
}

// The store's file is what this crate may open (layers.toml).
#[allow(clippy::disallowed_methods)]
fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn open_fault(path: &Path, error: DatabaseError) -> Fault {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            Fault::Locked { path: path.to_owned() }
        }
        DatabaseError::Storage(redb::StorageError::Io(source)) if source.kind() != std::io::ErrorKind::InvalidData => {
            Fault::Open {
                path: path.to_owned(),
                source,
            }
        }
        other => Fault::Damaged {
            what: path.display().to_string(),
            detail: other.to_string(),
        },
    }
}

fn fault(error: impl Into<redb::Error>) -> Fault {
    match error.into() {
        redb::Error::Corrupted(detail) => Fault::Damaged {
            what: "the store".to_owned(),
            detail,
        },
        other => Fault::Backend {
            detail: other.to_string(),
        },
    }
}
