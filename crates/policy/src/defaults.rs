//! The policies that apply where nobody set one.

use crate::AttestationType;

/// Whether the configuration accepts evidence under an emulator's root (`insecure_accept_emulated`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EmulatedAllowed {
    /// Only hardware is accepted.
    No,
    /// Emulated platforms are accepted as well: for development.
    Yes,
}

/// The default policy's text. All refuse debuggable TEEs; with [`EmulatedAllowed::No`] they refuse what is not class
/// `hardware` too. (Azure's default policies permit everything.)
#[must_use]
pub const fn default_policy(attestation_type: AttestationType, emulated: EmulatedAllowed) -> &'static str {
    match (attestation_type, emulated) {
        (AttestationType::SgxEnclave | AttestationType::OpenEnclave, EmulatedAllowed::No) => {
            include_str!("../defaults/sgx.txt")
        }
        (AttestationType::SgxEnclave | AttestationType::OpenEnclave, EmulatedAllowed::Yes) => {
            include_str!("../defaults/sgx-emulated.txt")
        }
        (AttestationType::SevSnpVm, EmulatedAllowed::No) => include_str!("../defaults/sevsnp.txt"),
        (AttestationType::SevSnpVm, EmulatedAllowed::Yes) => include_str!("../defaults/sevsnp-emulated.txt"),
        (AttestationType::TdxVm, EmulatedAllowed::No) => include_str!("../defaults/tdx.txt"),
        (AttestationType::TdxVm, EmulatedAllowed::Yes) => include_str!("../defaults/tdx-emulated.txt"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::{Claim, ClaimSet, Policy, lint};

    fn permitted(attestation_type: AttestationType, emulated: EmulatedAllowed, debug: bool, class: &str) -> bool {
        let flag = match attestation_type {
            AttestationType::SgxEnclave | AttestationType::OpenEnclave => "x-ms-sgx-is-debuggable",
            AttestationType::SevSnpVm => "x-ms-sevsnpvm-is-debuggable",
            AttestationType::TdxVm => "tdx_td_attributes_debug",
        };
        let claims: ClaimSet = [
            Claim::of_service(flag, debug),
            Claim::of_service("x-casemate-trust-class", class),
        ]
        .into_iter()
        .collect();
        let policy = Policy::parse(default_policy(attestation_type, emulated)).unwrap();
        policy.evaluate(&claims).unwrap().permitted()
    }

    #[test]
    fn debug_and_emulated_are_refused() {
        for kind in AttestationType::ALL {
            assert!(permitted(kind, EmulatedAllowed::No, false, "hardware"));
            assert!(!permitted(kind, EmulatedAllowed::No, true, "hardware"));
            assert!(!permitted(kind, EmulatedAllowed::No, false, "emulated"));
            assert!(!permitted(kind, EmulatedAllowed::No, false, "operator"));
            assert!(permitted(kind, EmulatedAllowed::Yes, false, "hardware"));
            assert!(permitted(kind, EmulatedAllowed::Yes, false, "emulated"));
            assert!(!permitted(kind, EmulatedAllowed::Yes, true, "emulated"));
            let policy = Policy::parse(default_policy(kind, EmulatedAllowed::No)).unwrap();
            assert!(
                !policy.evaluate(&ClaimSet::new()).unwrap().permitted(),
                "a missing claim is a refusal"
            );
        }
    }

    #[test]
    fn the_linter_has_nothing_to_say() {
        for kind in AttestationType::ALL {
            for emulated in [EmulatedAllowed::No, EmulatedAllowed::Yes] {
                assert_eq!(lint(&Policy::parse(default_policy(kind, emulated)).unwrap()), []);
            }
        }
    }
}
