//! Evidence and endorsements of one emulated vendor, kept in `crates/testkit/emulated` so that fuzzers need not make
//! RSA keys. `cargo run -p casemate-testkit --example emulated` makes them anew.

use std::path::{Path, PathBuf};

use casemate_crypto::Time;
use casemate_crypto::x509::Certificate;
use casemate_verify::{Endorsements, TrustAnchors};

use crate::shared::folder;

/// When everything in the folder is valid.
pub const AT: Time = Time::from_unix(1_800_000_000);
/// The report data of all of its evidence.
pub const REPORT_DATA: [u8; 64] = [0xa5; 64];

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("emulated")
}

/// Evidence by name: `sgx`, `oe`, `tdx-4`, `tdx-5`, `milan`, `turin`.
#[must_use]
pub fn evidence() -> Vec<(String, Vec<u8>)> {
    folder(&kept().join("evidence"))
}

/// The files of endorsements.
#[must_use]
pub fn endorsement_files() -> Vec<(String, Vec<u8>)> {
    folder(&kept().join("endorsements"))
}

/// All endorsements together.
///
/// # Panics
/// If one is not taken in.
#[must_use]
pub fn endorsements() -> Endorsements {
    let mut endorsements = Endorsements::new();
    for (name, bytes) in endorsement_files() {
        endorsements
            .add(&bytes)
            .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    }
    endorsements
}

/// The emulated roots beside the vendors' own.
///
/// # Panics
/// If a root does not read.
#[must_use]
pub fn anchors() -> TrustAnchors {
    let roots = std::fs::read(kept().join("roots.pem")).unwrap();
    let mut anchors = TrustAnchors::vendor();
    for root in Certificate::parse_pem_chain(&roots).unwrap() {
        anchors.add_emulated(root.der()).unwrap();
    }
    anchors
}
