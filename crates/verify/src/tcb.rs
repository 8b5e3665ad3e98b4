//! How up to date a platform is, in its vendor's words.

use serde::Serialize;

use casemate_crypto::Time;

/// TCB status of a platform that was not refused (Intel PCS API v4, TCB status; AMD publishes none).
///
/// `Revoked` and unsupported levels are no statuses here: they refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum TcbStatus {
    /// Nothing to do.
    UpToDate,
    /// Software running in the enclave must mitigate known issues.
    SWHardeningNeeded,
    /// The platform's configuration needs a change.
    ConfigurationNeeded,
    /// Both of the above.
    ConfigurationAndSWHardeningNeeded,
    /// The TD must be relaunched to profit from an updated TDX module.
    TDRelaunchAdvised,
    /// Relaunch, and a configuration change.
    TDRelaunchAdvisedConfigurationNeeded,
    /// A newer TCB level exists.
    OutOfDate,
    /// A newer TCB level exists, and the configuration needs a change.
    OutOfDateConfigurationNeeded,
    /// The vendor publishes no status for this platform kind (SEV-SNP): the policy compares the SVNs itself.
    NotPublished,
}

impl TcbStatus {
    /// The vendor's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "UpToDate",
            Self::SWHardeningNeeded => "SWHardeningNeeded",
            Self::ConfigurationNeeded => "ConfigurationNeeded",
            Self::ConfigurationAndSWHardeningNeeded => "ConfigurationAndSWHardeningNeeded",
            Self::TDRelaunchAdvised => "TDRelaunchAdvised",
            Self::TDRelaunchAdvisedConfigurationNeeded => "TDRelaunchAdvisedConfigurationNeeded",
            Self::OutOfDate => "OutOfDate",
            Self::OutOfDateConfigurationNeeded => "OutOfDateConfigurationNeeded",
            Self::NotPublished => "NotPublished",
        }
    }
}

/// The TCB level that a platform reached, and what the vendor says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcbVerdict {
    /// The status after platform, module and quoting enclave are joined.
    pub status: TcbStatus,
    /// Advisories that apply, in the vendor's order, without repetition.
    pub advisory_ids: Vec<String>,
    /// Date of the matched TCB level.
    pub tcb_date: Option<Time>,
    /// The lowest evaluation data number among the collateral used.
    pub evaluation_data_number: Option<u32>,
}
