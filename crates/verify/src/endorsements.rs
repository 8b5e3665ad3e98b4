//! What vouches for evidence: certificates, CRLs and signed documents, sorted by content.

use std::{collections::HashSet, sync::Arc};

use casemate_crypto::{
    Time,
    hash::{sha256, sha256_parts},
    x509::{Certificate, Crl},
};
use casemate_evidence::{
    intel::{QeIdentity, Signed, TcbInfo, tcb_info::Tcb},
    snp::CertificateTable,
};

use crate::{Refusal, amd, cache::Digest, chain};

/// A set of endorsements. Taking one in checks its form only: nothing is trusted for being here, and every verification
/// chains what it uses to an anchor itself.
#[derive(Clone, Debug, Default)]
pub struct Endorsements {
    certificates: Vec<Certificate>,
    /// SHA-256 over those of `certificates`, in the order taken in.
    certificates_digest: Digest,
    crls: Vec<Crl>,
    /// SHA-256 of each of `crls`.
    crl_digests: Vec<Digest>,
    /// AMD's among the certificates and CRLs.
    amd: amd::Collateral,
    tcb_infos: Vec<Arc<Document<TcbInfo>>>,
    qe_identities: Vec<Arc<Document<QeIdentity>>>,
    /// Digests of everything taken in: the same thing twice is one.
    seen: HashSet<Digest>,
}

/// What [`Endorsements::add`] found some bytes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndorsementKind {
    /// Certificates, DER or PEM.
    Certificates,
    /// Certificate revocation lists, DER, PEM or hex.
    Crls,
    /// Intel TCB info.
    TcbInfo,
    /// An Intel QE identity.
    QeIdentity,
    /// A container of Intel collateral.
    IntelCollateral,
    /// Open Enclave's endorsements.
    OpenEnclaveEndorsements,
    /// The certificate table of an extended SEV-SNP report.
    SnpCertificateTable,
    /// AMD certificates as a cloud's host hands them out in JSON.
    SnpHostCertificates,
}

impl EndorsementKind {
    /// A word for screens and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificates => "certificates",
            Self::Crls => "revocation list",
            Self::TcbInfo => "TCB info",
            Self::QeIdentity => "QE identity",
            Self::IntelCollateral => "Intel collateral",
            Self::OpenEnclaveEndorsements => "Open Enclave endorsements",
            Self::SnpCertificateTable => "SEV-SNP certificate table",
            Self::SnpHostCertificates => "SEV-SNP certificates of a host",
        }
    }
}

/// A signed document, and what is asked of it often.
#[derive(Debug)]
pub(crate) struct Document<T> {
    pub(crate) signed: Signed<T>,
    pub(crate) issued: Time,
    pub(crate) next_update: Time,
    /// SHA-256 over text and signature.
    pub(crate) digest: Digest,
}

impl<T> Document<T> {
    fn new(what: &'static str, signed: Signed<T>, dates: impl Fn(&T) -> (&str, &str)) -> Result<Self, Refusal> {
        let (issued, next_update) = dates(&signed.document);
        let (issued, next_update) = (date(what, issued)?, date(what, next_update)?);
        let digest = sha256_parts(&[signed.raw.as_bytes(), &signed.signature]);
        Ok(Self {
            signed,
            issued,
            next_update,
            digest,
        })
    }

    pub(crate) const fn document(&self) -> &T {
        &self.signed.document
    }
}

fn date(what: &'static str, text: &str) -> Result<Time, Refusal> {
    Time::parse_rfc3339(text).map_err(|error| Refusal::Malformed {
        what,
        detail: error.to_string(),
    })
}

impl Endorsements {
    /// No endorsements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every certificate, in the order taken in.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Every CRL, in the order taken in.
    #[must_use]
    pub fn crls(&self) -> &[Crl] {
        &self.crls
    }

    /// The number of different certificates, CRLs and documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Keeps what a certificate table held, for claims about the keys in it.
    pub(crate) fn add_table_contents(&mut self, table: &CertificateTable<'_>, keys: &[Certificate]) {
        let contents = table
            .entries()
            .iter()
            .map(|entry| (entry.kind, entry.bytes.len()))
            .collect();
        self.amd.add_table(contents, keys);
    }

    /// AMD's part, ready to be looked up.
    pub(crate) const fn amd(&self) -> &amd::Collateral {
        &self.amd
    }

    /// Whether nothing was taken in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Identifies the certificates of this set, in the order taken in.
    pub(crate) const fn certificates_digest(&self) -> &Digest {
        &self.certificates_digest
    }

    /// SHA-256 of a CRL's DER, known without hashing for those of this set.
    pub(crate) fn crl_digest(&self, crl: &Crl) -> Digest {
        let held = self.crls.iter().position(|one| std::ptr::eq(one, crl));
        held.and_then(|index| self.crl_digests.get(index).copied())
            .unwrap_or_else(|| sha256(crl.der()))
    }

    pub(crate) fn tcb_infos(&self) -> impl Iterator<Item = &Arc<Document<TcbInfo>>> {
        self.tcb_infos.iter()
    }

    pub(crate) fn qe_identities(&self) -> impl Iterator<Item = &Arc<Document<QeIdentity>>> {
        self.qe_identities.iter()
    }

    /// Takes in a certificate.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] or [`Refusal::UnsupportedType`].
    pub fn add_certificate(&mut self, der: &[u8]) -> Result<(), Refusal> {
        let digest = sha256(der);
        if !self.seen.contains(&digest) {
            let certificate = Certificate::parse(der).map_err(|error| chain::malformed("certificate", &error))?;
            self.seen.insert(digest);
            self.amd.add_certificate(&certificate);
            self.certificates.push(certificate);
            self.certificates_digest = sha256_parts(&[&self.certificates_digest, &digest]);
        }
        Ok(())
    }

    /// Takes in a CRL.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] or [`Refusal::UnsupportedType`].
    pub fn add_crl(&mut self, der: &[u8]) -> Result<(), Refusal> {
        let digest = sha256(der);
        if !self.seen.contains(&digest) {
            let crl = Crl::parse(der).map_err(|error| chain::malformed("CRL", &error))?;
            self.seen.insert(digest);
            self.amd.add_crl(&crl);
            self.crls.push(crl);
            self.crl_digests.push(digest);
        }
        Ok(())
    }

    pub(crate) fn add_tcb_info(&mut self, mut signed: Signed<TcbInfo>) -> Result<(), Refusal> {
        // Levels are tried from the highest to the lowest, whatever the order listed (as Intel's verifier does).
        signed
            .document
            .tcb_levels
            .sort_by(|a, b| rank(&b.tcb).cmp(&rank(&a.tcb)));
        let document = Document::new("TCB info", signed, |info| (&info.issue_date, &info.next_update))?;
        if self.seen.insert(document.digest) {
            self.tcb_infos.push(Arc::new(document));
        }
        Ok(())
    }

    pub(crate) fn add_qe_identity(&mut self, signed: Signed<QeIdentity>) -> Result<(), Refusal> {
        let document = Document::new("QE identity", signed, |identity| {
            (&identity.issue_date, &identity.next_update)
        })?;
        if self.seen.insert(document.digest) {
            self.qe_identities.push(Arc::new(document));
        }
        Ok(())
    }
}

const fn rank(tcb: &Tcb) -> (&[u16; 16], u16, Option<&[u16; 16]>) {
    (&tcb.sgx, tcb.pce_svn, tcb.tdx.as_ref())
}
