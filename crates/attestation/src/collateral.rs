//! Endorsements from a folder: sorted by content, looked at again when they change.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use casemate_verify::{Endorsements, collect};

use crate::metrics::Metrics;

/// Folders below the folder that are entered.
const MAX_DEPTH: usize = 8;
/// Most files taken.
const MAX_FILES: usize = 16_384;
/// Longest file taken, bytes.
const MAX_FILE: u64 = 8 << 20;

/// A folder of endorsements cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollateralError {
    /// Reading failed.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// There are more files than are taken.
    #[error("more than {MAX_FILES} files in {}", path.display())]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
}

impl CollateralError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "collateral_io",
            Self::TooMany { .. } => "collateral_too_many",
        }
    }
}

/// What tells whether a folder changed: every file's path, length and time of change.
type Fingerprint = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// The endorsements that the service has on file.
pub(crate) struct Collateral {
    dir: Option<PathBuf>,
    loaded: RwLock<(Fingerprint, Arc<Endorsements>)>,
}

impl Collateral {
    /// Loads `dir`; an empty path means that there is no folder.
    pub(crate) fn open(dir: &Path, metrics: &Metrics) -> Result<Self, CollateralError> {
        let dir = (!dir.as_os_str().is_empty()).then(|| dir.to_owned());
        let loaded = match &dir {
            Some(dir) => load(dir, fingerprint(dir)?, metrics)?,
            None => (Fingerprint::new(), Arc::new(Endorsements::default())),
        };
        Ok(Self {
            dir,
            loaded: RwLock::new(loaded),
        })
    }

    /// The endorsements as last loaded.
    pub(crate) fn current(&self) -> Arc<Endorsements> {
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Loads the folder again if it changed. What cannot be read leaves the endorsements as they are. Blocks.
    pub(crate) fn refresh(&self, metrics: &Metrics) {
        let Some(dir) = &self.dir else { return };
        let changed = fingerprint(dir).and_then(|found| {
            let same = self.loaded.read().unwrap_or_else(PoisonError::into_inner).0 == found;
            if same {
                Ok(None)
            } else {
                load(dir, found, metrics).map(Some)
            }
        });
        match changed {
            Ok(None) => {}
            Ok(Some(loaded)) => *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded,
            Err(error) => tracing::error!(%error, "collateral cannot be read; what was loaded before stays"),
        }
    }
}

/// What the folder holds now, in the order of the paths.
fn fingerprint(dir: &Path) -> Result<Fingerprint, CollateralError> {
    let mut found = Fingerprint::new();
    walk(dir, MAX_DEPTH, &mut found)?;
    if found.len() > MAX_FILES {
        return Err(CollateralError::TooMany { path: dir.to_owned() });
    }
    found.sort();
    Ok(found)
}

fn walk(dir: &Path, depth: usize, found: &mut Fingerprint) -> Result<(), CollateralError> {
    let fault = |source| CollateralError::Io {
        path: dir.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(dir).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            // Removed since it was listed, or a link to nowhere.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => return Err(CollateralError::Io { path, source }),
        };
        if found.len() > MAX_FILES {
            return Ok(());
        }
        if metadata.is_dir() {
            match depth.checked_sub(1) {
                Some(depth) => walk(&path, depth, found)?,
                None => tracing::warn!(path = %path.display(), "too deep, not entered"),
            }
        } else if metadata.is_file() {
            found.push((path, metadata.len(), metadata.modified().ok()));
        }
    }
    Ok(())
}

/// Reads and sorts what the fingerprint names. Evidence and unknown files among them are left aside.
fn load(
    dir: &Path,
    fingerprint: Fingerprint,
    metrics: &Metrics,
) -> Result<(Fingerprint, Arc<Endorsements>), CollateralError> {
    let mut files = Vec::new();
    for (path, length, _) in &fingerprint {
        let name = path.strip_prefix(dir).unwrap_or(path).display().to_string();
        if *length > MAX_FILE {
            tracing::warn!(file = name, length, "too long for collateral, not read");
            continue;
        }
        let bytes = std::fs::read(path).map_err(|source| CollateralError::Io {
            path: path.clone(),
            source,
        })?;
        files.push((name, bytes));
    }
    let sorted = collect::sort(&files);
    for (name, why) in &sorted.ignored {
        tracing::debug!(file = name, why = %why, "not collateral");
    }
    let documents = sorted.endorsements.len();
    metrics.collateral.set(i64::try_from(documents).unwrap_or(i64::MAX));
    tracing::info!(
        files = files.len(),
        documents,
        ignored = sorted.ignored.len(),
        "collateral loaded"
    );
    Ok((fingerprint, Arc::new(sorted.endorsements)))
}
