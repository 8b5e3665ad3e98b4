//! What a successful appraisal established.

use casemate_crypto::Time;
use casemate_verify::TrustClass;

use crate::{AttestationType, ClaimSet, HeldData, SgxCollateral};

/// Verified evidence that a policy permitted and that vouches for the data it came with.
///
/// There is no public constructor: a value exists only because [`crate::appraise`] found all of that to hold.
#[derive(Clone, Debug)]
pub struct Appraised {
    pub(crate) attestation_type: AttestationType,
    pub(crate) class: TrustClass,
    pub(crate) not_after: Time,
    pub(crate) service_claims: ClaimSet,
    pub(crate) policy_claims: ClaimSet,
    pub(crate) properties: ClaimSet,
    pub(crate) policy_hash: String,
    pub(crate) runtime_data: Option<HeldData>,
    pub(crate) inittime_data: Option<HeldData>,
    pub(crate) sgx_collateral: Option<SgxCollateral>,
}

impl Appraised {
    /// The kind of attestation.
    #[must_use]
    pub const fn attestation_type(&self) -> AttestationType {
        self.attestation_type
    }

    /// The trust class of the evidence.
    #[must_use]
    pub const fn class(&self) -> TrustClass {
        self.class
    }

    /// The earliest end of validity of all that vouches for the evidence.
    #[must_use]
    pub const fn not_after(&self) -> Time {
        self.not_after
    }

    /// What the service states from the evidence, without the data it came with.
    #[must_use]
    pub const fn service_claims(&self) -> &ClaimSet {
        &self.service_claims
    }

    /// What the policy's issuance rules issued.
    #[must_use]
    pub const fn policy_claims(&self) -> &ClaimSet {
        &self.policy_claims
    }

    /// What the policy's `issueproperty` rules issued.
    #[must_use]
    pub const fn properties(&self) -> &ClaimSet {
        &self.properties
    }

    /// `x-ms-policy-hash`.
    #[must_use]
    pub fn policy_hash(&self) -> &str {
        &self.policy_hash
    }

    /// The run-time data; the evidence's report data is its hash.
    #[must_use]
    pub const fn runtime_data(&self) -> Option<&HeldData> {
        self.runtime_data.as_ref()
    }

    /// The init-time data; the evidence's launch configuration is its hash.
    #[must_use]
    pub const fn inittime_data(&self) -> Option<&HeldData> {
        self.inittime_data.as_ref()
    }

    /// Hashes of the collateral that an SGX quote was verified with.
    #[must_use]
    pub const fn sgx_collateral(&self) -> Option<&SgxCollateral> {
        self.sgx_collateral.as_ref()
    }
}
