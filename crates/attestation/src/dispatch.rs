//! One request: its route, its caller, its body, its answer, and what is logged and counted of it.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use casemate_api::attestation::{AttestationType as WireType, TokenResponse};
use casemate_crypto::rand;
use casemate_daemon::{
    auth::AuthError,
    body::{BodyError, HeldBody},
    now,
    telemetry::METRICS_CONTENT_TYPE,
};
use casemate_policy::{AttestationType, policy_token_hash};
use casemate_token::{Issuance, PolicyChange, policy_claims, policy_result_claims};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use serde::Serialize;

use crate::{
    app::App,
    config::AttestAuth,
    error::{Code, Failure},
    metrics::{RequestLabels, RouteLabel, VerdictLabels},
    route::Route,
};

const X_MS_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");

/// What a log line says of a request besides route, status and duration.
#[derive(Default)]
struct Notes {
    class: Option<&'static str>,
    caller: Option<String>,
}

/// Answers every request.
pub(crate) async fn dispatch(State(app): State<Arc<App>>, request: Request) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let route = Route::parse(&parts.method, parts.uri.path());
    let mut notes = Notes::default();
    let answer = tokio::time::timeout(app.request_timeout, answer(&app, route, &parts, body, &mut notes)).await;
    let answer = answer.unwrap_or_else(|_| {
        Err(Failure::new(
            Code::RequestTimeout,
            "request_timeout",
            "The request did not arrive in time.",
        ))
    });
    let code = answer.as_ref().err().map_or("ok", Failure::reason).to_owned();
    count_verdict(&app, route, &notes, &code);
    let mut response = answer.into_response();
    let id = hex::encode(rand::bytes::<16>());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_MS_REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    let elapsed = began.elapsed();
    let name = route.name();
    app.metrics
        .requests
        .get_or_create(&RequestLabels { route: name, status })
        .inc();
    app.metrics
        .latency
        .get_or_create(&RouteLabel { route: name })
        .observe(elapsed.as_secs_f64());
    let duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(
        request_id = id,
        route = name,
        status,
        duration_us,
        code,
        class = notes.class,
        caller = notes.caller,
        "request"
    );
    response
}

fn count_verdict(app: &App, route: Route, notes: &Notes, code: &str) {
    if let Route::Attest(attestation_type) = route {
        let class = notes.class.unwrap_or("none");
        let labels = VerdictLabels {
            attestation_type: attestation_type.as_str(),
            class,
            code: code.to_owned(),
        };
        app.metrics.verdicts.get_or_create(&labels).inc();
    }
}

/// The answer to one request. A caller is checked before its body is read.
async fn answer(
    app: &Arc<App>,
    route: Route,
    parts: &Parts,
    body: Body,
    notes: &mut Notes,
) -> Result<Response, Failure> {
    match route {
        Route::Attest(wire) => {
            if app.attest_auth == AttestAuth::Bearer {
                authenticate(app, &parts.headers, notes).await?;
            }
            attest(app, supported(wire)?, read(app, body).await?, notes).await
        }
        Route::PolicyGet(wire) => {
            authenticate(app, &parts.headers, notes).await?;
            policy(app, supported(wire)?).await
        }
        Route::PolicySet(wire) => {
            authenticate(app, &parts.headers, notes).await?;
            change_policy(app, supported(wire)?, PolicyChange::Updated, read(app, body).await?).await
        }
        Route::PolicyReset(wire) => {
            authenticate(app, &parts.headers, notes).await?;
            change_policy(app, supported(wire)?, PolicyChange::Removed, read(app, body).await?).await
        }
        Route::Certs => Ok(json(&app.keys())),
        Route::OpenIdConfiguration => Ok(json(&app.openid_configuration())),
        Route::ServiceHealth => Ok(StatusCode::NO_CONTENT.into_response()),
        Route::Health => health(app).await,
        Route::Metrics => Ok(typed(METRICS_CONTENT_TYPE, app.metrics.registry.encode())),
        Route::Unsupported(what) => {
            let message = format!("{what}: not supported by this version.");
            Err(Failure::new(Code::NotImplemented, "not_supported", message))
        }
        Route::WrongMethod(methods) => {
            let message = format!("This resource takes {methods}.");
            Err(Failure::new(Code::MethodNotAllowed, "wrong_method", message).allowing(methods))
        }
        Route::Unknown => Err(Failure::new(
            Code::NotFound,
            "unknown_route",
            "There is no such resource.",
        )),
    }
}

