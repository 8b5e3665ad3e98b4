//! What the workspace is: the side of the comparison that is read, not declared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use serde::Deserialize;

use crate::lexer::{Lexed, Token};
use crate::table::Table;
use crate::{Fault, read};

/// Switches the rule of `clippy.toml` on in a crate below layer 6. Unit tests and `tests/` folders may read files.
pub(crate) const PURITY: &str = "#![cfg_attr(not(test), warn(clippy::disallowed_methods))]";

/// The workspace as it is.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) rooms: Vec<Room>,
    /// `[workspace.lints.rust] unsafe_code = "forbid"`.
    pub(crate) forbids_unsafe: bool,
    /// Paths that `clippy.toml` disallows.
    pub(crate) disallowed: BTreeSet<String>,
}

/// One crate as it is.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Directory name.
    pub(crate) name: String,
    pub(crate) imports: Vec<Import>,
    /// `[lints] workspace = true`.
    pub(crate) inherits_lints: bool,
    /// Its `lib.rs` has the line [`PURITY`].
    pub(crate) declares_purity: bool,
    /// Something outside its `tests/` folder names testkit.
    pub(crate) names_testkit: bool,
}

/// A dependency that a crate declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Import {
    /// A crate of the house, by its directory name.
    Room { name: String, kind: Kind },
    /// Somebody else's; `brings` is the crypto library that it leads to, if any.
    Foreign { name: String, brings: Option<String> },
}

/// What a dependency is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Shipped,
    Dev,
}

#[derive(Deserialize)]
struct Manifest {
    lints: Option<Inherit>,
    workspace: Option<Workspace>,
}

#[derive(Deserialize)]
struct Inherit {
    #[serde(default)]
    workspace: bool,
}

#[derive(Deserialize)]
struct Workspace {
    #[serde(default)]
    lints: BTreeMap<String, BTreeMap<String, toml::Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Clippy {
    disallowed_methods: Vec<Disallowed>,
}

#[derive(Deserialize)]
struct Disallowed {
    path: String,
}

impl Facts {
    /// Reads the workspace at `root`.
    pub(crate) fn read(root: &Path, table: &Table) -> Result<Self, Fault> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .other_options(vec!["--locked".to_owned()])
            .exec()?;
        let manifest: Manifest = parse(&root.join("Cargo.toml"))?;
        let clippy: Clippy = parse(&root.join("clippy.toml"))?;
        let unsafe_code = manifest
            .workspace
            .as_ref()
            .and_then(|workspace| workspace.lints.get("rust")?.get("unsafe_code"));
        Ok(Self {
            rooms: metadata
                .workspace_packages()
                .into_iter()
                .map(|package| Room::read(package, &metadata, table))
                .collect::<Result<_, _>>()?,
            forbids_unsafe: unsafe_code.and_then(toml::Value::as_str) == Some("forbid"),
            disallowed: clippy.disallowed_methods.into_iter().map(|rule| rule.path).collect(),
        })
    }
}

impl Room {
    fn read(package: &Package, metadata: &Metadata, table: &Table) -> Result<Self, Fault> {
        let manifest_path = package.manifest_path.as_std_path();
        let folder = manifest_path.parent().unwrap_or(manifest_path);
        let manifest: Manifest = parse(manifest_path)?;
        let library = folder.join("src/lib.rs");
        let mut names_testkit = false;
        for file in crate::sizes::sources(&folder.join("src"))? {
            names_testkit |= Lexed::of(&read(&file)?)
                .tokens
                .iter()
                .any(|spot| spot.token == Token::Word("casemate_testkit".to_owned()));
        }
        Ok(Self {
            name: directory(&package.name),
            imports: imports(package, metadata, table),
            inherits_lints: manifest.lints.is_some_and(|lints| lints.workspace),
            declares_purity: library.is_file() && read(&library)?.lines().any(|line| line.trim() == PURITY),
            names_testkit,
        })
    }
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Fault> {
    toml::from_str(&read(path)?).map_err(|source| Fault::NotToml {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

/// The directory of one of our packages: packages are called `casemate-<dir>`, `xtask` alone is called as it is.
fn directory(package: &str) -> String {
    package.strip_prefix("casemate-").unwrap_or(package).to_owned()
}

fn imports(package: &Package, metadata: &Metadata, table: &Table) -> Vec<Import> {
    let found = package.dependencies.iter().map(|dependency| {
        if dependency.path.is_some() {
            return Import::Room {
                name: directory(&dependency.name),
                kind: if dependency.kind == DependencyKind::Development {
                    Kind::Dev
                } else {
                    Kind::Shipped
                },
            };
        }
        let id = resolved(&package.id, &dependency.name, metadata);
        Import::Foreign {
            name: dependency.name.clone(),
            brings: id.and_then(|id| leads_to(&id, metadata, &table.crypto.libraries)),
        }
    });
    let mut imports: Vec<Import> = Vec::new();
    for import in found {
        if !imports.contains(&import) {
            imports.push(import);
        }
    }
    imports
}

/// Which package `name` is for `importer`.
fn resolved(importer: &PackageId, name: &str, metadata: &Metadata) -> Option<PackageId> {
    let node = metadata
        .resolve
        .as_ref()?
        .nodes
        .iter()
        .find(|node| node.id == *importer)?;
    let mut ids = node.deps.iter().map(|dependency| &dependency.pkg);
    let called = |id: &&PackageId| {
        metadata
            .packages
            .iter()
            .any(|p| p.id == **id && p.name.as_str() == name)
    };
    ids.find(called).cloned()
}

/// The first of `libraries` that shipped dependencies lead to from `start`.
fn leads_to(start: &PackageId, metadata: &Metadata, libraries: &[String]) -> Option<String> {
    let nodes = &metadata.resolve.as_ref()?.nodes;
    let mut seen = BTreeSet::from([start.clone()]);
    let mut queue = vec![start.clone()];
    while let Some(id) = queue.pop() {
        let name = metadata
            .packages
            .iter()
            .find(|package| package.id == id)?
            .name
            .to_string();
        if libraries.contains(&name) {
            return Some(name);
        }
        let node = nodes.iter().find(|node| node.id == id)?;
        for next in &node.deps {
            let shipped = next.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if shipped && seen.insert(next.pkg.clone()) {
                queue.push(next.pkg.clone());
            }
        }
    }
    None
}
