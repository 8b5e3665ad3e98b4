//! Event logs: real ones parse and encode to the same bytes, forged ones are refused for the right reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::{Path, PathBuf};

use casemate_evidence::eventlog::{
    Algorithm, Digest, Event, EventData, EventLog, EventType, Format, LogError, RegisterKind, SpecId,
    VendorInfoPlacement,
};
use proptest::prelude::*;

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

fn log(path: &str) -> Vec<u8> {
    std::fs::read(shared().join(path).join("eventlog.bin")).unwrap()
}

fn folders(path: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(shared().join(path))
        .unwrap()
        .map(|entry| format!("{path}/{}", entry.unwrap().file_name().into_string().unwrap()))
        .filter(|folder| shared().join(folder).join("eventlog.bin").is_file())
        .collect();
    names.sort();
    names
}

#[test]
fn real_logs_round_trip() {
    let mut seen = 0;
    for folder in ["evidence/tpm-eventlog", "evidence/tdx-ccel", "boot"]
        .iter()
        .flat_map(|f| folders(f))
    {
        if folder.ends_with("bogus") {
            continue;
        }
        let bytes = log(&folder);
        assert!(EventLog::recognise(&bytes), "{folder}");
        let parsed = EventLog::parse(&bytes).unwrap_or_else(|error| panic!("{folder}: {error}"));
        assert!(parsed.encode() == bytes, "{folder} does not round-trip");
        let expected = if folder.contains("ccel") {
            RegisterKind::ConfidentialComputing
        } else {
            RegisterKind::Tpm
        };
        assert_eq!(parsed.register_kind(), expected, "{folder}");
        seen += 1;
    }
    assert!(seen >= 40, "only {seen} logs found");
}

#[test]
fn what_is_no_log_is_refused() {
    let bogus = log("evidence/tpm-eventlog/log-keylime-bogus");
    assert!(matches!(
        EventLog::parse(&bogus),
        Err(LogError::Register { event: 0, .. })
    ));
    assert!(!EventLog::recognise(&bogus));
    assert_eq!(EventLog::parse(&[]), Err(LogError::Empty));
    assert_eq!(EventLog::parse(&[0; 64]), Err(LogError::Empty));
    assert_eq!(EventLog::parse(&[0xff; 64]), Err(LogError::Empty));
    assert!(!EventLog::recognise(&[0; 64]));
}

#[test]
fn attacks_on_the_format() {
    let parse = |name: &str| EventLog::parse(&log(&format!("boot/attacks/{name}")));
    assert!(matches!(parse("a10a-truncated"), Err(LogError::Truncated { .. })));
    assert!(matches!(
        parse("a10b-huge-event-size"),
        Err(LogError::Truncated {
            field: "event data",
            ..
        })
    ));
    assert!(matches!(
        parse("a10c-huge-digest-count"),
        Err(LogError::TooLarge {
            what: "digest count",
            ..
        })
    ));
    assert!(matches!(
        parse("a10d-no-specid"),
        Err(LogError::Register { event: 1, .. })
    ));
    assert!(matches!(
        parse("a10g-pcr-24"),
        Err(LogError::Register { register: 24, .. })
    ));
    for (name, byte) in [("a10e-trailing-zeros", 0), ("a10f-trailing-ff", 0xff)] {
        assert_eq!(
            parse(name).unwrap().padding().map(|p| (p.byte, p.length)),
            Some((byte, 64))
        );
    }
}

#[test]
fn vendor_info_beside_its_event_is_kept() {
    let bytes = log("evidence/tpm-eventlog/log-tpm2tools-specid-vendordata");
    let parsed = EventLog::parse(&bytes).unwrap();
    let Format::CryptoAgile(header, placement) = parsed.format() else {
        panic!("not crypto-agile")
    };
    assert_eq!(
        (header.vendor_info.as_slice(), *placement),
        ([0xde, 0xad, 0xbe, 0xef].as_slice(), VendorInfoPlacement::AfterEvent)
    );
}

#[test]
fn a_header_encodes_to_itself() {
    for folder in folders("evidence/tdx-ccel") {
        let parsed = EventLog::parse(&log(&folder)).unwrap();
        assert_eq!(parsed.spec_id().unwrap().encode(), parsed.events()[0].data, "{folder}");
    }
}

