//! Holds the workspace against `layers.toml`.

use std::path::Path;

use crate::Fault;
use crate::facts::{Facts, Import, Kind, Room};
use crate::table::{Layer, Row, Table};

/// Calls that `clippy.toml` has to disallow at the least.
const IMPURE: [&str; 10] = [
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "std::env::var",
    "std::env::var_os",
    "std::fs::read",
    "std::fs::write",
    "std::fs::File::open",
    "std::net::TcpListener::bind",
    "std::net::TcpStream::connect",
    "std::net::UdpSocket::bind",
];

/// A rule that the workspace breaks.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    #[error("{0} is not listed in layers.toml")]
    Unlisted(String),
    #[error("layers.toml lists {0}, which does not exist")]
    Ghost(String),
    #[error("layers.toml lists {0} twice")]
    Twice(String),
    #[error("{0} has no word on what it is in layers.toml")]
    Wordless(String),
    #[error("{from} (layer {from_layer}) imports {to} (layer {to_layer}): imports go strictly downward")]
    Upward {
        from: String,
        from_layer: Layer,
        to: String,
        to_layer: Layer,
    },
    #[error("{0} names testkit outside its tests/ folder")]
    TestkitInUnitTests(String),
    #[error("{room} imports {library}: only the crate crypto may")]
    Crypto { room: String, library: String },
    #[error(
        "{room} imports {library}, which brings crypto of its own ({brings}): list it in layers.toml, with the reason"
    )]
    BringsCrypto {
        room: String,
        library: String,
        brings: String,
    },
    #[error("layers.toml lets {room} use {library}, which it does not")]
    StaleBringer { room: String, library: String },
    #[error("{0} does not inherit the workspace's lints ([lints] workspace = true)")]
    OwnLints(String),
    #[error("the workspace's lints do not forbid unsafe_code")]
    UnsafeNotForbidden,
    #[error("clippy.toml does not disallow {0}")]
    NotDisallowed(&'static str),
    #[error("{0} is below layer 6 and its lib.rs lacks the line {line}", line = crate::facts::PURITY)]
    NotPure(String),
}

/// Prints the table and every violation. True: there is none.
pub(crate) fn run(root: &Path) -> Result<bool, Fault> {
    let table = Table::read(root)?;
    let facts = Facts::read(root, &table)?;
    for row in &table.rooms {
        let marks = [
            (row.sgx, "sgx"),
            (row.allows_unsafe, "unsafe"),
            (!row.io.is_empty(), "i/o"),
        ];
        let marks: Vec<&str> = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
        println!("{:>4}  {:<12} {:<9} {}", row.layer, row.name, marks.join(" "), row.is);
    }
    let violations = check(&table, &facts);
    for violation in &violations {
        println!("violation: {violation}");
    }
    println!("layers: {} crates, {} violations", facts.rooms.len(), violations.len());
    Ok(violations.is_empty())
}

fn check(table: &Table, facts: &Facts) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (at, row) in table.rooms.iter().enumerate() {
        if table.rooms.iter().take(at).any(|earlier| earlier.name == row.name) {
            violations.push(Violation::Twice(row.name.clone()));
        }
        if row.is.trim().is_empty() {
            violations.push(Violation::Wordless(row.name.clone()));
        }
        if !facts.rooms.iter().any(|room| room.name == row.name) {
            violations.push(Violation::Ghost(row.name.clone()));
        }
    }
    if !facts.forbids_unsafe {
        violations.push(Violation::UnsafeNotForbidden);
    }
    let missing = IMPURE.into_iter().filter(|path| !facts.disallowed.contains(*path));
    violations.extend(missing.map(Violation::NotDisallowed));
    for room in &facts.rooms {
        match table.row(&room.name) {
            None => violations.push(Violation::Unlisted(room.name.clone())),
            Some(row) => check_room(row, room, table, &mut violations),
        }
    }
    stale_bringers(table, facts, &mut violations);
    violations
}

fn check_room(row: &Row, room: &Room, table: &Table, violations: &mut Vec<Violation>) {
    if !room.inherits_lints && !row.allows_unsafe {
        violations.push(Violation::OwnLints(room.name.clone()));
    }
    if row.layer.is_pure() && !room.declares_purity {
        violations.push(Violation::NotPure(room.name.clone()));
    }
    for import in &room.imports {
        match import {
            Import::Room { name, kind } => violations.extend(check_import(row, room, name, *kind, table)),
            Import::Foreign { name, brings } => {
                violations.extend(check_foreign(row, name, brings.as_deref(), table));
            }
        }
    }
}

