//! The service over TLS: routes, policies, keys, errors, and what survives a restart.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use casemate_api::{
    CallError, ErrorBody,
    attestation::{AttestRequest, AttestationType},
};
use casemate_attestation::{AttestAuth, Config, Service, StartError};
use casemate_crypto::{b64, hash::sha256, jose, x509::Certificate};
use casemate_daemon::now;
use casemate_policy::PolicyDocument;
use casemate_token::validate;
use common::{config, reason, start};
use http::Method;
use serde_json::Value;

const POLICY: &str = "version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type=\"tier\", value=1);};";

fn document(text: &str) -> String {
    PolicyDocument::from_text(text).unwrap().jws().to_owned()
}

#[tokio::test]
async fn the_keys_are_what_azures_clients_need() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(config(directory.path())).await;
    let keys = house.call(house.anonymous().certs()).await.unwrap();
    let [key] = keys.keys.as_slice() else {
        panic!("{keys:?}")
    };
    assert_eq!(
        (key.kty.as_str(), key.usage.as_deref(), key.alg.as_deref()),
        ("RSA", Some("sig"), Some("RS256"))
    );
    assert!(key.n.is_some() && key.e.is_some() && key.kid.is_some());
    let certificate = Certificate::parse(&b64::decode_any(&key.x5c.as_ref().unwrap()[0]).unwrap()).unwrap();
    assert_eq!(
        certificate.subject().common_name().as_deref(),
        Some(house.running.url())
    );
    assert_eq!(certificate.subject(), certificate.issuer());
    assert!(certificate.verify_signed_by(&key.to_public_key().unwrap()).is_ok());
    let discovery = house.call(house.anonymous().openid_configuration()).await.unwrap();
    assert_eq!(discovery.issuer, house.running.url());
    assert_eq!(discovery.jwks_uri, format!("{}/certs", house.running.url()));
    assert_eq!(discovery.id_token_signing_alg_values_supported, ["RS256"]);
    house.running.shutdown().await;
}

#[tokio::test]
async fn a_policy_is_set_read_and_reset() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(config(directory.path())).await;
    let (api, kind) = (house.api(), AttestationType::SgxEnclave);
    let keys = house.call(api.certs()).await.unwrap();
    let read = |token: &str| validate(token, &keys, house.running.url(), now()).unwrap();

    let default = read(&house.call(api.policy(kind)).await.unwrap().token);
    let default_jws = default.claim("x-ms-policy").unwrap().as_str().unwrap().to_owned();
    assert!(PolicyDocument::from_jws(&default_jws).is_ok());

    let jws = document(POLICY);
    let set = read(&house.call(api.set_policy(kind, &jws)).await.unwrap().token);
    assert_eq!(set.claim("x-ms-policy-result").unwrap(), "Updated");
    assert_eq!(
        set.claim("x-ms-policy-token-hash").unwrap(),
        &b64::url(&sha256(jws.as_bytes()))
    );
    let got = read(&house.call(api.policy(kind)).await.unwrap().token);
    assert_eq!(got.claim("x-ms-policy").unwrap(), &jws);
    let other = read(&house.call(api.policy(AttestationType::TdxVm)).await.unwrap().token);
    assert_ne!(other.claim("x-ms-policy").unwrap(), &jws);

    let reset = read(
        &house
            .call(api.reset_policy(kind, "eyJhbGciOiJub25lIn0.."))
            .await
            .unwrap()
            .token,
    );
    assert_eq!(reset.claim("x-ms-policy-result").unwrap(), "Removed");
    let back = read(&house.call(api.policy(kind)).await.unwrap().token);
    assert_eq!(back.claim("x-ms-policy").unwrap(), &default_jws);
    house.running.shutdown().await;
}

#[tokio::test]
async fn policies_and_the_key_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let own = Config {
        public_url: "https://attest.example".to_owned(),
        ..config(directory.path())
    };
    let house = start(own.clone()).await;
    let jws = document(POLICY);
    let token = house
        .call(house.api().set_policy(AttestationType::TdxVm, &jws))
        .await
        .unwrap()
        .token;
    house.running.shutdown().await;

    let house = start(own).await;
    let keys = house.call(house.api().certs()).await.unwrap();
    assert!(validate(&token, &keys, "https://attest.example", now()).is_ok());
    let got = house
        .call(house.api().policy(AttestationType::TdxVm))
        .await
        .unwrap()
        .token;
    let got = validate(&got, &keys, "https://attest.example", now()).unwrap();
    assert_eq!(got.claim("x-ms-policy").unwrap(), &jws);
    house.running.shutdown().await;
}

#[tokio::test]
async fn a_second_service_on_the_same_data_does_not_start() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(config(directory.path())).await;
    let second = Service::start(config(directory.path())).await;
    assert!(
        matches!(second, Err(StartError::Store(casemate_store::Fault::Locked { .. }))),
        "{second:?}"
    );
    house.running.shutdown().await;
}

