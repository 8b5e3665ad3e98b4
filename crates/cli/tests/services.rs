//! `serve` and `dev` as processes: what they print, what they write, and what a restart finds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

fn casemate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_casemate"));
    command.args(arguments).env("NO_COLOR", "1");
    command
}

fn output(arguments: &[&str]) -> Output {
    casemate(arguments).output().unwrap()
}

fn written(path: &Path, text: &str) -> String {
    std::fs::write(path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A running `casemate dev`. It is killed if a test ends early.
struct Dev(Child);

impl Dev {
    /// Starts it and waits until it says where it is.
    fn start(data: &Path) -> (Self, Value) {
        let endpoints = data.join("endpoints.json");
        let before = std::fs::metadata(&endpoints).and_then(|found| found.modified()).ok();
        let data = data.to_str().unwrap();
        let child = casemate(&["dev", "--data", data, "--port-base", "0"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut dev = Self(child);
        loop {
            let now = std::fs::metadata(&endpoints).and_then(|found| found.modified()).ok();
            if now.is_some() && now != before {
                return (
                    dev,
                    serde_json::from_slice(&std::fs::read(&endpoints).unwrap()).unwrap(),
                );
            }
            assert!(dev.0.try_wait().unwrap().is_none(), "casemate dev ended");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What Ctrl-C does.
    fn interrupt(mut self) -> ExitStatus {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.0.wait().unwrap()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_printed_configuration_has_every_key_and_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let printed = output(&["serve", "attestation", "--print-config"]);
    assert_eq!(printed.status.code(), Some(0));
    let text = String::from_utf8(printed.stdout).unwrap();
    let table: toml::Table = text.parse().unwrap();
    for key in [
        "listen",
        "insecure_accept_emulated",
        "insecure_verification_time",
        "collateral",
        "seal",
        "tls",
    ] {
        assert!(table.contains_key(key), "{key}");
    }
    let file = written(&folder.path().join("printed.toml"), &text);
    let again = output(&["serve", "attestation", "--config", &file, "--print-config"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), text);
}

#[test]
fn an_unknown_key_and_a_missing_sealer_are_faults() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = written(&folder.path().join("unknown.toml"), "listn = \"127.0.0.1:0\"\n");
    let refused = output(&["serve", "attestation", "--config", &unknown]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("unknown.toml:1:1"));

    let data = folder.path().join("data");
    let unsealed = format!("listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n", data.to_str().unwrap());
    let unsealed = written(&folder.path().join("unsealed.toml"), &unsealed);
    let refused = output(&["serve", "attestation", "--config", &unsealed]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8(refused.stderr)
            .unwrap()
            .contains("seal.insecure_file_sealer")
    );
    assert!(!data.exists(), "nothing is made before a sealer is there");
}

#[test]
fn serve_needs_a_service_that_exists() {
    assert_eq!(output(&["serve"]).status.code(), Some(64));
    assert_eq!(output(&["serve", "ledger"]).status.code(), Some(64));
}

#[cfg(unix)]
#[test]
fn dev_stops_clean_and_finds_everything_again() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let kept = ["token", "emulator.pem", "emulated-roots.pem", "seal.key", "tls/ca.pem"];
    let read = || kept.map(|name| std::fs::read(folder.path().join(name)).unwrap());

    let (dev, first) = Dev::start(folder.path());
    let url = first["attestation"]["url"].as_str().unwrap();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    assert!(Path::new(first["attestation"]["ca_pem"].as_str().unwrap()).is_file());
    for secret in ["token", "emulator.pem", "seal.key"] {
        let mode = std::fs::metadata(folder.path().join(secret))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
    let files = read();
    assert_eq!(dev.interrupt().code(), Some(0));

    let (dev, second) = Dev::start(folder.path());
    assert_eq!(second, first);
    assert_eq!(read(), files);
    assert_eq!(dev.interrupt().code(), Some(0));
}

#[test]
fn ports_end_at_65535() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    assert_eq!(
        output(&["dev", "--data", data, "--port-base", "65535"]).status.code(),
        Some(64)
    );
}
