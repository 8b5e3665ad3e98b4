//! Claims about a SEV-SNP guest.

use casemate_evidence::snp::{AttestationReport, TcbParts};

use super::hexed;
use crate::Claim;

/// The claims `x-ms-sevsnpvm-…`. `reported` is the report's reported TCB by the layout of its processor: the version
/// that the signing key is derived from.
pub(crate) fn snp_claims(report: &AttestationReport, reported: TcbParts) -> Vec<Claim> {
    let number = |name, value: u32| Claim::of_service(name, i64::from(value));
    vec![
        hexed("x-ms-sevsnpvm-authorkeydigest", &report.author_key_digest),
        number("x-ms-sevsnpvm-bootloader-svn", reported.boot_loader.into()),
        hexed("x-ms-sevsnpvm-familyId", &report.family_id),
        number("x-ms-sevsnpvm-guestsvn", report.guest_svn),
        hexed("x-ms-sevsnpvm-hostdata", &report.host_data),
        hexed("x-ms-sevsnpvm-idkeydigest", &report.id_key_digest),
        hexed("x-ms-sevsnpvm-imageId", &report.image_id),
        Claim::of_service("x-ms-sevsnpvm-is-debuggable", report.policy.debug_allowed()),
        hexed("x-ms-sevsnpvm-launchmeasurement", &report.measurement),
        number("x-ms-sevsnpvm-microcode-svn", reported.microcode.into()),
        Claim::of_service("x-ms-sevsnpvm-migration-allowed", report.policy.migration_allowed()),
        hexed("x-ms-sevsnpvm-reportdata", &report.report_data),
        hexed("x-ms-sevsnpvm-reportid", &report.report_id),
        Claim::of_service("x-ms-sevsnpvm-smt-allowed", report.policy.smt_allowed()),
        number("x-ms-sevsnpvm-snpfw-svn", reported.snp.into()),
        number("x-ms-sevsnpvm-tee-svn", reported.tee.into()),
        number("x-ms-sevsnpvm-vmpl", report.vmpl),
    ]
}
