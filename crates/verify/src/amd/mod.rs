//! AMD SEV-SNP: reports, endorsement keys and their chains (AMD 56860; *VCEK Certificate and KDS Interface
//! Specification*, AMD 57230).

mod chain;
mod claims;
mod collateral;
mod endorsement_chain;
mod report;
mod revocation;
mod select;
mod vek;

pub use chain::ChainWindow;
pub use claims::SnpClaims;
pub use collateral::Collateral;
pub use endorsement_chain::{EndorsementChain, verify_endorsement_chain};
pub(crate) use report::requests;
pub use report::verify_snp;
pub use vek::{VekExtensions, VekKind};
