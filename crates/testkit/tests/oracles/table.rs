//! Where other verifiers and ours disagree on the same bytes.

use super::peers::Verdict;

/// Another verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Oracle {
    DcapQvl,
    Sev,
}

/// Who is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    Ours,
    /// The standards allow both.
    Either,
}

pub(crate) struct Disagreement {
    pub(crate) sample: &'static str,
    pub(crate) oracle: Oracle,
    pub(crate) ours: Verdict,
    pub(crate) theirs: Verdict,
    pub(crate) right: Right,
    pub(crate) why: &'static str,
}

/// A sample that is changed before it is judged.
pub(crate) struct Bend {
    pub(crate) sample: &'static str,
    pub(crate) name: &'static str,
    pub(crate) evidence: fn(&mut Vec<u8>),
    /// Added to the time.
    pub(crate) seconds: i64,
}

const DAY: i64 = 24 * 3600;

const fn bend(sample: &'static str, name: &'static str, evidence: fn(&mut Vec<u8>)) -> Bend {
    Bend {
        sample,
        name,
        evidence,
        seconds: 0,
    }
}

const fn later(sample: &'static str, name: &'static str, days: i64) -> Bend {
    Bend {
        sample,
        name,
        evidence: |_| {},
        seconds: days * DAY,
    }
}

/// Where the PEM certificates of a quote start.
fn pem(quote: &[u8], nth: usize) -> usize {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let starts = quote
        .windows(BEGIN.len())
        .enumerate()
        .filter(|(_, window)| *window == BEGIN);
    starts.map(|(at, _)| at + BEGIN.len()).nth(nth).unwrap()
}

