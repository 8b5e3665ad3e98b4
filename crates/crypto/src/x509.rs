//! X.509 certificates and CRLs (RFC 5280), read strictly and verified over the bytes received.
//!
//! Chain building and trust are not decided here: that is the verifier's business.

mod algorithm;
mod certificate;
mod certificate_template;
mod crl;
mod crl_template;
mod dates;
mod error;
mod extension;
mod name;
pub mod oid;
pub mod tlv;
mod tlv_writer;

pub use certificate::Certificate;
pub use certificate_template::{CertificateTemplate, KeyUsage};
pub use crl::Crl;
pub use crl_template::CrlTemplate;
pub use error::X509Error;
pub use extension::{Criticality, Extension};
pub use name::Name;

/// The longest certificate that is read, in bytes. Real ones have less than 3 KiB.
pub const MAX_CERTIFICATE: usize = 64 << 10;
/// The longest CRL that is read, in bytes.
pub const MAX_CRL: usize = 4 << 20;
/// The most certificates in one PEM chain.
pub const MAX_CHAIN: usize = 16;
