//! `verify`, `eventlog`, `emulate` and `attestation policy` as processes: exit codes, JSON and words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const DONE: i32 = 0;
const FAULT: i32 = 1;
const REFUSED: i32 = 2;
const MISUSE: i32 = 64;

/// The samples: `CASEMATE_SHARED`, or `shared` beside the workspace.
fn sample(path: &str) -> String {
    let shared = std::env::var_os("CASEMATE_SHARED").map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .ancestors()
                .nth(3)
                .unwrap()
                .join("shared")
        },
        PathBuf::from,
    );
    let path = shared.join("evidence").join(path);
    assert!(path.exists(), "{} is missing; set CASEMATE_SHARED", path.display());
    path.to_str().unwrap().to_owned()
}

fn casemate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_casemate"))
        .args(arguments)
        .env_remove("NO_COLOR")
        .output()
        .unwrap()
}

/// Runs and returns standard output, once the exit code is what it must be.
fn expect(code: i32, arguments: &[&str]) -> String {
    let output = casemate(arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
    assert!(!error.contains("panicked"), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs and returns standard error, likewise.
fn expect_error(code: i32, arguments: &[&str]) -> String {
    let output = casemate(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn only(text: &str) -> Value {
    let [object] = <[Value; 1]>::try_from(objects(text)).unwrap();
    object
}

fn file(folder: &tempfile::TempDir, name: &str, contents: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, contents).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn real_evidence_of_every_kind_verifies_from_its_folder() {
    for (folder, kind, at, claim, value) in [
        (
            "sgx-dcap/sgx-phala",
            "sgx-dcap",
            "2025-07-04T10:28:44Z",
            "fmspc",
            "00A067110000",
        ),
        (
            "tdx/tdx-v5-td15ex-phala",
            "tdx",
            "2026-10-23T00:06:48Z",
            "tee_type",
            "0x81",
        ),
        (
            "sev-snp/turin-v5-vcek-ms-tav",
            "sev-snp",
            "2026-10-18T17:52:33Z",
            "cpuid_fms",
            "1a0201",
        ),
    ] {
        let object = only(&expect(DONE, &["verify", &sample(folder), "--at", at, "--json"]));
        assert_eq!(object["type"], kind);
        assert_eq!(object["class"], "hardware");
        assert_eq!(object["verdict"], "verified");
        assert_eq!(
            object["claims"][claim].as_str().map(str::to_uppercase),
            Some(value.to_uppercase()),
            "{folder}"
        );
        assert_eq!(object["refusals"], Value::Array(Vec::new()));
        let checks = object["checks"].as_array().unwrap();
        assert!(
            checks.len() > 5
                && checks
                    .iter()
                    .all(|check| check["ok"] == true && check["name"].is_string())
        );
    }
    let both = expect(
        DONE,
        &[
            "verify",
            &sample("open-enclave/oe-report-maa-release"),
            "--at",
            "2025-06-11T19:18:17Z",
            "--json",
        ],
    );
    let kinds: Vec<_> = objects(&both)
        .iter()
        .map(|object| object["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["open-enclave", "sgx-dcap"]);
}

#[test]
fn a_refusal_names_every_reason_and_no_class() {
    let folder = sample("sev-snp/milan-v2-wrong-vcek-legacy");
    let object = only(&expect(
        REFUSED,
        &["verify", &folder, "--at", "2023-10-17T15:29:55Z", "--json"],
    ));
    assert_eq!(
        (&object["verdict"], &object["class"]),
        (&Value::from("refused"), &Value::Null)
    );
    assert_eq!(object["claims"], serde_json::json!({}));
    let codes: Vec<_> = object["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refusal| &refusal["code"])
        .collect();
    assert!(codes.contains(&&Value::from("signature_invalid")), "{codes:?}");
    assert!(object["refusals"][0]["message"].is_string());
    let expired = only(&expect(
        REFUSED,
        &[
            "verify",
            &sample("sgx-dcap/sgx-phala"),
            "--at",
            "2030-01-01T00:00:00Z",
            "--json",
        ],
    ));
    assert_eq!(expired["refusals"][0]["code"], "expired");
}

#[test]
fn people_get_a_tree() {
    let folder = sample("sgx-dcap/sgx-phala");
    let text = expect(DONE, &["verify", &folder, "--at", "2025-07-04T10:28:44Z"]);
    assert!(!text.contains('\u{1b}'), "colour only on a terminal");
    let text = text.replace(&folder, "FOLDER");
    let head: Vec<&str> = text.lines().take(5).collect();
    assert_eq!(head[0], "FOLDER/quote.bin  sgx-dcap  ✓ verified");
    assert!(head[1].starts_with("├─ class        hardware: "));
    assert!(text.contains("├─ vouched for  by Intel SGX Root CA\n"));
    assert!(text.contains("✓ quote.signature"));
    assert!(text.contains("mrenclave"));
    let refused = expect(REFUSED, &["verify", &folder, "--at", "2030-01-01T00:00:00Z"]);
    assert!(
        refused.starts_with(&format!("{folder}/quote.bin  sgx-dcap  ✗ refused\n├─ expired: ")),
        "{refused}"
    );
    assert!(refused.contains("hint: "));
}

#[test]
fn certificates_without_a_report_vouch_for_no_machine() {
    let object = only(&expect(
        DONE,
        &[
            "verify",
            &sample("sev-snp/amd-roots-milan"),
            "--at",
            "2025-06-01T00:00:00Z",
            "--json",
        ],
    ));
    assert_eq!(
        (&object["type"], &object["verdict"]),
        (&Value::from("sev-snp"), &Value::from("verified"))
    );
    assert_eq!(object["claims"]["kind"], "endorsement-chain");
    let report = object["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "report")
        .unwrap();
    assert!(report["detail"].as_str().unwrap().contains("nothing about any machine"));
}

#[test]
fn certificates_without_a_report_do_not_pass_a_policy() {
    let folder = tempfile::tempdir().unwrap();
    let never = "version=1.0; authorizationrules { => deny(); }; issuancerules {};";
    let policy = file(&folder, "never.txt", never);
    let roots = sample("sev-snp/amd-roots-milan");
    let arguments = ["verify", &roots, "--at", "2025-06-01T00:00:00Z", "--policy", &policy];
    assert!(expect_error(FAULT, &arguments).contains("no evidence found"));
}

#[test]
fn a_log_beside_a_quote_is_shown_and_a_named_one_must_replay() {
    let (quote, at) = ("tdx/tdx-v4-lunal-live", "2026-10-23T00:06:48Z");
    // The log in this folder is of another boot of the same machine.
    let found = only(&expect(DONE, &["verify", &sample(quote), "--at", at, "--json"]));
    assert_eq!(found["verdict"], "verified");
    assert_eq!(found["event_logs"][0]["replays"], false);
    assert_eq!(found["event_logs"][0]["refusals"][0]["code"], "replay_mismatch");
    let named = |log: &str, code| {
        let quote_file = sample(&format!("{quote}/quote.bin"));
        let collateral = sample(quote);
        let log = sample(log);
        only(&expect(
            code,
            &[
                "verify",
                &quote_file,
                &log,
                "--collateral",
                &collateral,
                "--at",
                at,
                "--json",
            ],
        ))
    };
    let other_boot = named("tdx/tdx-v4-lunal-live/ccel.bin", REFUSED);
    assert_eq!(other_boot["refusals"][0]["code"], "replay_mismatch");
    assert!(other_boot["refusals"][0]["message"].as_str().unwrap().contains("RTMR2"));
    let own_boot = named("tdx-ccel/ccel-lunal-tdx-ccel-live2/eventlog.bin", DONE);
    assert_eq!(own_boot["event_logs"][0]["replays"], true);
}

#[test]
fn nothing_to_verify_is_a_fault_with_a_hint() {
    let log = sample("tpm-eventlog/log-arch-linux-workstation");
    let error = expect_error(FAULT, &["verify", &log]);
    assert!(
        error.contains("an event log without a quote is not evidence"),
        "{error}"
    );
    assert!(
        error.contains("\nhint: look at it with: casemate eventlog FILE\n"),
        "{error}"
    );
    let empty = tempfile::tempdir().unwrap();
    let error = expect_error(FAULT, &["verify", empty.path().to_str().unwrap(), "--json"]);
    assert!(error.contains("no evidence found"), "{error}");
    let collateral = sample("sgx-dcap/sgx-phala/collateral.json");
    assert!(expect_error(FAULT, &["verify", &collateral]).contains("no evidence found"));
    expect_error(FAULT, &["verify", "/nonexistent/quote.bin"]);
    expect_error(FAULT, &["verify", &log, "--trust-root", &format!("{log}/eventlog.bin")]);
}

#[test]
fn a_named_file_never_goes_by_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = file(&folder, "quote.bin", b"not a quote");
    let phala = sample("sgx-dcap/sgx-phala");
    let text = expect(
        REFUSED,
        &["verify", &phala, &unknown, "--at", "2025-07-04T10:28:44Z", "--json"],
    );
    let objects = objects(&text);
    assert_eq!(objects.len(), 2);
    let refused = objects.iter().find(|object| object["verdict"] == "refused").unwrap();
    assert_eq!(
        (&refused["type"], &refused["refusals"][0]["code"]),
        (&Value::Null, &"unsupported_type".into())
    );
}

#[test]
fn a_processor_line_is_taken_as_its_maker_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, out) = (path("data"), path("snp"));
    expect(
        DONE,
        &["emulate", "snp", "--product", "Turin", "--data", &data, "--out", &out],
    );
}

#[test]
fn misuse_is_64_and_help_is_not() {
    for arguments in [
        &["verify"][..],
        &["nonsense"],
        &[],
        &["verify", ".", "--at", "yesterday"],
        &["emulate", "sgx", "--out", "x"],
        &["emulate", "sgx", "--data", "x", "--out", "x", "--product", "genoa"],
        &["emulate", "snp", "--data", "x", "--out", "x", "--quote-version", "5"],
        &["attestation", "policy", "get", "SgxEnclave"],
        &["attestation", "policy", "get", "Nonsense", "--data", "x"],
    ] {
        expect_error(MISUSE, arguments);
    }
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["verify", "--help"],
        &["attestation", "policy", "--help"],
    ] {
        assert!(!expect(DONE, arguments).is_empty());
    }
}

#[test]
fn a_reader_that_goes_away_changes_no_verdict() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_casemate"))
        .args(["verify", &sample("sgx-dcap/sgx-phala"), "--at", "2025-07-04T10:28:44Z"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(DONE));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn event_logs_are_compared_and_never_called_verified() {
    let log = sample("tpm-eventlog/log-arch-linux-workstation/eventlog.bin");
    let pcrs = sample("tpm-eventlog/log-arch-linux-workstation/expected_pcrs.json");
    let object = only(&expect(DONE, &["eventlog", &log, "--pcrs", &pcrs, "--json"]));
    assert_eq!(object["banks"]["sha256"]["0"].as_str().map(str::len), Some(64));
    assert!(object["events"].as_array().is_some_and(|events| !events.is_empty()));
    assert!(object["findings"].is_array());
    let text = expect(DONE, &["eventlog", &log, "--pcrs", &pcrs]);
    assert!(!text.contains("verified") && text.contains("not evidence"), "{text}");
    let wrong = "tdx-ccel/ccel-trustee-gcp-wrong-rtmr0";
    let wrong = only(&expect(
        REFUSED,
        &[
            "eventlog",
            &sample(&format!("{wrong}/eventlog.bin")),
            "--pcrs",
            &sample(&format!("{wrong}/expected_rtmrs.json")),
            "--json",
        ],
    ));
    assert_eq!(wrong["refusals"][0]["code"], "replay_mismatch");
    let folder = tempfile::tempdir().unwrap();
    let broken = only(&expect(
        REFUSED,
        &["eventlog", &file(&folder, "log", [1; 40]), "--json"],
    ));
    assert_eq!(broken["refusals"][0]["code"], "malformed");
    expect_error(FAULT, &["eventlog", &log, "--pcrs", &file(&folder, "pcrs", "[]")]);
    expect_error(FAULT, &["eventlog", "/nonexistent"]);
}

#[test]
fn emulated_evidence_verifies_under_its_own_root_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let policy = file(
        &folder,
        "policy.txt",
        "version=1.0; authorizationrules { => permit(); }; issuancerules { };",
    );
    let strict = "version=1.0; authorizationrules { [type==\"x-casemate-trust-class\", value==\"hardware\"] => permit(); };\
                  issuancerules { };";
    let strict = file(&folder, "strict.txt", strict);
    for (platform, kind) in [("sgx", "sgx-dcap"), ("tdx", "tdx"), ("snp", "sev-snp")] {
        let out = folder.path().join(platform).to_str().unwrap().to_owned();
        let made = only(&expect(
            DONE,
            &[
                "emulate",
                platform,
                "--data",
                &data,
                "--report-data",
                "c0ffee",
                "--out",
                &out,
                "--json",
            ],
        ));
        assert_eq!(
            (&made["evidence"], &made["class"]),
            (&Value::from(out.as_str()), &Value::from("emulated"))
        );
        let beside = made["endorsements"].as_str().unwrap();
        let root = made["trust_root"].as_str().unwrap();
        let verify = |code, more: &[&str]| {
            only(&expect(
                code,
                &[&["verify", &out, "--collateral", beside, "--json"], more].concat(),
            ))
        };
        let object = verify(DONE, &["--trust-root", root, "--policy", &policy]);
        assert_eq!(
            (&object["type"], &object["class"]),
            (&Value::from(kind), &Value::from("emulated"))
        );
        assert!(
            object["claims"]["report_data"]
                .as_str()
                .unwrap()
                .starts_with("c0ffee0000")
        );
        let by_vendor = verify(REFUSED, &[]);
        assert_eq!(
            (&by_vendor["class"], &by_vendor["refusals"][0]["code"]),
            (&Value::Null, &"untrusted".into())
        );
        let denied = verify(REFUSED, &["--trust-root", root, "--policy", &strict]);
        assert_eq!(denied["refusals"][0]["code"], "policy_not_permitted");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let kept = std::fs::metadata(Path::new(&data).join("emulator.pem")).unwrap();
        assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn report_data_is_hashed_or_refused_but_never_cut() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let out = folder.path().join("quote").to_str().unwrap().to_owned();
    let emulate = ["emulate", "sgx", "--data", &data, "--out", &out];
    for report_data in ["aa".repeat(65), "abc".to_owned(), "xy".to_owned()] {
        expect_error(MISUSE, &[&emulate[..], &["--report-data", &report_data]].concat());
        assert!(!Path::new(&out).exists());
    }
    let runtime = file(&folder, "runtime", "abc");
    let made = only(&expect(
        DONE,
        &[&emulate[..], &["--runtime-data", &runtime, "--json"]].concat(),
    ));
    let (beside, root) = (
        made["endorsements"].as_str().unwrap(),
        made["trust_root"].as_str().unwrap(),
    );
    let object = only(&expect(DONE, &["verify", &out, beside, "--trust-root", root, "--json"]));
    let sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(
        object["claims"]["report_data"],
        format!("{sha256_of_abc}{}", "0".repeat(64))
    );
}

#[test]
fn policies_are_checked_with_line_and_column_and_tried_out() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(
        &folder,
        "good",
        "version=1.0;\nauthorizationrules { [type==\"a\", value==1] => permit(); };\nissuancerules { => issue(type=\"b\", value=2); };",
    );
    let bad = file(&folder, "bad", "version=1.0;\nauthorizationrules { => permt(); };");
    let check = ["attestation", "policy", "check"];
    expect(DONE, &[&check[..], &[&good]].concat());
    let object = only(&expect(DONE, &[&check[..], &[&good, "--json"]].concat()));
    assert_eq!(
        object["warnings"],
        serde_json::json!([{"lint": "no_debug_check"}]),
        "what is hardly meant is said"
    );
    let error = expect_error(REFUSED, &[&check[..], &[&bad]].concat());
    assert!(error.contains(&format!("{bad}:2:25: expected ")), "{error}");
    let object = only(&expect(REFUSED, &[&check[..], &[&bad, "--json"]].concat()));
    assert_eq!((&object["line"], &object["column"]), (&2.into(), &25.into()));
    expect_error(FAULT, &[&check[..], &["/nonexistent"]].concat());
    let test = |claims: &str, code| {
        let claims = file(&folder, "claims", claims);
        only(&expect(
            code,
            &["attestation", "policy", "test", &good, "--claims", &claims, "--json"],
        ))
    };
    let permitted = test(r#"{"a": 1}"#, DONE);
    assert_eq!(permitted["verdict"], "permitted");
    assert_eq!(permitted["outgoing"][0]["type"], "b");
    let denied = test(r#"{"a": 2}"#, REFUSED);
    assert_eq!(
        (&denied["verdict"], &denied["failed"][0]["line"]),
        (&"not_permitted".into(), &2.into())
    );
}