/// The answer to an attest request, worked out on the pool.
async fn attest(
    app: &Arc<App>,
    attestation_type: AttestationType,
    body: HeldBody,
    notes: &mut Notes,
) -> Result<Response, Failure> {
    let worker = Arc::clone(app);
    let verdict = app
        .pool
        .run(move || worker.attest(attestation_type, body.as_slice(), now()))
        .await?;
    notes.class = verdict.class.map(casemate_verify::TrustClass::as_str);
    Ok(json(&TokenResponse { token: verdict.token? }))
}

/// The policy in force, in a signed token.
async fn policy(app: &Arc<App>, attestation_type: AttestationType) -> Result<Response, Failure> {
    let document = app.policies.current(attestation_type).ok_or_else(internal)?;
    let worker = Arc::clone(app);
    app.pool
        .run(move || worker.sign(&policy_claims(&worker.issuance(), document.jws())))
        .await?
}

/// Another policy, or the default: durable in the store when the answer goes out.
async fn change_policy(
    app: &Arc<App>,
    attestation_type: AttestationType,
    change: PolicyChange,
    body: HeldBody,
) -> Result<Response, Failure> {
    let worker = Arc::clone(app);
    let changed = app.pool.run(move || {
        let hash = match change {
            PolicyChange::Updated => worker.policies.set(attestation_type, body.as_slice())?.token_hash(),
            PolicyChange::Removed => policy_token_hash(worker.policies.reset(attestation_type, body.as_slice())?),
        };
        tracing::info!(%attestation_type, change = change.as_str(), hash, "policy changed");
        worker.sign(&policy_result_claims(&worker.issuance(), change, &hash, None))
    });
    changed.await?
}

impl App {
    /// The circumstances of a policy token.
    fn issuance(&self) -> Issuance {
        Issuance::new(self.issuer.clone(), now(), rand::bytes())
    }

    /// A signed token as the answer.
    fn sign(&self, claims: &serde_json::Map<String, serde_json::Value>) -> Result<Response, Failure> {
        let token = self.signer.sign(claims).map_err(|error| {
            tracing::error!(code = error.code(), %error, "cannot sign a token");
            internal()
        })?;
        Ok(json(&TokenResponse { token }))
    }
}

/// Ready is who can read its store. Not on the pool: being busy is no illness.
async fn health(app: &Arc<App>) -> Result<Response, Failure> {
    let worker = Arc::clone(app);
    let read = tokio::task::spawn_blocking(move || worker.store.get(b"attestation/health"));
    read.await.map_err(|_| internal())??;
    Ok(typed("application/json", r#"{"status":"ok"}"#.to_owned()))
}

/// Every principal of a configured issuer may do everything: issuers are configured for this service alone.
async fn authenticate(app: &App, headers: &HeaderMap, notes: &mut Notes) -> Result<(), Failure> {
    match app.authenticator.authenticate(headers, now()).await {
        Ok(principal) => {
            notes.caller = Some(format!("{} {}", principal.issuer, principal.subject));
            Ok(())
        }
        Err(error @ AuthError::Unavailable(_)) => Err(Failure::new(
            Code::ServiceUnavailable,
            error.code(),
            "The token's issuer cannot be reached now.",
        )),
        Err(error) => Err(Failure::new(
            Code::Unauthorized,
            error.code(),
            format!("Unauthorized: {error}."),
        )),
    }
}

/// The body, within the limits.
async fn read(app: &App, body: Body) -> Result<HeldBody, Failure> {
    app.bodies.read(body).await.map_err(|error| {
        let code = match error {
            BodyError::TooLong => Code::RequestTooLarge,
            BodyError::Busy => Code::ServiceUnavailable,
            _ => Code::InvalidParameter,
        };
        Failure::new(code, error.code(), format!("Not accepted: {error}."))
    })
}

/// The types that routes let through are the ones that there is a verifier for.
fn supported(wire: WireType) -> Result<AttestationType, Failure> {
    AttestationType::of_route(wire.as_str()).ok_or_else(internal)
}

fn internal() -> Failure {
    Failure::new(Code::InternalError, "internal", "The request could not be processed.")
}

fn json(body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(text) => typed("application/json; charset=utf-8", text),
        Err(_) => internal().into_response(),
    }
}

fn typed(content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
