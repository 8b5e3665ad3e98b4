//! The emulator: one platform of each kind and the vendors that vouch for it.

use casemate_crypto::{Time, x509::Certificate};

use crate::{
    Bundle, EmulatorFault, NamedFile, Platform, Product, SgxIdentity, SnpIdentity, TdxIdentity,
    amd::AmdPki,
    intel::{IntelPki, Tee},
};

/// An emulated SGX and TDX platform and SEV-SNP processors, with the vendors that made them.
///
/// It signs whatever it is asked to: its evidence says nothing about any machine and keeps out nobody.
pub struct Emulator {
    pub(crate) intel: IntelPki,
    pub(crate) amd: AmdPki,
}

impl Emulator {
    /// New vendors and platforms. Takes seconds: AMD's form demands RSA keys of 4,096 bits.
    ///
    /// # Errors
    /// [`EmulatorFault`] if a key or certificate cannot be made.
    pub fn generate(now: Time) -> Result<Self, EmulatorFault> {
        Ok(Self {
            intel: IntelPki::generate(now)?,
            amd: AmdPki::generate(now)?,
        })
    }

    /// The roots: SGX (which TDX shares), then one per line of AMD processors.
    pub fn roots(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.intel.root.certificate).chain(self.amd.lines.iter().map(|line| &line.ark))
    }

    /// The roots as one PEM file, for `--trust-root`.
    #[must_use]
    pub fn roots_pem(&self) -> String {
        self.roots().map(Certificate::to_pem).collect()
    }

    /// An SGX quote (version 3) over `report_data`, with its endorsements fresh at `now`.
    ///
    /// # Errors
    /// [`EmulatorFault`] if something cannot be signed.
    pub fn sgx_quote(
        &self,
        report_data: &[u8; 64],
        identity: &SgxIdentity,
        platform: Platform,
        now: Time,
    ) -> Result<Bundle, EmulatorFault> {
        Ok(Bundle {
            evidence: self.intel.sgx_quote(report_data, identity)?,
            endorsements: self.sgx_endorsements(platform, now)?,
        })
    }

    /// A TDX quote over `report_data`, with its endorsements fresh at `now`.
    ///
    /// # Errors
    /// [`EmulatorFault`] if something cannot be signed.
    pub fn tdx_quote(
        &self,
        report_data: &[u8; 64],
        identity: &TdxIdentity,
        platform: Platform,
        now: Time,
    ) -> Result<Bundle, EmulatorFault> {
        Ok(Bundle {
            evidence: self.intel.tdx_quote(report_data, identity)?,
            endorsements: self.tdx_endorsements(platform, now)?,
        })
    }

    /// An SEV-SNP attestation report over `report_data`, with its endorsements fresh at `now`.
    ///
    /// # Errors
    /// [`EmulatorFault`] if something cannot be signed.
    pub fn snp_report(
        &self,
        report_data: &[u8; 64],
        identity: &SnpIdentity,
        platform: Platform,
        now: Time,
    ) -> Result<Bundle, EmulatorFault> {
        Ok(Bundle {
            evidence: self.amd.snp_report(report_data, identity)?,
            endorsements: self.snp_endorsements(identity.product, platform, now)?,
        })
    }

    /// What vouches for SGX quotes: valid from `now` for 30 days.
    ///
    /// # Errors
    /// [`EmulatorFault`] if something cannot be signed.
    pub fn sgx_endorsements(&self, platform: Platform, now: Time) -> Result<Vec<NamedFile>, EmulatorFault> {
        Ok(vec![NamedFile::new(
            "sgx_collateral.json",
            self.intel.collateral(Tee::Sgx, platform, now)?,
        )])
    }

    /// What vouches for TDX quotes: valid from `now` for 30 days.
    ///
    /// # Errors
    /// [`EmulatorFault`] if something cannot be signed.
    pub fn tdx_endorsements(&self, platform: Platform, now: Time) -> Result<Vec<NamedFile>, EmulatorFault> {
        Ok(vec![NamedFile::new(
            "tdx_collateral.json",
            self.intel.collateral(Tee::Tdx, platform, now)?,
        )])
    }

    /// What vouches for reports of a line of processors: the revocation list is valid from `now` for 30 days.
    ///
    /// # Errors
    /// [`EmulatorFault`] if something cannot be signed.
    pub fn snp_endorsements(
        &self,
        product: Product,
        platform: Platform,
        now: Time,
    ) -> Result<Vec<NamedFile>, EmulatorFault> {
        self.amd.endorsements(product, platform, now)
    }
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator").finish_non_exhaustive()
    }
}
