//! The TDX module's identity and level (Intel's quote verification library: `TdxModuleCheck`).

use casemate_evidence::{
    intel::{
        TcbInfo,
        tcb_info::{IsvLevel, LevelStatus, TdxModuleIdentity},
    },
    tdx::TdReport,
};

use super::tcb::masked_equal;
use crate::Refusal;

/// The module's major version: `TEE_TCB_SVN[1]`.
pub(super) const fn major_version(tee_tcb_svn: &[u8; 16]) -> u8 {
    let [_, major, ..] = *tee_tcb_svn;
    major
}

/// The identity of the module's major version; none for version 0, which `tdxModule` describes.
fn identity<'a>(info: &'a TcbInfo, tee_tcb_svn: &[u8; 16]) -> Result<Option<&'a TdxModuleIdentity>, Refusal> {
    let major = major_version(tee_tcb_svn);
    if major == 0 {
        return Ok(None);
    }
    let id = format!("TDX_{major:02X}");
    let found = info.tdx_module_identities.iter().find(|identity| identity.id.eq_ignore_ascii_case(&id));
    found.map(Some).ok_or_else(|| Refusal::TcbNotSupported { detail: format!("no TDX module identity {id}") })
}

/// The level of the module, if it has an identity of its own.
pub(super) fn level<'a>(info: &'a TcbInfo, tee_tcb_svn: &[u8; 16]) -> Result<Option<&'a IsvLevel>, Refusal> {
    let Some(identity) = identity(info, tee_tcb_svn)? else {
        return Ok(None);
    };
    let [svn, ..] = *tee_tcb_svn;
    let level = identity.tcb_levels.iter().find(|level| u16::from(svn) >= level.tcb.isvsvn).ok_or_else(|| {
        Refusal::TcbNotSupported { detail: format!("no level for TDX module {} with SVN {svn}", identity.id) }
    })?;
    // Of a module Intel says these three and no more.
    match level.tcb_status {
        LevelStatus::UpToDate | LevelStatus::OutOfDate | LevelStatus::Revoked => Ok(Some(level)),
        other => Err(Refusal::TcbNotSupported { detail: format!("TDX module {} has status {other:?}", identity.id) }),
    }
}

/// The module must be signed by whom Intel says, with the attributes that it says.
pub(super) fn check(info: &TcbInfo, report: &TdReport) -> Result<(), Refusal> {
    let (signer, attributes, mask) = match (identity(info, &report.tee_tcb_svn)?, &info.tdx_module) {
        (Some(identity), _) => (&identity.mrsigner, &identity.attributes, &identity.attributes_mask),
        (None, Some(module)) => (&module.mrsigner, &module.attributes, &module.attributes_mask),
        (None, None) => {
            return Err(Refusal::Malformed { what: "TCB info", detail: "no tdxModule".to_owned() });
        }
    };
    let mismatch = |what, expected: &[u8], found: &[u8]| {
        Err(Refusal::Mismatch { what, expected: hex::encode(expected), found: hex::encode(found) })
    };
    if report.mr_signer_seam != *signer {
        return mismatch("MRSIGNERSEAM", signer, &report.mr_signer_seam);
    }
    // Bits that Intel does not speak of must be zero.
    let unmasked = report.seam_attributes.iter().zip(mask).any(|(found, mask)| found & !mask != 0);
    if unmasked || !masked_equal(&report.seam_attributes, attributes, mask) {
        return mismatch("SEAMATTRIBUTES", attributes, &report.seam_attributes);
    }
    Ok(())
}
