//! TCB levels: which one a platform reaches, and how platform, TDX module and quoting enclave join
//! (Intel's quote verification library: `TcbLevelCheck`, `convergeTcbStatuses`, `checkForRelaunch`).

use casemate_crypto::Time;
use casemate_evidence::{
    intel::{
        QeIdentity, TcbInfo,
        tcb_info::{IsvLevel, LevelStatus, TcbLevel},
    },
    sgx::ReportBody,
    tdx::TdReport,
};

use super::{SgxExtension, tdx_module};
use crate::{Refusal, TcbStatus};

/// A status with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assessment {
    pub(super) status: LevelStatus,
    pub(super) advisory_ids: Vec<String>,
    /// Date of the oldest level that took part.
    pub(super) date: Time,
}

impl Assessment {
    fn of_platform(level: &TcbLevel) -> Result<Self, Refusal> {
        let date = date(&level.tcb_date)?;
        Ok(Self {
            status: level.tcb_status,
            advisory_ids: level.advisory_ids.clone(),
            date,
        })
    }

    /// Joins a component's level: only an out-of-date or revoked component changes the platform's status.
    pub(super) fn join(&mut self, level: &IsvLevel) {
        use LevelStatus::{
            ConfigurationAndSWHardeningNeeded, ConfigurationNeeded, OutOfDate, OutOfDateConfigurationNeeded, Revoked,
            SWHardeningNeeded, UpToDate,
        };
        self.status = match (level.tcb_status, self.status) {
            (Revoked, _) => Revoked,
            (OutOfDate, UpToDate | SWHardeningNeeded) => OutOfDate,
            (OutOfDate, ConfigurationNeeded | ConfigurationAndSWHardeningNeeded) => OutOfDateConfigurationNeeded,
            (_, status) => status,
        };
        for id in &level.advisory_ids {
            if !self.advisory_ids.contains(id) {
                self.advisory_ids.push(id.clone());
            }
        }
    }

    /// The status to report.
    ///
    /// # Errors
    /// [`Refusal::TcbRevoked`].
    pub(super) fn accepted(&self) -> Result<TcbStatus, Refusal> {
        Ok(match self.status {
            LevelStatus::UpToDate => TcbStatus::UpToDate,
            LevelStatus::SWHardeningNeeded => TcbStatus::SWHardeningNeeded,
            LevelStatus::ConfigurationNeeded => TcbStatus::ConfigurationNeeded,
            LevelStatus::ConfigurationAndSWHardeningNeeded => TcbStatus::ConfigurationAndSWHardeningNeeded,
            LevelStatus::OutOfDate => TcbStatus::OutOfDate,
            LevelStatus::OutOfDateConfigurationNeeded => TcbStatus::OutOfDateConfigurationNeeded,
            LevelStatus::Revoked => {
                let detail = format!("level of {}, advisories {}", self.date, self.advisory_ids.join(", "));
                return Err(Refusal::TcbRevoked { detail });
            }
        })
    }
}

pub(super) fn date(text: &str) -> Result<Time, Refusal> {
    Time::parse_rfc3339(text).map_err(|error| Refusal::Malformed {
        what: "TCB date",
        detail: error.to_string(),
    })
}

/// The level of an SGX platform.
pub(super) fn sgx(info: &TcbInfo, extension: &SgxExtension) -> Result<Assessment, Refusal> {
    Assessment::of_platform(level(info, extension, None)?)
}

/// The level of a TDX platform at `tee_tcb_svn`, its module's joined.
pub(super) fn tdx(info: &TcbInfo, extension: &SgxExtension, tee_tcb_svn: &[u8; 16]) -> Result<Assessment, Refusal> {
    let mut platform = Assessment::of_platform(level(info, extension, Some(tee_tcb_svn))?)?;
    if let Some(module) = tdx_module::level(info, tee_tcb_svn)? {
        platform.join(module);
        platform.date = platform.date.min(date(&module.tcb_date)?);
    }
    Ok(platform)
}

/// The first level that the platform reaches in every component; levels are sorted from the highest.
fn level<'a>(
    info: &'a TcbInfo,
    extension: &SgxExtension,
    tee_tcb_svn: Option<&[u8; 16]>,
) -> Result<&'a TcbLevel, Refusal> {
    let mut closest = None;
    for level in &info.tcb_levels {
        match shortfall(level, extension, tee_tcb_svn) {
            None => return Ok(level),
            Some(found) => closest = Some(found),
        }
    }
    let detail = closest.unwrap_or_else(|| "the TCB info lists no level".to_owned());
    Err(Refusal::TcbNotSupported {
        detail: format!("FMSPC {}: {detail}", extension.fmspc_hex()),
    })
}

/// The first component in which the platform falls short of `level`.
fn shortfall(level: &TcbLevel, extension: &SgxExtension, tee_tcb_svn: Option<&[u8; 16]>) -> Option<String> {
    let below = |name: &str, have: &[u8; 16], need: &[u16; 16], skip: usize| {
        have.iter()
            .zip(need)
            .enumerate()
            .skip(skip)
            .find(|(_, (have, need))| u16::from(**have) < **need)
            .map(|(index, (have, need))| {
                format!("{name} component {} is {have}, {need} needed", index.saturating_add(1))
            })
    };
    if let Some(found) = below("SGX", &extension.components, &level.tcb.sgx, 0) {
        return Some(found);
    }
    if extension.pce_svn < level.tcb.pce_svn {
        return Some(format!("PCESVN is {}, {} needed", extension.pce_svn, level.tcb.pce_svn));
    }
    let tee_tcb_svn = tee_tcb_svn?;
    let Some(tdx) = &level.tcb.tdx else {
        return Some("the level has no TDX components".to_owned());
    };
    // A module of a major version of its own is judged by its identity, not by components 1 and 2.
    let skip = if tdx_module::major_version(tee_tcb_svn) > 0 {
        2
    } else {
        0
    };
    below("TDX", tee_tcb_svn, tdx, skip)
}

