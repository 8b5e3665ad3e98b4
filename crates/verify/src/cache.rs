//! Chains that were verified before.
//!
//! A cache is a value that the caller keeps and passes in. Keys are digests of signed content (certificates, CRLs,
//! TCB info, QE identity and the set of anchors), never of evidence. An entry says "these signatures verify, and these
//! lists revoke nothing of it"; dates are compared with the time of each verification, and which CRL and documents apply
//! is chosen anew each time, so a newer one among the endorsements is another key.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    amd::ChainWindow,
    intel::{Collateral, PckChain},
};

/// A key: SHA-256 over signed content.
pub(crate) type Digest = [u8; 32];

/// Verified chains, for verifying again what differs only in the evidence. Bounded; the oldest entries go first.
pub struct ChainCache {
    pub(crate) pck: Memo<PckChain>,
    pub(crate) intel_collateral: Memo<Collateral>,
    pub(crate) amd: Memo<ChainWindow>,
}

impl ChainCache {
    /// A cache of at most `capacity` entries of each kind.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            pck: Memo::new(capacity),
            intel_collateral: Memo::new(capacity),
            amd: Memo::new(capacity),
        }
    }
}

impl Default for ChainCache {
    /// 4,096 entries of each kind.
    fn default() -> Self {
        Self::new(4096)
    }
}

impl fmt::Debug for ChainCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainCache").finish_non_exhaustive()
    }
}

/// A bounded map from signed content to what was verified of it.
pub(crate) struct Memo<T> {
    entries: Mutex<Entries<T>>,
    capacity: usize,
}

struct Entries<T> {
    by_key: HashMap<Digest, Arc<T>>,
    order: VecDeque<Digest>,
}

impl<T> Memo<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        let entries = Entries {
            by_key: HashMap::new(),
            order: VecDeque::new(),
        };
        Self {
            entries: Mutex::new(entries),
            capacity: capacity.max(1),
        }
    }

    /// What was verified under this key.
    pub(crate) fn lookup(&self, key: &Digest) -> Option<Arc<T>> {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .by_key
            .get(key)
            .cloned()
    }

    /// Keeps what was verified; beyond the capacity the oldest entry goes.
    pub(crate) fn insert(&self, key: Digest, value: Arc<T>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.by_key.insert(key, value).is_none() {
            entries.order.push_back(key);
        }
        if entries.order.len() > self.capacity
            && let Some(oldest) = entries.order.pop_front()
        {
            entries.by_key.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_memo_forgets_the_oldest() {
        let memo = Memo::new(2);
        for key in 0..3_u8 {
            memo.insert([key; 32], Arc::new(key));
        }
        assert_eq!(memo.lookup(&[0; 32]), None);
        assert_eq!(memo.lookup(&[1; 32]).as_deref(), Some(&1));
        assert_eq!(memo.lookup(&[2; 32]).as_deref(), Some(&2));
    }
}
