//! A PKI of AMD's shape with keys of our own, and reports under it.

use casemate_crypto::{
    Time,
    sign::{KeyType, SignatureAlgorithm, SignatureEncoding, SigningKey},
    x509::{
        Certificate, CertificateTemplate, Criticality, CrlTemplate, KeyUsage, Name,
        oid::{self, ObjectIdentifier},
        tlv::Writer,
    },
};
use casemate_evidence::snp::{
    AttestationReport, Cpuid, Product, Signature, SignerInfo, SigningKey as Signer, TcbParts,
};
use casemate_verify::{ChainCache, Context, Endorsements, Refusal, Trace, TrustAnchors, Verified, amd};

pub(crate) const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::EcdsaP384Sha384;
const DAY: i64 = 24 * 3600;

pub(crate) fn now() -> Time {
    Time::from_unix(1_750_000_000)
}

pub(crate) fn day(days: i64) -> Time {
    now().plus_seconds(days * DAY)
}

pub(crate) struct Forge {
    pub(crate) root_key: SigningKey,
    pub(crate) intermediate_key: SigningKey,
    pub(crate) vek_key: SigningKey,
    pub(crate) root: Certificate,
    pub(crate) intermediate: Certificate,
    pub(crate) vek: Certificate,
    pub(crate) product: Product,
}

/// What can be bent in the endorsement key's certificate.
#[derive(Clone)]
pub(crate) struct VekShape {
    pub(crate) product_name: &'static str,
    pub(crate) tcb: TcbParts,
    pub(crate) holder: Holder,
    pub(crate) window: (Time, Time),
    pub(crate) serial: u8,
}

#[derive(Clone)]
pub(crate) enum Holder {
    Chip(Vec<u8>),
    Provider(&'static str),
    Nobody,
}

pub(crate) fn tcb(product: Product) -> TcbParts {
    let fmc = (product == Product::Turin).then_some(1);
    TcbParts {
        fmc,
        boot_loader: 4,
        tee: 0,
        snp: 24,
        microcode: 219,
        reserved: [0; 4],
    }
}

impl VekShape {
    pub(crate) fn of(product: Product) -> Self {
        let chip = if product == Product::Turin {
            vec![7; 8]
        } else {
            vec![7; 64]
        };
        let product_name = product.as_str();
        let window = (day(-10), day(1000));
        Self {
            product_name,
            tcb: tcb(product),
            holder: Holder::Chip(chip),
            window,
            serial: 9,
        }
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::from_attributes(&[(oid::COMMON_NAME, text)])
}

pub(crate) fn authority(text: &str, serial: u8, window: (Time, Time)) -> CertificateTemplate {
    CertificateTemplate::new(name(text), &[serial], window.0, window.1)
        .ca(Some(1))
        .key_usage(&[KeyUsage::CertSign, KeyUsage::CrlSign])
}

fn key() -> SigningKey {
    SigningKey::generate(KeyType::P384).unwrap()
}

impl Forge {
    pub(crate) fn new(product: Product) -> Self {
        let (root_key, intermediate_key, vek_key) = (key(), key(), key());
        let window = (day(-100), day(2000));
        let root = authority(&format!("ARK-{product}"), 1, window)
            .self_signed(&root_key, ALGORITHM)
            .unwrap();
        let intermediate = authority(&format!("SEV-{product}"), 2, window)
            .issue(intermediate_key.public_key(), root.subject(), &root_key, ALGORITHM)
            .unwrap();
        let vek = issue_vek(&VekShape::of(product), &vek_key, &intermediate, &intermediate_key);
        Self {
            root_key,
            intermediate_key,
            vek_key,
            root,
            intermediate,
            vek,
            product,
        }
    }

    pub(crate) fn with_vek(mut self, shape: &VekShape) -> Self {
        self.vek = issue_vek(shape, &self.vek_key, &self.intermediate, &self.intermediate_key);
        self
    }

    pub(crate) fn anchors(&self) -> TrustAnchors {
        let mut anchors = TrustAnchors::none();
        anchors.add_emulated(self.root.der()).unwrap();
        anchors
    }