fn check_import(row: &Row, room: &Room, to: &str, kind: Kind, table: &Table) -> Option<Violation> {
    // An unlisted target is reported where it is seen as a room.
    let target = table.row(to)?;
    match (row.layer, target.layer) {
        (Layer::Dev, _) => None,
        (_, Layer::Dev) if to == "testkit" && kind == Kind::Dev => room
            .names_testkit
            .then(|| Violation::TestkitInUnitTests(room.name.clone())),
        (from, into) if into < from => None,
        (from, into) => Some(Violation::Upward {
            from: room.name.clone(),
            from_layer: from,
            to: to.to_owned(),
            to_layer: into,
        }),
    }
}

fn check_foreign(row: &Row, library: &str, brings: Option<&str>, table: &Table) -> Option<Violation> {
    if row.name == table.crypto.room {
        return None;
    }
    let listed = table
        .brings_crypto
        .iter()
        .any(|bringer| bringer.name == library && !bringer.why.is_empty() && bringer.is_for(&row.name));
    let named = table
        .crypto
        .libraries
        .iter()
        .chain(&table.crypto.randomness)
        .any(|name| name == library);
    if listed {
        None
    } else if named {
        Some(Violation::Crypto {
            room: row.name.clone(),
            library: library.to_owned(),
        })
    } else {
        brings.map(|brings| Violation::BringsCrypto {
            room: row.name.clone(),
            library: library.to_owned(),
            brings: brings.to_owned(),
        })
    }
}

