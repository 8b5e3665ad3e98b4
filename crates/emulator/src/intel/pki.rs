//! The emulated Intel's keys and certificates.

use casemate_crypto::{
    Time, hash,
    sign::{KeyType, SignatureAlgorithm, SigningKey},
    x509::{Certificate, Criticality, Crl},
};

use super::{
    collateral::{self, Collateral, Tee},
    pck_extension,
};
use crate::{
    EmulatorFault,
    certified::{Certified, Role, intel_template, name},
    platform::{Platform, Standing},
};

const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::EcdsaP256Sha256;

/// Keys and certificates of the emulated Intel and of the one platform it made.
pub(crate) struct IntelPki {
    pub(crate) root: Certified,
    pub(crate) pck_ca: Certified,
    pub(crate) tcb_signing: Certified,
    pub(crate) pck: Certified,
    /// The quoting enclave's key, which the PCK vouches for through the enclave's report.
    pub(crate) attestation_key: SigningKey,
}

impl IntelPki {
    pub(crate) fn generate(now: Time) -> Result<Self, EmulatorFault> {
        let root = Certified::p256(name("Casemate Emulated SGX Root CA"), Role::Authority(1), None, now)?;
        let pck_ca = Certified::p256(
            name("Casemate Emulated SGX PCK Platform CA"),
            Role::Authority(0),
            Some(&root),
            now,
        )?;
        let tcb_signing = Certified::p256(
            name("Casemate Emulated SGX TCB Signing"),
            Role::Signer,
            Some(&root),
            now,
        )?;
        let key = SigningKey::generate(KeyType::P256)?;
        let extension = pck_extension::encode(&platform_id(b"ppid", &key), &platform_id(b"instance", &key));
        let template = intel_template(name("Casemate Emulated SGX PCK Certificate"), Role::Signer, now).extension(
            pck_extension::SGX_EXTENSION,
            Criticality::NonCritical,
            &extension,
        );
        let certificate = pck_ca.certify(&template, &key, ALGORITHM)?;
        Ok(Self {
            root,
            pck_ca,
            tcb_signing,
            pck: Certified { key, certificate },
            attestation_key: SigningKey::generate(KeyType::P256)?,
        })
    }

    /// The PCK certificate chain as quotes carry it: PEM, leaf first.
    pub(crate) fn pck_chain(&self) -> String {
        chain(&[&self.pck.certificate, &self.pck_ca.certificate, &self.root.certificate])
    }

    /// MRSIGNER of the emulated quoting enclaves.
    pub(crate) fn qe_mrsigner() -> [u8; 32] {
        hash::sha256(b"casemate emulated quoting enclave signer")
    }

    /// Everything that is published about the platform, fresh at `now`.
    pub(crate) fn collateral(&self, tee: Tee, platform: Platform, now: Time) -> Result<Vec<u8>, EmulatorFault> {
        let revoked = match platform.standing {
            Standing::Good => None,
            Standing::Revoked => Some(&self.pck.certificate),
        };
        let tcb_info = collateral::tcb_info(tee, platform.tcb, now)?;
        let qe_identity = collateral::qe_identity(tee, &Self::qe_mrsigner(), now)?;
        let signing_chain = chain(&[&self.tcb_signing.certificate, &self.root.certificate]);
        Ok(serde_json::to_vec_pretty(&Collateral {
            pck_crl_issuer_chain: chain(&[&self.pck_ca.certificate, &self.root.certificate]),
            root_ca_crl: hex_of(&self.root.crl(None, ALGORITHM, now)?),
            pck_crl: hex_of(&self.pck_ca.crl(revoked, ALGORITHM, now)?),
            tcb_info_issuer_chain: signing_chain.clone(),
            tcb_info_signature: hex::encode(self.tcb_signing.sign_p256(tcb_info.as_bytes())?),
            tcb_info,
            qe_identity_issuer_chain: signing_chain,
            qe_identity_signature: hex::encode(self.tcb_signing.sign_p256(qe_identity.as_bytes())?),
            qe_identity,
        })?)
    }
}

fn hex_of(crl: &Crl) -> String {
    hex::encode(crl.der())
}

fn chain(certificates: &[&Certificate]) -> String {
    certificates.iter().map(|certificate| certificate.to_pem()).collect()
}

/// Ids follow from the platform's key, so that nothing but keys and certificates has to be kept.
fn platform_id(label: &[u8], key: &SigningKey) -> [u8; 16] {
    let digest = hash::sha256(&[label, key.public_key().spki_der()].concat());
    let mut id = [0; 16];
    id.iter_mut().zip(digest).for_each(|(place, octet)| *place = octet);
    id
}
