//! AMD's certificates and lists among the endorsements, ready to be looked up.

use std::collections::HashMap;

use casemate_crypto::{
    hash::sha256,
    x509::{Certificate, Crl, Name},
};
use casemate_evidence::snp::{EntryKind, Product};

use super::{VekExtensions, VekKind};
use crate::{Refusal, anchors::Anchor};

/// A certificate of an endorsement key.
#[derive(Clone, Debug)]
pub(crate) struct Vek {
    pub(crate) certificate: Certificate,
    pub(crate) digest: [u8; 32],
    pub(crate) extensions: VekExtensions,
}

/// A certificate that may sign others.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    pub(crate) digest: [u8; 32],
}

/// A revocation list.
#[derive(Clone, Debug)]
pub(crate) struct RevocationList {
    pub(crate) crl: Crl,
    pub(crate) digest: [u8; 32],
}

/// AMD's part of the endorsements: endorsement keys by chip, the keys that sign them, revocation lists.
///
/// Nothing here is trusted: a chain must end in an anchor.
#[derive(Clone, Debug, Default)]
pub struct Collateral {
    veks: Vec<Vek>,
    /// Endorsement keys whose extensions are not well-formed, with the reason.
    malformed: Vec<Refusal>,
    by_chip: HashMap<[u8; 64], Vec<usize>>,
    by_provider: Vec<usize>,
    authorities: Vec<Authority>,
    lists: Vec<RevocationList>,
    /// What certificate tables held, by the digest of the endorsement key's certificate in them.
    tables: HashMap<[u8; 32], TableContents>,
}

/// Kind and length of each entry of a certificate table, in its order.
pub(crate) type TableContents = Vec<(EntryKind, usize)>;

impl Collateral {
    /// Adds a certificate if it can be AMD's: one with AMD's extensions, or one that may sign others. Returns
    /// whether it was taken; one that is there already is taken and kept once.
    pub fn add_certificate(&mut self, certificate: &Certificate) -> bool {
        let digest = sha256(certificate.der());
        if VekExtensions::is_present(certificate) {
            match VekExtensions::parse(certificate) {
                Ok(extensions) => self.add_vek(Vek {
                    certificate: certificate.clone(),
                    digest,
                    extensions,
                }),
                Err(refusal) => self.malformed.push(refusal),
            }
            return true;
        }
        if !certificate.is_ca() {
            return false;
        }
        if self.authorities.iter().all(|known| known.digest != digest) {
            self.authorities.push(Authority {
                certificate: certificate.clone(),
                digest,
            });
        }
        true
    }

    fn add_vek(&mut self, vek: Vek) {
        if self.veks.iter().any(|known| known.digest == vek.digest) {
            return;
        }
        let at = self.veks.len();
        match vek.extensions.chip_id() {
            Some(chip) => self.by_chip.entry(chip).or_default().push(at),
            None => self.by_provider.push(at),
        }
        self.veks.push(vek);
    }

    /// Adds a revocation list, whoever issued it.
    pub fn add_crl(&mut self, crl: &Crl) {
        let digest = sha256(crl.der());
        if self.lists.iter().all(|known| known.digest != digest) {
            self.lists.push(RevocationList {
                crl: crl.clone(),
                digest,
            });
        }
    }

    pub(crate) fn add_table(&mut self, contents: TableContents, keys: &[Certificate]) {
        for key in keys {
            self.tables.insert(sha256(key.der()), contents.clone());
        }
    }

    /// What the certificate table held that brought this endorsement key.
    pub(crate) fn table_of(&self, vek: &Vek) -> Option<&TableContents> {
        self.tables.get(&vek.digest)
    }

    /// Whether nothing of AMD's is here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.veks.is_empty() && self.malformed.is_empty() && self.authorities.is_empty()
    }

    pub(crate) fn veks(&self) -> &[Vek] {
        &self.veks
    }

    pub(crate) fn malformed(&self) -> &[Refusal] {
        &self.malformed
    }

    pub(crate) fn authorities(&self) -> &[Authority] {
        &self.authorities
    }

    pub(crate) fn of_chip<'a>(&'a self, chip: &[u8; 64]) -> impl Iterator<Item = &'a Vek> {
        self.by_chip
            .get(chip)
            .into_iter()
            .flatten()
            .filter_map(|at| self.veks.get(*at))
    }

    pub(crate) fn of_kind(&self, kind: VekKind) -> impl Iterator<Item = &Vek> {
        self.veks.iter().filter(move |vek| vek.extensions.kind() == kind)
    }

    pub(crate) fn of_providers(&self) -> impl Iterator<Item = &Vek> {
        self.by_provider.iter().filter_map(|at| self.veks.get(*at))
    }
}

/// Several sets of collateral seen as one: what came with the evidence, and what was given.
#[derive(Clone, Copy)]
pub(crate) struct Pool<'a>(pub(crate) [Option<&'a Collateral>; 2]);

impl<'a> Pool<'a> {
    pub(crate) fn sets(self) -> impl Iterator<Item = &'a Collateral> {
        self.0.into_iter().flatten()
    }

    /// Certificates that may have signed what names `issuer`.
    pub(crate) fn authorities_named(self, issuer: &Name) -> impl Iterator<Item = &'a Authority> {
        self.sets()
            .flat_map(Collateral::authorities)
            .filter(move |one| one.certificate.subject() == issuer)
    }

    /// Revocation lists that `issuer` is said to have issued.
    pub(crate) fn lists_of(self, issuer: &Name) -> impl Iterator<Item = &'a RevocationList> {
        self.sets()
            .flat_map(|set| &set.lists)
            .filter(move |one| one.crl.issuer() == issuer)
    }
}

/// The product line that a root serves, by its name (`ARK-Milan`); `None` for a root of another name, which serves
/// every line.
pub(crate) fn product_of(anchor: &Anchor) -> Option<Product> {
    let name = anchor.certificate().subject().common_name()?;
    Product::from_name(name.rsplit_once("ARK-")?.1)
}
