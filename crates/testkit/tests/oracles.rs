//! The samples, good, bad and bent, through other verifiers too. Where they disagree with ours, a table says who is
//! right and why; a disagreement that it does not list fails, and so does one that it lists and that is gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "oracles/peers.rs"]
mod peers;
#[path = "oracles/table.rs"]
mod table;

use std::collections::BTreeSet;

use casemate_crypto::{Time, x509::Certificate};
use casemate_emulator::{Bundle, Emulator, Platform, Product, SgxIdentity, SnpIdentity, TdxFormat, TdxIdentity};
use casemate_testkit::{Entry, manifest};
use casemate_verify::TrustAnchors;
use peers::{SnpChain, Verdict};
use table::{BENDS, Bend, DISAGREEMENTS, NOT_ASKED, Oracle};

/// A sample as both sides are given it.
struct Case {
    name: String,
    evidence: Vec<u8>,
    endorsements: Given,
    time: Time,
}

enum Given {
    Intel(Vec<u8>),
    Amd(SnpChain),
}

impl Case {
    /// `None` where a sample lacks what the oracle must be given.
    fn of(entry: &Entry) -> Option<Self> {
        let time = entry.time()?;
        let pem = |name: &str| entry.file(name);
        let (evidence, endorsements) = if entry.evidence_type == "sev-snp" {
            let ask = pem("ask.pem").or_else(|| pem("asvk.pem"))?;
            let vek = pem("vcek.pem").or_else(|| pem("vlek.pem"))?;
            (
                entry.file("report.bin")?,
                Given::Amd(SnpChain {
                    ark: pem("ark.pem")?,
                    ask,
                    vek,
                }),
            )
        } else {
            (entry.file("quote.bin")?, Given::Intel(entry.file("collateral.json")?))
        };
        Some(Self {
            name: entry.id.clone(),
            evidence,
            endorsements,
            time,
        })
    }

    fn bent(mut self, bend: &Bend) -> Self {
        self.name = format!("{}: {}", self.name, bend.name);
        (bend.evidence)(&mut self.evidence);
        self.time = self.time.plus_seconds(bend.seconds);
        self
    }

    /// Ours and theirs.
    fn verdicts(&self, anchors: &TrustAnchors) -> (Oracle, Verdict, Verdict) {
        match &self.endorsements {
            Given::Intel(json) => {
                let ours = peers::ours(&self.evidence, std::slice::from_ref(json), self.time, anchors);
                (
                    Oracle::DcapQvl,
                    ours,
                    peers::dcap_qvl(&self.evidence, json, self.time, None),
                )
            }
            Given::Amd(chain) => {
                let files = [chain.ark.clone(), chain.ask.clone(), chain.vek.clone()];
                let ours = peers::ours(&self.evidence, &files, self.time, anchors);
                (Oracle::Sev, ours, peers::sev(&self.evidence, chain))
            }
        }
    }
}

fn entries() -> Vec<Entry> {
    let types = ["sgx-dcap", "open-enclave", "tdx", "sev-snp"];
    manifest()
        .into_iter()
        .filter(|entry| types.contains(&entry.evidence_type.as_str()))
        .collect()
}

#[test]
fn the_oracles_disagree_only_where_the_table_says() {
    let anchors = TrustAnchors::vendor();
    let (mut found, mut not_asked, mut asked) = (BTreeSet::new(), BTreeSet::new(), 0);
    for entry in entries() {
        let Some(case) = Case::of(&entry) else {
            not_asked.insert(entry.id.clone());
            continue;
        };
        let bends = BENDS.iter().filter(|bend| bend.sample == entry.id);
        let bent: Vec<Case> = bends.map(|bend| Case::of(&entry).unwrap().bent(bend)).collect();
        for case in std::iter::once(case).chain(bent) {
            let (oracle, ours, theirs) = case.verdicts(&anchors);
            asked += 1;
            if ours != theirs {
                found.insert((case.name, oracle, format!("{ours:?}"), format!("{theirs:?}")));
            }
        }
    }
    let listed: BTreeSet<_> = DISAGREEMENTS
        .iter()
        .map(|one| {
            (
                one.sample.to_owned(),
                one.oracle,
                format!("{:?}", one.ours),
                format!("{:?}", one.theirs),
            )
        })
        .collect();
    let unlisted: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(unlisted.is_empty(), "not in the table: {unlisted:#?}");
    assert!(gone.is_empty(), "in the table, but agreed upon: {gone:#?}");
    for one in DISAGREEMENTS {
        assert!(one.why.len() > 30, "{}: {:?} is right, but why?", one.sample, one.right);
    }
    assert_eq!(
        not_asked,
        NOT_ASKED.iter().map(|(sample, _)| (*sample).to_owned()).collect()
    );
    assert!(asked >= 80, "{asked} questions");
}

