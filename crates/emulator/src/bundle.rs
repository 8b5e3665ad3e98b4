//! Files that the emulator hands out.

/// A file, named as it is laid beside evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// The name, without a folder.
    pub name: &'static str,
    /// The contents.
    pub contents: Vec<u8>,
}

impl NamedFile {
    pub(crate) fn new(name: &'static str, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            name,
            contents: contents.into(),
        }
    }

    pub(crate) fn text(name: &'static str, contents: String) -> Self {
        Self::new(name, contents)
    }
}

/// Evidence, and everything that vouches for it except the root, which a verifier has to be told of by other means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The quote or report.
    pub evidence: Vec<u8>,
    /// Certificates, revocation lists and collateral.
    pub endorsements: Vec<NamedFile>,
}
