//! Fuzz bodies, one for each parser: bytes in, a panic if a promise is broken.
//!
//! Every body promises at least that it returns. Beyond that: what parsed encodes to the bytes it came from where the
//! format has one encoding, and to something that parses to the same where it has several.

mod api;
mod crypto;
mod evidence;
mod policy;
mod verification;

pub use api::{attest_request, good_token, jwk_set, keys, token};
pub use crypto::{base64, certificate, crl, jws, pem, time, tlv};
pub use evidence::{
    certificate_table, certification_data, collateral, custom_claims, eventlog, oe_endorsements, oe_report,
    qe_identity, quote, snp_report, tcb_info,
};
pub use policy::{claims, policy, policy_document};
pub use verification::{endorsements, verify};

/// Whether a body took its input for what it reads; the test of the corpus looks at it, fuzzers do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It parsed.
    Accepted,
    /// It was refused, as most inputs are.
    Refused,
}

/// A fuzz body.
pub type Body = fn(&[u8]) -> Outcome;

/// Every fuzz target by name. `fuzz/fuzz_targets` has one file for each, `fuzz/corpus` one folder.
pub const TARGETS: &[(&str, Body)] = &[
    ("attest_request", attest_request),
    ("base64", base64),
    ("certificate", certificate),
    ("certificate_table", certificate_table),
    ("certification_data", certification_data),
    ("claims", claims),
    ("collateral", collateral),
    ("crl", crl),
    ("custom_claims", custom_claims),
    ("endorsements", endorsements),
    ("eventlog", eventlog),
    ("jws", jws),
    ("jwk_set", jwk_set),
    ("oe_endorsements", oe_endorsements),
    ("oe_report", oe_report),
    ("pem", pem),
    ("policy", policy),
    ("policy_document", policy_document),
    ("qe_identity", qe_identity),
    ("quote", quote),
    ("snp_report", snp_report),
    ("tcb_info", tcb_info),
    ("time", time),
    ("tlv", tlv),
    ("token", token),
    ("verify", verify),
];

/// The targets that a file of real evidence is for, by its name.
#[must_use]
pub fn targets_of(name: &str) -> &'static [&'static str] {
    match name {
        "quote.bin" => &["quote", "verify"],
        "oe_report.bin" => &["oe_report", "quote"],
        "report.bin" => &["snp_report", "oe_report", "quote", "verify"],
        "eventlog.bin" | "ccel.bin" | "ccel_data.dat" | "expected_pcrs.json" | "expected_rtmrs.json" => &["eventlog"],
        "oe_endorsements.bin" => &["oe_endorsements"],
        "auxblob_certtable.bin" => &["certificate_table", "endorsements"],
        "tcb_info.json" | "tcbInfo.json" => &["tcb_info"],
        "qe_identity.json" | "qeIdentity.json" => &["qe_identity"],
        _ if name.starts_with("collateral") => &["collateral"],
        _ if name.ends_with("Crl.der") || name.ends_with("crl.der") => &["crl", "tlv"],
        _ if name.ends_with(".der") => &["certificate", "tlv"],
        _ if name.ends_with(".pem") => &["pem"],
        _ => &[],
    }
}