#[test]
fn certificates_without_a_report_are_agreed_upon() {
    let time = Time::parse_rfc3339("2025-06-01T00:00:00Z").unwrap();
    let entry = |id: &str| entries().into_iter().find(|entry| entry.id == id).unwrap();
    let (turin, milan) = (entry("turin-vcek-chain-virtee"), entry("amd-roots-milan"));
    let file = |entry: &Entry, name: &str| entry.file(name).unwrap();
    let vek = Certificate::parse(&file(&turin, "vcek.der"))
        .unwrap()
        .to_pem()
        .into_bytes();
    let mut chain = SnpChain {
        ark: file(&turin, "ark.pem"),
        ask: file(&turin, "ask.pem"),
        vek,
    };
    let ours = |chain: &SnpChain| peers::ours_chain(&[chain.ark.clone(), chain.ask.clone(), chain.vek.clone()], time);
    assert_eq!(
        (ours(&chain), peers::sev_chain(&chain)),
        (Verdict::Accepts, Verdict::Accepts)
    );
    // Another line's signer in the place of this one's.
    chain.ask = file(&milan, "ask.pem");
    assert_eq!(
        (ours(&chain), peers::sev_chain(&chain)),
        (Verdict::Refuses, Verdict::Refuses)
    );
    for name in ["ask.pem", "asvk.pem"] {
        let (ark, ask) = (file(&milan, "ark.pem"), file(&milan, name));
        assert_eq!(peers::sev_authorities(&ark, &ask), Verdict::Accepts, "{name}");
        assert_eq!(peers::ours_chain(&[ark, ask], time), Verdict::Accepts, "{name}");
    }
}

/// The emulator's root of this name.
fn root(emulator: &Emulator, name: &str) -> Certificate {
    let named = |root: &&Certificate| root.subject().common_name().is_some_and(|found| found.contains(name));
    emulator.roots().find(named).unwrap().clone()
}

/// The vendors' roots and this one.
fn with_root(root: &Certificate) -> TrustAnchors {
    let mut anchors = TrustAnchors::vendor();
    anchors.add_emulated(root.der()).unwrap();
    anchors
}

#[test]
fn the_oracles_take_emulated_evidence_under_its_root_only() {
    let now = Time::from_unix(1_800_000_000);
    let (emulator, platform) = (Emulator::generate(now).unwrap(), Platform::default());
    let tdx = |format| TdxIdentity {
        format,
        ..TdxIdentity::default()
    };
    let quotes = [
        emulator
            .sgx_quote(&[7; 64], &SgxIdentity::default(), platform, now)
            .unwrap(),
        emulator
            .tdx_quote(&[7; 64], &tdx(TdxFormat::Version4), platform, now)
            .unwrap(),
        emulator
            .tdx_quote(&[7; 64], &tdx(TdxFormat::Version5), platform, now)
            .unwrap(),
    ];
    let intel = root(&emulator, "SGX Root CA");
    for Bundle { evidence, endorsements } in quotes {
        let collateral = &endorsements[0].contents;
        let theirs = |root| peers::dcap_qvl(&evidence, collateral, now, root);
        assert_eq!(
            (theirs(Some(&intel)), theirs(None)),
            (Verdict::Accepts, Verdict::Refuses)
        );
        let ours = |anchors| peers::ours(&evidence, std::slice::from_ref(collateral), now, &anchors);
        assert_eq!(
            (ours(with_root(&intel)), ours(TrustAnchors::vendor())),
            (Verdict::Accepts, Verdict::Refuses)
        );
    }
    for product in [Product::Milan, Product::Genoa, Product::Turin] {
        let identity = SnpIdentity {
            product,
            ..SnpIdentity::default()
        };
        let Bundle { evidence, endorsements } = emulator.snp_report(&[7; 64], &identity, platform, now).unwrap();
        let file = |name: &str| {
            endorsements
                .iter()
                .find(|file| file.name == name)
                .unwrap()
                .contents
                .clone()
        };
        let amd = root(&emulator, &format!("ARK-{product}"));
        let theirs = |ark: &Certificate| {
            let ark = ark.to_pem().into_bytes();
            peers::sev(
                &evidence,
                &SnpChain {
                    ark,
                    ask: file("ask.pem"),
                    vek: file("vcek.pem"),
                },
            )
        };
        let vendor = TrustAnchors::vendor();
        let vendors = vendor
            .iter()
            .find(|anchor| anchor.name().ends_with(product.as_str()))
            .unwrap();
        assert_eq!(
            (theirs(&amd), theirs(vendors.certificate())),
            (Verdict::Accepts, Verdict::Refuses),
            "{product}"
        );
        let files: Vec<_> = endorsements.iter().map(|file| file.contents.clone()).collect();
        let ours = |anchors| peers::ours(&evidence, &files, now, &anchors);
        assert_eq!(
            (ours(with_root(&amd)), ours(TrustAnchors::vendor())),
            (Verdict::Accepts, Verdict::Refuses)
        );
    }
}
