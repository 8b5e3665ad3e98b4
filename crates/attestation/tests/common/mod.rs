//! A running service, and someone who asks it over TLS.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::{Path, PathBuf};

use bytes::Bytes;
use casemate_api::{CallError, Endpoint, ErrorDetail, attestation::Client as Api};
use casemate_attestation::{Config, Running, Service};
use casemate_daemon::{auth::open_or_create_dev_token, config::Egress, egress::Client};
use http::{Method, Request, Response, header::AUTHORIZATION};

pub struct House {
    pub running: Running,
    pub egress: Client,
    pub token: String,
}

/// The folder of shared sample data; a run without it has not tested anything, so it fails.
pub fn shared() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("CASEMATE_SHARED").map_or(default, PathBuf::from);
    assert!(
        shared.join("evidence/MANIFEST.json").is_file(),
        "shared data is missing: {}",
        shared.display()
    );
    shared
}

/// A configuration for a free port under `dir`.
pub fn config(dir: &Path) -> Config {
    let mut config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: dir.join("data"),
        ..Config::default()
    };
    config.seal.insecure_file_sealer = dir.join("seal.key");
    config.auth.dev_token_file = dir.join("token");
    config
}

pub async fn start(config: Config) -> House {
    let token = open_or_create_dev_token(&config.auth.dev_token_file).unwrap();
    let token = String::from_utf8(token.expose_secret().to_vec()).unwrap();
    let running = Service::start(config).await.unwrap();
    let egress = Client::new(&Egress {
        allow: vec![running.local_addr().to_string()],
        ca_file: running.ca_pem().unwrap().to_owned(),
        request_timeout_seconds: 60,
        ..Egress::default()
    })
    .unwrap();
    House { running, egress, token }
}

impl House {
    /// A client of the service; with the development token.
    pub fn api(&self) -> Api {
        Api::new(self.endpoint().with_token(&self.token).unwrap())
    }

    /// A client of the service without a token.
    pub fn anonymous(&self) -> Api {
        Api::new(self.endpoint())
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::new(&format!("https://{}", self.running.local_addr())).unwrap()
    }

    pub async fn call<T>(&self, call: casemate_api::Call<T>) -> Result<T, CallError> {
        call.response(&self.egress.send(call.request()).await.unwrap())
    }

    /// The service's refusal of a call: status and error.
    pub async fn refusal<T: std::fmt::Debug>(&self, call: casemate_api::Call<T>) -> (u16, ErrorDetail) {
        match self.call(call).await {
            Err(CallError::Refused { status, detail }) => (status, *detail),
            other => panic!("{other:?}"),
        }
    }

    pub async fn send(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Response<Bytes> {
        let request = Request::builder()
            .method(method)
            .uri(format!("https://{}{path}", self.running.local_addr()))
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .body(body.into())
            .unwrap();
        self.egress.send(request).await.unwrap()
    }
}

/// Our finer code in an error.
pub fn reason(detail: &ErrorDetail) -> &str {
    &detail.innererror.as_ref().unwrap().code
}

/// An attest request in JSON, sent as it is: what a client of any make may write.
pub async fn attest(house: &House, kind: &str, body: &serde_json::Value) -> Result<String, (u16, ErrorDetail)> {
    let answer = house
        .send(
            Method::POST,
            &format!("/attest/{kind}?api-version=2020-10-01"),
            body.to_string(),
        )
        .await;
    match answer.status().as_u16() {
        200 => {
            let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            Ok(body["token"].as_str().unwrap().to_owned())
        }
        status => {
            let body: casemate_api::ErrorBody = serde_json::from_slice(answer.body()).unwrap();
            Err((status, body.error))
        }
    }
}

/// The claims of a token, validated as a relying party would.
pub async fn validated(house: &House, token: &str) -> serde_json::Value {
    let keys = house.call(house.anonymous().certs()).await.unwrap();
    let token = casemate_token::validate(token, &keys, house.running.url(), casemate_daemon::now()).unwrap();
    serde_json::Value::Object(token.claims().clone())
}

/// Header and claims of an unsecured token.
pub fn unsecured(token: &str) -> (serde_json::Value, serde_json::Value) {
    let token = casemate_crypto::jose::parse_unsecured(token).unwrap();
    let claims = serde_json::from_slice(token.payload()).unwrap();
    (serde_json::Value::Object(token.header().clone()), claims)
}
