//! A store that ends with its process: for tests and simulations.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{Batch, CommitError, Entry, Expectation, Fault, Revision, Store, Watch, batch::Write, watch::Watchers};

#[derive(Debug)]
struct State {
    entries: BTreeMap<Vec<u8>, Entry>,
    last: Revision,
}

/// Entries in memory. Nothing survives the value.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
    watchers: Watchers,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                entries: BTreeMap::new(),
                last: Revision::NONE,
            }),
            watchers: Watchers::default(),
        }
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>, Fault> {
        Ok(self.lock().entries.get(key).cloned())
    }

    fn range(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<(Vec<u8>, Entry)>, Fault> {
        let start = match after {
            Some(key) if key >= prefix => Bound::Excluded(key),
            _ => Bound::Included(prefix),
        };
        let state = self.lock();
        let found = state.entries.range::<[u8], _>((start, Bound::Unbounded));
        Ok(found
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect())
    }

    fn commit(&self, batch: &Batch) -> Result<Revision, CommitError> {
        batch.check_limits()?;
        let mut state = self.lock();
        for (key, expectation) in &batch.expectations {
            expectation.check(key, state.entries.get(key))?;
        }
        let revision = state.last.next();
        for (key, write) in &batch.writes {
            match write {
                Write::Put(value) => {
                    state.entries.insert(
                        key.clone(),
                        Entry {
                            revision,
                            value: value.clone(),
                        },
                    );
                }
                Write::Delete => {
                    state.entries.remove(key);
                }
            }
        }
        state.last = revision;
        self.watchers.tell(batch, revision);
        Ok(revision)
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        let _order = self.lock();
        self.watchers.watch(prefix)
    }
}

impl Expectation {
    /// Whether `found` is what is expected at `key`.
    pub(crate) fn check(self, key: &[u8], found: Option<&Entry>) -> Result<(), CommitError> {
        let holds = match (self, found) {
            (Self::Absent, None) => true,
            (Self::At(revision), Some(entry)) => entry.revision == revision,
            (Self::Absent, Some(_)) | (Self::At(_), None) => false,
        };
        if holds {
            Ok(())
        } else {
            Err(CommitError::conflict(key, found))
        }
    }
}
