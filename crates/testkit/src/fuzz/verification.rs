//! Verification as a whole: no input forges, and none panics.

use std::sync::LazyLock;

use casemate_verify::{
    ChainCache, Context, Endorsements, Trace, TrustAnchors, TrustClass, Verified, needs, recognise,
    verify as verify_evidence,
};
use serde_json::{Map, Value};

use super::Outcome;
use crate::emulated;

static ANCHORS: LazyLock<TrustAnchors> = LazyLock::new(emulated::anchors);
static ENDORSEMENTS: LazyLock<Endorsements> = LazyLock::new(emulated::endorsements);
static CACHE: LazyLock<ChainCache> = LazyLock::new(ChainCache::default);
/// The claims of the good evidence: what nobody but the emulator can have signed.
static GOOD: LazyLock<Vec<Map<String, Value>>> = LazyLock::new(|| {
    let verdict =
        |bytes: &[u8]| attempt(bytes, &ENDORSEMENTS, None).unwrap_or_else(|| panic!("good evidence is refused"));
    emulated::evidence()
        .iter()
        .map(|(_, bytes)| signed_facts(&verdict(bytes)))
        .collect()
});

fn attempt(bytes: &[u8], endorsements: &Endorsements, cache: Option<&ChainCache>) -> Option<Verified> {
    let context = Context {
        anchors: &ANCHORS,
        endorsements,
        time: emulated::AT,
        cache,
    };
    let mut trace = Trace::new();
    let verdict = verify_evidence(bytes, &context, &mut trace);
    assert_eq!(
        verdict.is_err(),
        !trace.refusals().is_empty(),
        "verdict and trace agree"
    );
    verdict.ok()
}

/// The claims without those that no signature covers.
fn signed_facts(verified: &Verified) -> Map<String, Value> {
    assert_eq!(
        verified.class(),
        TrustClass::Emulated,
        "the vendors' roots signed none of this"
    );
    assert_eq!(*verified.report_data(), emulated::REPORT_DATA);
    let mut facts = verified.claims().facts();
    facts.retain(|name, _| !matches!(name.as_str(), "trailing" | "sig_len" | "pck_chain_len"));
    facts
}

/// Evidence under good endorsements, cold and with a cache of chains: what verifies says what good evidence says.
pub fn verify(bytes: &[u8]) -> Outcome {
    let _ = needs(bytes);
    let verified = attempt(bytes, &ENDORSEMENTS, Some(&CACHE));
    let Some(verified) = verified else {
        return Outcome::Refused;
    };
    assert!(recognise(bytes).is_some_and(|kind| kind == verified.evidence_type()));
    assert!(
        GOOD.contains(&signed_facts(&verified)),
        "forged: {:?}",
        verified.claims()
    );
    assert!(
        attempt(bytes, &ENDORSEMENTS, None).is_some(),
        "the cache does not change a verdict"
    );
    Outcome::Accepted
}

/// Endorsements of any kind beside good ones: good evidence, if it still verifies, says the same under the same class.
pub fn endorsements(bytes: &[u8]) -> Outcome {
    let mut alone = Endorsements::new();
    if alone.add(bytes).is_err() {
        return Outcome::Refused;
    }
    let mut all = ENDORSEMENTS.clone();
    let _ = all.add(bytes);
    for (_, evidence) in KEPT.iter() {
        for endorsements in [&alone, &all] {
            if let Some(verified) = attempt(evidence, endorsements, None) {
                assert!(
                    GOOD.iter().any(|good| same_claims(good, &signed_facts(&verified))),
                    "another verdict"
                );
            }
        }
    }
    Outcome::Accepted
}

static KEPT: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(emulated::evidence);

/// Whether claims agree but for the TCB's, which come from the endorsements.
fn same_claims(good: &Map<String, Value>, found: &Map<String, Value>) -> bool {
    let of_tcb = |name: &str| name.starts_with("tcb_") || name == "advisory_ids";
    good.iter()
        .all(|(name, value)| of_tcb(name) || found.get(name) == Some(value))
}
