//! `bench-verify`: verifications per second on one thread, ours side by side with `dcap-qvl` and `sev`.

use std::process::ExitCode;

use casemate_bench::{Contender, Race, intel, snp};

fn main() -> ExitCode {
    let only = std::env::args().nth(1);
    println!(
        "one thread, one run, all contenders by turns; processor time per verification, the least of {} batches",
        Race::ROUNDS
    );
    println!(
        "cold: endorsements read from their files' bytes each time, nothing kept; warm: endorsements read once, chains kept"
    );
    println!(
        "dcap-qvl 0.7 (ring) keeps nothing between verifications; sev 8.0 can keep a verified chain, and checks neither dates nor CRLs\n"
    );
    let mut slow = false;
    for (name, contenders) in groups(only.as_deref()) {
        slow |= !Race::new(contenders).run().print(&name);
    }
    if slow {
        println!("some aim was missed");
        return ExitCode::FAILURE;
    }
    println!("every aim was met: dcap-qvl beaten cold, and 3-fold warm; SEV-SNP 4,000/s warm");
    ExitCode::SUCCESS
}

fn groups(only: Option<&str>) -> Vec<(String, Vec<Contender>)> {
    const INTEL: [(&str, &str); 3] = [
        ("sgx v3", "sgx-dcap/sgx-phala"),
        ("tdx v4", "tdx/tdx-v4-phala"),
        ("tdx v5", "tdx/tdx-v5-google"),
    ];
    const SNP: [(&str, &str); 3] = [
        ("snp milan", "milan-v3-vcek-oak-milan-oc-release"),
        ("snp genoa", "genoa-v5-vcek-lunal"),
        ("snp turin", "turin-v5-vcek-ms-tav"),
    ];
    let wanted = |name: &str| only.is_none_or(|only| name.starts_with(only));
    let intel = INTEL.into_iter().filter(|(name, _)| wanted(name));
    let mut groups: Vec<_> = intel
        .map(|(name, folder)| (format!("{name} ({folder})"), intel::contenders(folder)))
        .collect();
    let snp = SNP.into_iter().filter(|(name, _)| wanted(name));
    groups.extend(snp.map(|(name, id)| (format!("{name} (sev-snp/{id})"), snp::contenders(id))));
    groups
}
