//! Evidence that real hardware made, and requests that Azure's own client sent, through the whole service.
//!
//! `insecure_verification_time` sets the time at which the recorded collateral is valid.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use casemate_attestation::Config;
use casemate_crypto::b64;
use casemate_policy::PolicyDocument;
use common::{House, attest, config, reason, shared, start, unsecured, validated};
use serde_json::{Map, Value, json};

/// The policy that was in force when the requests were recorded.
const RECORDED_POLICY: &str = "version=1.0; authorizationrules{=> permit();}; issuancerules{};";
/// When the collateral of the recorded enclaves is valid.
const RECORDED_AT: &str = "2025-06-11T19:18:17Z";

fn recorded(collateral: &str, at: &str, dir: &Path) -> Config {
    let mut config = config(dir);
    config.collateral.dir = shared().join("evidence").join(collateral);
    config.insecure_verification_time = at.to_owned();
    config
}

async fn azure_sdk(dir: &Path) -> House {
    start(recorded("sgx-dcap/sgx-azsdk-recording", RECORDED_AT, dir)).await
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(shared().join("evidence").join(path)).unwrap()
}

fn read_json(path: &str) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

/// The claims that the evidence alone decides; not times, issuer, identifiers and collateral of 2021.
fn decided_by_evidence(claims: &Value) -> Map<String, Value> {
    let others = [
        "exp",
        "iat",
        "nbf",
        "iss",
        "jti",
        "x-ms-policy-signer",
        "x-ms-sgx-collateral",
        "maa-attestationcollateral",
    ];
    let claims = claims.as_object().unwrap().clone();
    claims
        .into_iter()
        .filter(|(name, _)| !others.contains(&name.as_str()))
        .collect()
}

#[tokio::test]
async fn recorded_requests_are_answered_as_azure_answered_them() {
    let directory = tempfile::tempdir().unwrap();
    let house = azure_sdk(directory.path()).await;
    let policy = PolicyDocument::from_text(RECORDED_POLICY).unwrap();
    for kind in [
        casemate_api::attestation::AttestationType::SgxEnclave,
        casemate_api::attestation::AttestationType::OpenEnclave,
    ] {
        house.call(house.api().set_policy(kind, policy.jws())).await.unwrap();
    }
    for (sample, kind) in [
        ("maa-azsdk-sgxenclave-2", "SgxEnclave"),
        ("maa-azsdk-sgxenclave-3", "SgxEnclave"),
        ("maa-azsdk-sgxenclave-4", "SgxEnclave"),
        ("maa-azsdk-openenclave-8", "OpenEnclave"),
    ] {
        let request = read_json(&format!("maa-token/{sample}/request.json"));
        let expected = read_json(&format!("maa-token/{sample}/token_claims.json"));
        let token = attest(&house, kind, &request).await.unwrap();
        let claims = validated(&house, &token).await;
        for (name, value) in decided_by_evidence(&expected) {
            assert_eq!(claims[&name], value, "{sample}: {name}");
        }
        assert_eq!(
            claims["x-ms-sgx-collateral"]["quotehash"], expected["x-ms-sgx-collateral"]["quotehash"],
            "{sample}"
        );
        assert_eq!(claims["x-casemate-trust-class"], "hardware");
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            28_800
        );
        assert_eq!(claims["iat"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap(), 60);
        assert!(
            (casemate_daemon::now().unix() - claims["iat"].as_i64().unwrap()).abs() < 300,
            "tokens keep the real time"
        );
    }
    house.running.shutdown().await;
}

#[tokio::test]
async fn a_draft_policys_token_is_unsecured_as_azures_is() {
    let directory = tempfile::tempdir().unwrap();
    let house = azure_sdk(directory.path()).await;
    let request = read_json("maa-token/maa-azsdk-openenclave-9/request.json");
    let expected = read_json("maa-token/maa-azsdk-openenclave-9/token_claims.json");
    let token = attest(&house, "OpenEnclave", &request).await.unwrap();
    let (header, claims) = unsecured(&token);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("none"), &json!("JWT")));
    for (name, value) in decided_by_evidence(&expected) {
        assert_eq!(claims[&name], value, "{name}");
    }
    let keys = house.call(house.anonymous().certs()).await.unwrap();
    let refused = casemate_token::validate(&token, &keys, house.running.url(), casemate_daemon::now());
    assert!(matches!(refused, Err(casemate_token::TokenRefusal::Unsecured)));

    let mut denying = request.clone();
    denying["draftPolicyForAttestation"] = json!("version=1.0; authorizationrules{=> deny();}; issuancerules{};");
    let (status, detail) = attest(&house, "OpenEnclave", &denying).await.unwrap_err();
    assert_eq!(
        (status, detail.code.as_str(), reason(&detail)),
        (400, "PolicyEvaluationError", "policy_denied")
    );
    denying["draftPolicyForAttestation"] = json!("version=1.0; nonsense");
    let (status, detail) = attest(&house, "OpenEnclave", &denying).await.unwrap_err();
    assert_eq!((status, detail.code.as_str()), (400, "PolicyParsingError"));
    house.running.shutdown().await;
}

