//! The SGX extension of PCK certificates (Intel SGX PCK Certificate and CRL Profile Specification, §1.3.5).

use casemate_crypto::x509::{
    Certificate, X509Error,
    tlv::{ObjectIdentifier, Reader, TlvError, tag},
};

use crate::{Refusal, chain};

const SGX_EXTENSIONS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113741.1.13.1");
const WHAT: &str = "PCK certificate";
/// Arc number of PCESVN below the TCB.
const PCE_SVN: u32 = 17;
/// Arc number of CPUSVN below the TCB.
const CPU_SVN: u32 = 18;

/// What a PCK certificate says of its platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SgxExtension {
    /// Encrypted-in-transit identity of the platform, the same in all its PCK certificates.
    pub ppid: [u8; 16],
    /// The 16 TCB component SVNs.
    pub components: [u8; 16],
    /// SVN of the provisioning certification enclave.
    pub pce_svn: u16,
    /// The raw CPUSVN of this TCB.
    pub cpu_svn: [u8; 16],
    /// The provisioning certification enclave.
    pub pce_id: [u8; 2],
    /// The platform model.
    pub fmspc: [u8; 6],
    /// 0 standard, 1 scalable, 2 scalable with integrity.
    pub sgx_type: u64,
    /// Identity of the platform instance (platform CA only).
    pub platform_instance_id: Option<[u8; 16]>,
    /// Configuration (platform CA only).
    pub configuration: Option<Configuration>,
}

/// Configuration of a multi-package platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Whether packages can be added.
    pub dynamic_platform: Option<bool>,
    /// Whether the registration service keeps the platform's root keys.
    pub cached_keys: Option<bool>,
    /// Whether simultaneous multithreading is on.
    pub smt_enabled: Option<bool>,
}

/// The fields while they are collected.
#[derive(Default)]
struct Fields {
    ppid: Option<[u8; 16]>,
    tcb: Option<([u8; 16], u16, [u8; 16])>,
    pce_id: Option<[u8; 2]>,
    fmspc: Option<[u8; 6]>,
    sgx_type: Option<u64>,
    platform_instance_id: Option<[u8; 16]>,
    configuration: Option<Configuration>,
}

impl SgxExtension {
    /// Whether `certificate` has the extension, and so is a PCK certificate.
    pub(crate) fn is_in(certificate: &Certificate) -> bool {
        certificate.extension_by_oid(&SGX_EXTENSIONS).is_some()
    }

    /// Reads the extension of `certificate`.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when it is missing or not what the profile demands.
    pub fn of(certificate: &Certificate) -> Result<Self, Refusal> {
        let value = certificate
            .extension_by_oid(&SGX_EXTENSIONS)
            .ok_or_else(|| missing("SGX extension"))?;
        let fields = Fields::read(value).map_err(|error| chain::malformed(WHAT, &error))?;
        let (components, pce_svn, cpu_svn) = fields.tcb.ok_or_else(|| missing("TCB"))?;
        Ok(Self {
            ppid: fields.ppid.ok_or_else(|| missing("PPID"))?,
            components,
            pce_svn,
            cpu_svn,
            pce_id: fields.pce_id.ok_or_else(|| missing("PCE-ID"))?,
            fmspc: fields.fmspc.ok_or_else(|| missing("FMSPC"))?,
            sgx_type: fields.sgx_type.ok_or_else(|| missing("SGX type"))?,
            platform_instance_id: fields.platform_instance_id,
            configuration: fields.configuration,
        })
    }

    /// The FMSPC as Intel writes it.
    #[must_use]
    pub fn fmspc_hex(&self) -> String {
        hex::encode_upper(self.fmspc)
    }
}

fn missing(field: &str) -> Refusal {
    Refusal::Malformed {
        what: WHAT,
        detail: format!("no {field}"),
    }
}

