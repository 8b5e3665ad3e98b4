//! Telling endorsements apart by their bytes.

use std::collections::BTreeMap;

use casemate_crypto::pem;
use casemate_evidence::{
    FormatError,
    intel::{CollateralContainer, Signed, decode_hex},
    open_enclave,
    snp::{CertificateTable, EntryKind},
};
use serde_json::value::RawValue;

use crate::{EndorsementKind, Endorsements, Refusal};

/// The longest endorsement that is read, bytes.
const LENGTH_LIMIT: usize = 16 << 20;
/// Fields by which a container of Intel collateral is known.
const CONTAINER_FIELDS: [&str; 6] = [
    "pck_crl_issuer_chain",
    "tcb_info",
    "qe_identity",
    "pck_crl",
    "root_ca_crl",
    "pck_certificate_chain",
];

/// A format error as a refusal.
pub(crate) fn refusal(what: &'static str, error: &FormatError) -> Refusal {
    if error.is_unsupported() {
        Refusal::UnsupportedType {
            what,
            detail: error.to_string(),
        }
    } else {
        Refusal::Malformed {
            what,
            detail: error.to_string(),
        }
    }
}

impl Endorsements {
    /// Takes in an endorsement, whatever it is: PEM or DER certificates and CRLs, CRLs in hex, TCB info, QE identity,
    /// a container of Intel collateral, Open Enclave endorsements, an SEV-SNP certificate table.
    ///
    /// # Errors
    /// [`Refusal::UnsupportedType`] for anything else, [`Refusal::Malformed`] for a broken one. What a container held
    /// before its broken part stays taken in.
    pub fn add(&mut self, bytes: &[u8]) -> Result<EndorsementKind, Refusal> {
        if bytes.len() > LENGTH_LIMIT {
            return Err(Refusal::Malformed {
                what: "endorsement",
                detail: "longer than 16 MiB".to_owned(),
            });
        }
        // Before PEM, which these may hold.
        if let Ok(table) = CertificateTable::parse(bytes)
            && table
                .entries()
                .iter()
                .any(|entry| !matches!(entry.kind, EntryKind::Other(_)))
        {
            return self.add_snp_table(&table);
        }
        if let Ok(elements) = open_enclave::parse_endorsements(bytes) {
            return self.add_open_enclave(&elements);
        }
        self.add_single(bytes)
    }

    /// Takes in what is neither a table nor Open Enclave's blob: their entries are told apart by this, so that neither
    /// nests in the other, or in itself, however hostile its bytes.
    fn add_single(&mut self, bytes: &[u8]) -> Result<EndorsementKind, Refusal> {
        let text = trim(bytes);
        if text.starts_with(b"{") {
            return self.add_json(text);
        }
        if contains(text, b"-----BEGIN ") {
            return self.add_pem(text);
        }
        if bytes.starts_with(&[0x30]) && bytes.get(1).is_some_and(|length| *length >= 0x80) {
            return self.add_der(bytes);
        }
        if let Some(der) = hex_text(text) {
            return self.add_der(&der);
        }
        Err(unknown())
    }

    fn add_json(&mut self, json: &[u8]) -> Result<EndorsementKind, Refusal> {
        let field = first_field(json);
        let named = |name: &str| field == Some(name.as_bytes());
        if CONTAINER_FIELDS.iter().any(|name| named(name)) {
            return self.add_container(json);
        }
        if named("vcekCert") {
            return self.add_host_certificates(json);
        }
        if named("tcbInfo") {
            return self.add_tcb_info_json(json);
        }
        if named("enclaveIdentity") {
            return self.add_qe_identity_json(json);
        }
        let fields: BTreeMap<&str, &RawValue> = serde_json::from_slice(json).map_err(|error| Refusal::Malformed {
            what: "JSON document",
            detail: error.to_string(),
        })?;
        if fields.contains_key("vcekCert") {
            return self.add_host_certificates(json);
        }
        if fields.contains_key("tcbInfo") {
            return self.add_tcb_info_json(json);
        }
        if fields.contains_key("enclaveIdentity") {
            return self.add_qe_identity_json(json);
        }
        if CONTAINER_FIELDS.iter().any(|name| fields.contains_key(name)) {
            return self.add_container(json);
        }
        Err(unknown())
    }

    fn add_tcb_info_json(&mut self, json: &[u8]) -> Result<EndorsementKind, Refusal> {
        self.add_tcb_info(Signed::parse_tcb_info(json).map_err(|error| refusal("TCB info", &error))?)?;
        Ok(EndorsementKind::TcbInfo)
    }