#[test]
fn common_types_decode() {
    let parsed = EventLog::parse(&log("boot/good-debian")).unwrap();
    let decoded: Vec<EventData> = parsed.events().iter().map(Event::decoded).collect();
    assert!(matches!(&decoded[0], EventData::SpecId { signature } if signature == "Spec ID Event03"));
    assert!(matches!(&decoded[4], EventData::Variable(v) if v.is_secure_boot() && v.value == [1]));
    assert!(matches!(&decoded[9], EventData::Separator { value: 0 }));
    assert!(matches!(&decoded[14], EventData::Text { text } if text == "Calling EFI Application from Boot Option"));
    assert!(matches!(&decoded[23], EventData::Partitions(table) if table.partitions.len() == 1));
    let EventData::Image { device_path, .. } = &decoded[24] else {
        panic!("no image")
    };
    assert!(
        device_path.last().unwrap().to_ascii_lowercase().contains("bootx64.efi"),
        "{device_path:?}"
    );
    assert!(matches!(
        &decoded[2],
        EventData::Blob {
            base: 0x82_0000,
            length: 0xe_0000,
            ..
        }
    ));
    let started = EventLog::parse(&log("evidence/tpm-eventlog/log-short-no-action")).unwrap();
    assert_eq!(
        started.events()[0].decoded(),
        EventData::StartupLocality { locality: 3 }
    );
}

#[test]
fn every_event_of_a_known_layout_decodes() {
    let unparsed = |event: &&Event| matches!(event.decoded(), EventData::Unparsed { .. });
    for folder in folders("evidence/tpm-eventlog")
        .iter()
        .chain(&folders("evidence/tdx-ccel"))
    {
        let Ok(parsed) = EventLog::parse(&log(folder)) else {
            continue;
        };
        for event in parsed.events().iter().filter(unparsed) {
            let layouts = [
                EventType::EFI_VARIABLE_DRIVER_CONFIG,
                EventType::EFI_VARIABLE_BOOT,
                EventType::EFI_VARIABLE_AUTHORITY,
                EventType::EFI_BOOT_SERVICES_APPLICATION,
                EventType::EFI_GPT_EVENT,
                EventType::EFI_PLATFORM_FIRMWARE_BLOB,
                EventType::SEPARATOR,
            ];
            assert!(!layouts.contains(&event.event_type), "{folder}: {event:?}");
        }
    }
}

#[test]
fn a_log_is_built_and_read_back() {
    let mut built = EventLog::new(SpecId::new(&[Algorithm::SHA384]), 1);
    let digest = |algorithm, length| Digest {
        algorithm,
        value: vec![7; length],
    };
    let event = |digests| Event {
        register: 2,
        event_type: EventType::SEPARATOR,
        digests,
        data: vec![0; 4],
    };
    built.push(event(vec![digest(Algorithm::SHA384, 48)])).unwrap();
    assert_eq!(EventLog::parse(&built.encode()), Ok(built.clone()));
    let refused = |digests| built.clone().push(event(digests)).unwrap_err();
    assert!(matches!(
        refused(vec![digest(Algorithm::SHA256, 32)]),
        LogError::UnannouncedAlgorithm { event: 2, .. }
    ));
    assert!(matches!(
        refused(vec![digest(Algorithm::SHA384, 47)]),
        LogError::DigestLength { found: 47, .. }
    ));
    let twice = vec![digest(Algorithm::SHA384, 48), digest(Algorithm::SHA384, 48)];
    assert!(matches!(refused(twice), LogError::RepeatedDigest { .. }));
}

#[test]
fn headers_that_lie_are_refused() {
    let good = EventLog::new(SpecId::new(&[Algorithm::SHA256, Algorithm::SHA384]), 0).encode();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        EventLog::parse(&bytes)
    };
    assert!(EventLog::parse(&good).is_ok());
    assert!(matches!(with(56, 0), Err(LogError::SpecId { .. })), "no algorithm");
    assert!(matches!(
        with(56, 9),
        Err(LogError::TooLarge {
            what: "number of algorithms",
            ..
        })
    ));
    assert!(
        matches!(with(62, 31), Err(LogError::SpecId { .. })),
        "a digest size that is not SHA-256's"
    );
    assert!(
        matches!(with(64, 0x0b), Err(LogError::SpecId { .. })),
        "the same algorithm twice"
    );
    assert!(
        matches!(with(68, 1), Err(LogError::SpecId { .. })),
        "vendor info that is not there"
    );
}

proptest! {
    #[test]
    fn any_bytes_parse_or_fail(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(parsed) = EventLog::parse(&bytes) {
            prop_assert_eq!(parsed.encode(), bytes);
            parsed.events().iter().for_each(|event| drop(event.decoded()));
        }
    }

    #[test]
    fn a_damaged_log_parses_or_fails(at in 0usize..16_433, byte: u8, end in 0usize..16_433) {
        let mut bytes = log("boot/good-debian");
        bytes[at] = byte;
        bytes.truncate(end);
        if let Ok(parsed) = EventLog::parse(&bytes) {
            prop_assert!(parsed.encode() == bytes);
            parsed.events().iter().for_each(|event| drop(event.decoded()));
        }
    }
}
