//! Makes `crates/testkit/emulated` and the seeds of the targets that need it anew:
//! `cargo run -p casemate-testkit --example emulated`.
#![allow(clippy::unwrap_used, reason = "a tool of the developer's")]

use std::path::Path;

use casemate_emulator::{Bundle, Emulator, Platform, Product, SgxIdentity, SnpIdentity, TdxFormat, TdxIdentity};
use casemate_evidence::open_enclave::Report;
use casemate_testkit::emulated::{AT, REPORT_DATA};

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (kept, corpus) = (here.join("emulated"), here.join("../../fuzz/corpus"));
    let emulator = Emulator::generate(AT).unwrap();
    let platform = Platform::default();
    let sgx = emulator
        .sgx_quote(&REPORT_DATA, &SgxIdentity::default(), platform, AT)
        .unwrap();
    let tdx = |format| TdxIdentity {
        format,
        ..TdxIdentity::default()
    };
    let tdx_4 = emulator
        .tdx_quote(&REPORT_DATA, &tdx(TdxFormat::Version4), platform, AT)
        .unwrap();
    let tdx_5 = emulator
        .tdx_quote(&REPORT_DATA, &tdx(TdxFormat::Version5), platform, AT)
        .unwrap();
    let snp = |product| SnpIdentity {
        product,
        ..SnpIdentity::default()
    };
    let milan = emulator
        .snp_report(&REPORT_DATA, &snp(Product::Milan), platform, AT)
        .unwrap();
    let turin = emulator
        .snp_report(&REPORT_DATA, &snp(Product::Turin), platform, AT)
        .unwrap();

    write(&kept, "roots.pem", emulator.roots_pem().as_bytes());
    let wrapped = Bundle {
        evidence: Report::encode(&sgx.evidence),
        endorsements: Vec::new(),
    };
    let bundles = [
        ("sgx", &sgx),
        ("oe", &wrapped),
        ("tdx-4", &tdx_4),
        ("tdx-5", &tdx_5),
        ("milan", &milan),
        ("turin", &turin),
    ];
    for (name, bundle) in bundles {
        write(&kept.join("evidence"), name, &bundle.evidence);
        write(&corpus.join("verify"), name, &bundle.evidence);
        for file in &bundle.endorsements {
            write(
                &kept.join("endorsements"),
                &format!("{name}-{}", file.name),
                &file.contents,
            );
            write(
                &corpus.join("endorsements"),
                &format!("{name}-{}", file.name),
                &file.contents,
            );
        }
    }
}