    fn add_qe_identity_json(&mut self, json: &[u8]) -> Result<EndorsementKind, Refusal> {
        self.add_qe_identity(Signed::parse_qe_identity(json).map_err(|error| refusal("QE identity", &error))?)?;
        Ok(EndorsementKind::QeIdentity)
    }

    /// `{"vcekCert": PEM, "certificateChain": PEM, …}`, as Azure's hosts hand it out.
    fn add_host_certificates(&mut self, json: &[u8]) -> Result<EndorsementKind, Refusal> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct HostCertificates {
            vcek_cert: String,
            #[serde(default)]
            certificate_chain: String,
        }
        let host: HostCertificates = serde_json::from_slice(json).map_err(|error| Refusal::Malformed {
            what: "host certificates",
            detail: error.to_string(),
        })?;
        for text in [host.vcek_cert, host.certificate_chain] {
            if !text.trim().is_empty() {
                self.add_certificates_pem(text.as_bytes())?;
            }
        }
        Ok(EndorsementKind::SnpHostCertificates)
    }

    fn add_container(&mut self, json: &[u8]) -> Result<EndorsementKind, Refusal> {
        let container = CollateralContainer::parse(json).map_err(|error| refusal("collateral container", &error))?;
        for (at, text) in container.chains().enumerate() {
            // Two documents of one signer bring the same text twice.
            if container.chains().take(at).all(|earlier| earlier != text) {
                self.add_certificates_pem(text.as_bytes())?;
            }
        }
        for text in container.crls() {
            self.add_crl_text(text)?;
        }
        // Without a signature beside it the text is the service's whole response, as Intel's library has it.
        if let Some(raw) = container.tcb_info {
            let signed = match container.tcb_info_signature {
                Some(signature) => Signed::tcb_info(raw, &signature),
                None => Signed::parse_tcb_info(trim(raw.as_bytes())),
            };
            self.add_tcb_info(signed.map_err(|error| refusal("TCB info", &error))?)?;
        }
        if let Some(raw) = container.qe_identity {
            let signed = match container.qe_identity_signature {
                Some(signature) => Signed::qe_identity(raw, &signature),
                None => Signed::parse_qe_identity(trim(raw.as_bytes())),
            };
            self.add_qe_identity(signed.map_err(|error| refusal("QE identity", &error))?)?;
        }
        Ok(EndorsementKind::IntelCollateral)
    }

    /// A CRL as containers hold it: hex, or PEM.
    fn add_crl_text(&mut self, text: &str) -> Result<(), Refusal> {
        if text.contains("-----BEGIN ") {
            return self.add_pem(text.as_bytes()).map(drop);
        }
        let der = decode_hex(text.trim()).ok_or_else(|| Refusal::Malformed {
            what: "CRL",
            detail: "not hex of one case".to_owned(),
        })?;
        self.add_crl(&der)
    }

    fn add_pem(&mut self, text: &[u8]) -> Result<EndorsementKind, Refusal> {
        let certificates = contains(text, b"-----BEGIN CERTIFICATE-----");
        let crls = contains(text, b"-----BEGIN X509 CRL-----");
        if certificates {
            self.add_certificates_pem(text)?;
        }
        if crls {
            for der in pem::decode("X509 CRL", text).map_err(malformed_pem)? {
                self.add_crl(&der)?;
            }
        }
        match (certificates, crls) {
            (true, _) => Ok(EndorsementKind::Certificates),
            (false, true) => Ok(EndorsementKind::Crls),
            (false, false) => Err(unknown()),
        }
    }

    fn add_certificates_pem(&mut self, text: &[u8]) -> Result<(), Refusal> {
        for der in pem::decode("CERTIFICATE", text).map_err(malformed_pem)? {
            self.add_certificate(&der)?;
        }
        Ok(())
    }

    fn add_der(&mut self, der: &[u8]) -> Result<EndorsementKind, Refusal> {
        let Err(refused) = self.add_certificate(der) else {
            return Ok(EndorsementKind::Certificates);
        };
        // The version of a CRL is an INTEGER where a certificate has [0] or a serial number and an algorithm.
        match self.add_crl(der) {
            Ok(()) => Ok(EndorsementKind::Crls),
            Err(crl_refused) if matches!(refused, Refusal::Malformed { .. }) => Err(crl_refused),
            Err(_) => Err(refused),
        }
    }

    fn add_open_enclave(&mut self, elements: &[&[u8]]) -> Result<EndorsementKind, Refusal> {
        for element in elements {
            // The creation time says nothing that is signed.
            match self.add_single(element) {
                Ok(_)
                | Err(Refusal::UnsupportedType {
                    what: "endorsement", ..
                }) => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(EndorsementKind::OpenEnclaveEndorsements)
    }

    /// Takes in the entries of a certificate table; those of no known format are left out.
    pub(crate) fn add_snp_table(&mut self, table: &CertificateTable<'_>) -> Result<EndorsementKind, Refusal> {
        let mut keys = Self::new();
        for entry in table.entries() {
            if matches!(entry.kind, EntryKind::Vcek | EntryKind::Vlek) {
                keys.add_single(entry.bytes)?;
            }
            match self.add_single(entry.bytes) {
                Ok(_)
                | Err(Refusal::UnsupportedType {
                    what: "endorsement", ..
                }) => {}
                Err(refused) => return Err(refused),
            }
        }
        self.add_table_contents(table, keys.certificates());
        Ok(EndorsementKind::SnpCertificateTable)
    }
}

fn malformed_pem(error: pem::PemError) -> Refusal {
    Refusal::Malformed {
        what: "PEM text",
        detail: error.to_string(),
    }
}

fn unknown() -> Refusal {
    Refusal::UnsupportedType {
        what: "endorsement",
        detail: "no format known".to_owned(),
    }
}

/// Without blanks around it, and without the NULs that end a text in memory.
fn trim(text: &[u8]) -> &[u8] {
    let mut text = text.trim_ascii();
    while let Some(shorter) = text.strip_suffix(&[0]) {
        text = shorter;
    }
    text.trim_ascii()
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}

/// The name of the first field of a JSON object, if it has no escapes.
fn first_field(json: &[u8]) -> Option<&[u8]> {
    let name = json.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    name.get(..name.iter().position(|byte| *byte == b'"')?)
}

/// The bytes of a text that is all hex of a DER structure.
fn hex_text(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    decode_hex(text).filter(|der| der.starts_with(&[0x30]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use casemate_evidence::snp::TableEntry;

    use super::*;

    #[test]
    fn what_is_no_endorsement_is_named_so() {
        for bytes in [
            &b""[..],
            b"hello",
            b"{\"a\":1}",
            b"-----BEGIN DOG-----",
            &[0; 1024],
            &[1, 0, 0, 0, 2, 0, 0, 0],
        ] {
            let refused = Endorsements::new().add(bytes);
            assert!(
                matches!(
                    refused,
                    Err(Refusal::UnsupportedType {
                        what: "endorsement",
                        ..
                    })
                ),
                "{refused:?}"
            );
        }
        for bytes in [
            &b"{"[..],
            b"{\"tcbInfo\":{}}",
            b"{\"pck_crl\":\"zz\"}",
            &[0x30, 0x82, 0, 1, 0],
        ] {
            let refused = Endorsements::new().add(bytes);
            assert!(matches!(refused, Err(Refusal::Malformed { .. })), "{refused:?}");
        }
    }

    #[test]
    fn containers_do_not_nest() {
        let mut bytes = b"none".to_vec();
        for _ in 0..64 {
            // Each level is read twice: it says that it is a VCEK.
            bytes = CertificateTable::new(vec![TableEntry {
                kind: EntryKind::Vcek,
                bytes: &bytes,
            }])
            .encode();
        }
        let refused = Endorsements::new().add(&bytes);
        assert!(matches!(refused, Err(Refusal::UnsupportedType { .. })), "{refused:?}");
        let mut blob = b"none".to_vec();
        for _ in 0..4_000 {
            blob = open_enclave_blob(&blob);
        }
        let mut endorsements = Endorsements::new();
        assert_eq!(endorsements.add(&blob), Ok(EndorsementKind::OpenEnclaveEndorsements));
        assert!(endorsements.is_empty());
    }

    /// Open Enclave's blob whose last element is `last`; the others are empty.
    fn open_enclave_blob(last: &[u8]) -> Vec<u8> {
        let length = u32::try_from(36 + last.len()).unwrap();
        let mut blob: Vec<u8> = [1, 2, length, 9].into_iter().flat_map(u32::to_le_bytes).collect();
        blob.extend([0; 36]);
        blob.extend(last);
        blob
    }
}
