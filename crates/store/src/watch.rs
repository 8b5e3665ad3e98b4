//! Changes as they are committed.

use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

use crate::{
    Entry, Revision,
    batch::{Batch, Write},
};

/// Changes that a [`Watch`] may be behind before it is cut off.
pub const WATCH_BACKLOG: usize = 1024;

/// One key's new state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: Vec<u8>,
    /// The commit.
    pub revision: Revision,
    /// The new entry, `None` if it was removed.
    pub entry: Option<Entry>,
}

/// The watch has missed changes or its store is gone: list the keys again and watch anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the watch fell behind or its store was closed")]
pub struct Lagged;

/// Changes under one prefix, in commit order, none left out until [`Lagged`].
#[derive(Debug)]
pub struct Watch {
    receiver: Receiver<Change>,
}

impl Watch {
    /// The next change; `Ok(None)` if none comes within `wait`.
    ///
    /// # Errors
    /// [`Lagged`] once the backlog was exceeded and what had been queued is read.
    pub fn next(&self, wait: Duration) -> Result<Option<Change>, Lagged> {
        match self.receiver.recv_timeout(wait) {
            Ok(change) => Ok(Some(change)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Lagged),
        }
    }
}

/// The watches of one store.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    open: Mutex<Vec<(Vec<u8>, SyncSender<Change>)>>,
}

impl Watchers {
    pub(crate) fn watch(&self, prefix: &[u8]) -> Watch {
        let (sender, receiver) = sync_channel(WATCH_BACKLOG);
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((prefix.to_vec(), sender));
        Watch { receiver }
    }

    /// Tells every watch of a commit. Called in commit order, so with the backend's write lock held.
    pub(crate) fn tell(&self, batch: &Batch, revision: Revision) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(prefix, sender)| {
            let seen = batch.writes.iter().filter(|(key, _)| key.starts_with(prefix));
            for (key, write) in seen {
                let entry = match write {
                    Write::Put(value) => Some(Entry {
                        revision,
                        value: value.clone(),
                    }),
                    Write::Delete => None,
                };
                let change = Change {
                    key: key.clone(),
                    revision,
                    entry,
                };
                if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = sender.try_send(change) {
                    return false;
                }
            }
            true
        });
    }
}
