//! Trust anchors: where chains may end.

use casemate_crypto::{hash::sha256_parts, x509::Certificate};

use crate::{Refusal, TrustClass};

/// Whose platform an anchor vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// Intel SGX and TDX.
    Intel = 1,
    /// AMD SEV-SNP.
    Amd = 2,
}

/// A certificate in which a chain may end, and the class that it confers.
#[derive(Clone, Debug)]
pub struct Anchor {
    name: String,
    class: TrustClass,
    vendor: Option<Vendor>,
    certificate: Certificate,
    digest: [u8; 32],
}

impl Anchor {
    fn new(name: String, class: TrustClass, vendor: Option<Vendor>, certificate: Certificate) -> Self {
        let digest = certificate.fingerprint_sha256();
        Self {
            name,
            class,
            vendor,
            certificate,
            digest,
        }
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The anchor's name on screens, e.g. `Intel SGX Root CA`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The class that a chain ending here confers.
    #[must_use]
    pub const fn class(&self) -> TrustClass {
        self.class
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Whether chains of `vendor`'s evidence may end here. Added anchors serve every vendor's formats.
    #[must_use]
    pub fn serves(&self, vendor: Vendor) -> bool {
        self.vendor.is_none_or(|own| own == vendor)
    }
}

/// The set of anchors that a verification trusts.
///
/// `hardware` anchors are compiled in; configuration can only add `emulated` (and later `operator`) ones. A root
/// found beside the evidence is never added by anything in this crate.
#[derive(Clone, Debug, Default)]
pub struct TrustAnchors {
    anchors: Vec<Anchor>,
    /// SHA-256 over the anchors' digests and classes: what caches of verified chains key on.
    digest: [u8; 32],
}

const VENDOR_ROOTS: &[(&str, Vendor, &[u8])] = &[
    (
        "Intel SGX Root CA",
        Vendor::Intel,
        include_bytes!("../roots/intel-sgx-root-ca.der"),
    ),
    (
        "AMD ARK-Milan",
        Vendor::Amd,
        include_bytes!("../roots/amd-ark-milan.der"),
    ),
    (
        "AMD ARK-Genoa",
        Vendor::Amd,
        include_bytes!("../roots/amd-ark-genoa.der"),
    ),
    (
        "AMD ARK-Turin",
        Vendor::Amd,
        include_bytes!("../roots/amd-ark-turin.der"),
    ),
];

impl TrustAnchors {
    /// No anchors: everything is refused.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The vendors' roots that are compiled in (class `hardware`).
    #[must_use]
    pub fn vendor() -> Self {
        let mut anchors = Self::none();
        for (name, vendor, der) in VENDOR_ROOTS {
            if let Ok(certificate) = Certificate::parse(der) {
                anchors.push(Anchor::new(
                    (*name).to_owned(),
                    TrustClass::Hardware,
                    Some(*vendor),
                    certificate,
                ));
            }
        }
        anchors
    }

    /// Adds a configured root for TEE evidence. Its class is `emulated`: whoever holds its key can make evidence,
    /// so it promises no hardware, whatever it calls itself.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] if `der` is not one certificate.
    pub fn add_emulated(&mut self, der: &[u8]) -> Result<(), Refusal> {
        let certificate = Certificate::parse(der).map_err(|error| Refusal::Malformed {
            what: "trust root",
            detail: error.to_string(),
        })?;
        let name = certificate.subject().to_string();
        self.push(Anchor::new(name, TrustClass::Emulated, None, certificate));
        Ok(())
    }

    fn push(&mut self, anchor: Anchor) {
        let (class, vendor) = (anchor.class.as_str(), [anchor.vendor.map_or(0, |vendor| vendor as u8)]);
        self.digest = sha256_parts(&[&self.digest, anchor.digest(), class.as_bytes(), &vendor]);
        self.anchors.push(anchor);
    }

    /// Identifies this set, in this order.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The anchors in the order added.
    pub fn iter(&self) -> impl Iterator<Item = &Anchor> {
        self.anchors.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vendor_root_parses_and_is_self_signed() {
        let anchors = TrustAnchors::vendor();
        assert_eq!(anchors.iter().count(), VENDOR_ROOTS.len());
        for anchor in anchors.iter() {
            let certificate = anchor.certificate();
            assert!(
                certificate.verify_signed_by(certificate.public_key()).is_ok(),
                "{}",
                anchor.name()
            );
            assert_eq!(anchor.class(), TrustClass::Hardware);
        }
    }
}