#[tokio::test]
async fn every_way_to_write_bytes_and_absent_data_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let house = azure_sdk(directory.path()).await;
    let quote = read("maa-token/maa-azsdk-sgxenclave-3/sgx_quote.bin");
    let standard = b64::std(&quote);
    let (url, bare) = (
        standard.replace('+', "-").replace('/', "_"),
        standard.trim_end_matches('=').to_owned(),
    );
    assert!(standard.ends_with('='), "the sample shows padding");
    for text in [&standard, &url, &bare, &b64::url(&quote)] {
        let token = attest(&house, "SgxEnclave", &json!({ "quote": text })).await.unwrap();
        assert!(
            token.split('.').all(|part| b64::decode_url_strict(part).is_ok()),
            "canonical, unpadded parts"
        );
    }
    for absent in [
        json!(null),
        json!({"data": null, "dataType": "JSON"}),
        json!({"data": "", "dataType": ""}),
    ] {
        let body = json!({"quote": url, "initTimeData": absent, "runtimeData": absent, "unknown": [1]});
        let claims = validated(&house, &attest(&house, "sgxenclave", &body).await.unwrap()).await;
        assert!(claims.get("x-ms-runtime").is_none() && claims.get("x-ms-inittime").is_none());
    }
    for (sent, name) in [(json!(18_446_744_073_709_551_615_u64), "u64"), (json!("words"), "text")] {
        let claims = validated(
            &house,
            &attest(&house, "SgxEnclave", &json!({"quote": url, "nonce": sent}))
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(claims["nonce"], sent, "{name}");
    }
    house.running.shutdown().await;
}

#[tokio::test]
async fn data_that_the_evidence_does_not_hold_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let house = azure_sdk(directory.path()).await;
    let mut request = read_json("maa-token/maa-azsdk-sgxenclave-2/request.json");
    request["runtimeData"]["data"] = json!(b64::url(br#"{"other":"data"}"#));
    let (status, detail) = attest(&house, "SgxEnclave", &request).await.unwrap_err();
    assert_eq!(
        (status, detail.code.as_str(), reason(&detail)),
        (400, "InvalidParameter", "runtime_data_mismatch")
    );
    request["runtimeData"] = json!(null);
    request["initTimeData"] = json!({"data": b64::url(b"x"), "dataType": "Binary"});
    let (status, detail) = attest(&house, "SgxEnclave", &request).await.unwrap_err();
    assert_eq!(
        (status, detail.code.as_str(), reason(&detail)),
        (400, "InvalidParameter", "inittime_data_mismatch")
    );
    house.running.shutdown().await;
}

#[tokio::test]
async fn evidence_of_another_kind_or_broken_is_an_invalid_parameter() {
    let directory = tempfile::tempdir().unwrap();
    let house = azure_sdk(directory.path()).await;
    let quote = read("maa-token/maa-azsdk-sgxenclave-3/sgx_quote.bin");
    let refused = async |kind: &str, body: Value| {
        let (status, detail) = attest(&house, kind, &body).await.unwrap_err();
        assert_eq!((status, detail.code.as_str()), (400, "InvalidParameter"), "{detail:?}");
        reason(&detail).to_owned()
    };
    assert_eq!(
        refused("TdxVm", json!({"quote": b64::url(&quote)})).await,
        "unsupported_type"
    );
    assert_eq!(
        refused("OpenEnclave", json!({"report": b64::url(&quote)})).await,
        "unsupported_type"
    );
    assert_eq!(
        refused("SgxEnclave", json!({"quote": b64::url(&quote[..500])})).await,
        "malformed"
    );
    let mut forged = quote.clone();
    forged[112] ^= 1; // MRENCLAVE
    assert_eq!(
        refused("SgxEnclave", json!({"quote": b64::url(&forged)})).await,
        "signature_invalid"
    );
    house.running.shutdown().await;
}

#[tokio::test]
async fn without_the_insecure_time_recorded_collateral_is_expired() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(recorded("sgx-dcap/sgx-azsdk-recording", "", directory.path())).await;
    let request = read_json("maa-token/maa-azsdk-sgxenclave-2/request.json");
    let (status, detail) = attest(&house, "SgxEnclave", &request).await.unwrap_err();
    assert_eq!(
        (status, detail.code.as_str(), reason(&detail)),
        (400, "InvalidParameter", "expired")
    );
    house.running.shutdown().await;
}

