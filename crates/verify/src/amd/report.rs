//! Verification of an attestation report (AMD 56860 §7.3, AMD 57230 §3).

use casemate_evidence::snp::{AttestationReport, ExtendedReport, Remainder, ReportError, SigningKey};

use super::{
    SnpClaims, VekKind,
    chain::Ground,
    collateral::{Pool, Vek},
    select::{self, SignedReport},
};
use crate::{
    Claims, Context, EndorsementRequest, Endorsements, EvidenceType, Refusal, TcbStatus, TcbVerdict, Trace, Trailing,
    Verified, verified::Findings,
};

/// Verifies an attestation report, alone or with the certificate table of an extended report behind it.
///
/// The endorsement key's certificate and the one that signed it come from the table or from the endorsements, the
/// root from the anchors alone. AMD publishes no status per TCB level, so the verdict's is
/// [`TcbStatus::NotPublished`]; debug and migration are claims, for a policy to judge.
///
/// # Errors
/// The first refusal; `trace` has them all.
pub fn verify_snp(evidence: &[u8], context: &Context<'_>, trace: &mut Trace) -> Result<Verified, Refusal> {
    let mark = trace.mark();
    let verified = verify(evidence, context, trace);
    trace.outcome(mark)?;
    // Whatever ends early has recorded why, so `None` cannot get here.
    verified.ok_or(Refusal::Malformed {
        what: "report",
        detail: "not verified".to_owned(),
    })
}

/// What a report needs to be verified.
pub(crate) fn requests(evidence: &[u8]) -> Result<Vec<EndorsementRequest>, Refusal> {
    let extended = ExtendedReport::parse(evidence).map_err(refusal)?;
    let report = &extended.report;
    let (kind, product) = (signing_key(report)?, report.product());
    let chip_id = select::chip_id(report, product);
    Ok(vec![
        EndorsementRequest::AmdVek {
            kind,
            product,
            chip_id,
            reported_tcb: report.reported_tcb.0,
        },
        EndorsementRequest::AmdCertificateChain { kind, product },
        EndorsementRequest::AmdCrl { product },
    ])
}

fn refusal(error: ReportError) -> Refusal {
    match error {
        ReportError::Version(version) => Refusal::UnsupportedType {
            what: "report",
            detail: format!("version {version}"),
        },
        other => Refusal::Malformed {
            what: "report",
            detail: other.to_string(),
        },
    }
}

fn verify(evidence: &[u8], context: &Context<'_>, trace: &mut Trace) -> Option<Verified> {
    let parsed = ExtendedReport::parse(evidence).map_err(refusal);
    let extended = trace.check("report.format", parsed, |extended| {
        format!("version {}", extended.report.version)
    })?;
    let report = &extended.report;
    let (trailing, came_along) = remainder(&extended.remainder, trace)?;
    check_form(report, trace);
    let kind = trace.check("report.signing_key", signing_key(report), |kind| {
        kind.as_str().to_owned()
    })?;
    let pool = Pool([
        came_along.as_ref().map(Endorsements::amd),
        Some(context.endorsements.amd()),
    ]);
    let signed = SignedReport {
        report,
        bytes: extended.signed,
    };
    let vek = trace.check("vek.found", select::vek(pool, signed, kind, context.time), |vek| {
        format!(
            "{} for {}, serial 0x{}",
            kind.certificate(),
            vek.extensions.product_name(),
            hex::encode(vek.certificate.serial())
        )
    })?;
    let cache = context.cache.map(|cache| &cache.amd);
    let ground = Ground {
        anchors: context.anchors,
        pool,
        time: context.time,
        cache,
    };
    ground.check_roots(trace);
    let chain = ground.verify_vek(vek, trace);
    let signature = signed.check(vek);
    check_vek(report, vek, &signature, trace);
    let by_vek = trace.check("report.signature", signature, |()| {
        format!(
            "ECDSA P-384 over the first {} bytes, reserved ones included",
            extended.signed.len()
        )
    });
    trace.pass("report.policy", || policy(report));
    let (chain, ()) = chain.zip(by_vek)?;
    let table = pool.sets().find_map(|set| set.table_of(vek));
    let claims = SnpClaims::new(report.clone(), vek, table);
    let findings = Findings {
        evidence_type: EvidenceType::SevSnp,
        report_data: report.report_data,
        claims: Claims::Snp(Box::new(claims)),
        tcb: TcbVerdict {
            status: TcbStatus::NotPublished,
            advisory_ids: Vec::new(),
            tcb_date: None,
            evaluation_data_number: None,
        },
        not_after: chain.window.not_after,
        trailing,
    };
    Some(Verified::new(chain.anchor, findings))
}