#[tokio::test]
async fn without_a_sealer_or_with_an_exposed_one_it_does_not_start() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let mut unsealed = config(directory.path());
    unsealed.seal = casemate_daemon::config::Seal::default();
    assert!(matches!(Service::start(unsealed).await, Err(StartError::NoSealer)));
    let exposed = config(directory.path());
    casemate_daemon::auth::open_or_create_dev_token(&exposed.auth.dev_token_file).unwrap();
    let key = &exposed.seal.insecure_file_sealer;
    std::fs::write(key, "00".repeat(32)).unwrap();
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Service::start(exposed).await, Err(StartError::Sealer(_))));
}

#[tokio::test]
async fn policy_routes_need_a_token_and_discovery_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(config(directory.path())).await;
    let (api, kind) = (house.anonymous(), AttestationType::SgxEnclave);
    for call in [
        api.policy(kind),
        api.set_policy(kind, &document(POLICY)),
        api.reset_policy(kind, "eyJhbGciOiJub25lIn0.."),
    ] {
        let (status, detail) = house.refusal(call).await;
        assert_eq!(
            (status, detail.code.as_str(), reason(&detail)),
            (401, "Unauthorized", "token_missing")
        );
    }
    let wrong = house.egress.send(
        http::Request::get(format!("https://{}/policies/SgxEnclave", house.running.local_addr()))
            .header("authorization", "Bearer wrong")
            .body(bytes::Bytes::new())
            .unwrap(),
    );
    let wrong = wrong.await.unwrap();
    assert_eq!(
        (
            wrong.status().as_u16(),
            wrong.headers()["www-authenticate"].to_str().unwrap()
        ),
        (401, "Bearer")
    );
    assert_eq!(wrong.headers()["x-ms-error-code"], "Unauthorized");
    house.running.shutdown().await;
}

#[tokio::test]
async fn attest_routes_need_a_token_where_configured() {
    let directory = tempfile::tempdir().unwrap();
    let mut own = config(directory.path());
    own.auth.attest = AttestAuth::Bearer;
    let house = start(own).await;
    let call = house
        .anonymous()
        .attest(AttestationType::SgxEnclave, &AttestRequest::default());
    assert_eq!(house.refusal(call).await.0, 401);
    let call = house
        .api()
        .attest(AttestationType::SgxEnclave, &AttestRequest::default());
    let (status, detail) = house.refusal(call).await;
    assert_eq!((status, reason(&detail)), (400, "evidence_missing"));
    house.running.shutdown().await;
}

#[tokio::test]
async fn what_a_policy_says_wrong_is_shown_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(config(directory.path())).await;
    let (api, kind) = (house.api(), AttestationType::SevSnpVm);
    let payload = format!(
        r#"{{"AttestationPolicy":"{}"}}"#,
        b64::url(b"version= 1.0;\nauthorizationrules[=> permit();};")
    );
    let (status, detail) = house
        .refusal(api.set_policy(kind, &jose::unsecured(payload.as_bytes())))
        .await;
    let inner = detail.innererror.unwrap();
    assert_eq!((status, detail.code.as_str()), (400, "PolicyParsingError"));
    assert_eq!((inner.line, inner.column), (Some(2), Some(19)));

    let signed = format!(
        "{}.{}.AAAA",
        b64::url(br#"{"alg":"RSA256"}"#),
        b64::url(payload.as_bytes())
    );
    for (body, code) in [
        (signed.as_str(), "policy_signed"),
        ("nonsense", "policy_not_jws"),
        ("", "policy_not_jws"),
    ] {
        let (status, detail) = house.refusal(api.set_policy(kind, body)).await;
        assert_eq!(
            (status, detail.code.as_str(), reason(&detail)),
            (400, "InvalidOperation", code)
        );
        let (status, detail) = house.refusal(api.reset_policy(kind, body)).await;
        assert_eq!(
            (status, detail.code.as_str(), reason(&detail)),
            (400, "InvalidOperation", code)
        );
    }
    house.running.shutdown().await;
}

#[tokio::test]
async fn paths_are_read_as_clients_write_them() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(config(directory.path())).await;
    for (method, path, status) in [
        (Method::GET, "/certs?api-version=2020-10-01", 200),
        (Method::GET, "/CERTS/", 200),
        (Method::GET, "/policies/SevSnpVM", 200),
        (Method::GET, "/policies/sgxenclave/?api-version=2025-06-01", 200),
        (Method::GET, "/.well-known/openid-configuration", 200),
        (Method::GET, "/servicehealth", 204),
        (Method::GET, "/healthz", 200),
        (Method::GET, "/metrics", 200),
        (Method::POST, "/attest/SevSnpVM", 400),
        (Method::POST, "/attest/Tpm?api-version=2020-10-01", 501),
        (Method::POST, "/attest/AzureGuest", 501),
        (Method::GET, "/certificates", 501),
        (Method::POST, "/certificates:add", 501),
        (Method::GET, "/attest/SgxEnclave", 405),
        (Method::DELETE, "/policies/SgxEnclave", 405),
        (Method::GET, "/nothing", 404),
        (Method::GET, "/%zz", 404),
    ] {
        let answer = house.send(method, path, "").await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert!(answer.headers().contains_key("x-ms-request-id"), "{path}");
        if status >= 400 {
            let body: ErrorBody = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(
                answer.headers()["x-ms-error-code"].to_str().unwrap(),
                body.error.code,
                "{path}"
            );
        }
    }
    let answer = house.send(Method::DELETE, "/policies/SgxEnclave", "").await;
    assert_eq!(answer.headers()["allow"], "GET, PUT");
    house.running.shutdown().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut own = config(directory.path());
    own.limits.max_body_bytes = 1000;
    let house = start(own).await;
    let answer = house.send(Method::POST, "/attest/SgxEnclave", vec![b' '; 1001]).await;
    assert_eq!(answer.status().as_u16(), 413);
    let answer = house.send(Method::POST, "/attest/SgxEnclave", vec![b' '; 1000]).await;
    assert_eq!(answer.status().as_u16(), 400);
    house.running.shutdown().await;
}