impl Fields {
    fn read(value: &[u8]) -> Result<Self, X509Error> {
        let mut fields = Self::default();
        let mut outer = Reader::new(value);
        let mut list = outer.read_sequence()?;
        outer.finish()?;
        while !list.is_empty() {
            let mut entry = list.read_sequence()?;
            match (arc(&entry.read_oid()?, &SGX_EXTENSIONS), &mut fields) {
                (Some(1), Self { ppid, .. }) => set(ppid, octets(&mut entry)?, "PPID")?,
                (Some(2), Self { tcb, .. }) => set(tcb, tcb_fields(&mut entry)?, "TCB")?,
                (Some(3), Self { pce_id, .. }) => set(pce_id, octets(&mut entry)?, "PCE-ID")?,
                (Some(4), Self { fmspc, .. }) => set(fmspc, octets(&mut entry)?, "FMSPC")?,
                (Some(5), Self { sgx_type, .. }) => set(sgx_type, entry.read_enumerated()?, "SGX type")?,
                (
                    Some(6),
                    Self {
                        platform_instance_id: id,
                        ..
                    },
                ) => {
                    set(id, octets(&mut entry)?, "platform instance id")?;
                }
                (Some(7), Self { configuration, .. }) => {
                    set(configuration, Configuration::read(&mut entry)?, "configuration")?;
                }
                _ => drop(entry.read_any()?),
            }
            entry.finish()?;
        }
        Ok(fields)
    }
}

impl Configuration {
    fn read(entry: &mut Reader<'_>) -> Result<Self, X509Error> {
        let mut configuration = Self::default();
        let mut list = entry.read_sequence()?;
        while !list.is_empty() {
            let mut flag = list.read_sequence()?;
            let id = flag.read_oid()?;
            let value = Some(flag.read_boolean()?);
            flag.finish()?;
            match id.arcs().last() {
                Some(1) => configuration.dynamic_platform = value,
                Some(2) => configuration.cached_keys = value,
                Some(3) => configuration.smt_enabled = value,
                _ => {}
            }
        }
        Ok(configuration)
    }
}

/// The TCB: components 1 to 16, PCESVN, CPUSVN, each once.
fn tcb_fields(entry: &mut Reader<'_>) -> Result<([u8; 16], u16, [u8; 16]), X509Error> {
    const TCB: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113741.1.13.1.2");
    let mut components: [Option<u8>; 16] = [None; 16];
    let (mut pce_svn, mut cpu_svn) = (None, None);
    let mut list = entry.read_sequence()?;
    while !list.is_empty() {
        let mut field = list.read_sequence()?;
        match arc(&field.read_oid()?, &TCB) {
            Some(PCE_SVN) => set(&mut pce_svn, small(field.read_u64()?, "PCESVN")?, "PCESVN")?,
            Some(CPU_SVN) => set(&mut cpu_svn, octets(&mut field)?, "CPUSVN")?,
            Some(number) => {
                let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
                let slot = index.and_then(|index| components.get_mut(index));
                let slot = slot.ok_or(X509Error::Field { field: "TCB component" })?;
                set(slot, small(field.read_u64()?, "TCB component")?, "TCB component")?;
            }
            None => return Err(X509Error::Field { field: "TCB" }),
        }
        field.finish()?;
    }
    let mut svns = [0; 16];
    for (svn, component) in svns.iter_mut().zip(components) {
        *svn = component.ok_or(X509Error::Field { field: "TCB component" })?;
    }
    let pce_svn = pce_svn.ok_or(X509Error::Field { field: "PCESVN" })?;
    Ok((svns, pce_svn, cpu_svn.ok_or(X509Error::Field { field: "CPUSVN" })?))
}

/// The one arc that `id` adds to `parent`.
fn arc(id: &ObjectIdentifier, parent: &ObjectIdentifier) -> Option<u32> {
    let below = id.as_bytes().strip_prefix(parent.as_bytes())?;
    match below {
        [last] if *last < 0x80 => Some(u32::from(*last)),
        _ => None,
    }
}

fn octets<const N: usize>(entry: &mut Reader<'_>) -> Result<[u8; N], TlvError> {
    let at = entry.offset();
    let error = TlvError {
        offset: at,
        problem: casemate_crypto::x509::tlv::TlvProblem::Content,
    };
    entry.read(tag::OCTET_STRING)?.content.try_into().map_err(|_| error)
}

fn small<T: TryFrom<u64>>(value: u64, field: &'static str) -> Result<T, X509Error> {
    T::try_from(value).map_err(|_| X509Error::Field { field })
}

fn set<T>(slot: &mut Option<T>, value: T, field: &'static str) -> Result<(), X509Error> {
    if slot.replace(value).is_some() {
        Err(X509Error::Field { field })
    } else {
        Ok(())
    }
}
