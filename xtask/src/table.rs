//! `layers.toml`.

use std::path::Path;

use serde::Deserialize;

use crate::{Fault, read};

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    #[serde(rename = "crate")]
    pub(crate) rooms: Vec<Row>,
    pub(crate) crypto: Crypto,
    #[serde(default)]
    pub(crate) brings_crypto: Vec<Bringer>,
}

/// One crate of the house.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// Directory name.
    pub(crate) name: String,
    pub(crate) layer: Layer,
    /// Builds for the SGX target.
    #[serde(default)]
    pub(crate) sgx: bool,
    /// May hold `unsafe`.
    #[serde(default, rename = "unsafe")]
    pub(crate) allows_unsafe: bool,
    /// What it is; one line.
    pub(crate) is: String,
    /// Exceptions from the I/O rule, for readers of the table.
    #[serde(default)]
    pub(crate) io: Vec<String>,
}

/// Height of a crate; lower is nearer the ground.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "toml::Value")]
pub(crate) enum Layer {
    Number(u8),
    /// Imports anything, imported by nothing that ships.
    Dev,
}

impl TryFrom<toml::Value> for Layer {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match &value {
            toml::Value::String(word) if word == "dev" => Ok(Self::Dev),
            toml::Value::Integer(number) => u8::try_from(*number)
                .map(Self::Number)
                .map_err(|_| format!("layer {number} is not 0 to 255")),
            other => Err(format!("a layer is a number or \"dev\", not {other}")),
        }
    }
}

impl Layer {
    /// Layers that take time, bytes and randomness as arguments.
    pub(crate) fn is_pure(self) -> bool {
        self < Self::Number(6)
    }
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => f.pad(&number.to_string()),
            Self::Dev => f.pad("dev"),
        }
    }
}

/// Which libraries one crate keeps to itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crypto {
    #[serde(rename = "crate")]
    pub(crate) room: String,
    pub(crate) libraries: Vec<String>,
    pub(crate) randomness: Vec<String>,
}

/// A third-party crate with crypto of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bringer {
    pub(crate) name: String,
    /// Directory names, or `*` for every crate.
    pub(crate) used_by: Vec<String>,
    pub(crate) why: String,
}

impl Table {
    /// Reads `layers.toml` at `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, Fault> {
        let path = root.join("layers.toml");
        toml::from_str(&read(&path)?).map_err(|source| Fault::NotToml {
            path,
            source: Box::new(source),
        })
    }

    pub(crate) fn row(&self, name: &str) -> Option<&Row> {
        self.rooms.iter().find(|row| row.name == name)
    }
}

impl Bringer {
    /// May the crate called `room` use it?
    pub(crate) fn is_for(&self, room: &str) -> bool {
        self.used_by.iter().any(|user| user == "*" || user == room)
    }
}
