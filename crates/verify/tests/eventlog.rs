//! Event logs against the sample manifest, the boots of `shared/boot` and the attacks on them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::{Path, PathBuf};

use casemate_crypto::hash::HashAlgorithm;
use casemate_evidence::eventlog::{Event, EventLog, EventType};
use casemate_verify::eventlog::{
    Expected, ExpectedRegisters, Registers, Replay, SecureBootVariable, Severity, check, replay,
};
use casemate_verify::{Refusal, Trace};
use serde_json::Value;

fn shared() -> PathBuf {
    let fallback = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let dir = std::env::var_os("CASEMATE_SHARED").map_or(fallback, PathBuf::from);
    assert!(
        dir.join("evidence/MANIFEST.json").is_file(),
        "no shared data in {}",
        dir.display()
    );
    dir
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(shared().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn log(path: &str) -> EventLog {
    EventLog::parse(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn attack(name: &str) -> (Replay, Result<Replay, Refusal>) {
    let bytes = read(&format!("boot/attacks/{name}/eventlog.bin"));
    let checked = check(&bytes, Expected::Waived { why: "test" }, &mut Trace::new());
    (replay(&EventLog::parse(&bytes).unwrap()), checked)
}

fn fatal(replay: &Replay) -> Vec<(Option<usize>, &'static str)> {
    let fatal = replay
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Fatal);
    fatal.map(|finding| (finding.event, finding.code)).collect()
}

fn notes(replay: &Replay) -> Vec<&'static str> {
    replay
        .findings
        .iter()
        .filter(|f| f.severity == Severity::Note)
        .map(|f| f.code)
        .collect()
}

/// One manifest entry through [`check`], with the registers beside it if there are any.
fn manifest_entry(entry: &Value) -> Result<(), Refusal> {
    let files: Vec<&str> = entry["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file.as_str().unwrap())
        .collect();
    let find = |name: &str| {
        files
            .iter()
            .find(|file| file.ends_with(name))
            .map(|file| format!("evidence/{file}"))
    };
    let registers = find("expected_pcrs.json").or_else(|| find("expected_rtmrs.json"));
    let registers = registers.map(|file| ExpectedRegisters::from_json(&read(&file)).unwrap());
    let expected = registers
        .as_ref()
        .map_or(Expected::Waived { why: "none known" }, Expected::Registers);
    check(&read(&find("eventlog.bin").unwrap()), expected, &mut Trace::new()).map(drop)
}

#[test]
fn manifest() {
    let manifest: Vec<Value> = serde_json::from_slice(&read("evidence/MANIFEST.json")).unwrap();
    let mut counts = [0, 0];
    for entry in manifest
        .iter()
        .filter(|e| e["type"] == "tpm-eventlog" || e["type"] == "tdx-ccel")
    {
        let id = entry["id"].as_str().unwrap();
        let outcome = manifest_entry(entry);
        let verifies = entry["expected"] == "verifies";
        assert_eq!(outcome.is_ok(), verifies, "{id}: {outcome:?}");
        counts[usize::from(!verifies)] += 1;
        let bytes = read(&format!(
            "evidence/{}/{id}/eventlog.bin",
            entry["type"].as_str().unwrap()
        ));
        let Ok(log) = EventLog::parse(&bytes) else {
            assert!(!verifies, "{id} does not parse");
            continue;
        };
        let replay = replay(&log);
        assert_eq!(replay.type_word(), entry["type"], "{id}");
        for (name, value) in replay.facts() {
            assert_eq!(value, entry["key_facts"][&name], "{id}: {name}");
        }
    }
    assert_eq!(counts, [32, 4]);
}

#[test]
fn negatives_fail_for_their_reason() {
    let manifest: Vec<Value> = serde_json::from_slice(&read("evidence/MANIFEST.json")).unwrap();
    let outcome = |id: &str| manifest_entry(manifest.iter().find(|entry| entry["id"] == id).unwrap()).unwrap_err();
    let register = |id| match outcome(id) {
        Refusal::ReplayMismatch { register, .. } => register,
        other => panic!("{id}: {other}"),
    };
    assert_eq!(register("ccel-trustee-gcp-wrong-rtmr0"), "RTMR0 (sha384)");
    assert_eq!(register("ccel-lunal-tdx-ccel-live"), "RTMR2 (sha384)");
    assert!(matches!(
        outcome("log-keylime-bogus"),
        Refusal::Malformed { what: "event log", .. }
    ));
    let twice = outcome("ccel-google-cos-113-intel-tdx-dupe-separator-unpadded");
    assert!(matches!(twice, Refusal::EventLog { .. }));
    let twice = log("evidence/tdx-ccel/ccel-google-cos-113-intel-tdx-dupe-separator-unpadded/eventlog.bin");
    assert_eq!(fatal(&replay(&twice)), [(Some(16), "separator_repeated")]);
}

/// The values of `pcrs.yaml`: `  sha256:` then `    0 : 0xABCD`.
fn pcrs_of(folder: &str, bank: &str) -> Registers {
    let text = String::from_utf8(read(&format!("boot/{folder}/pcrs.yaml"))).unwrap();
    let lines = text
        .lines()
        .skip_while(|line| line.trim() != format!("{bank}:"))
        .skip(1);
    let lines = lines.take_while(|line| line.starts_with("    "));
    lines
        .map(|line| {
            let (index, value) = line.split_once(':').unwrap();
            (
                index.trim().parse().unwrap(),
                hex::decode(value.trim().trim_start_matches("0x")).unwrap(),
            )
        })
        .collect()
}

#[test]
fn boots_replay_to_their_registers() {
    for folder in ["good-debian", "uki-good", "uki-good3", "uki-nosb", "evilcmd"] {
        for (bank, name) in [(HashAlgorithm::Sha256, "sha256"), (HashAlgorithm::Sha384, "sha384")] {
            let mut registers = pcrs_of(folder, name);
            assert_eq!(registers.len(), 24, "{folder}");
            registers.remove(&10); // IMA's, which has a log of its own
            let expected = ExpectedRegisters::bank(bank, registers.clone());
            let bytes = read(&format!("boot/{folder}/eventlog.bin"));
            check(&bytes, Expected::Registers(&expected), &mut Trace::new()).unwrap();
            registers.get_mut(&7).unwrap()[0] ^= 1;
            let wrong = ExpectedRegisters::bank(bank, registers);
            let refusal = check(&bytes, Expected::Registers(&wrong), &mut Trace::new()).unwrap_err();
            assert!(matches!(refusal, Refusal::ReplayMismatch { register, .. } if register.starts_with("PCR 7 ")));
        }
    }
}

#[test]
fn a4_text_that_no_digest_covers() {
    let (replay, checked) = attack("a4-ipl-text-not-covered");
    assert!(matches!(checked, Err(Refusal::EventLog { .. })));
    assert_eq!(fatal(&replay), [(Some(44), "digest_mismatch")]);
}

#[test]
fn a5_secure_boot_flipped_in_the_data() {
    let (replay, checked) = attack("a5-secureboot-var-data-flipped");
    assert!(matches!(checked, Err(Refusal::EventLog { .. })));
    assert_eq!(fatal(&replay), [(Some(4), "digest_mismatch")]);
    assert_eq!(replay.secure_boot_variable, None, "the flipped byte is not believed");
    let expected = ExpectedRegisters::bank(HashAlgorithm::Sha256, pcrs_of("uki-nosb", "sha256"));
    let mut trace = Trace::new();
    replay.compare(Expected::Registers(&expected), &mut trace);
    assert!(
        trace.refusals().iter().all(
            |refusal| matches!(refusal, Refusal::ReplayMismatch { register, .. } if register.starts_with("PCR 10 "))
        )
    );
}

/// Nothing is wrong with this log: an event that is not measured may say what it likes. It yields no claim.
#[test]
fn a6_secure_boot_in_an_event_that_is_not_measured() {
    let (replay, checked) = attack("a6-no-action-with-secureboot-payload");
    assert!(checked.is_ok());
    assert_eq!(replay.secure_boot_variable, Some(SecureBootVariable::Off));
    assert!(notes(&replay).contains(&"not_measured"));
}

#[test]
fn a7_authority_called_configuration() {
    let (replay, checked) = attack("a7-event-type-changed");
    assert!(matches!(checked, Err(Refusal::EventLog { .. })));
    let relabelled = |code: &str| {
        fatal(&replay)
            .iter()
            .filter(|(_, found)| *found == code)
            .map(|(event, _)| event.unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(relabelled("config_after_separator"), [22, 27, 29]);
    assert_eq!(relabelled("variable_repeated"), [22], "db, again");
}

#[test]
fn a8_policy_after_the_firmware_is_gone() {
    let (replay, checked) = attack("a8-cross-pcr-reorder");
    assert!(matches!(checked, Err(Refusal::EventLog { .. })));
    assert!(
        fatal(&replay)
            .iter()
            .all(|(_, code)| *code == "after_exit_boot_services")
    );
    assert_eq!(fatal(&replay).len(), 9);
}

#[test]
fn a9_two_separators() {
    let (replay, checked) = attack("a9-duplicate-separator");
    assert!(matches!(checked, Err(Refusal::EventLog { .. })));
    assert!(fatal(&replay).iter().any(|(_, code)| *code == "separator_repeated"));
}

#[test]
fn a10_what_does_not_parse_is_malformed() {
    for name in [
        "a10a-truncated",
        "a10b-huge-event-size",
        "a10c-huge-digest-count",
        "a10d-no-specid",
        "a10g-pcr-24",
    ] {
        let bytes = read(&format!("boot/attacks/{name}/eventlog.bin"));
        let refusal = check(&bytes, Expected::Waived { why: "test" }, &mut Trace::new()).unwrap_err();
        assert!(
            matches!(refusal, Refusal::Malformed { what: "event log", .. }),
            "{name}: {refusal}"
        );
    }
}

#[test]
fn a10_padding_is_reported() {
    let good = replay(&log("boot/good-debian/eventlog.bin"));
    for name in ["a10e-trailing-zeros", "a10f-trailing-ff"] {
        let (replay, checked) = attack(name);
        assert!(checked.is_ok());
        assert_eq!(notes(&replay), ["padding"]);
        assert_eq!(replay.banks, good.banks);
    }
}

#[test]
fn a11_a_bank_that_no_event_extends() {
    let (replay, checked) = attack("a11-missing-bank-digest");
    assert!(matches!(checked, Err(Refusal::EventLog { .. })));
    assert_eq!(fatal(&replay), [(Some(1), "digest_missing")]);
}

/// A quote is what decides here: the host replayed a good log into the guest's vTPM, so that all of it is consistent.
#[test]
fn a1_only_the_trust_class_tells() {
    assert!(attack("a1-host-forged-vtpm").1.is_ok());
}

#[test]
fn rtmrs_of_a_quote() {
    let bytes = read("evidence/tdx-ccel/ccel-google-cos113-with-quote/eventlog.bin");
    let parsed = replay(&EventLog::parse(&bytes).unwrap());
    let mut rtmrs = [[0u8; 48]; 4];
    for (register, value) in (1u32..).zip(&mut rtmrs[..3]) {
        value.copy_from_slice(parsed.value(HashAlgorithm::Sha384, register).unwrap());
    }
    check(&bytes, Expected::Rtmrs(&rtmrs), &mut Trace::new()).unwrap();
    rtmrs[3] = [7; 48];
    check(&bytes, Expected::Rtmrs(&rtmrs), &mut Trace::new()).unwrap();
    rtmrs[1][0] ^= 1;
    let refusal = check(&bytes, Expected::Rtmrs(&rtmrs), &mut Trace::new()).unwrap_err();
    assert!(matches!(refusal, Refusal::ReplayMismatch { register, .. } if register == "RTMR1 (sha384)"));
    let tpm = read("boot/good-debian/eventlog.bin");
    let refusal = check(&tpm, Expected::Rtmrs(&rtmrs), &mut Trace::new()).unwrap_err();
    assert!(matches!(refusal, Refusal::EventLog { .. }));
}

/// A bank that only the expectation knows is a refusal, not a skip.
#[test]
fn an_expected_bank_must_be_there() {
    let expected = ExpectedRegisters::bank(HashAlgorithm::Sha1, Registers::from([(0, vec![0; 20])]));
    let bytes = read("boot/good-debian/eventlog.bin");
    let refusal = check(&bytes, Expected::Registers(&expected), &mut Trace::new()).unwrap_err();
    assert!(matches!(refusal, Refusal::EventLog { .. }));
}

#[test]
fn expected_registers_in_json() {
    let refused = |text: &str| ExpectedRegisters::from_json(text.as_bytes()).unwrap_err();
    assert!(matches!(refused("[]"), Refusal::Malformed { .. }));
    // Every log would replay to these.
    assert!(matches!(refused("{}"), Refusal::Malformed { .. }));
    assert!(matches!(refused(r#"{"sha256":{}}"#), Refusal::Malformed { .. }));
    let digest = "00".repeat(20);
    let twice = format!(r#"{{"sha1":{{"1":"{digest}","01":"{digest}"}}}}"#);
    assert!(matches!(refused(&twice), Refusal::Malformed { .. }));
    assert!(matches!(refused(r#"{"sha1":{"24":"00"}}"#), Refusal::Malformed { .. }));
    assert!(matches!(refused(r#"{"sha1":{"x":"00"}}"#), Refusal::Malformed { .. }));
    assert!(matches!(refused(r#"{"sha1":{"1":"00"}}"#), Refusal::Malformed { .. }));
    assert!(matches!(
        refused(r#"{"sm3":{"1":"00"}}"#),
        Refusal::UnsupportedType { .. }
    ));
}

/// A log of [`a4`](a4_text_that_no_digest_covers)'s machine with one event changed by `change`.
fn changed(number: usize, change: impl FnOnce(&mut Event)) -> Replay {
    let good = log("boot/good-debian/eventlog.bin");
    let mut built = EventLog::new(good.spec_id().unwrap().clone(), 0);
    let mut events = good.events()[1..].to_vec();
    change(&mut events[number - 1]);
    events.into_iter().for_each(|event| built.push(event).unwrap());
    replay(&built)
}

#[test]
fn structure_rules() {
    assert!(changed(1, |_| ()).well_formed());
    let repeated = changed(5, |event| {
        *event = log("boot/good-debian/eventlog.bin").events()[4].clone()
    });
    assert_eq!(fatal(&repeated), [(Some(5), "variable_repeated")]);
    let unknown = changed(31, |event| event.event_type = EventType(0x1234));
    assert_eq!(notes(&unknown), ["unknown_type"]);
    let partial = changed(31, |event| drop(event.digests.pop()));
    assert_eq!(fatal(&partial), [(Some(31), "digest_missing")]);
    let failed = changed(15, |event| {
        event.data = vec![1, 0, 0, 0];
        for digest in &mut event.digests {
            digest.value = match digest.value.len() {
                32 => casemate_crypto::hash::sha256(&event.data).to_vec(),
                _ => casemate_crypto::hash::sha384(&event.data).to_vec(),
            };
        }
    });
    assert_eq!(fatal(&failed), [(Some(15), "separator_value")]);
    let late = changed(2, |event| {
        event.event_type = EventType::NO_ACTION;
        event.digests.iter_mut().for_each(|digest| digest.value.fill(0));
        event.data = b"StartupLocality\0\x03".to_vec();
    });
    assert_eq!(fatal(&late), [(Some(2), "startup_locality")]);
}

#[test]
fn json_holds_banks_events_and_findings() {
    let log = log("evidence/tdx-ccel/ccel-trustee-data-grub/eventlog.bin");
    let json = replay(&log).to_json(&log);
    assert_eq!(json["type"], "tdx-ccel");
    assert_eq!(json["events"].as_array().unwrap().len(), 38);
    assert_eq!(json["events"][3]["data"]["name"], "SecureBoot");
    assert_eq!(json["events"][3]["covered"], "whole");
    assert_eq!(json["secure_boot_variable"], true);
    assert_eq!(json["banks"]["sha384"]["1"].as_str().unwrap().len(), 96);
    let codes: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"separator_in_wrong_register"), "{codes:?}");
}
