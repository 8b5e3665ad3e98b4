//! What the emulated Intel publishes (Intel PCS API v4): TCB info version 3, QE identity, in one PCCS collateral file.

use casemate_crypto::Time;
use serde::Serialize;

use crate::platform::PlatformTcb;

/// Raised with every change of what the emulator publishes.
const EVALUATION_DATA_NUMBER: u32 = 17;
const SECONDS_VALID: i64 = 30 * 24 * 3600;
const LEVEL_DATE: &str = "2026-01-01T00:00:00Z";
const OLDER_LEVEL_DATE: &str = "2025-01-01T00:00:00Z";
const ADVISORY: &str = "CASEMATE-EMULATED-00001";

/// FMSPC of every emulated Intel platform.
pub(crate) const FMSPC: [u8; 6] = [0x00, 0xca, 0x5e, 0x3a, 0x7e, 0x00];
/// PCE id of every emulated Intel platform.
pub(crate) const PCE_ID: [u8; 2] = [0, 0];
/// Security versions of the emulated processor.
pub(crate) const CPU_SVN: [u8; 16] = [3, 3, 2, 2, 3, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];
/// Security version of the emulated provisioning certification enclave.
pub(crate) const PCE_SVN: u16 = 13;
/// Security versions of the emulated TDX module: its security version, its major version, the late microcode's.
pub(crate) const TEE_TCB_SVN: [u8; 16] = [5, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Which of the two TEEs a piece of collateral is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tee {
    Sgx,
    Tdx,
}

impl Tee {
    /// Product number of its quoting enclave.
    pub(crate) const fn qe_prod_id(self) -> u16 {
        match self {
            Self::Sgx => 1,
            Self::Tdx => 2,
        }
    }

    /// Security version of its quoting enclave.
    pub(crate) const fn qe_svn(self) -> u16 {
        match self {
            Self::Sgx => 8,
            Self::Tdx => 4,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TcbInfo {
    id: &'static str,
    version: u8,
    issue_date: String,
    next_update: String,
    fmspc: String,
    pce_id: String,
    tcb_type: u8,
    tcb_evaluation_data_number: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    tdx_module: Option<Module>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tdx_module_identities: Vec<ModuleIdentity>,
    tcb_levels: Vec<Level<Components>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Module {
    mrsigner: String,
    attributes: &'static str,
    attributes_mask: &'static str,
}

impl Module {
    fn emulated() -> Self {
        // The signer is all zeros where the module is the vendor's own.
        Self {
            mrsigner: "00".repeat(48),
            attributes: "0000000000000000",
            attributes_mask: "FFFFFFFFFFFFFFFF",
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModuleIdentity {
    id: &'static str,
    #[serde(flatten)]
    module: Module,
    tcb_levels: Vec<Level<EnclaveTcb>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Level<T> {
    tcb: T,
    tcb_date: &'static str,
    tcb_status: &'static str,
    #[serde(rename = "advisoryIDs", skip_serializing_if = "Vec::is_empty")]
    advisory_ids: Vec<&'static str>,
}

#[derive(Clone, Serialize)]
struct Components {
    sgxtcbcomponents: Vec<Component>,
    pcesvn: u16,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tdxtcbcomponents: Vec<Component>,
}

#[derive(Clone, Serialize)]
struct Component {
    svn: u8,
}

#[derive(Serialize)]
struct EnclaveTcb {
    isvsvn: u16,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QeIdentity {
    id: &'static str,
    version: u8,
    issue_date: String,
    next_update: String,
    tcb_evaluation_data_number: u32,
    miscselect: &'static str,
    miscselect_mask: &'static str,
    attributes: &'static str,
    attributes_mask: &'static str,
    mrsigner: String,
    isvprodid: u16,
    tcb_levels: Vec<Level<EnclaveTcb>>,
}

/// TCB info that gives the emulated platform the status `tcb`.
///
/// # Errors
/// If the JSON writer fails, which it does not for these types.
pub(crate) fn tcb_info(tee: Tee, tcb: PlatformTcb, now: Time) -> Result<String, serde_json::Error> {
    let (tdx_module, tdx_module_identities) = match tee {
        Tee::Sgx => (None, Vec::new()),
        Tee::Tdx => (Some(Module::emulated()), vec![module_identity()]),
    };
    serde_json::to_string(&TcbInfo {
        id: match tee {
            Tee::Sgx => "SGX",
            Tee::Tdx => "TDX",
        },
        version: 3,
        issue_date: now.to_string(),
        next_update: now.plus_seconds(SECONDS_VALID).to_string(),
        fmspc: hex::encode_upper(FMSPC),
        pce_id: hex::encode_upper(PCE_ID),
        tcb_type: 0,
        tcb_evaluation_data_number: EVALUATION_DATA_NUMBER,
        tdx_module,
        tdx_module_identities,
        tcb_levels: levels(tee, tcb),
    })
}

/// The newest level is the platform's own where it is up to date, else one that demands a newer PCE than it has.
fn levels(tee: Tee, tcb: PlatformTcb) -> Vec<Level<Components>> {
    let own = Components {
        sgxtcbcomponents: components(&CPU_SVN),
        pcesvn: PCE_SVN,
        tdxtcbcomponents: match tee {
            Tee::Sgx => Vec::new(),
            Tee::Tdx => components(&TEE_TCB_SVN),
        },
    };
    let newer = Components {
        pcesvn: PCE_SVN + 1,
        ..own.clone()
    };
    let up_to_date = |tcb| Level {
        tcb,
        tcb_date: LEVEL_DATE,
        tcb_status: "UpToDate",
        advisory_ids: Vec::new(),
    };
    match tcb.word() {
        Some("UpToDate") => vec![up_to_date(own)],
        None => vec![up_to_date(newer)],
        Some(word) => vec![
            up_to_date(newer),
            Level {
                tcb: own,
                tcb_date: OLDER_LEVEL_DATE,
                tcb_status: word,
                advisory_ids: vec![ADVISORY],
            },
        ],
    }
}

fn components(svns: &[u8; 16]) -> Vec<Component> {
    svns.iter().map(|&svn| Component { svn }).collect()
}

fn module_identity() -> ModuleIdentity {
    let [isvsvn, ..] = TEE_TCB_SVN;
    ModuleIdentity {
        id: "TDX_01",
        module: Module::emulated(),
        tcb_levels: vec![enclave_level(u16::from(isvsvn))],
    }
}

fn enclave_level(isvsvn: u16) -> Level<EnclaveTcb> {
    Level {
        tcb: EnclaveTcb { isvsvn },
        tcb_date: LEVEL_DATE,
        tcb_status: "UpToDate",
        advisory_ids: Vec::new(),
    }
}

/// Identity of the quoting enclave that signed with `qe_mrsigner`.
///
/// # Errors
/// If the JSON writer fails, which it does not for these types.
pub(crate) fn qe_identity(tee: Tee, qe_mrsigner: &[u8; 32], now: Time) -> Result<String, serde_json::Error> {
    serde_json::to_string(&QeIdentity {
        id: match tee {
            Tee::Sgx => "QE",
            Tee::Tdx => "TD_QE",
        },
        version: 2,
        issue_date: now.to_string(),
        next_update: now.plus_seconds(SECONDS_VALID).to_string(),
        tcb_evaluation_data_number: EVALUATION_DATA_NUMBER,
        miscselect: "00000000",
        miscselect_mask: "FFFFFFFF",
        attributes: "11000000000000000000000000000000",
        attributes_mask: "FBFFFFFFFFFFFFFF0000000000000000",
        mrsigner: hex::encode_upper(qe_mrsigner),
        isvprodid: tee.qe_prod_id(),
        tcb_levels: vec![enclave_level(tee.qe_svn())],
    })
}

/// The file that provisioning certificate caches hand out, and that `dcap-qvl` reads.
#[derive(Serialize)]
pub(crate) struct Collateral {
    pub(crate) pck_crl_issuer_chain: String,
    /// Hex of the DER.
    pub(crate) root_ca_crl: String,
    /// Hex of the DER.
    pub(crate) pck_crl: String,
    pub(crate) tcb_info_issuer_chain: String,
    pub(crate) tcb_info: String,
    /// Hex of r and s.
    pub(crate) tcb_info_signature: String,
    pub(crate) qe_identity_issuer_chain: String,
    pub(crate) qe_identity: String,
    /// Hex of r and s.
    pub(crate) qe_identity_signature: String,
}
