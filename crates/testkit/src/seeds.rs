//! Hand-made inputs that each fuzz target begins with. None is a copy of a real sample.

use casemate_crypto::sign::{KeyType, SignatureAlgorithm, SigningKey};
use casemate_crypto::x509::{CertificateTemplate, CrlTemplate, KeyUsage, Name, oid};
use casemate_crypto::{Time, b64, hash, jose, pem};
use casemate_evidence::eventlog::{Algorithm, Digest, Event, EventLog, EventType, SpecId};
use casemate_evidence::intel::quote::{INTEL_QE_VENDOR_ID, TEE_TYPE_SGX, TEE_TYPE_TDX};
use casemate_evidence::intel::{CertificationData, PckIdentification, QuoteBody, QuoteBuilder, QuoteHeader};
use casemate_evidence::open_enclave::{CustomClaim, Report, encode_custom_claims};
use casemate_evidence::sgx::ReportBody;
use casemate_evidence::snp::{AttestationReport, CertificateTable, EntryKind, TableEntry};
use casemate_evidence::tdx::TdReport;

/// A seed: the target's name, the file's name, the bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// Every seed. Keys are made afresh, so that certificates differ from call to call.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds: Vec<Seed> = Vec::new();
    for (target, made) in [
        ("quote", quotes()),
        ("certification_data", certification()),
        ("eventlog", logs()),
        ("oe_report", vec![Report::encode(&quotes()[0])]),
        ("oe_endorsements", vec![endorsements_blob()]),
        ("custom_claims", custom_claims()),
        ("snp_report", reports()),
        ("certificate_table", tables()),
        ("tcb_info", tcb_infos()),
        ("qe_identity", vec![QE_IDENTITY.as_bytes().to_vec()]),
        ("collateral", vec![collateral()]),
        ("policy", texts(POLICIES)),
        ("claims", texts(CLAIMS)),
        (
            "time",
            texts(&[
                "2025-06-11T19:18:17Z",
                "1999-12-31T23:59:59.5+01:00",
                "0000-01-01T00:00:00Z",
            ]),
        ),
        ("base64", texts(&["", "Zg==", "Zm8", "-_8", "+/8="])),
        ("attest_request", texts(REQUESTS)),
        ("jwk_set", vec![serde_json::to_vec(&crate::fuzz::keys()).unwrap()]),
        (
            "tlv",
            vec![vec![
                0x30, 0x0a, 0x02, 0x01, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x05, 0x00,
            ]],
        ),
    ] {
        seeds.extend(number(target, made));
    }
    seeds.extend(
        crate::emulated::evidence()
            .into_iter()
            .map(|(name, bytes)| ("verify", name, bytes)),
    );
    let files = crate::emulated::endorsement_files();
    seeds.extend(files.into_iter().map(|(name, bytes)| ("endorsements", name, bytes)));
    seeds.extend(envelopes());
    seeds.extend(certificates());
    seeds
}

