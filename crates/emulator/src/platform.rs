//! In what state an emulated platform is, as its vendor's endorsements tell.

/// What the emulated vendor says of the platform's TCB. Anything but [`PlatformTcb::UpToDate`] serves to try out how a
/// verifier or a policy answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlatformTcb {
    /// Nothing to do.
    #[default]
    UpToDate,
    /// Software must mitigate known issues.
    SwHardeningNeeded,
    /// The platform's configuration needs a change.
    ConfigurationNeeded,
    /// A newer level exists.
    OutOfDate,
    /// The level was revoked: verifiers refuse.
    Revoked,
    /// No level covers the platform: verifiers refuse.
    Unsupported,
}

impl PlatformTcb {
    /// The vendor's word; `None` for a platform that no level covers.
    pub(crate) const fn word(self) -> Option<&'static str> {
        match self {
            Self::UpToDate => Some("UpToDate"),
            Self::SwHardeningNeeded => Some("SWHardeningNeeded"),
            Self::ConfigurationNeeded => Some("ConfigurationNeeded"),
            Self::OutOfDate => Some("OutOfDate"),
            Self::Revoked => Some("Revoked"),
            Self::Unsupported => None,
        }
    }
}

/// Whether the certificate that the platform signs with (PCK, VCEK) is on the issuer's revocation list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It is not.
    #[default]
    Good,
    /// It is: verifiers refuse.
    Revoked,
}

/// What the endorsements of an emulated platform say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Platform {
    /// Its TCB level. AMD publishes none: it changes SGX and TDX collateral only.
    pub tcb: PlatformTcb,
    /// Its certificate.
    pub standing: Standing,
}
