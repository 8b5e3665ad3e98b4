//! Every backend passes the same suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use casemate_store::{
    Batch, CommitError, EmbeddedStore, Expectation, Fault, Lagged, MAX_BATCH, MAX_KEY, MAX_VALUE, MemoryStore, Misuse,
    Store, WATCH_BACKLOG,
};
use proptest::prelude::*;

/// Runs `check` against a fresh store of every backend.
fn on_every_backend(check: impl Fn(Arc<dyn Store>)) {
    check(Arc::new(MemoryStore::new()));
    let directory = tempfile::tempdir().unwrap();
    check(Arc::new(
        EmbeddedStore::open(&directory.path().join("store.redb")).unwrap(),
    ));
}

#[test]
fn what_was_committed_is_read() {
    on_every_backend(|store| {
        assert_eq!(store.get(b"a").unwrap(), None);
        let first = store.commit(&Batch::new().put("a", "1").put("b", "2")).unwrap();
        let second = store
            .commit(&Batch::new().put("a", "3").delete("b").delete("never"))
            .unwrap();
        assert!(second > first);
        let entry = store.get(b"a").unwrap().unwrap();
        assert_eq!((entry.value.as_slice(), entry.revision), (&b"3"[..], second));
        assert_eq!(store.get(b"b").unwrap(), None);
    });
}

#[test]
fn a_failed_expectation_writes_nothing() {
    on_every_backend(|store| {
        let first = store
            .commit(&Batch::new().expect("k", Expectation::Absent).put("k", "1"))
            .unwrap();
        let refused = store.commit(
            &Batch::new()
                .put("other", "x")
                .expect("k", Expectation::Absent)
                .put("k", "2"),
        );
        let Err(CommitError::Conflict { key, found }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((key.as_slice(), found), (&b"k"[..], Some(first)));
        assert_eq!(store.get(b"other").unwrap(), None);
        let second = store
            .commit(&Batch::new().expect("k", Expectation::At(first)).put("k", "2"))
            .unwrap();
        let stale = store.commit(&Batch::new().expect("k", Expectation::At(first)).delete("k"));
        assert!(matches!(stale, Err(CommitError::Conflict { found: Some(at), .. }) if at == second));
        let gone = store.commit(&Batch::new().expect("none", Expectation::At(first)).put("none", "1"));
        assert!(matches!(gone, Err(CommitError::Conflict { found: None, .. })));
    });
}

#[test]
fn a_later_write_of_one_batch_holds() {
    on_every_backend(|store| {
        store
            .commit(&Batch::new().put("k", "1").delete("k").put("k", "2"))
            .unwrap();
        assert_eq!(store.get(b"k").unwrap().unwrap().value, b"2");
    });
}

#[test]
fn range_lists_a_prefix_in_order_and_continues() {
    on_every_backend(|store| {
        let batch = ["p/1", "p/2", "p/3", "q/1", "p", "o/9"]
            .iter()
            .fold(Batch::new(), |b, key| b.put(*key, *key));
        store.commit(&batch).unwrap();
        let keys = |prefix: &[u8], after: Option<&[u8]>, limit| -> Vec<String> {
            let found = store.range(prefix, after, limit).unwrap();
            found
                .into_iter()
                .map(|(key, _)| String::from_utf8(key).unwrap())
                .collect()
        };
        assert_eq!(keys(b"p/", None, 10), ["p/1", "p/2", "p/3"]);
        assert_eq!(keys(b"p/", None, 2), ["p/1", "p/2"]);
        assert_eq!(keys(b"p/", Some(b"p/2"), 10), ["p/3"]);
        assert_eq!(keys(b"p/", Some(b"a"), 1), ["p/1"]);
        assert_eq!(keys(b"", None, 10).len(), 6);
        assert!(keys(b"p/", Some(b"p/3"), 10).is_empty());
    });
}

#[test]
fn limits_are_misuse() {
    on_every_backend(|store| {
        let misuse = |batch: Batch| match store.commit(&batch) {
            Err(CommitError::Misuse(misuse)) => misuse,
            other => panic!("{other:?}"),
        };
        assert_eq!(misuse(Batch::new().put("", "v")), Misuse::KeyLength { length: 0 });
        assert!(matches!(
            misuse(Batch::new().delete(vec![0; MAX_KEY + 1])),
            Misuse::KeyLength { .. }
        ));
        assert!(matches!(
            misuse(Batch::new().put("k", vec![0; MAX_VALUE + 1])),
            Misuse::ValueTooLarge { .. }
        ));
        let crowd = (0..=MAX_BATCH).fold(Batch::new(), |batch, n| batch.delete(n.to_be_bytes()));
        assert!(matches!(misuse(crowd), Misuse::BatchTooLarge { .. }));
        store.commit(&Batch::new().put(vec![0; MAX_KEY], "v")).unwrap();
    });
}

#[test]
fn a_watch_sees_its_prefix_in_order() {
    on_every_backend(|store| {
        store.commit(&Batch::new().put("w/0", "before")).unwrap();
        let watch = store.watch(b"w/");
        let first = store
            .commit(&Batch::new().put("w/1", "1").put("x", "not seen"))
            .unwrap();
        let second = store.commit(&Batch::new().delete("w/1")).unwrap();
        let next = || watch.next(Duration::from_secs(5)).unwrap().unwrap();
        let change = next();
        assert_eq!((change.key.as_slice(), change.revision), (&b"w/1"[..], first));
        assert_eq!(change.entry.unwrap().value, b"1");
        let change = next();
        assert_eq!((change.revision, change.entry), (second, None));
        assert_eq!(watch.next(Duration::ZERO), Ok(None));
    });
}

#[test]
fn a_watch_that_falls_behind_is_cut_off_and_says_so() {
    on_every_backend(|store| {
        let watch = store.watch(b"w");
        for part in 0..=WATCH_BACKLOG / MAX_BATCH {
            let many =
                (0..MAX_BATCH.min(WATCH_BACKLOG + 1)).fold(Batch::new(), |b, n| b.put(format!("w{part}/{n}"), ""));
            store.commit(&many).unwrap();
        }
        let mut seen = 0;
        let end = loop {
            match watch.next(Duration::ZERO) {
                Ok(Some(_)) => seen += 1,
                end => break end,
            }
        };
        assert_eq!((seen, end), (WATCH_BACKLOG, Err(Lagged)));
    });
}

#[test]
fn one_of_many_racing_writers_wins() {
    on_every_backend(|store| {
        let revision = store.commit(&Batch::new().put("k", "start")).unwrap();
        let racers: Vec<_> = (0..8u8)
            .map(|n| {
                let store = Arc::clone(&store);
                std::thread::spawn(move || {
                    store
                        .commit(&Batch::new().expect("k", Expectation::At(revision)).put("k", vec![n]))
                        .is_ok()
                })
            })
            .collect();
        let wins = racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .filter(|won| *won)
            .count();
        assert_eq!(wins, 1);
    });
}

#[test]
fn a_file_keeps_entries_and_revisions_over_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let store = EmbeddedStore::open(&path).unwrap();
    let first = store.commit(&Batch::new().put("k", "v")).unwrap();
    drop(store);
    let store = EmbeddedStore::open(&path).unwrap();
    assert_eq!(store.get(b"k").unwrap().unwrap().revision, first);
    assert!(store.commit(&Batch::new().put("k", "w")).unwrap() > first);
}

