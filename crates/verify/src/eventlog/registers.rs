//! Registers: what a log replays to, and what they are expected to hold.

use std::collections::BTreeMap;

use casemate_crypto::hash::{HashAlgorithm, digest_parts};
use casemate_evidence::eventlog::{Algorithm, Event, EventData, EventLog, RegisterKind};
use serde_json::{Map, Value};

use crate::Refusal;

/// Values of registers by index.
pub type Registers = BTreeMap<u32, Vec<u8>>;
/// Registers by bank.
pub type Banks = BTreeMap<HashAlgorithm, Registers>;

/// Highest register of a PC client TPM.
const LAST_REGISTER: u32 = 23;

/// The hash of a bank, `None` where it is not supported (SM3, SHA-3).
pub(super) const fn hash_of(algorithm: Algorithm) -> Option<HashAlgorithm> {
    match algorithm {
        Algorithm::SHA1 => Some(HashAlgorithm::Sha1),
        Algorithm::SHA256 => Some(HashAlgorithm::Sha256),
        Algorithm::SHA384 => Some(HashAlgorithm::Sha384),
        Algorithm::SHA512 => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}

/// What a register holds before anything extends it (PFP 1.06 §3.3.1, table 1; zero for RTMRs).
#[must_use]
pub fn initial_value(kind: RegisterKind, register: u32, bank: HashAlgorithm) -> Vec<u8> {
    let dynamic = kind == RegisterKind::Tpm && (17..=22).contains(&register);
    vec![if dynamic { 0xff } else { 0 }; bank.digest_len()]
}

/// The name of a register as people know it: `PCR 7`, `RTMR0`, `MRTD`.
#[must_use]
pub fn register_name(kind: RegisterKind, register: u32) -> String {
    match (kind, register) {
        (RegisterKind::Tpm, _) => format!("PCR {register}"),
        (RegisterKind::ConfidentialComputing, 0) => "MRTD".to_owned(),
        (RegisterKind::ConfidentialComputing, _) => format!("RTMR{}", register.saturating_sub(1)),
    }
}

/// Extends the registers of every supported bank with every measured event, in order.
///
/// A bank is there if the log announces it, a register if an event extends it; PCR 0 also if the log names the
/// locality of the TPM's start, which then is its first value (PFP 1.06 §10.4.5.3).
pub(super) fn replay(log: &EventLog) -> Banks {
    let kind = log.register_kind();
    let mut banks: Banks = log
        .algorithms()
        .into_iter()
        .filter_map(hash_of)
        .map(|bank| (bank, Registers::new()))
        .collect();
    if let Some(locality) = startup_locality(log) {
        for (bank, registers) in &mut banks {
            let mut value = initial_value(kind, 0, *bank);
            value.pop();
            value.push(locality);
            registers.insert(0, value);
        }
    }
    for event in log.events().iter().filter(|event| event.extends()) {
        extend(&mut banks, event, kind);
    }
    banks
}

fn extend(banks: &mut Banks, event: &Event, kind: RegisterKind) {
    for found in &event.digests {
        let Some(bank) = hash_of(found.algorithm) else { continue };
        let Some(registers) = banks.get_mut(&bank) else {
            continue;
        };
        let value = registers
            .entry(event.register)
            .or_insert_with(|| initial_value(kind, event.register, bank));
        *value = digest_parts(bank, &[value, &found.value]);
    }
}

/// The locality that the first `StartupLocality` event of a TPM's log names.
fn startup_locality(log: &EventLog) -> Option<u8> {
    if log.register_kind() != RegisterKind::Tpm {
        return None;
    }
    log.events()
        .iter()
        .filter(|event| event.register == 0 && !event.extends())
        .find_map(|event| match event.decoded() {
            EventData::StartupLocality { locality } => Some(locality),
            _ => None,
        })
}

/// Register values from elsewhere, which a replay must give: only those named are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedRegisters(Banks);

impl ExpectedRegisters {
    /// Reads `{"sha256": {"0": "hex", …}, …}`, the form of `expected_pcrs.json` and `expected_rtmrs.json`. Indices of
    /// CCEL are those of the log: 1 is RTMR0.
    ///
    /// # Errors
    /// `malformed` for another shape, no register at all, one named twice, an index over 23 or a value that does not
    /// fit its bank; `unsupported_type` for an unknown bank.
    pub fn from_json(text: &[u8]) -> Result<Self, Refusal> {
        let banks: BTreeMap<String, BTreeMap<String, String>> =
            serde_json::from_slice(text).map_err(|error| malformed(error.to_string()))?;
        let mut expected = Banks::new();
        for (name, registers) in banks {
            let bank = bank_by_name(&name)?;
            for (index, value) in registers {
                let (index, value) = expected_register(bank, &index, &value)?;
                if expected.entry(bank).or_default().insert(index, value).is_some() {
                    return Err(malformed(format!("register {index} of {bank} is named twice")));
                }
            }
        }
        // Any log would agree with nothing.
        if expected.is_empty() {
            return Err(malformed("no register is named".to_owned()));
        }
        Ok(Self(expected))
    }

    /// The values of one bank.
    #[must_use]
    pub fn bank(bank: HashAlgorithm, registers: Registers) -> Self {
        Self(Banks::from([(bank, registers)]))
    }

    /// Bank, index and value of every register named.
    pub(super) fn iter(&self) -> impl Iterator<Item = (HashAlgorithm, u32, &[u8])> {
        self.0.iter().flat_map(|(bank, registers)| {
            registers
                .iter()
                .map(move |(index, value)| (*bank, *index, value.as_slice()))
        })
    }
}

fn expected_register(bank: HashAlgorithm, index: &str, value: &str) -> Result<(u32, Vec<u8>), Refusal> {
    let number: u32 = index
        .parse()
        .map_err(|_| malformed(format!("`{index}` is no register index")))?;
    if number > LAST_REGISTER {
        return Err(malformed(format!("there is no register {number}")));
    }
    let bytes = hex::decode(value).map_err(|_| malformed(format!("register {number} is not hex")))?;
    if bytes.len() != bank.digest_len() {
        return Err(malformed(format!(
            "register {number} has {} bytes, not those of {bank}",
            bytes.len()
        )));
    }
    Ok((number, bytes))
}

fn bank_by_name(name: &str) -> Result<HashAlgorithm, Refusal> {
    let banks = [
        HashAlgorithm::Sha1,
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha384,
        HashAlgorithm::Sha512,
    ];
    banks
        .into_iter()
        .find(|bank| bank.to_string() == name)
        .ok_or_else(|| Refusal::UnsupportedType {
            what: "register bank",
            detail: name.to_owned(),
        })
}

fn malformed(detail: String) -> Refusal {
    Refusal::Malformed {
        what: "expected registers",
        detail,
    }
}

/// `{"sha256": {"0": "hex"}}`.
pub(super) fn to_json(banks: &Banks) -> Value {
    let registers = |registers: &Registers| -> Map<String, Value> {
        registers
            .iter()
            .map(|(index, value)| (index.to_string(), hex::encode(value).into()))
            .collect()
    };
    banks
        .iter()
        .map(|(bank, found)| (bank.to_string(), Value::Object(registers(found))))
        .collect::<Map<_, _>>()
        .into()
}
