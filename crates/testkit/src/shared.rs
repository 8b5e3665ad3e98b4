//! Where the real evidence is.

use std::path::{Path, PathBuf};

/// The folder of real evidence: `$CASEMATE_SHARED`, else `shared` beside the workspace.
///
/// # Panics
/// If it is not there: a test on real evidence that finds none must not pass.
#[must_use]
pub fn shared_dir() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let dir = std::env::var_os("CASEMATE_SHARED").map_or(beside, PathBuf::from);
    assert!(
        dir.join("evidence/MANIFEST.json").is_file(),
        "no evidence in {}: set CASEMATE_SHARED to the folder that holds evidence/MANIFEST.json",
        dir.display()
    );
    dir
}

/// One file, by its path inside the folder.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn read(path: &str) -> Vec<u8> {
    let path = shared_dir().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names and contents of the files right inside a folder, by name.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn folder(path: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}