/// The quoting enclave must be the one that `identity` describes.
pub(super) fn check_qe(identity: &QeIdentity, report: &ReportBody) -> Result<(), Refusal> {
    let mismatch = |what, expected: &[u8], found: &[u8]| {
        Err(Refusal::Mismatch {
            what,
            expected: hex::encode(expected),
            found: hex::encode(found),
        })
    };
    if report.mr_signer != identity.mrsigner {
        return mismatch("QE MRSIGNER", &identity.mrsigner, &report.mr_signer);
    }
    if report.isv_prod_id != identity.isvprodid {
        return mismatch(
            "QE ISVPRODID",
            &identity.isvprodid.to_be_bytes(),
            &report.isv_prod_id.to_be_bytes(),
        );
    }
    let misc_select = report.misc_select.to_le_bytes();
    if !masked_equal(&misc_select, &identity.miscselect, &identity.miscselect_mask) {
        return mismatch("QE MISCSELECT", &identity.miscselect, &misc_select);
    }
    if !masked_equal(&report.attributes, &identity.attributes, &identity.attributes_mask) {
        return mismatch("QE ATTRIBUTES", &identity.attributes, &report.attributes);
    }
    Ok(())
}

pub(super) fn masked_equal(found: &[u8], expected: &[u8], mask: &[u8]) -> bool {
    found
        .iter()
        .zip(expected)
        .zip(mask)
        .all(|((found, expected), mask)| found & mask == expected & mask)
}

/// The level of the quoting enclave.
pub(super) fn qe_level<'a>(identity: &'a QeIdentity, report: &ReportBody) -> Result<&'a IsvLevel, Refusal> {
    identity
        .tcb_levels
        .iter()
        .find(|level| report.isv_svn >= level.tcb.isvsvn)
        .ok_or_else(|| {
            let detail = format!("no level for a quoting enclave with ISVSVN {}", report.isv_svn);
            Refusal::TcbNotSupported { detail }
        })
}

/// The status of a TD: that of its launch, softened when the current TCB (TDX 1.5) is no longer out of date.
pub(super) fn td_status(launch: &Assessment, current: Option<&Assessment>) -> Result<TcbStatus, Refusal> {
    use TcbStatus::{
        ConfigurationAndSWHardeningNeeded, ConfigurationNeeded, OutOfDate, OutOfDateConfigurationNeeded,
        SWHardeningNeeded, TDRelaunchAdvised, TDRelaunchAdvisedConfigurationNeeded, UpToDate,
    };
    let launch = launch.accepted()?;
    let Some(current) = current else {
        return Ok(launch);
    };
    // A revoked current TCB refuses too, which Intel's library leaves to its caller.
    Ok(match (launch, current.accepted()?) {
        (OutOfDate, UpToDate | SWHardeningNeeded) => TDRelaunchAdvised,
        (OutOfDate, ConfigurationNeeded | ConfigurationAndSWHardeningNeeded)
        | (
            OutOfDateConfigurationNeeded,
            UpToDate | SWHardeningNeeded | ConfigurationNeeded | ConfigurationAndSWHardeningNeeded,
        ) => TDRelaunchAdvisedConfigurationNeeded,
        (launch, _) => launch,
    })
}

/// Assesses a TD at its launch TCB and, where its report has one, its current TCB.
pub(super) fn td(
    info: &TcbInfo,
    extension: &SgxExtension,
    report: &TdReport,
) -> Result<(Assessment, Option<Assessment>), Refusal> {
    let launch = tdx(info, extension, &report.tee_tcb_svn)?;
    let current = report
        .v15
        .as_ref()
        .map(|v15| tdx(info, extension, &v15.tee_tcb_svn2))
        .transpose()?;
    Ok((launch, current))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assessment(status: LevelStatus) -> Assessment {
        Assessment {
            status,
            advisory_ids: Vec::new(),
            date: Time::MIN,
        }
    }

    #[test]
    fn relaunch_is_advised_only_when_the_current_tcb_is_better() {
        use LevelStatus as L;
        for (launch, current, expected) in [
            (L::OutOfDate, L::UpToDate, TcbStatus::TDRelaunchAdvised),
            (L::OutOfDate, L::SWHardeningNeeded, TcbStatus::TDRelaunchAdvised),
            (
                L::OutOfDate,
                L::ConfigurationNeeded,
                TcbStatus::TDRelaunchAdvisedConfigurationNeeded,
            ),
            (
                L::OutOfDateConfigurationNeeded,
                L::UpToDate,
                TcbStatus::TDRelaunchAdvisedConfigurationNeeded,
            ),
            (L::OutOfDate, L::OutOfDate, TcbStatus::OutOfDate),
            (L::UpToDate, L::OutOfDate, TcbStatus::UpToDate),
        ] {
            let status = td_status(&assessment(launch), Some(&assessment(current)));
            assert_eq!(status, Ok(expected), "{launch:?} {current:?}");
        }
        let revoked = td_status(&assessment(L::OutOfDate), Some(&assessment(L::Revoked)));
        assert!(matches!(revoked, Err(Refusal::TcbRevoked { .. })));
        let revoked = td_status(&assessment(L::Revoked), None);
        assert!(matches!(revoked, Err(Refusal::TcbRevoked { .. })));
    }
}
