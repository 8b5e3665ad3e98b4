//! Flips every bit of one good sample of each type, and of each endorsement that its verification needs.
//!
//! What is accepted all the same stands in `accepted_flips.toml` with the reason. A flip that is accepted and not
//! listed fails the test, and so does one that is listed and not accepted. Chains are cached across flips: a cache that
//! hid a flip would show as one that is accepted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use casemate_crypto::Time;
use casemate_crypto::x509::Certificate;
use casemate_evidence::intel::{CollateralContainer, decode_hex};
use casemate_testkit::{Entry, emulated, manifest};
use casemate_verify::{ChainCache, Context, Endorsements, Trace, TrustAnchors, recognise, verify};
use serde::Deserialize;

/// A flip that is accepted: the byte's offset and the bit's number.
type Flip = (usize, u8);

/// A good sample with nothing that it does not need.
struct Subject {
    name: &'static str,
    evidence: Vec<u8>,
    /// Name and bytes of each endorsement.
    endorsements: Vec<(String, Vec<u8>)>,
    anchors: TrustAnchors,
    time: Time,
}

impl Subject {
    fn new(
        name: &'static str,
        evidence: Vec<u8>,
        all: Vec<(String, Vec<u8>)>,
        anchors: TrustAnchors,
        time: Time,
    ) -> Self {
        let mut subject = Self {
            name,
            evidence,
            endorsements: all,
            anchors,
            time,
        };
        let cache = ChainCache::default();
        assert!(
            subject.accepts(&subject.evidence, &subject.without(None), &cache),
            "{name} does not verify"
        );
        // Two copies of an endorsement would stand in for one another.
        for at in (0..subject.endorsements.len()).rev() {
            let needless = subject.accepts(&subject.evidence, &subject.without(Some(at)), &ChainCache::default());
            // AMD's CRL is used if it is there, and may be missing.
            if needless && !subject.endorsements[at].0.ends_with("crl.der") {
                subject.endorsements.remove(at);
            }
        }
        subject
    }

    /// A sample of the manifest with the endorsements in its `collateral.json`, or in its PEM files.
    fn real(name: &'static str, evidence: &str) -> Self {
        let entry = manifest().into_iter().find(|entry| entry.id == name).unwrap();
        let all = entry
            .file("collateral.json")
            .map_or_else(|| pem_files(&entry), |json| intel_parts(&entry, &json));
        let time = entry.time().unwrap();
        Self::new(name, entry.file(evidence).unwrap(), all, TrustAnchors::vendor(), time)
    }

    /// An emulated sample, for what no real one has.
    fn emulated(name: &'static str, evidence: &str, endorsements: &str) -> Self {
        let (_, evidence) = emulated::evidence()
            .into_iter()
            .find(|(found, _)| found == evidence)
            .unwrap();
        let files = emulated::endorsement_files()
            .into_iter()
            .filter(|(name, _)| name.starts_with(endorsements));
        let all = files.map(|(name, bytes)| (name, certificate_der(bytes))).collect();
        Self::new(name, evidence, all, emulated::anchors(), emulated::AT)
    }

    /// The endorsements but for one.
    fn without(&self, left_out: Option<usize>) -> Endorsements {
        let mut endorsements = Endorsements::new();
        for (at, (name, bytes)) in self.endorsements.iter().enumerate() {
            if Some(at) != left_out {
                endorsements
                    .add(bytes)
                    .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
            }
        }
        endorsements
    }

    fn accepts(&self, evidence: &[u8], endorsements: &Endorsements, cache: &ChainCache) -> bool {
        let context = Context {
            anchors: &self.anchors,
            endorsements,
            time: self.time,
            cache: Some(cache),
        };
        verify(evidence, &context, &mut Trace::quiet()).is_ok()
    }

    /// Every part with the flips of it that are accepted.
    fn accepted(&self) -> Vec<(String, usize, BTreeSet<Flip>)> {
        let whole = self.without(None);
        let cache = ChainCache::default();
        assert!(recognise(&self.evidence).is_some());
        let flips = accepted_flips(&self.evidence, &|mutant| self.accepts(mutant, &whole, &cache));
        let mut parts = vec![("evidence".to_owned(), self.evidence.len(), flips)];
        for (at, (name, bytes)) in self.endorsements.iter().enumerate() {
            let others = self.without(Some(at));
            let flips = accepted_flips(bytes, &|mutant| {
                let mut endorsements = others.clone();
                endorsements.add(mutant).is_ok() && self.accepts(&self.evidence, &endorsements, &cache)
            });
            parts.push((name.clone(), bytes.len(), flips));
        }
        parts
    }
}

/// The DER of a PEM file with one certificate, so that flips meet the certificate and not its framing.
fn certificate_der(bytes: Vec<u8>) -> Vec<u8> {
    match Certificate::parse_pem_chain(&bytes) {
        Ok(chain) if chain.len() == 1 => chain[0].der().to_vec(),
        _ => bytes,
    }
}

fn pem_files(entry: &Entry) -> Vec<(String, Vec<u8>)> {
    let files = entry.contents().into_iter().filter(|(name, _)| name.ends_with(".pem"));
    files.map(|(name, bytes)| (name, certificate_der(bytes))).collect()
}