pub(crate) const BENDS: &[Bend] = &[
    bend("milan-v2-vcek-trustee", "byte 42 of the report", |report| {
        report[42] ^= 1
    }),
    bend("milan-v2-vcek-trustee", "reported TCB", |report| report[384] ^= 1),
    bend("milan-v2-vcek-trustee", "reserved byte 0x18c", |report| {
        report[0x18c] = 1
    }),
    bend("genoa-v3-vcek-ms-tav", "reserved byte 0x18c", |report| {
        report[0x18c] = 1
    }),
    bend("genoa-v3-vcek-ms-tav", "reserved byte 0x1f8", |report| {
        report[0x1f8] = 1
    }),
    bend("genoa-v3-vcek-ms-tav", "reserved byte 0x29f", |report| {
        report[0x29f] = 1
    }),
    bend("genoa-v3-vcek-ms-tav", "reserved byte 0x1eb", |report| {
        report[0x1eb] = 1
    }),
    bend("genoa-v3-vcek-ms-tav", "reserved TCB level", |report| report[0x184] = 1),
    bend("turin-v5-vcek-ms-tav", "reserved byte 0x18c", |report| {
        report[0x18c] = 1
    }),
    bend("turin-v5-vcek-ms-tav", "reserved TCB level", |report| report[0x184] = 1),
    bend("turin-v5-vcek-ms-tav", "version 6", |report| report[0] = 6),
    bend("turin-v5-vcek-ms-tav", "version 7 and more", |report| report[3] = 7),
    bend("genoa-v5-vcek-lunal", "last byte, behind the signature", |report| {
        report[0x49f] = 1
    }),
    bend("genoa-v5-vcek-lunal", "byte above r", |report| report[0x2a0 + 60] = 1),
    bend("genoa-v5-vcek-lunal", "three bytes more", |report| {
        report.extend([1, 2, 3])
    }),
    bend("genoa-v5-vcek-lunal", "zero padding", |report| report.extend([0; 32])),
    later("milan-v3-vlek-aws-us-east-2", "a year later", 365),
    later("milan-v3-vlek-aws-us-east-2", "a year earlier", -365),
    bend("sgx-phala", "body", |quote| quote[112] ^= 1),
    bend("sgx-phala", "quoting enclave's report", |quote| quote[600] ^= 1),
    bend("sgx-phala", "three bytes more", |quote| quote.extend([1, 2, 3])),
    bend("sgx-phala", "zero padding", |quote| quote.extend([0; 16])),
    bend("sgx-phala", "line end inside the leaf's PEM", |quote| {
        let at = pem(quote, 0) + 1 + 64;
        quote[at] = b' ';
    }),
    bend("sgx-phala", "last letter of the root's PEM", |quote| {
        let at = pem(quote, 2) + 200;
        quote[at] = if quote[at] == b'A' { b'B' } else { b'A' };
    }),
    later("sgx-phala", "five years later", 5 * 365),
    later("sgx-phala", "five years earlier", -5 * 365),
    bend("tdx-v4-phala", "body", |quote| quote[200] ^= 1),
    bend("tdx-v4-phala", "length of the signature data", |quote| quote[632] ^= 1),
    bend("tdx-v4-phala", "outer certification data type", |quote| quote[764] ^= 1),
    bend(
        "tdx-v4-phala",
        "high byte of the outer certification data type",
        |quote| quote[765] ^= 1,
    ),
    bend("tdx-v4-phala", "three bytes more", |quote| quote.extend([1, 2, 3])),
    later("tdx-v4-phala", "five years later", 5 * 365),
    bend("tdx-v5-google", "body", |quote| quote[200] ^= 1),
    bend("tdx-v5-google", "body type", |quote| quote[48] ^= 1),
];
/// None of them is one where the oracle is right and ours is wrong: such a row would be a bug report.
pub(crate) const DISAGREEMENTS: &[Disagreement] = &[
    Disagreement {
        sample: "milan-v3-vlek-aws-us-east-2: a year later",
        oracle: Oracle::Sev,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "the VLEK's certificate expired; sev looks at no dates",
    },
    Disagreement {
        sample: "milan-v3-vlek-aws-us-east-2: a year earlier",
        oracle: Oracle::Sev,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "the VLEK's certificate is not valid yet; sev looks at no dates",
    },
    Disagreement {
        sample: "genoa-v3-vcek-ms-tav: reserved TCB level",
        oracle: Oracle::Sev,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "sev verifies a report that it wrote anew, with zeros in the reserved levels that were signed",
    },
    Disagreement {
        sample: "turin-v5-vcek-ms-tav: reserved TCB level",
        oracle: Oracle::Sev,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "sev verifies a report that it wrote anew, with zeros in the reserved levels that were signed",
    },
    Disagreement {
        sample: "genoa-v5-vcek-lunal: last byte, behind the signature",
        oracle: Oracle::Sev,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "the rest of the signature field must be zero: nothing signs it, and sev ignores it",
    },
    Disagreement {
        sample: "genoa-v5-vcek-lunal: byte above r",
        oracle: Oracle::Sev,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "r has 384 bits: sev cuts what stands above, so that one signature has many forms",
    },
    Disagreement {
        sample: "genoa-v5-vcek-lunal: zero padding",
        oracle: Oracle::Sev,
        ours: Verdict::Accepts,
        theirs: Verdict::Refuses,
        right: Right::Either,
        why: "hosts hand out pages; zeros say nothing, and ours reports how many there were",
    },
    Disagreement {
        sample: "sgx-phala: three bytes more",
        oracle: Oracle::DcapQvl,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "bytes that nothing signs, and that are no padding, do not belong to a quote",
    },
    Disagreement {
        sample: "tdx-v4-phala: three bytes more",
        oracle: Oracle::DcapQvl,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "bytes that nothing signs, and that are no padding, do not belong to a quote",
    },
    Disagreement {
        sample: "sgx-phala: last letter of the root's PEM",
        oracle: Oracle::DcapQvl,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "the root in the quote is not the vendor's; dcap-qvl does not look at it, as it has its own",
    },
    Disagreement {
        sample: "tdx-v4-phala: length of the signature data",
        oracle: Oracle::DcapQvl,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "the length of the signature data is not that of the signature data; dcap-qvl skips it",
    },
    Disagreement {
        sample: "tdx-v4-phala: outer certification data type",
        oracle: Oracle::DcapQvl,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "a version 4 quote has a QE report (type 6) there; dcap-qvl reads it whatever the type says",
    },
    Disagreement {
        sample: "tdx-v4-phala: high byte of the outer certification data type",
        oracle: Oracle::DcapQvl,
        ours: Verdict::Refuses,
        theirs: Verdict::Accepts,
        right: Right::Ours,
        why: "a version 4 quote has a QE report (type 6) there; dcap-qvl reads it whatever the type says",
    },
    Disagreement {
        sample: "tdx-v4-oe",
        oracle: Oracle::DcapQvl,
        ours: Verdict::Accepts,
        theirs: Verdict::Refuses,
        right: Right::Either,
        why: "SEPT_VE_DISABLE is off: dcap-qvl refuses the attribute, ours leaves it to the policy as a claim (the manifest: verifies)",
    },
    Disagreement {
        sample: "tdx-v5-oe",
        oracle: Oracle::DcapQvl,
        ours: Verdict::Accepts,
        theirs: Verdict::Refuses,
        right: Right::Either,
        why: "the TD may be migrated: dcap-qvl refuses the attribute, ours leaves it to the policy as a claim (the manifest: verifies)",
    },
    Disagreement {
        sample: "sgx-teepot-sw-hardening",
        oracle: Oracle::DcapQvl,
        ours: Verdict::Accepts,
        theirs: Verdict::Refuses,
        right: Right::Ours,
        why: "the TCB info is version 2, as Intel signed it for years; dcap-qvl reads version 3 only",
    },
];

/// Samples that lack what the oracles must be given, and what that is.
pub(crate) const NOT_ASKED: &[(&str, &str)] = &[
    ("amd-roots-milan", "no report: its certificates are asked about apart"),
    (
        "turin-vcek-chain-virtee",
        "no report: its certificates are asked about apart",
    ),
    ("milan-v2-sidecar-maa-test", "no certificates"),
    ("oe-report-bad", "no collateral, which dcap-qvl demands"),
    ("oe-sgx-cert-ec-bad", "no collateral, which dcap-qvl demands"),
    ("oe-sgx-cert-rsa-bad", "no collateral, which dcap-qvl demands"),
    ("sgx-fortanix-corrupted", "no collateral, which dcap-qvl demands"),
    ("sgx-fortanix-pck", "no collateral, which dcap-qvl demands"),
    ("sgx-fortanix-ppid", "no certificates and no collateral"),
    ("sgx-oasis-eppid", "no certificates and no collateral"),
    (
        "sgx-intel-qvl-sample",
        "a made-up platform under a root of its own, without a time",
    ),
    (
        "tdx-v4-intel-qvl-sample",
        "a made-up platform under a root of its own, without a time",
    ),
];