/// An allowance that nobody uses any more is a door left open.
fn stale_bringers(table: &Table, facts: &Facts, violations: &mut Vec<Violation>) {
    for bringer in &table.brings_crypto {
        for user in bringer.used_by.iter().filter(|user| *user != "*") {
            let used = facts.rooms.iter().filter(|room| room.name == *user).any(|room| {
                let mut imports = room.imports.iter();
                imports.any(|import| matches!(import, Import::Foreign { name, .. } if *name == bringer.name))
            });
            if !used {
                violations.push(Violation::StaleBringer {
                    room: user.clone(),
                    library: bringer.name.clone(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use super::*;

    const TABLE: &str = r#"
        [[crate]]
        name = "crypto"
        layer = 0
        is = "ground"
        [[crate]]
        name = "verify"
        layer = 1
        is = "first floor"
        [[crate]]
        name = "daemon"
        layer = 6
        is = "drivers"
        [[crate]]
        name = "attestation"
        layer = 7
        is = "a service"
        [[crate]]
        name = "vault"
        layer = 7
        is = "another service"
        [[crate]]
        name = "testkit"
        layer = "dev"
        is = "tests"
        [crypto]
        crate = "crypto"
        libraries = ["ring"]
        randomness = ["rand"]
        [[brings_crypto]]
        name = "rustls"
        used_by = ["daemon"]
        why = "TLS"
    "#;

    fn table() -> Table {
        toml::from_str(TABLE).unwrap()
    }

    fn import(name: &str, kind: Kind) -> Import {
        Import::Room {
            name: name.to_owned(),
            kind,
        }
    }

    fn foreign(name: &str, brings: Option<&str>) -> Import {
        Import::Foreign {
            name: name.to_owned(),
            brings: brings.map(str::to_owned),
        }
    }

    fn room(name: &str, imports: &[Import]) -> Room {
        Room {
            name: name.to_owned(),
            imports: imports.to_vec(),
            inherits_lints: true,
            declares_purity: true,
            names_testkit: false,
        }
    }

    fn sound() -> Facts {
        Facts {
            rooms: vec![
                room(
                    "crypto",
                    &[
                        foreign("ring", Some("ring")),
                        foreign("rand", None),
                        import("testkit", Kind::Dev),
                    ],
                ),
                room("verify", &[import("crypto", Kind::Shipped)]),
                room(
                    "daemon",
                    &[import("crypto", Kind::Shipped), foreign("rustls", Some("ring"))],
                ),
                room(
                    "attestation",
                    &[import("daemon", Kind::Shipped), import("verify", Kind::Shipped)],
                ),
                room("vault", &[foreign("serde", None)]),
                room("testkit", &[import("verify", Kind::Shipped)]),
            ],
            forbids_unsafe: true,
            disallowed: IMPURE.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    /// What is wrong with the sound workspace after `change` to the room called `name`.
    fn after(name: &str, change: impl FnOnce(&mut Room)) -> Vec<Violation> {
        let mut facts = sound();
        change(facts.rooms.iter_mut().find(|room| room.name == name).unwrap());
        check(&table(), &facts)
    }

    #[test]
    fn a_sound_workspace_has_no_violations() {
        assert_eq!(check(&table(), &sound()), []);
    }

    #[test]
    fn imports_upward_and_sideways_are_violations() {
        for kind in [Kind::Shipped, Kind::Dev] {
            let upward = after("crypto", |room| room.imports.push(import("verify", kind)));
            assert!(matches!(&upward[..], [Violation::Upward { from, to, .. }] if from == "crypto" && to == "verify"));
            let sideways = after("attestation", |room| room.imports.push(import("vault", kind)));
            assert!(
                matches!(&sideways[..], [Violation::Upward { from, to, .. }] if from == "attestation" && to == "vault")
            );
        }
    }

    #[test]
    fn testkit_is_for_tests_folders() {
        let shipped = after("verify", |room| room.imports.push(import("testkit", Kind::Shipped)));
        assert!(matches!(&shipped[..], [Violation::Upward { .. }]));
        let in_unit_tests = after("crypto", |room| room.names_testkit = true);
        assert_eq!(in_unit_tests, [Violation::TestkitInUnitTests("crypto".to_owned())]);
    }

    #[test]
    fn every_crate_is_listed_once_and_exists() {
        let mut facts = sound();
        facts.rooms.push(room("stranger", &[]));
        assert_eq!(check(&table(), &facts), [Violation::Unlisted("stranger".to_owned())]);
        facts.rooms.pop();
        facts.rooms.retain(|room| room.name != "vault");
        assert_eq!(check(&table(), &facts), [Violation::Ghost("vault".to_owned())]);
        let again = format!("{TABLE}\n[[crate]]\nname = \"verify\"\nlayer = 3\nis = \"\"\n");
        assert_eq!(
            check(&toml::from_str(&again).unwrap(), &sound()),
            [
                Violation::Twice("verify".to_owned()),
                Violation::Wordless("verify".to_owned())
            ]
        );
    }

    #[test]
    fn only_crypto_names_crypto() {
        for library in ["ring", "rand"] {
            let named = after("verify", |room| room.imports.push(foreign(library, None)));
            assert!(matches!(&named[..], [Violation::Crypto { room, library: l }] if room == "verify" && l == library));
        }
        let brought = after("verify", |room| room.imports.push(foreign("jwt", Some("ring"))));
        assert!(matches!(&brought[..], [Violation::BringsCrypto { brings, .. }] if brings == "ring"));
        let listed_for_another = after("vault", |room| room.imports.push(foreign("rustls", Some("ring"))));
        assert!(matches!(&listed_for_another[..], [Violation::BringsCrypto { .. }]));
        let unused = after("daemon", |room| room.imports.clear());
        assert!(matches!(&unused[..], [Violation::StaleBringer { .. }]));
    }

    #[test]
    fn lints_and_purity_are_required() {
        assert_eq!(
            after("vault", |room| room.inherits_lints = false),
            [Violation::OwnLints("vault".to_owned())]
        );
        assert_eq!(
            after("verify", |room| room.declares_purity = false),
            [Violation::NotPure("verify".to_owned())]
        );
        assert_eq!(after("daemon", |room| room.declares_purity = false), []);
        let mut facts = sound();
        facts.forbids_unsafe = false;
        facts.disallowed.remove("std::env::var");
        assert_eq!(
            check(&table(), &facts),
            [Violation::UnsafeNotForbidden, Violation::NotDisallowed("std::env::var")]
        );
    }

    #[test]
    fn a_layer_is_a_number_or_dev() {
        for wrong in ["-1", "256", "\"top\"", "true"] {
            let text = TABLE.replacen("layer = 7", &format!("layer = {wrong}"), 1);
            assert!(toml::from_str::<Table>(&text).is_err(), "{wrong}");
        }
    }
}