/// The contents of `collateral.json`, each by itself.
fn intel_parts(entry: &Entry, json: &[u8]) -> Vec<(String, Vec<u8>)> {
    let container = CollateralContainer::parse(json).unwrap();
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for chain in container.chains() {
        for certificate in Certificate::parse_pem_chain(chain.as_bytes()).unwrap() {
            let name = certificate.subject().common_name().unwrap_or_default();
            if !parts.iter().any(|(_, bytes)| bytes == certificate.der()) {
                parts.push((name, certificate.der().to_vec()));
            }
        }
    }
    for (number, crl) in container.crls().enumerate() {
        parts.push((["root CRL", "PCK CRL"][number].to_owned(), decode_hex(crl).unwrap()));
    }
    parts.push(("TCB info".to_owned(), entry.file("tcb_info.json").unwrap()));
    parts.push(("QE identity".to_owned(), entry.file("qe_identity.json").unwrap()));
    parts
}

/// Tries all flips on all cores.
fn accepted_flips(bytes: &[u8], accepts: &(dyn Fn(&[u8]) -> bool + Sync)) -> BTreeSet<Flip> {
    let workers = std::thread::available_parallelism().map_or(2, |count| count.get());
    let work = |worker: usize| {
        let mut mutant = bytes.to_vec();
        let mut accepted = Vec::new();
        for offset in (worker..bytes.len()).step_by(workers) {
            for bit in 0..8 {
                mutant[offset] ^= 1 << bit;
                if accepts(&mutant) {
                    accepted.push((offset, bit));
                }
                mutant[offset] = bytes[offset];
            }
        }
        accepted
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    })
}

/// One entry of the list: bits `mask` of the bytes from `start` to before `end`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    sample: String,
    part: String,
    start: usize,
    end: usize,
    mask: u8,
    reason: String,
}

#[derive(Deserialize)]
struct List {
    flip: Vec<Listed>,
}

fn list() -> Vec<Listed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accepted_flips.toml");
    let list: List = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(
        list.flip
            .iter()
            .all(|listed| !listed.reason.is_empty() && listed.start < listed.end && listed.mask != 0)
    );
    list.flip
}

fn listed_flips(list: &[Listed], sample: &str, part: &str) -> BTreeSet<Flip> {
    let own = list
        .iter()
        .filter(|listed| listed.sample == sample && listed.part == part);
    own.flat_map(|listed| (listed.start..listed.end).flat_map(|at| bits(listed.mask).map(move |bit| (at, bit))))
        .collect()
}

fn bits(mask: u8) -> impl Iterator<Item = u8> {
    (0..8).filter(move |bit| mask & (1 << bit) != 0)
}

/// Flips as the list has them, runs of bytes with the same bits together.
fn as_list(sample: &str, part: &str, flips: &BTreeSet<Flip>) -> String {
    let mut runs: Vec<(usize, usize, u8)> = Vec::new();
    let offsets: BTreeSet<usize> = flips.iter().map(|(offset, _)| *offset).collect();
    for offset in offsets {
        let mask = flips
            .range((offset, 0)..=(offset, 7))
            .fold(0, |mask, (_, bit)| mask | 1 << bit);
        match runs.last_mut() {
            Some((_, end, run_mask)) if *end == offset && *run_mask == mask => *end = offset + 1,
            _ => runs.push((offset, offset + 1, mask)),
        }
    }
    let mut text = String::new();
    for (start, end, mask) in runs {
        writeln!(text, "[[flip]]\nsample = \"{sample}\"\npart = \"{part}\"\nstart = {start}\nend = {end}\nmask = {mask:#04x}\nreason = \"\"\n").unwrap();
    }
    text
}

fn check(subject: &Subject) {
    let list = list();
    let (mut tried, mut wrong) = (0, String::new());
    let parts = subject.accepted();
    for listed in list.iter().filter(|listed| listed.sample == subject.name) {
        assert!(
            parts.iter().any(|(part, ..)| *part == listed.part),
            "no part {} of {}",
            listed.part,
            listed.sample
        );
    }
    for (part, length, accepted) in &parts {
        tried += length * 8;
        println!(
            "{}: {part}: {} of {} flips accepted",
            subject.name,
            accepted.len(),
            length * 8
        );
        let listed = listed_flips(&list, subject.name, part);
        let (unlisted, gone) = (accepted - &listed, &listed - accepted);
        if !unlisted.is_empty() {
            write!(
                wrong,
                "accepted, not listed:\n{}",
                as_list(subject.name, part, &unlisted)
            )
            .unwrap();
        }
        if !gone.is_empty() {
            write!(wrong, "listed, not accepted:\n{}", as_list(subject.name, part, &gone)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}: of {tried} flips\n{wrong}", subject.name);
}

#[test]
fn sgx() {
    check(&Subject::real("sgx-phala", "quote.bin"));
}

#[test]
fn open_enclave() {
    check(&Subject::real("oe-report-maa-release", "oe_report.bin"));
}

#[test]
fn tdx_v4() {
    check(&Subject::real("tdx-v4-phala", "quote.bin"));
}

#[test]
fn tdx_v5() {
    check(&Subject::real("tdx-v5-td15ex-phala", "quote.bin"));
}

#[test]
fn snp_milan() {
    check(&Subject::real("milan-v3-vcek-dstack", "report.bin"));
}

#[test]
fn snp_turin() {
    check(&Subject::real("turin-v5-vcek-ms-tav", "report.bin"));
}

/// No sample of AMD's comes with its CRL.
#[test]
fn snp_with_crl() {
    check(&Subject::emulated("emulated-milan", "milan", "milan-"));
}

#[test]
fn every_listed_sample_is_one_of_these() {
    let names = [
        "sgx-phala",
        "oe-report-maa-release",
        "tdx-v4-phala",
        "tdx-v5-td15ex-phala",
        "milan-v3-vcek-dstack",
        "turin-v5-vcek-ms-tav",
        "emulated-milan",
    ];
    assert!(list().iter().all(|listed| names.contains(&listed.sample.as_str())));
}
