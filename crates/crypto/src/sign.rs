//! Digital signatures: ECDSA on P-256 and P-384, RSA PKCS#1 v1.5 and PSS with SHA-2.

mod algorithm;
pub(crate) mod ecdsa_der;
mod error;
mod public_key;
mod signing_key;

pub use algorithm::{KeyKind, KeyType, SignatureAlgorithm, SignatureEncoding};
pub use error::{BadSignature, KeyError};
pub use public_key::PublicKey;
pub(crate) use public_key::RawPublicKey;
pub use signing_key::SigningKey;