fn number(target: &'static str, made: Vec<Vec<u8>>) -> impl Iterator<Item = Seed> {
    made.into_iter()
        .enumerate()
        .map(move |(at, bytes)| (target, format!("seed-{at}"), bytes))
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn quotes() -> Vec<Vec<u8>> {
    let body = |length: usize| QuoteBody::Td(Box::new(TdReport::parse(&vec![3; length]).unwrap()));
    let enclave = || QuoteBody::Sgx(Box::new(ReportBody::parse(&[5; 384]).unwrap()));
    let chain = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n\0";
    let made = [
        (3, enclave()),
        (4, enclave()),
        (5, enclave()),
        (4, body(584)),
        (5, body(584)),
        (5, body(648)),
        (5, body(885)),
    ];
    made.into_iter()
        .map(|(version, body)| {
            let tee_type = if matches!(body, QuoteBody::Sgx(_)) {
                TEE_TYPE_SGX
            } else {
                TEE_TYPE_TDX
            };
            let certification = CertificationData::PckChain(chain);
            quote(version, tee_type, body, certification)
        })
        .collect()
}

fn quote(version: u16, tee_type: u32, body: QuoteBody, certification: CertificationData<'_>) -> Vec<u8> {
    let header = QuoteHeader {
        version,
        att_key_type: 2,
        tee_type,
        qe_svn: 9,
        pce_svn: 14,
        qe_vendor_id: INTEL_QE_VENDOR_ID,
        user_data: [1; 20],
    };
    let builder = QuoteBuilder {
        header,
        body,
        signature: [7; 64],
        attestation_key: [8; 64],
        qe_report: ReportBody::parse(&[6; 384]).unwrap(),
        qe_report_signature: [9; 64],
        qe_auth_data: &[4; 32],
        certification,
    };
    builder.encode().unwrap()
}

fn certification() -> Vec<Vec<u8>> {
    let id = |ppid| PckIdentification {
        ppid,
        cpu_svn: [1; 16],
        pce_svn: 2,
        pce_id: Some([0, 0]),
    };
    let made = [
        CertificationData::Ppid(id(&[1; 16])),
        CertificationData::PpidRsa2048(id(&[2; 256])),
        CertificationData::PpidRsa3072(id(&[3; 384])),
        CertificationData::PckChain(b"-----BEGIN CERTIFICATE-----"),
        CertificationData::PlatformManifest(b"manifest"),
    ];
    // The target takes the type and the body, without the length between them.
    made.iter()
        .map(|data| data.encode())
        .map(|bytes| [&bytes[..2], &bytes[6..]].concat())
        .collect()
}

fn logs() -> Vec<Vec<u8>> {
    let mut ccel = EventLog::new(SpecId::new(&[Algorithm::SHA384]), 1);
    let mut tpm = EventLog::new(SpecId::new(&[Algorithm::SHA1, Algorithm::SHA256]), 0);
    let variable = secure_boot();
    let path = [&[0; 24][..], &[8, 0, 0, 0, 0, 0, 0, 0], &[4, 4, 4, 0, 0x7f, 0xff, 4, 0]].concat();
    let events: [(u32, EventType, &[u8]); 8] = [
        (0, EventType::NO_ACTION, b"StartupLocality\0\x03"),
        (0, EventType::S_CRTM_VERSION, b"\0\0"),
        (7, EventType::EFI_VARIABLE_DRIVER_CONFIG, &variable),
        (7, EventType::SEPARATOR, &[0; 4]),
        (4, EventType::EFI_ACTION, b"Calling EFI Application from Boot Option"),
        (4, EventType::EFI_BOOT_SERVICES_APPLICATION, &path),
        (8, EventType::IPL, b"grub_cmd: boot\0"),
        (5, EventType::EFI_ACTION, b"Exit Boot Services Returned with Success"),
    ];
    for (register, event_type, data) in events {
        tpm.push(event(&[Algorithm::SHA1, Algorithm::SHA256], register, event_type, data))
            .unwrap();
        let register = match register {
            0 | 1 | 7 => 1,
            2..=6 => 2,
            _ => 3,
        };
        ccel.push(event(&[Algorithm::SHA384], register, event_type, data))
            .unwrap();
    }
    let sha1 = event(&[Algorithm::SHA1], 0, EventType::SEPARATOR, &[0; 4]);
    let old = [
        &[0, 0, 0, 0, 4, 0, 0, 0][..],
        &sha1.digests[0].value,
        &[4, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    vec![
        tpm.encode(),
        ccel.encode(),
        [ccel.encode().as_slice(), &[0xff; 64]].concat(),
        old,
    ]
}

fn event(banks: &[Algorithm], register: u32, event_type: EventType, data: &[u8]) -> Event {
    let hashed = data
        .strip_prefix(b"grub_cmd: ")
        .map_or(data, |text| &text[..text.len() - 1]);
    let digest = |bank: &Algorithm| match *bank {
        _ if event_type == EventType::NO_ACTION => vec![0; bank.digest_length().unwrap()],
        Algorithm::SHA1 => hash::sha1(hashed).to_vec(),
        Algorithm::SHA256 => hash::sha256(hashed).to_vec(),
        _ => hash::sha384(hashed).to_vec(),
    };
    let digests = banks
        .iter()
        .map(|bank| Digest {
            algorithm: *bank,
            value: digest(bank),
        })
        .collect();
    Event {
        register,
        event_type,
        digests,
        data: data.to_vec(),
    }
}

fn secure_boot() -> Vec<u8> {
    let guid = hex::decode("61dfe48bca93d211aa0d00e098032b8c").unwrap();
    let name: Vec<u8> = "SecureBoot".encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&guid[..], &10u64.to_le_bytes(), &1u64.to_le_bytes(), &name, &[1]].concat()
}

fn endorsements_blob() -> Vec<u8> {
    let offsets: Vec<u8> = (0..9u32).flat_map(|at| (at * 4).to_le_bytes()).collect();
    let data: Vec<u8> = (0..9u8).flat_map(|at| [b'a' + at, b'b', b'c', 0]).collect();
    let size = u32::try_from(offsets.len() + data.len()).unwrap().to_le_bytes();
    // Version, enclave type, size with the offsets, number of elements.
    let header = [1u32.to_le_bytes(), 2u32.to_le_bytes(), size, 9u32.to_le_bytes()].concat();
    [header, offsets, data].concat()
}

fn custom_claims() -> Vec<Vec<u8>> {
    let claims = [
        CustomClaim {
            name: b"public_key\0",
            value: b"key",
        },
        CustomClaim { name: b"", value: b"" },
    ];
    vec![encode_custom_claims(&claims), encode_custom_claims(&[])]
}

fn reports() -> Vec<Vec<u8>> {
    let report = |version| {
        AttestationReport {
            version,
            signature_algorithm: 1,
            ..AttestationReport::default()
        }
        .encode()
    };
    let mut reports: Vec<Vec<u8>> = [2, 3, 5].into_iter().map(report).collect();
    reports.push([report(3), tables().remove(0)].concat());
    reports
}

fn tables() -> Vec<Vec<u8>> {
    let vcek = TableEntry {
        kind: EntryKind::Vcek,
        bytes: b"certificate",
    };
    let ask = TableEntry {
        kind: EntryKind::Ask,
        bytes: b"another",
    };
    vec![
        CertificateTable::new(vec![vcek, ask]).encode(),
        CertificateTable::new(Vec::new()).encode(),
    ]
}

fn tcb_infos() -> Vec<Vec<u8>> {
    let component = r#"{"svn":1}"#;
    let components = vec![component; 16].join(",");
    let version_3 = format!(
        r#"{{"id":"SGX","version":3,"issueDate":"2025-01-01T00:00:00Z","nextUpdate":"2025-02-01T00:00:00Z","fmspc":"00906ED50000","pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":17,"tcbLevels":[{{"tcb":{{"sgxtcbcomponents":[{components}],"pcesvn":13}},"tcbDate":"2024-01-01T00:00:00Z","tcbStatus":"UpToDate","advisoryIDs":["INTEL-SA-00001"]}}]}}"#
    );
    let flat: Vec<String> = (1..=16).map(|at| format!(r#""sgxtcbcomp{at:02}svn":1"#)).collect();
    let version_2 = format!(
        r#"{{"version":2,"issueDate":"2022-01-01T00:00:00Z","nextUpdate":"2022-02-01T00:00:00Z","fmspc":"00906ED50000","pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":12,"tcbLevels":[{{"tcb":{{{},"pcesvn":13}},"tcbDate":"2021-01-01T00:00:00Z","tcbStatus":"OutOfDate"}}]}}"#,
        flat.join(",")
    );
    [version_3, version_2]
        .map(|document| format!(r#"{{"tcbInfo":{document},"signature":"{}"}}"#, "ab".repeat(64)).into_bytes())
        .to_vec()
}

const QE_IDENTITY: &str = r#"{"enclaveIdentity":{"id":"QE","version":2,"issueDate":"2025-01-01T00:00:00Z","nextUpdate":"2025-02-01T00:00:00Z","tcbEvaluationDataNumber":17,"miscselect":"00000000","miscselectMask":"FFFFFFFF","attributes":"11000000000000000000000000000000","attributesMask":"FBFFFFFFFFFFFFFF0000000000000000","mrsigner":"8C4F5775D796503E96137F77C68A829A0056AC8DED70140B081B094490C57BFF","isvprodid":1,"tcbLevels":[{"tcb":{"isvsvn":8},"tcbDate":"2024-01-01T00:00:00Z","tcbStatus":"UpToDate"}]},"signature":"abababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab"}"#;

fn collateral() -> Vec<u8> {
    serde_json::json!({
        "pck_crl_issuer_chain": "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "root_ca_crl": "3000",
        "pck_crl": "3000",
        "tcb_info": "{}",
        "tcb_info_signature": "ab".repeat(64),
        "qe_identity": "{}",
        "qe_identity_signature": "ab".repeat(64),
    })
    .to_string()
    .into_bytes()
}

const POLICIES: &[&str] = &[
    "version= 1.0;\nauthorizationrules\n{\n\tc:[type==\"secureboot\", value==true] => permit();\n};\n\nissuancerules\n{\n\tc:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);\n};\n",
    "version=1.0; authorizationrules { => permit(); }; issuancerules { [type==\"a\", issuer==\"AttestationPolicy\"] && [type==\"b\", value >= 2] => add(type=\"c\", value=1); => issueproperty(type=\"p\", value=\"v\"); };",
    "version= 1.1;\nconfigurationrules{\n => issueproperty(type = \"required_pck_crl\", value = \"true\");\n};\nauthorizationrules{ => deny(); // never\n};\nissuancerules{\n};",
];

const CLAIMS: &[&str] = &[
    r#"{"secureboot": true, "x-ms-sgx-svn": 3, "names": ["a", "b"]}"#,
    r#"[{"type":"a","value":1,"issuer":"CustomClaim"}]"#,
];

const REQUESTS: &[&str] = &[
    r#"{"quote":"AwACAA","runtimeData":{"data":"e30=","dataType":"JSON"},"nonce":"one","draftPolicyForAttestation":"version=1.0;"}"#,
    r#"{"report":"_w==","initTimeData":{"data":"","dataType":"Binary"},"runtimeData":null,"nonce":7}"#,
    r#"{"SnpReport":"AAAA","VcekCertChain":"LS0t","Endorsements":"e30"}"#,
];

fn envelopes() -> Vec<Seed> {
    let payload = format!(r#"{{"AttestationPolicy":"{}"}}"#, b64::url(POLICIES[0].as_bytes()));
    let unsecured = jose::unsecured(payload.as_bytes());
    let key = SigningKey::generate(KeyType::P256).unwrap();
    let header = serde_json::Map::from_iter([("kid".to_owned(), "one".into())]);
    let signed = jose::sign(header, payload.as_bytes(), &key, jose::JwsAlgorithm::ES256).unwrap();
    let both = vec![unsecured.into_bytes(), signed.into_bytes()];
    let wrapped = vec![both[0].clone()];
    seeds_of_tokens()
        .chain(number("jws", both))
        .chain(number("policy_document", wrapped))
        .collect()
}

/// Tokens under the fixed key of the target, one of them good.
fn seeds_of_tokens() -> impl Iterator<Item = Seed> {
    number("token", vec![crate::fuzz::good_token().into_bytes()])
}

fn certificates() -> Vec<Seed> {
    let algorithm = SignatureAlgorithm::EcdsaP256Sha256;
    let key = SigningKey::generate(KeyType::P256).unwrap();
    let name = Name::from_attributes(&[(oid::ORGANIZATION, "Casemate"), (oid::COMMON_NAME, "Fuzz seed")]);
    let (from, until) = (Time::from_unix(1_700_000_000), Time::from_unix(2_000_000_000));
    let root = CertificateTemplate::new(name.clone(), &[0x41, 2, 3], from, until)
        .ca(Some(1))
        .key_usage(&[KeyUsage::CertSign, KeyUsage::CrlSign])
        .key_identifiers()
        .self_signed(&key, algorithm)
        .unwrap();
    let crl = CrlTemplate::new(1, from, until)
        .revoke(&[0x42], from)
        .issue(&name, &key, algorithm)
        .unwrap();
    let text = [
        pem::encode("CERTIFICATE", root.der()),
        pem::encode("X509 CRL", crl.der()),
    ]
    .concat();
    let made = [
        ("certificate", root.der().to_vec()),
        ("crl", crl.der().to_vec()),
        ("pem", text.into_bytes()),
    ];
    made.into_iter()
        .flat_map(|(target, bytes)| number(target, vec![bytes]))
        .collect()
}
