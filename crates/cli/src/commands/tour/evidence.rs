//! What the tour verifies: evidence of real hardware that travels with the binary, and evidence of the emulator.

use casemate_api::attestation::{AttestRequest, AttestationType, DataType, Nonce, SnpEvidence, UserData};
use casemate_crypto::{Time, hash};
use casemate_emulator::{Bundle, Emulator, Platform, SgxIdentity, SnpIdentity, TdxIdentity};

use crate::emulated;
use crate::exit::Failure;

/// When all of the real evidence was valid (fixtures/ORIGIN.md): 2025-07-04T12:00:00Z.
pub(crate) const RECORDED_AT: Time = Time::from_unix(1_751_630_400);

/// The platforms of the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tee {
    Sgx,
    Tdx,
    Snp,
}

impl Tee {
    pub(crate) const ALL: [Self; 3] = [Self::Sgx, Self::Tdx, Self::Snp];

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sgx => "SGX",
            Self::Tdx => "TDX",
            Self::Snp => "SEV-SNP",
        }
    }

    /// The service's word for it.
    pub(crate) const fn attestation_type(self) -> AttestationType {
        match self {
            Self::Sgx => AttestationType::SgxEnclave,
            Self::Tdx => AttestationType::TdxVm,
            Self::Snp => AttestationType::SevSnpVm,
        }
    }

    /// The claim of a token that holds the launch measurement.
    pub(crate) const fn measurement_claim(self) -> &'static str {
        match self {
            Self::Sgx => "x-ms-sgx-mrenclave",
            Self::Tdx => "tdx_mrtd",
            Self::Snp => "x-ms-sevsnpvm-launchmeasurement",
        }
    }

    /// The fact of a verdict that holds the launch measurement.
    pub(crate) const fn measurement_fact(self) -> &'static str {
        match self {
            Self::Sgx => "mrenclave",
            Self::Tdx => "mr_td",
            Self::Snp => "measurement",
        }
    }

    /// Where the measurement begins: behind the quote's 48-byte header, or in the report.
    const fn measurement_offset(self) -> usize {
        match self {
            Self::Sgx => 48 + 64,
            Self::Tdx => 48 + 136,
            Self::Snp => 0x90,
        }
    }
}

/// Evidence and what vouches for it.
#[derive(Clone, Debug)]
pub(crate) struct Exhibit {
    pub(crate) tee: Tee,
    pub(crate) evidence: Vec<u8>,
    /// Files: collateral, certificates.
    pub(crate) endorsements: Vec<Vec<u8>>,
    /// What the attester hashed into its report data.
    pub(crate) runtime_data: Option<Vec<u8>>,
}

impl Exhibit {
    /// Evidence that real hardware made.
    pub(crate) fn real(tee: Tee) -> Self {
        let (evidence, endorsements): (&[u8], &[u8]) = match tee {
            Tee::Sgx => (
                include_bytes!("../../../../../fixtures/sgx-quote.bin"),
                include_bytes!("../../../../../fixtures/sgx-collateral.json"),
            ),
            Tee::Tdx => (
                include_bytes!("../../../../../fixtures/tdx-quote.bin"),
                include_bytes!("../../../../../fixtures/tdx-collateral.json"),
            ),
            Tee::Snp => (
                include_bytes!("../../../../../fixtures/snp-report.bin"),
                include_bytes!("../../../../../fixtures/snp-chain.pem"),
            ),
        };
        Self {
            tee,
            evidence: evidence.to_vec(),
            endorsements: vec![endorsements.to_vec()],
            runtime_data: None,
        }
    }

    /// Evidence of an emulated platform over a key that only it is supposed to hold.
    ///
    /// # Errors
    /// A fault if something cannot be signed.
    pub(crate) fn emulated(tee: Tee, emulator: &Emulator, now: Time) -> Result<Self, Failure> {
        let name = tee.name();
        let runtime_data = format!(r#"{{"keys":[{{"kid":"{name} key","kty":"oct"}}]}}"#).into_bytes();
        let mut report_data = [0; 64];
        for (to, from) in report_data.iter_mut().zip(hash::sha256(&runtime_data)) {
            *to = from;
        }
        let platform = Platform::default();
        let bundle = match tee {
            Tee::Sgx => emulator.sgx_quote(&report_data, &SgxIdentity::default(), platform, now),
            Tee::Tdx => emulator.tdx_quote(&report_data, &TdxIdentity::default(), platform, now),
            Tee::Snp => emulator.snp_report(&report_data, &SnpIdentity::default(), platform, now),
        };
        let Bundle { evidence, endorsements } = bundle.map_err(|error| emulated::fault(&error))?;
        let endorsements = endorsements.into_iter().map(|file| file.contents).collect();
        Ok(Self {
            tee,
            evidence,
            endorsements,
            runtime_data: Some(runtime_data),
        })
    }

    /// The same evidence with one bit of its measurement flipped.
    pub(crate) fn tampered(&self) -> Self {
        let mut tampered = self.clone();
        if let Some(byte) = tampered.evidence.get_mut(self.tee.measurement_offset()) {
            *byte ^= 1;
        }
        tampered
    }

    /// The request that a client sends for it.
    pub(crate) fn request(&self, nonce: &str) -> AttestRequest {
        let runtime_data = self.runtime_data.clone();
        let mut request = AttestRequest {
            runtime_data: runtime_data.map(|data| UserData {
                data: data.into(),
                data_type: DataType::Json,
            }),
            nonce: Some(Nonce::Text(nonce.to_owned())),
            ..AttestRequest::default()
        };
        match self.tee {
            Tee::Sgx | Tee::Tdx => request.quote = Some(self.evidence.clone().into()),
            Tee::Snp => {
                let report = SnpEvidence {
                    snp_report: self.evidence.clone().into(),
                    vcek_cert_chain: self.certificates().into(),
                    endorsements: None,
                };
                // Texts only: serialising cannot fail.
                request.report = Some(serde_json::to_vec(&report).unwrap_or_default().into());
            }
        }
        request
    }

    /// The PEM files among the endorsements.
    fn certificates(&self) -> Vec<u8> {
        let pem = self
            .endorsements
            .iter()
            .filter(|file| file.starts_with(b"-----BEGIN CERTIFICATE-----"));
        pem.flatten().copied().collect()
    }
}
