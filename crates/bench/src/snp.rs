//! SEV-SNP reports: ours and `sev`.

use casemate_crypto::Time;
use casemate_testkit::{manifest, read};
use casemate_verify::{ChainCache, Context, Endorsements, Trace, TrustAnchors, verify};
use sev::{
    certs::snp::{Certificate, Chain, Verifiable},
    firmware::guest::AttestationReport,
    parser::ByteParser,
};

use crate::{Aim, Contender};

/// Ours cold and warm, and the peer with its full chain and with the report alone, on a sample.
///
/// # Panics
/// If the sample is not there or not as expected.
#[must_use]
pub fn contenders(id: &str) -> Vec<Contender> {
    let entry = manifest().into_iter().find(|entry| entry.id == id).unwrap();
    let time = entry.time().unwrap();
    let file = |name: &str| read(&format!("evidence/sev-snp/{id}/{name}"));
    let report = file("report.bin");
    let pems = [file("ark.pem"), file("ask.pem"), file("vcek.pem")];
    let cold = {
        let (report, pems, anchors) = (report.clone(), pems.clone(), TrustAnchors::vendor());
        move || ours(&report, &anchors, &endorsements(&pems), time, None)
    };
    let warm = {
        let (report, anchors, cache) = (report.clone(), TrustAnchors::vendor(), ChainCache::default());
        let endorsements = endorsements(&pems);
        move || ours(&report, &anchors, &endorsements, time, Some(&cache))
    };
    let kept: Certificate = Certificate::from_pem(&pems[2]).unwrap();
    let full = {
        let report = report.clone();
        move || {
            let chain = Chain::from_pem(&pems[0], &pems[1], &pems[2]).unwrap();
            let report = AttestationReport::from_bytes(&report).unwrap();
            (&chain, &report).verify().unwrap();
        }
    };
    let report_only = move || {
        let report = AttestationReport::from_bytes(&report).unwrap();
        (&kept, &report).verify().unwrap();
    };
    vec![
        Contender::new("casemate, warm", Aim::PerSecond(4000.0), warm),
        Contender::new("casemate, cold", Aim::TimesThePeer(1.0), cold),
        Contender::new("sev, full chain", Aim::None, full),
        Contender::new("sev, report only, chain kept by the caller", Aim::None, report_only),
    ]
}

fn endorsements(pems: &[Vec<u8>]) -> Endorsements {
    let mut endorsements = Endorsements::new();
    for pem in pems {
        endorsements.add(pem).unwrap();
    }
    endorsements
}

fn ours(report: &[u8], anchors: &TrustAnchors, endorsements: &Endorsements, time: Time, cache: Option<&ChainCache>) {
    let context = Context {
        anchors,
        endorsements,
        time,
        cache,
    };
    verify(report, &context, &mut Trace::quiet()).unwrap();
}