    pub(crate) fn endorsements(&self) -> Endorsements {
        let mut endorsements = Endorsements::new();
        for certificate in [&self.root, &self.intermediate, &self.vek] {
            endorsements.add(certificate.der()).unwrap();
        }
        endorsements
    }

    /// A list of the root's, current for `days` from `from`.
    pub(crate) fn list(&self, revoked: &[&Certificate], from: Time, days: i64) -> Vec<u8> {
        let mut list = CrlTemplate::new(1, from, from.plus_seconds(days * DAY));
        for certificate in revoked {
            list = list.revoke(certificate.serial(), from);
        }
        list.issue(self.root.subject(), &self.root_key, ALGORITHM)
            .unwrap()
            .der()
            .to_vec()
    }

    pub(crate) fn report(&self) -> AttestationReport {
        let (family, model) = match self.product {
            Product::Genoa => (0x19, 0x11),
            Product::Turin => (0x1a, 0x02),
            _ => (0x19, 0x01),
        };
        let mut chip_id = [0; 64];
        let length = if self.product == Product::Turin { 8 } else { 64 };
        chip_id[..length].fill(7);
        let reported = tcb(self.product).encode(self.product.tcb_layout());
        AttestationReport {
            cpuid: Cpuid {
                family,
                model,
                stepping: 1,
            },
            chip_id,
            reported_tcb: reported,
            signer: SignerInfo::new(Signer::Vcek),
            report_data: [5; 64],
            ..AttestationReport::default()
        }
    }

    pub(crate) fn sign(&self, report: &AttestationReport) -> Vec<u8> {
        let mut report = report.clone();
        let signature = self
            .vek_key
            .sign(ALGORITHM, SignatureEncoding::Fixed, &report.encode_signed())
            .unwrap();
        report.signature = Signature::from_fixed(&signature.try_into().unwrap());
        report.encode()
    }

    pub(crate) fn verify(&self, report: &[u8], endorsements: &Endorsements) -> Result<Verified, Refusal> {
        self.verify_at(report, endorsements, now(), None)
    }

    pub(crate) fn verify_at(
        &self,
        report: &[u8],
        endorsements: &Endorsements,
        time: Time,
        cache: Option<&ChainCache>,
    ) -> Result<Verified, Refusal> {
        let anchors = self.anchors();
        amd::verify_snp(
            report,
            &Context {
                anchors: &anchors,
                endorsements,
                time,
                cache,
            },
            &mut Trace::new(),
        )
    }
}

pub(crate) fn issue_vek(
    shape: &VekShape,
    key: &SigningKey,
    issuer: &Certificate,
    issuer_key: &SigningKey,
) -> Certificate {
    let number = |value: u8| Writer::new().u64(u64::from(value)).into_der();
    let mut values = vec![
        ("1", number(0)),
        ("2", Writer::new().ia5(shape.product_name).into_der()),
        ("3.1", number(shape.tcb.boot_loader)),
        ("3.2", number(shape.tcb.tee)),
        ("3.3", number(shape.tcb.snp)),
        ("3.8", number(shape.tcb.microcode)),
    ];
    if let Some(fmc) = shape.tcb.fmc {
        values.push(("3.9", number(fmc)));
    }
    match &shape.holder {
        Holder::Chip(id) => values.push(("4", id.clone())),
        Holder::Provider(name) => values.push(("5", Writer::new().ia5(name).into_der())),
        Holder::Nobody => {}
    }
    let (from, to) = shape.window;
    let mut template = CertificateTemplate::new(name("SEV-VCEK"), &[shape.serial], from, to);
    for (arc, value) in values {
        let id = ObjectIdentifier::new(&format!("1.3.6.1.4.1.3704.1.{arc}")).unwrap();
        template = template.extension(id, Criticality::NonCritical, &value);
    }
    template
        .issue(key.public_key(), issuer.subject(), issuer_key, ALGORITHM)
        .unwrap()
}