#[test]
fn a_second_opener_is_told_that_the_file_is_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let _held = EmbeddedStore::open(&path).unwrap();
    let second = EmbeddedStore::open(&path);
    assert!(
        matches!(&second, Err(Fault::Locked { path: at }) if *at == path),
        "{second:?}"
    );
}

#[test]
fn a_file_that_is_no_store_and_a_missing_directory_are_faults() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("text");
    std::fs::write(&path, "this is not a store, it is a text of some length".repeat(200)).unwrap();
    assert!(matches!(EmbeddedStore::open(&path), Err(Fault::Damaged { .. })));
    let missing = directory.path().join("no/such/dir/store.redb");
    assert!(matches!(EmbeddedStore::open(&missing), Err(Fault::Open { .. })));
}

#[cfg(unix)]
#[test]
fn a_new_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let _store = EmbeddedStore::open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Both backends agree with a plain map after any sequence of batches.
    #[test]
    fn backends_agree_with_a_map(steps in prop::collection::vec((0u8..6, prop::option::of(0u8..9), any::<bool>()), 0..24)) {
        let directory = tempfile::tempdir().unwrap();
        let embedded = EmbeddedStore::open(&directory.path().join("store.redb")).unwrap();
        let memory = MemoryStore::new();
        let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for (key, value, absent) in steps {
            let mut batch = Batch::new();
            if absent {
                batch = batch.expect([key], Expectation::Absent);
            }
            batch = match value {
                Some(value) => batch.put([key], [value]),
                None => batch.delete([key]),
            };
            let applies = !absent || !model.contains_key(&vec![key]);
            prop_assert_eq!(embedded.commit(&batch).is_ok(), applies);
            prop_assert_eq!(memory.commit(&batch).is_ok(), applies);
            if applies {
                match value {
                    Some(value) => model.insert(vec![key], vec![value]),
                    None => model.remove(&vec![key]),
                };
            }
        }
        let expected: Vec<_> = model.into_iter().collect();
        for store in [&embedded as &dyn Store, &memory] {
            let found = store.range(b"", None, 100).unwrap();
            let found: Vec<_> = found.into_iter().map(|(key, entry)| (key, entry.value)).collect();
            prop_assert_eq!(&found, &expected);
        }
    }
}