#[tokio::test]
async fn metrics_count_and_carry_no_words_of_the_caller() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(config(directory.path())).await;
    house.send(Method::GET, "/secret-word", "").await;
    house
        .send(Method::POST, "/attest/TdxVm", r#"{"quote":"c2VjcmV0LXdvcmQ"}"#)
        .await;
    let metrics = String::from_utf8(house.send(Method::GET, "/metrics", "").await.body().to_vec()).unwrap();
    assert!(
        metrics.contains(r#"casemate_attestation_requests_total{route="unknown",status="404"} 1"#),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"attestation_type="TdxVm",class="none""#),
        "{metrics}"
    );
    assert!(!metrics.contains("secret-word"));
    house.running.shutdown().await;
}

#[tokio::test]
async fn draft_tokens_and_foreign_answers_are_no_answers() {
    let directory = tempfile::tempdir().unwrap();
    let house = start(config(directory.path())).await;
    let unreadable = http::Response::builder()
        .status(200)
        .body(bytes::Bytes::from_static(b"<html>"))
        .unwrap();
    let read = house.api().certs().response(&unreadable);
    assert!(matches!(read, Err(CallError::Unreadable { status: 200, .. })));
    let health: Value = serde_json::from_slice(house.send(Method::GET, "/healthz", "").await.body()).unwrap();
    assert_eq!(health["status"], "ok");
    house.running.shutdown().await;
}

/// An issuer with one key, served over TLS on loopback.
async fn issuer(dir: &std::path::Path) -> (String, std::path::PathBuf, casemate_crypto::sign::SigningKey) {
    use axum::routing::get;
    let key = casemate_crypto::sign::SigningKey::generate(casemate_crypto::sign::KeyType::P256).unwrap();
    let keys = jose::JwkSet {
        keys: vec![jose::Jwk::from_public_key(key.public_key()).with_kid("one")],
    };
    let keys = serde_json::to_string(&keys).unwrap();
    let router = axum::Router::new().route("/keys", get(move || async move { keys }));
    let names = ["localhost".to_owned()];
    let tls = casemate_daemon::tls::server(&casemate_daemon::config::Tls::default(), dir, &names, now()).unwrap();
    let limits = casemate_daemon::config::Limits::default();
    let listener = casemate_daemon::listener::Listener::bind(([127, 0, 0, 1], 0).into(), tls.config, limits)
        .await
        .unwrap();
    let address = format!("localhost:{}", listener.local_addr().port());
    tokio::spawn(listener.serve(router, casemate_daemon::Shutdown::new()));
    (address, tls.ca_pem.unwrap(), key)
}

#[tokio::test]
async fn tokens_of_a_configured_issuer_open_policy_routes() {
    let directory = tempfile::tempdir().unwrap();
    let (address, ca_file, key) = issuer(&directory.path().join("issuer")).await;
    let mut own = config(directory.path());
    own.egress.allow = vec![address.clone()];
    own.egress.ca_file = ca_file;
    own.auth.issuers = vec![casemate_daemon::config::OidcIssuer {
        issuer: "https://login.example".to_owned(),
        audiences: vec!["https://attest.azure.net".to_owned()],
        jwks_uri: format!("https://{address}/keys"),
        ..Default::default()
    }];
    let house = start(own).await;
    let status = async |audience: &str| {
        let claims = serde_json::json!({"iss": "https://login.example", "aud": audience, "exp": now().unix() + 60});
        let header = serde_json::Map::from_iter([("kid".to_owned(), "one".into())]);
        let token = jose::sign(header, claims.to_string().as_bytes(), &key, jose::JwsAlgorithm::ES256).unwrap();
        let request = http::Request::get(format!("https://{}/policies/TdxVm", house.running.local_addr()))
            .header("authorization", format!("Bearer {token}"))
            .body(bytes::Bytes::new())
            .unwrap();
        house.egress.send(request).await.unwrap().status().as_u16()
    };
    assert_eq!(status("https://attest.azure.net").await, 200);
    assert_eq!(status("https://other.example").await, 401);
    house.running.shutdown().await;
}
