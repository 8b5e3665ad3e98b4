//! `casemate attestation …` against a running `casemate dev`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

const DONE: i32 = 0;
const FAULT: i32 = 1;
const REFUSED: i32 = 2;

/// A running `casemate dev`, killed when dropped.
struct Dev(Child);

impl Dev {
    fn start(data: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_casemate"))
            .args(["dev", "--data", data, "--port-base", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut dev = Self(child);
        while !Path::new(data).join("endpoints.json").exists() {
            assert!(dev.0.try_wait().unwrap().is_none(), "casemate dev ended");
            std::thread::sleep(Duration::from_millis(50));
        }
        dev
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs and returns standard output and standard error, once the exit code is what it must be.
fn expect(code: i32, arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_casemate"))
        .args(arguments)
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
    (String::from_utf8(output.stdout).unwrap(), error)
}

#[test]
fn evidence_becomes_a_validated_token_and_policies_decide() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let data = path("data");
    let dev = Dev::start(&data);
    let client = |code, arguments: &[&str]| expect(code, &[&["attestation"], arguments, &["--data", &data]].concat());

    std::fs::write(path("runtime"), r#"{"key": 1}"#).unwrap();
    for (platform, word) in [("sgx", "sgx"), ("tdx", "tdxvm"), ("snp", "sevsnpvm")] {
        let out = path(platform);
        expect(
            DONE,
            &[
                "emulate",
                platform,
                "--data",
                &data,
                "--runtime-data",
                &path("runtime"),
                "--out",
                &out,
            ],
        );
        let runtime = ["--runtime-data", &path("runtime"), "--runtime-form", "json"];
        let (text, _) = client(
            DONE,
            &[&["attest", &out, "--nonce", "n", "--json"], &runtime[..]].concat(),
        );
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["claims"]["x-ms-attestation-type"], word);
        assert_eq!(answer["claims"]["x-casemate-trust-class"], "emulated");
        assert_eq!(answer["claims"]["x-ms-runtime"]["key"], 1);
        assert_eq!(answer["claims"]["nonce"], "n");
    }

    std::fs::write(path("other"), "other").unwrap();
    client(REFUSED, &["attest", &path("sgx"), "--runtime-data", &path("other")]);

    let (policy, _) = client(DONE, &["policy", "get", "SgxEnclave"]);
    std::fs::write(
        path("strict"),
        "version=1.0; authorizationrules { }; issuancerules { };",
    )
    .unwrap();
    client(DONE, &["policy", "set", "SgxEnclave", &path("strict")]);
    client(REFUSED, &["attest", &path("sgx")]);
    std::fs::write(path("policy"), &policy).unwrap();
    client(DONE, &["policy", "set", "sgxenclave", &path("policy")]);
    client(DONE, &["attest", &path("sgx")]);
    assert_eq!(client(DONE, &["policy", "get", "SgxEnclave"]).0, policy);
    client(DONE, &["policy", "reset", "SgxEnclave"]);
    std::fs::write(path("broken"), "version=1.0; nonsense").unwrap();
    client(REFUSED, &["policy", "set", "SgxEnclave", &path("broken")]);

    let (keys, _) = client(DONE, &["certs"]);
    assert!(serde_json::from_str::<Value>(&keys).unwrap()["keys"][0]["x5c"].is_array());

    std::fs::remove_file(path("data/token")).unwrap();
    let (_, error) = client(REFUSED, &["policy", "get", "SgxEnclave"]);
    assert!(
        error.contains("\nhint: give a file with a bearer token: --token FILE"),
        "{error}"
    );
    drop(dev);
    let (_, error) = client(FAULT, &["certs"]);
    assert!(error.contains("\nhint: "), "{error}");
}
