//! Emulated evidence through the whole service: refused unless configured, and then of class `emulated`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use casemate_attestation::{Config, Service, StartError};
use casemate_crypto::{b64, hash::sha256};
use casemate_daemon::now;
use casemate_emulator::{Bundle, Debug, Emulator, Platform, SgxIdentity, SnpIdentity, TdxIdentity};
use common::{attest, config, reason, start, validated};
use serde_json::{Value, json};

const RUNTIME: &[u8] = br#"{"keys":[{"kty":"EC","kid":"mine"}]}"#;

/// The report data that binds [`RUNTIME`].
fn report_data() -> [u8; 64] {
    let mut data = [0; 64];
    data[..32].copy_from_slice(&sha256(RUNTIME));
    data
}

fn runtime() -> Value {
    json!({"data": b64::url(RUNTIME), "dataType": "JSON"})
}

/// Writes roots and endorsements where the configuration finds them.
fn configured(dir: &Path, emulator: &Emulator, bundles: &[&Bundle]) -> Config {
    let mut config = config(dir);
    config.insecure_accept_emulated = true;
    config.trust_roots = vec![dir.join("roots.pem")];
    std::fs::write(dir.join("roots.pem"), emulator.roots_pem()).unwrap();
    config.collateral.dir = dir.join("collateral");
    for (number, bundle) in bundles.iter().enumerate() {
        let folder = config.collateral.dir.join(number.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        for file in &bundle.endorsements {
            std::fs::write(folder.join(file.name), &file.contents).unwrap();
        }
    }
    config
}

/// A SEV-SNP report as clients send it, with the certificates of its chip.
fn snp_body(bundle: &Bundle) -> Value {
    let is_pem = |contents: &[u8]| contents.starts_with(b"-----BEGIN CERTIFICATE");
    let chain: Vec<u8> = bundle
        .endorsements
        .iter()
        .map(|file| &file.contents)
        .filter(|c| is_pem(c))
        .flatten()
        .copied()
        .collect();
    let inner = json!({"SnpReport": b64::url(&bundle.evidence), "VcekCertChain": b64::url(&chain)});
    json!({"report": b64::url(inner.to_string().as_bytes()), "runtimeData": runtime()})
}

#[tokio::test]
async fn every_kind_is_attested_where_it_is_configured() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::generate(now()).unwrap();
    let platform = Platform::default();
    let sgx = emulator
        .sgx_quote(&report_data(), &SgxIdentity::default(), platform, now())
        .unwrap();
    let tdx = emulator
        .tdx_quote(&report_data(), &TdxIdentity::default(), platform, now())
        .unwrap();
    let snp = emulator
        .snp_report(&report_data(), &SnpIdentity::default(), platform, now())
        .unwrap();
    let house = start(configured(directory.path(), &emulator, &[&sgx, &tdx, &snp])).await;
    let quote = |bundle: &Bundle| json!({"quote": b64::url(&bundle.evidence), "runtimeData": runtime()});
    for (kind, body, word) in [
        ("SgxEnclave", quote(&sgx), "sgx"),
        ("TdxVm", quote(&tdx), "tdxvm"),
        ("SevSnpVm", snp_body(&snp), "sevsnpvm"),
    ] {
        let token = attest(&house, kind, &body).await.unwrap();
        let claims = validated(&house, &token).await;
        assert_eq!(claims["x-ms-attestation-type"], word);
        assert_eq!(claims["x-casemate-trust-class"], "emulated", "{kind}");
        assert_eq!(
            claims["x-ms-runtime"],
            serde_json::from_slice::<Value>(RUNTIME).unwrap(),
            "{kind}"
        );
    }
    let metrics = house.send(http::Method::GET, "/metrics", "").await;
    let metrics = String::from_utf8(metrics.body().to_vec()).unwrap();
    assert!(
        metrics.contains(r#"attestation_type="SgxEnclave",class="emulated",code="ok""#),
        "{metrics}"
    );
    house.running.shutdown().await;
}

#[tokio::test]
async fn where_it_is_not_configured_it_is_untrusted() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::generate(now()).unwrap();
    let sgx = emulator
        .sgx_quote(&report_data(), &SgxIdentity::default(), Platform::default(), now())
        .unwrap();
    let mut own = configured(directory.path(), &emulator, &[&sgx]);
    own.insecure_accept_emulated = false;
    assert!(matches!(Service::start(own.clone()).await, Err(StartError::Config(_))));
    own.trust_roots.clear();
    // The root lies beside the evidence; that does not make it trusted.
    std::fs::write(own.collateral.dir.join("roots.pem"), emulator.roots_pem()).unwrap();
    let house = start(own).await;
    let body = json!({"quote": b64::url(&sgx.evidence)});
    let (status, detail) = attest(&house, "SgxEnclave", &body).await.unwrap_err();
    assert_eq!((status, reason(&detail)), (400, "untrusted"));
    house.running.shutdown().await;
}

#[tokio::test]
async fn debug_is_refused_by_the_default_policy_even_there() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::generate(now()).unwrap();
    let identity = SgxIdentity {
        debug: Debug::On,
        ..SgxIdentity::default()
    };
    let sgx = emulator
        .sgx_quote(&report_data(), &identity, Platform::default(), now())
        .unwrap();
    let house = start(configured(directory.path(), &emulator, &[&sgx])).await;
    let (status, detail) = attest(&house, "SgxEnclave", &json!({"quote": b64::url(&sgx.evidence)}))
        .await
        .unwrap_err();
    assert_eq!((status, detail.code.as_str()), (400, "PolicyEvaluationError"));
    house.running.shutdown().await;
}
