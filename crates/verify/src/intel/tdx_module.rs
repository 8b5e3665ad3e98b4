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
    let found = info
        .tdx_module_identities
        .iter()
        .find(|identity| identity.id.eq_ignore_ascii_case(&id));
    found.map(Some).ok_or_else(|| Refusal::TcbNotSupported {
        detail: format!("no TDX module identity {id}"),
    })
}

/// The level of the module, if it has an identity of its own.
pub(super) fn level<'a>(info: &'a TcbInfo, tee_tcb_svn: &[u8; 16]) -> Result<Option<&'a IsvLevel>, Refusal> {
    let Some(identity) = identity(info, tee_tcb_svn)? else {
        return Ok(None);
    };
    let [svn, ..] = *tee_tcb_svn;
    let level = identity
        .tcb_levels
        .iter()
        .find(|level| u16::from(svn) >= level.tcb.isvsvn)
        .ok_or_else(|| Refusal::TcbNotSupported {
            detail: format!("no level for TDX module {} with SVN {svn}", identity.id),
        })?;
    // Of a module Intel says these three and no more.
    match level.tcb_status {
        LevelStatus::UpToDate | LevelStatus::OutOfDate | LevelStatus::Revoked => Ok(Some(level)),
        other => Err(Refusal::TcbNotSupported {
            detail: format!("TDX module {} has status {other:?}", identity.id),
        }),
    }
}

/// The module must be signed by whom Intel says, with the attributes that it says.
pub(super) fn check(info: &TcbInfo, report: &TdReport) -> Result<(), Refusal> {
    let (signer, attributes, mask) = match (identity(info, &report.tee_tcb_svn)?, &info.tdx_module) {
        (Some(identity), _) => (&identity.mrsigner, &identity.attributes, &identity.attributes_mask),
        (None, Some(module)) => (&module.mrsigner, &module.attributes, &module.attributes_mask),
        (None, None) => {
            return Err(Refusal::Malformed {
                what: "TCB info",
                detail: "no tdxModule".to_owned(),
            });
        }
    };
    let mismatch = |what, expected: &[u8], found: &[u8]| {
        Err(Refusal::Mismatch {
            what,
            expected: hex::encode(expected),
            found: hex::encode(found),
        })
    };
    if report.mr_signer_seam != *signer {
        return mismatch("MRSIGNERSEAM", signer, &report.mr_signer_seam);
    }
    // Bits that Intel does not speak of must be zero.
    let unmasked = report
        .seam_attributes
        .iter()
        .zip(mask)
        .any(|(found, mask)| found & !mask != 0);
    if unmasked || !masked_equal(&report.seam_attributes, attributes, mask) {
        return mismatch("SEAMATTRIBUTES", attributes, &report.seam_attributes);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use casemate_evidence::intel::Signed;

    use super::*;

    fn info(module_status: &str) -> TcbInfo {
        let zeros = "00".repeat(48);
        let module = format!(
            "\"mrsigner\":\"{zeros}\",\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFE\""
        );
        let text = format!(
            "{{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"\",\"nextUpdate\":\"\",\"fmspc\":\"000000000000\",\
             \"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":1,\"tdxModule\":{{{module}}},\
             \"tdxModuleIdentities\":[{{\"id\":\"TDX_0A\",{module},\"tcbLevels\":[{{\"tcb\":{{\"isvsvn\":4}},\
             \"tcbDate\":\"\",\"tcbStatus\":\"{module_status}\"}}]}}],\"tcbLevels\":[]}}"
        );
        Signed::tcb_info(text, &"00".repeat(64)).unwrap().document
    }

    #[test]
    fn the_major_version_chooses_the_identity() {
        let mut svn = [0; 16];
        assert_eq!(
            level(&info("UpToDate"), &svn),
            Ok(None),
            "version 0 has no levels of its own"
        );
        (svn[0], svn[1]) = (4, 10);
        assert!(matches!(level(&info("UpToDate"), &svn), Ok(Some(_))));
        svn[0] = 3;
        assert!(matches!(
            level(&info("UpToDate"), &svn),
            Err(Refusal::TcbNotSupported { .. })
        ));
        svn[1] = 11;
        assert!(matches!(
            level(&info("UpToDate"), &svn),
            Err(Refusal::TcbNotSupported { .. })
        ));
        (svn[0], svn[1]) = (4, 10);
        assert!(matches!(
            level(&info("SWHardeningNeeded"), &svn),
            Err(Refusal::TcbNotSupported { .. })
        ));
    }

    #[test]
    fn signer_and_attributes_must_be_those_listed() {
        let mut report = TdReport::zeroed();
        assert_eq!(check(&info("UpToDate"), &report), Ok(()));
        report.seam_attributes[7] = 1;
        let refused = check(&info("UpToDate"), &report);
        assert!(
            matches!(
                refused,
                Err(Refusal::Mismatch {
                    what: "SEAMATTRIBUTES",
                    ..
                })
            ),
            "a bit outside the mask"
        );
        report.seam_attributes = [0; 8];
        report.mr_signer_seam[0] = 1;
        let refused = check(&info("UpToDate"), &report);
        assert!(matches!(
            refused,
            Err(Refusal::Mismatch {
                what: "MRSIGNERSEAM",
                ..
            })
        ));
        let mut without = info("UpToDate");
        without.tdx_module = None;
        assert!(matches!(check(&without, &report), Err(Refusal::Malformed { .. })));
    }
}
