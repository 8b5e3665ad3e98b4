//! Certificates of versioned endorsement keys and their extensions (AMD 57230 §3.1, tables 8 to 13).

use casemate_crypto::x509::{
    Certificate,
    oid::ObjectIdentifier,
    tlv::{Reader, TlvError},
};
use casemate_evidence::snp::{Product, TcbParts};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Refusal;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const STRUCT_VERSION: ObjectIdentifier = oid("1.3.6.1.4.1.3704.1.1");
const PRODUCT_NAME: ObjectIdentifier = oid("1.3.6.1.4.1.3704.1.2");
const BOOT_LOADER: ObjectIdentifier = oid("1.3.6.1.4.1.3704.1.3.1");
const TEE: ObjectIdentifier = oid("1.3.6.1.4.1.3704.1.3.2");
const SNP: ObjectIdentifier = oid("1.3.6.1.4.1.3704.1.3.3");
const RESERVED: [ObjectIdentifier; 4] = [
    oid("1.3.6.1.4.1.3704.1.3.4"),
    oid("1.3.6.1.4.1.3704.1.3.5"),
    oid("1.3.6.1.4.1.3704.1.3.6"),
    oid("1.3.6.1.4.1.3704.1.3.7"),
];
const MICROCODE: ObjectIdentifier = oid("1.3.6.1.4.1.3704.1.3.8");
const FMC: ObjectIdentifier = oid("1.3.6.1.4.1.3704.1.3.9");
const HARDWARE_ID: ObjectIdentifier = oid("1.3.6.1.4.1.3704.1.4");
const PROVIDER_ID: ObjectIdentifier = oid("1.3.6.1.4.1.3704.1.5");

/// Which endorsement key a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VekKind {
    /// Of one chip: the certificate names its hardware id.
    Vcek,
    /// Loaded for a cloud provider: the certificate names the provider.
    Vlek,
}

impl VekKind {
    /// AMD's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vcek => "VCEK",
            Self::Vlek => "VLEK",
        }
    }

    /// The certificate's name in refusals.
    pub(crate) const fn certificate(self) -> &'static str {
        match self {
            Self::Vcek => "VCEK certificate",
            Self::Vlek => "VLEK certificate",
        }
    }

    /// The name of the certificate that signs it.
    pub(crate) const fn issuer_certificate(self) -> &'static str {
        match self {
            Self::Vcek => "ASK certificate",
            Self::Vlek => "ASVK certificate",
        }
    }
}

/// Whom an endorsement key belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Holder {
    /// The chip: 64 bytes, or 8 from Turin on.
    Chip(Vec<u8>),
    /// The cloud provider.
    Provider(String),
}

/// What AMD's extensions say of an endorsement key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VekExtensions {
    struct_version: u64,
    product_name: String,
    product: Product,
    tcb: TcbParts,
    holder: Holder,
}

impl VekExtensions {
    /// Whether `certificate` has extensions of AMD's, well-formed or not.
    pub(crate) fn is_present(certificate: &Certificate) -> bool {
        [STRUCT_VERSION, PRODUCT_NAME, HARDWARE_ID, PROVIDER_ID]
            .iter()
            .any(|id| certificate.extension_by_oid(id).is_some())
    }

    /// Reads the extensions of an endorsement key's certificate.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] naming the extension; [`Refusal::UnsupportedType`] for an unknown product.
    pub(crate) fn parse(certificate: &Certificate) -> Result<Self, Refusal> {
        let extensions = Extensions(certificate);
        let product_name = extensions.text(&PRODUCT_NAME, "productName")?;
        let product = Product::from_name(&product_name).ok_or_else(|| Refusal::UnsupportedType {
            what: "VEK product",
            detail: product_name.clone(),
        })?;
        let mut reserved = [0; 4];
        for (level, id) in reserved.iter_mut().zip(&RESERVED) {
            *level = extensions.optional_level(id, "spl")?.unwrap_or_default();
        }
        let tcb = TcbParts {
            fmc: extensions.optional_level(&FMC, "fmcSPL")?,
            boot_loader: extensions.level(&BOOT_LOADER, "blSPL")?,
            tee: extensions.level(&TEE, "teeSPL")?,
            snp: extensions.level(&SNP, "snpSPL")?,
            microcode: extensions.level(&MICROCODE, "ucodeSPL")?,
            reserved,
        };
        Ok(Self {
            struct_version: extensions.number(&STRUCT_VERSION, "structVersion")?,
            product_name,
            product,
            tcb,
            holder: extensions.holder()?,
        })
    }

    /// Version of the extensions' layout: 0, or 1 from Turin on.
    #[must_use]
    pub const fn struct_version(&self) -> u64 {
        self.struct_version
    }

    /// `Milan-B0`, `Milan`, `Genoa`, …: the product line and for some its stepping.
    #[must_use]
    pub fn product_name(&self) -> &str {
        &self.product_name
    }

    /// The product line.
    #[must_use]
    pub const fn product(&self) -> Product {
        self.product
    }

    /// The security patch levels that the key was derived from.
    #[must_use]
    pub const fn tcb(&self) -> TcbParts {
        self.tcb
    }

