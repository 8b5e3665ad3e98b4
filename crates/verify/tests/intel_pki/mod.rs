//! A platform with keys of its own, whose every part a test can change before it is signed.

use casemate_crypto::{
    Time,
    hash::sha256_parts,
    sign::{KeyType, SignatureAlgorithm, SignatureEncoding, SigningKey},
    x509::{
        Certificate, CertificateTemplate, Criticality, Crl, CrlTemplate, KeyUsage, Name, oid,
        tlv::{ObjectIdentifier, Writer},
    },
};
use casemate_evidence::{
    intel::{
        CertificationData, PckIdentification, QuoteBody, QuoteBuilder, QuoteHeader,
        quote::{ATTESTATION_KEY_P256, INTEL_QE_VENDOR_ID},
    },
    sgx::ReportBody,
};
use casemate_verify::{Endorsements, TrustAnchors};

const P256: SignatureAlgorithm = SignatureAlgorithm::EcdsaP256Sha256;

pub fn at(text: &str) -> Time {
    Time::parse_rfc3339(text).unwrap()
}

/// When everything is valid, unless a test says otherwise.
pub fn now() -> Time {
    at("2026-06-15T00:00:00Z")
}

pub struct Pki {
    root_key: SigningKey,
    ca_key: SigningKey,
    pck_key: SigningKey,
    signer_key: SigningKey,
    attestation_key: SigningKey,
    pub root: Certificate,
    pub ca: Certificate,
    pub pck: Certificate,
    pub signer: Certificate,
}

/// A document or list that a test may leave out.
pub struct Collateral {
    pub root_crl: Option<Crl>,
    pub pck_crl: Option<Crl>,
    pub tcb_info: Option<String>,
    pub qe_identity: Option<String>,
    pub signer: bool,
}

fn name(common: &str) -> Name {
    Name::from_attributes(&[(oid::COMMON_NAME, common), (oid::ORGANIZATION, "Casemate tests")])
}

fn key() -> SigningKey {
    SigningKey::generate(KeyType::P256).unwrap()
}

fn id(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new(text).unwrap()
}

fn sgx_extension() -> Vec<u8> {
    let field = |arc: u32, value: Writer| {
        Writer::new()
            .oid(&id(&format!("1.2.840.113741.1.13.1.{arc}")))
            .raw(&value.into_der())
    };
    let tcb_field = |arc: u32, value: Writer| {
        Writer::new()
            .oid(&id(&format!("1.2.840.113741.1.13.1.2.{arc}")))
            .raw(&value.into_der())
    };
    let mut tcb = Writer::new();
    for component in 1..=16 {
        tcb = tcb.sequence(tcb_field(component, Writer::new().u64(5)));
    }
    tcb = tcb.sequence(tcb_field(17, Writer::new().u64(10)));
    tcb = tcb.sequence(tcb_field(18, Writer::new().octet_string(&[5; 16])));
    let fields = Writer::new()
        .sequence(field(1, Writer::new().octet_string(&[0xaa; 16])))
        .sequence(field(2, Writer::new().sequence(tcb)))
        .sequence(field(3, Writer::new().octet_string(&[0, 0])))
        .sequence(field(4, Writer::new().octet_string(&[1, 2, 3, 4, 5, 6])))
        .sequence(field(5, Writer::new().element(0x0a, &[0])));
    Writer::new().sequence(fields).into_der()
}

impl Pki {
    pub fn new() -> Self {
        Self::with_pck_validity(at("2026-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"))
    }

    pub fn with_pck_validity(start: Time, end: Time) -> Self {
        let (root_key, ca_key, pck_key, signer_key) = (key(), key(), key(), key());
        let template = |common: &str, serial: u8| {
            CertificateTemplate::new(
                name(common),
                &[serial],
                at("2025-01-01T00:00:00Z"),
                at("2040-01-01T00:00:00Z"),
            )
        };
        let authority = [KeyUsage::CertSign, KeyUsage::CrlSign];
        let root = template("Test Root CA", 1)
            .ca(Some(1))
            .key_usage(&authority)
            .self_signed(&root_key, P256)
            .unwrap();
        let ca = template("Test PCK Processor CA", 2).ca(Some(0)).key_usage(&authority);
        let ca = ca.issue(ca_key.public_key(), root.subject(), &root_key, P256).unwrap();
        let pck = CertificateTemplate::new(name("Test PCK Certificate"), &[3], start, end)
            .end_entity()
            .key_usage(&[KeyUsage::DigitalSignature])
            .extension(id("1.2.840.113741.1.13.1"), Criticality::NonCritical, &sgx_extension());
        let pck = pck.issue(pck_key.public_key(), ca.subject(), &ca_key, P256).unwrap();
        let signer = template("Test TCB Signing", 4)
            .end_entity()
            .key_usage(&[KeyUsage::DigitalSignature]);
        let signer = signer
            .issue(signer_key.public_key(), root.subject(), &root_key, P256)
            .unwrap();
        Self {
            root_key,
            ca_key,
            pck_key,
            signer_key,
            attestation_key: key(),
            root,
            ca,
            pck,
            signer,
        }
    }

    pub fn anchors(&self) -> TrustAnchors {
        let mut anchors = TrustAnchors::none();
        anchors.add_emulated(self.root.der()).unwrap();
        anchors
    }

    pub fn chain_pem(&self) -> Vec<u8> {
        format!("{}{}{}", self.pck.to_pem(), self.ca.to_pem(), self.root.to_pem()).into_bytes()
    }