/// What stands behind the report, and the endorsements in it.
fn remainder(remainder: &Remainder<'_>, trace: &mut Trace) -> Option<(Trailing, Option<Endorsements>)> {
    match remainder {
        Remainder::Nothing => Some((Trailing::None, None)),
        Remainder::ZeroPadding(length) => {
            trace.pass("report.trailing", || format!("{length} zero bytes"));
            Some((Trailing::ZeroPadding(*length), None))
        }
        Remainder::Table(table) => {
            let mut endorsements = Endorsements::new();
            let added = endorsements.add_snp_table(table);
            let names = || {
                table
                    .entries()
                    .iter()
                    .map(|entry| entry.kind.name())
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            trace.check("report.trailing", added, |_| format!("certificate table: {}", names()))?;
            Some((Trailing::None, Some(endorsements)))
        }
        Remainder::Unknown { length, .. } => {
            trace.fail(
                "report.trailing",
                Refusal::TrailingData {
                    what: "report",
                    length: *length,
                },
            );
            None
        }
    }
}

/// The parts of the form that parsing leaves to the verifier.
fn check_form(report: &AttestationReport, trace: &mut Trace) {
    let algorithm = match report.signature_algorithm {
        1 => Ok(()),
        other => Err(Refusal::UnsupportedType {
            what: "report signature algorithm",
            detail: other.to_string(),
        }),
    };
    trace.check("report.algorithm", algorithm, |()| {
        "ECDSA P-384 with SHA-384".to_owned()
    });
    let reserved = match report.first_reserved_not_zero() {
        None => Ok(()),
        Some(offset) => Err(Refusal::Malformed {
            what: "report",
            detail: format!("reserved byte 0x{offset:x} is not zero in version {}", report.version),
        }),
    };
    trace.check("report.reserved", reserved, |()| {
        "zero, and under the signature".to_owned()
    });
    let product = match report.product() {
        None if report.version >= 3 => {
            let cpuid = report.cpuid;
            let detail = format!(
                "family 0x{:x} model 0x{:x} stepping {}",
                cpuid.family, cpuid.model, cpuid.stepping
            );
            Err(Refusal::UnsupportedType {
                what: "processor",
                detail,
            })
        }
        product => Ok(product),
    };
    trace.check("report.product", product, |product| {
        product.map_or("version 2 names none".to_owned(), |product| product.to_string())
    });
}

fn signing_key(report: &AttestationReport) -> Result<VekKind, Refusal> {
    let unsupported = |detail: String| Refusal::UnsupportedType {
        what: "report signing key",
        detail,
    };
    match report.signer.signing_key() {
        SigningKey::Vcek => Ok(VekKind::Vcek),
        SigningKey::Vlek => Ok(VekKind::Vlek),
        SigningKey::None => Err(unsupported("none: the report is not signed".to_owned())),
        SigningKey::Reserved(value) => Err(unsupported(format!("reserved value {value}"))),
    }
}

/// What report and endorsement key say of the platform must agree: product, chip, patch levels.
fn check_vek(report: &AttestationReport, vek: &Vek, signature: &Result<(), Refusal>, trace: &mut Trace) {
    let extensions = &vek.extensions;
    let product = match report.product() {
        Some(product) if product != extensions.product() => Err(Refusal::Mismatch {
            what: "product of report and endorsement key",
            expected: product.to_string(),
            found: extensions.product_name().to_owned(),
        }),
        _ => Ok(()),
    };
    trace.check("vek.product", product, |()| extensions.product_name().to_owned());
    trace.check("vek.chip_id", check_chip(report, vek, signature), |found| found.clone());
    let layout = extensions.product().tcb_layout();
    let reported = report.reported_tcb.parts(layout);
    let tcb = if reported == extensions.tcb() {
        Ok(())
    } else {
        Err(Refusal::Mismatch {
            what: "reported TCB and endorsement key",
            expected: hex::encode(extensions.tcb().encode(layout).0),
            found: hex::encode(report.reported_tcb.0),
        })
    };
    trace.check("vek.tcb", tcb, |()| hex::encode(report.reported_tcb.0));
}

/// A VCEK is one chip's. A report whose chip id the host masks is still this chip's, because its key signed it. One
/// that names another chip and that this key did not sign wants that other chip's certificate.
fn check_chip(report: &AttestationReport, vek: &Vek, signature: &Result<(), Refusal>) -> Result<String, Refusal> {
    let Some(chip) = vek.extensions.chip_id() else {
        return Ok(format!("provider {}", vek.extensions.provider_id().unwrap_or_default()));
    };
    if report.chip_id == [0; 64] {
        return Ok("masked in the report; the signature stands for it".to_owned());
    }
    if report.chip_id == chip {
        return Ok(select::chip_id(report, Some(vek.extensions.product())));
    }
    if signature.is_err() {
        return Err(select::missing(report, VekKind::Vcek));
    }
    Err(Refusal::Mismatch {
        what: "chip id of report and endorsement key",
        expected: hex::encode(chip),
        found: hex::encode(report.chip_id),
    })
}

/// Guest policy in words, for a person.
fn policy(report: &AttestationReport) -> String {
    let word = |is: bool, yes: &'static str, no: &'static str| if is { yes } else { no };
    let policy = report.policy;
    format!(
        "0x{:x}: {}, {}, {}",
        policy.0,
        word(policy.debug_allowed(), "debugging allowed", "no debugging"),
        word(policy.migration_allowed(), "migration allowed", "no migration"),
        word(policy.smt_allowed(), "SMT allowed", "no SMT"),
    )
}