    /// Whether the key is a chip's or a provider's.
    #[must_use]
    pub const fn kind(&self) -> VekKind {
        match self.holder {
            Holder::Chip(_) => VekKind::Vcek,
            Holder::Provider(_) => VekKind::Vlek,
        }
    }

    /// The chip of a VCEK: 64 bytes, or 8 from Turin on.
    #[must_use]
    pub fn hardware_id(&self) -> Option<&[u8]> {
        match &self.holder {
            Holder::Chip(id) => Some(id),
            Holder::Provider(_) => None,
        }
    }

    /// The hardware id as it stands in a report: filled up with zeros to 64 bytes.
    #[must_use]
    pub fn chip_id(&self) -> Option<[u8; 64]> {
        let id = self.hardware_id()?;
        let mut chip = [0; 64];
        chip.get_mut(..id.len())?.copy_from_slice(id);
        Some(chip)
    }

    /// The provider of a VLEK, e.g. `CN=cc-us-east-2.amazonaws.com`.
    #[must_use]
    pub fn provider_id(&self) -> Option<&str> {
        match &self.holder {
            Holder::Chip(_) => None,
            Holder::Provider(name) => Some(name),
        }
    }

    /// The extensions by the names of `key_facts.vek_extensions`.
    #[must_use]
    pub fn facts(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
        put("structVersion", json!(self.struct_version));
        put("productName", json!(self.product_name));
        if let Some(fmc) = self.tcb.fmc {
            put("fmc", json!(fmc));
        }
        put("bl", json!(self.tcb.boot_loader));
        put("tee", json!(self.tcb.tee));
        put("snp", json!(self.tcb.snp));
        put("ucode", json!(self.tcb.microcode));
        match &self.holder {
            Holder::Chip(id) => put("hwid", json!(hex::encode(id))),
            Holder::Provider(name) => put("csp_id", json!(name)),
        };
        facts
    }
}

/// Reads the values of one certificate's extensions.
struct Extensions<'a>(&'a Certificate);

fn malformed(name: &'static str, problem: impl std::fmt::Display) -> Refusal {
    Refusal::Malformed {
        what: "VEK certificate",
        detail: format!("extension {name}: {problem}"),
    }
}

impl Extensions<'_> {
    fn read<T>(
        &self,
        id: &ObjectIdentifier,
        name: &'static str,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, TlvError>,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.0.extension_by_oid(id) else {
            return Ok(None);
        };
        let mut reader = Reader::new(value);
        let read = read(&mut reader).and_then(|out| reader.finish().map(|()| out));
        read.map(Some).map_err(|error| malformed(name, error))
    }

    fn number(&self, id: &ObjectIdentifier, name: &'static str) -> Result<u64, Refusal> {
        self.read(id, name, |reader| reader.read_u64())?
            .ok_or_else(|| malformed(name, "missing"))
    }

    fn optional_level(&self, id: &ObjectIdentifier, name: &'static str) -> Result<Option<u8>, Refusal> {
        let number = self.read(id, name, |reader| reader.read_u64())?;
        number
            .map(u8::try_from)
            .transpose()
            .map_err(|_| malformed(name, "not a byte"))
    }

    fn level(&self, id: &ObjectIdentifier, name: &'static str) -> Result<u8, Refusal> {
        self.optional_level(id, name)?.ok_or_else(|| malformed(name, "missing"))
    }

    fn text(&self, id: &ObjectIdentifier, name: &'static str) -> Result<String, Refusal> {
        let text = self.read(id, name, |reader| reader.read_ia5().map(str::to_owned))?;
        text.ok_or_else(|| malformed(name, "missing"))
    }

    /// hwID of a VCEK or cspID of a VLEK; exactly one of them.
    fn holder(&self) -> Result<Holder, Refusal> {
        let provider = self.read(&PROVIDER_ID, "cspID", |reader| reader.read_ia5().map(str::to_owned))?;
        let chip = self.0.extension_by_oid(&HARDWARE_ID).map(hardware_id).transpose()?;
        match (chip, provider) {
            (Some(id), None) => Ok(Holder::Chip(id)),
            (None, Some(name)) => Ok(Holder::Provider(name)),
            (None, None) => Err(malformed("hwID", "missing, and cspID too")),
            (Some(_), Some(_)) => Err(malformed("hwID", "cspID is there too")),
        }
    }
}

/// The key server writes the bare id; the specification wants it in an OCTET STRING. Both occur.
fn hardware_id(value: &[u8]) -> Result<Vec<u8>, Refusal> {
    const LENGTHS: [usize; 2] = [8, 64];
    if LENGTHS.contains(&value.len()) {
        return Ok(value.to_vec());
    }
    let mut reader = Reader::new(value);
    let id = reader.read_octet_string().and_then(|id| reader.finish().map(|()| id));
    match id {
        Ok(id) if LENGTHS.contains(&id.len()) => Ok(id.to_vec()),
        Ok(id) => Err(malformed("hwID", format!("{} bytes", id.len()))),
        Err(error) => Err(malformed("hwID", error)),
    }
}