#[tokio::test]
async fn the_default_policy_refuses_debug_enclaves() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(recorded(
        "sgx-dcap/sgx-maa-intelsdk-debug",
        RECORDED_AT,
        directory.path(),
    ))
    .await;
    let body = json!({"quote": b64::url(&read("sgx-dcap/sgx-maa-intelsdk-debug/quote.bin"))});
    let (status, detail) = attest(&house, "SgxEnclave", &body).await.unwrap_err();
    assert_eq!(
        (status, detail.code.as_str()),
        (400, "PolicyEvaluationError"),
        "{detail:?}"
    );
    assert!(
        detail
            .details
            .iter()
            .any(|one| one.message.contains("x-ms-sgx-is-debuggable")),
        "{detail:?}"
    );
    let permitting = json!({"quote": body["quote"], "draftPolicyForAttestation": RECORDED_POLICY});
    let (_, claims) = unsecured(&attest(&house, "SgxEnclave", &permitting).await.unwrap());
    assert_eq!(claims["x-ms-sgx-is-debuggable"], true);
    house.running.shutdown().await;
}

#[tokio::test]
async fn a_tdx_quote_becomes_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(recorded("tdx/tdx-v4-phala", "2025-07-04T10:16:31Z", directory.path())).await;
    let body = json!({"quote": b64::url(&read("tdx/tdx-v4-phala/quote.bin"))});
    let claims = validated(&house, &attest(&house, "TdxVm", &body).await.unwrap()).await;
    assert_eq!(claims["x-ms-attestation-type"], "tdxvm");
    assert_eq!(claims["x-casemate-trust-class"], "hardware");
    assert_eq!(claims["tdx_mrtd"].as_str().unwrap().len(), 96);
    house.running.shutdown().await;
}

#[tokio::test]
async fn collateral_is_found_when_it_arrives() {
    let directory = tempfile::tempdir().unwrap();
    let collateral = directory.path().join("collateral");
    std::fs::create_dir(&collateral).unwrap();
    let mut own = recorded("", RECORDED_AT, directory.path());
    own.collateral = casemate_attestation::Collateral {
        dir: collateral.clone(),
        reload_seconds: 1,
    };
    let house = start(own).await;
    let request = read_json("maa-token/maa-azsdk-sgxenclave-2/request.json");
    let (status, detail) = attest(&house, "SgxEnclave", &request).await.unwrap_err();
    assert_eq!((status, reason(&detail)), (400, "collateral_missing"));
    assert!(detail.message.contains("FMSPC"), "{}", detail.message);
    for name in ["collateral.json", "root_ca_crl.der", "pck_crl.der"] {
        std::fs::write(
            collateral.join(name),
            read(&format!("sgx-dcap/sgx-azsdk-recording/{name}")),
        )
        .unwrap();
    }
    let mut tries = 0;
    while attest(&house, "SgxEnclave", &request).await.is_err() {
        tries += 1;
        assert!(tries < 600, "the collateral is never found");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    house.running.shutdown().await;
}

#[tokio::test]
async fn a_sidecars_sev_snp_request_becomes_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let mut own = config(directory.path());
    own.insecure_verification_time = "2023-08-11T18:43:56Z".to_owned();
    let house = start(own).await;
    let sample = "sev-snp/milan-v2-caci-sidecar";
    let chain = ["vcek.pem", "ask.pem", "ark.pem"]
        .map(|name| read(&format!("{sample}/{name}")))
        .concat();
    let inner = json!({
        "SnpReport": b64::url(&read(&format!("{sample}/report.bin"))),
        "VcekCertChain": b64::std(&chain),
    });
    let body = json!({
        "report": b64::url(inner.to_string().as_bytes()),
        "initTimeData": {"data": "", "dataType": ""},
        "nonce": u64::MAX,
    });
    let claims = validated(&house, &attest(&house, "SevSnpVM", &body).await.unwrap()).await;
    assert_eq!(claims["x-ms-attestation-type"], "sevsnpvm");
    assert_eq!(claims["nonce"], u64::MAX);
    let samples = read_json("MANIFEST.json");
    let sample = samples
        .as_array()
        .unwrap()
        .iter()
        .find(|sample| sample["id"] == "milan-v2-caci-sidecar")
        .unwrap();
    assert_eq!(
        claims["x-ms-sevsnpvm-launchmeasurement"],
        sample["key_facts"]["measurement"]
    );
    assert_eq!(claims["x-ms-sevsnpvm-hostdata"], sample["key_facts"]["host_data"]);
    house.running.shutdown().await;
}
