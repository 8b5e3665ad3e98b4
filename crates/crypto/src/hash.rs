//! Cryptographic hashes: SHA-2, and SHA-1 for the places where a format dictates it.

use std::fmt;

use crate::backend::active;

/// A hash function. SHA-1 is here for TCG event logs and certificate thumbprints only; no signature uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// SHA-1 (FIPS 180-4): 20 bytes. Broken for signatures.
    Sha1,
    /// SHA-256: 32 bytes.
    Sha256,
    /// SHA-384: 48 bytes.
    Sha384,
    /// SHA-512: 64 bytes.
    Sha512,
}

impl HashAlgorithm {
    /// Length of the digest in bytes.
    #[must_use]
    pub const fn digest_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        })
    }
}

/// SHA-1 of `data`; for event logs and thumbprints only.
#[must_use]
pub fn sha1(data: &[u8]) -> [u8; 20] {
    active::digest::sha1(&[data])
}

/// SHA-256 of `data`.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    active::digest::sha256(&[data])
}

/// SHA-384 of `data`.
#[must_use]
pub fn sha384(data: &[u8]) -> [u8; 48] {
    active::digest::sha384(&[data])
}

/// SHA-512 of `data`.
#[must_use]
pub fn sha512(data: &[u8]) -> [u8; 64] {
    active::digest::sha512(&[data])
}

/// SHA-256 of the concatenation of `parts`.
#[must_use]
pub fn sha256_parts(parts: &[&[u8]]) -> [u8; 32] {
    active::digest::sha256(parts)
}

/// SHA-384 of the concatenation of `parts`.
#[must_use]
pub fn sha384_parts(parts: &[&[u8]]) -> [u8; 48] {
    active::digest::sha384(parts)
}

/// The digest of `data` under a hash chosen at run time.
#[must_use]
pub fn digest(algorithm: HashAlgorithm, data: &[u8]) -> Vec<u8> {
    digest_parts(algorithm, &[data])
}

/// The digest of the concatenation of `parts` under a hash chosen at run time.
#[must_use]
pub fn digest_parts(algorithm: HashAlgorithm, parts: &[&[u8]]) -> Vec<u8> {
    match algorithm {
        HashAlgorithm::Sha1 => active::digest::sha1(parts).to_vec(),
        HashAlgorithm::Sha256 => active::digest::sha256(parts).to_vec(),
        HashAlgorithm::Sha384 => active::digest::sha384(parts).to_vec(),
        HashAlgorithm::Sha512 => active::digest::sha512(parts).to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::rustcrypto;

    /// FIPS 180-4 example "abc".
    const ABC: [(HashAlgorithm, &str); 4] = [
        (HashAlgorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            HashAlgorithm::Sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            HashAlgorithm::Sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            HashAlgorithm::Sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd\
             454d4423643ce80e2a9ac94fa54ca49f",
        ),
    ];

    #[test]
    fn known_answers_whole_and_in_parts() {
        for (algorithm, expected) in ABC {
            assert_eq!(hex::encode(digest(algorithm, b"abc")), expected, "{algorithm}");
            assert_eq!(
                hex::encode(digest_parts(algorithm, &[b"a", b"", b"bc"])),
                expected,
                "{algorithm}"
            );
            assert_eq!(expected.len(), 2 * algorithm.digest_len());
        }
    }

    #[test]
    fn both_backends_agree() {
        for len in [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000] {
            let data: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let parts: [&[u8]; 1] = [&data];
            assert_eq!(sha1(&data), rustcrypto::digest::sha1(&parts));
            assert_eq!(sha256(&data), rustcrypto::digest::sha256(&parts));
            assert_eq!(sha384(&data), rustcrypto::digest::sha384(&parts));
            assert_eq!(sha512(&data), rustcrypto::digest::sha512(&parts));
        }
    }
}