    pub fn root_crl(&self, template: &CrlTemplate) -> Crl {
        template.issue(self.root.subject(), &self.root_key, P256).unwrap()
    }

    pub fn pck_crl(&self, template: &CrlTemplate) -> Crl {
        template.issue(self.ca.subject(), &self.ca_key, P256).unwrap()
    }

    /// Signs a document and wraps it as Intel's service does.
    pub fn sign(&self, field: &str, document: &str) -> String {
        let signature = self
            .signer_key
            .sign(P256, SignatureEncoding::Fixed, document.as_bytes())
            .unwrap();
        format!(
            "{{\"{field}\":{document},\"signature\":\"{}\"}}",
            hex::encode(signature)
        )
    }

    /// Collateral that makes everything up to date.
    pub fn collateral(&self) -> Collateral {
        let list = crl(1, "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z");
        Collateral {
            root_crl: Some(self.root_crl(&list)),
            pck_crl: Some(self.pck_crl(&list)),
            tcb_info: Some(self.sign(
                "tcbInfo",
                &tcb_info("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z", 5, "UpToDate"),
            )),
            qe_identity: Some(self.sign("enclaveIdentity", &qe_identity(3, "UpToDate"))),
            signer: true,
        }
    }

    pub fn endorsements(&self, collateral: &Collateral) -> Endorsements {
        let mut endorsements = Endorsements::new();
        for crl in [&collateral.root_crl, &collateral.pck_crl].into_iter().flatten() {
            endorsements.add(crl.der()).unwrap();
        }
        for document in [&collateral.tcb_info, &collateral.qe_identity].into_iter().flatten() {
            endorsements.add(document.as_bytes()).unwrap();
        }
        if collateral.signer {
            endorsements.add(self.signer.to_pem().as_bytes()).unwrap();
        }
        endorsements
    }

    pub fn quote(&self) -> Vec<u8> {
        let chain = self.chain_pem();
        self.quote_with(CertificationData::PckChain(&chain))
    }

    pub fn quote_by_identification(&self) -> Vec<u8> {
        self.quote_with(CertificationData::PpidRsa3072(PckIdentification {
            ppid: &[7; 384],
            cpu_svn: [5; 16],
            pce_svn: 10,
            pce_id: Some([0, 0]),
        }))
    }

    pub fn quote_with(&self, certification: CertificationData<'_>) -> Vec<u8> {
        let point = self.attestation_key.public_key().ec_point().unwrap();
        let attestation_key: [u8; 64] = point[1..].try_into().unwrap();
        let mut qe_report = ReportBody::zeroed();
        qe_report.mr_signer = [0x11; 32];
        qe_report.isv_prod_id = 1;
        qe_report.isv_svn = 3;
        qe_report.report_data[..32].copy_from_slice(&sha256_parts(&[&attestation_key, b"auth"]));
        let mut body = ReportBody::zeroed();
        body.mr_enclave = [0x42; 32];
        body.cpu_svn = [5; 16];
        let mut builder = QuoteBuilder {
            header: QuoteHeader {
                version: 3,
                att_key_type: ATTESTATION_KEY_P256,
                tee_type: 0,
                qe_svn: 3,
                pce_svn: 10,
                qe_vendor_id: INTEL_QE_VENDOR_ID,
                user_data: [9; 20],
            },
            body: QuoteBody::Sgx(Box::new(body)),
            signature: [0; 64],
            attestation_key,
            qe_report,
            qe_report_signature: fixed(&self.pck_key, &qe_report.encode()),
            qe_auth_data: b"auth",
            certification,
        };
        builder.signature = fixed(&self.attestation_key, &builder.signed());
        builder.encode().unwrap()
    }
}

fn fixed(key: &SigningKey, message: &[u8]) -> [u8; 64] {
    key.sign(P256, SignatureEncoding::Fixed, message)
        .unwrap()
        .try_into()
        .unwrap()
}

pub fn crl(number: u64, this_update: &str, next_update: &str) -> CrlTemplate {
    CrlTemplate::new(number, at(this_update), at(next_update))
}

/// TCB info of the test platform with one level, whose components all need `svn`.
pub fn tcb_info(issued: &str, next: &str, svn: u8, status: &str) -> String {
    let components = vec![format!("{{\"svn\":{svn}}}"); 16].join(",");
    format!(
        "{{\"id\":\"SGX\",\"version\":3,\"issueDate\":\"{issued}\",\"nextUpdate\":\"{next}\",\"fmspc\":\"010203040506\",\
         \"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":20,\"tcbLevels\":[{{\"tcb\":{{\"sgxtcbcomponents\":\
         [{components}],\"pcesvn\":10}},\"tcbDate\":\"2026-01-01T00:00:00Z\",\"tcbStatus\":\"{status}\"}}]}}"
    )
}

pub fn qe_identity(isvsvn: u16, status: &str) -> String {
    format!(
        "{{\"id\":\"QE\",\"version\":2,\"issueDate\":\"2026-06-01T00:00:00Z\",\"nextUpdate\":\"2026-07-01T00:00:00Z\",\
         \"tcbEvaluationDataNumber\":20,\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\",\
         \"attributes\":\"{z}\",\"attributesMask\":\"{z}\",\"mrsigner\":\"{s}\",\"isvprodid\":1,\"tcbLevels\":\
         [{{\"tcb\":{{\"isvsvn\":{isvsvn}}},\"tcbDate\":\"2026-01-01T00:00:00Z\",\"tcbStatus\":\"{status}\"}}]}}",
        z = "00".repeat(16),
        s = "11".repeat(32)
    )
}
