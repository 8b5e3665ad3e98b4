//! The listener, the egress client and OpenID Connect authentication against each other, over real TLS on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, routing::get};
use bytes::Bytes;
use casemate_crypto::{
    Time,
    jose::{self, Jwk, JwkSet, JwsAlgorithm},
    sign::{KeyType, SigningKey},
};
use casemate_daemon::{
    Shutdown,
    auth::{AuthError, AuthSetupError, Authenticator, TokenRefusal},
    config::{Egress, Limits, OidcIssuer, Tls},
    egress::{Client, EgressError},
    listener::Listener,
    now, tls,
};
use http::{HeaderMap, Request, header::AUTHORIZATION};
use serde_json::{Value, json};

struct Server {
    address: SocketAddr,
    ca_pem: PathBuf,
    shutdown: Shutdown,
    task: tokio::task::JoinHandle<()>,
}

async fn serve(directory: &Path, router: Router, limits: Limits) -> Server {
    let tls = tls::server(&Tls::default(), directory, &["localhost".to_owned()], now()).unwrap();
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), tls.config, limits)
        .await
        .unwrap();
    let shutdown = Shutdown::new();
    let address = listener.local_addr();
    let task = tokio::spawn(listener.serve(router, shutdown.clone()));
    Server {
        address,
        ca_pem: tls.ca_pem.unwrap(),
        shutdown,
        task,
    }
}

impl Server {
    fn egress(&self) -> Egress {
        let allow = vec![format!("localhost:{}", self.address.port())];
        Egress {
            allow,
            ca_file: self.ca_pem.clone(),
            ..Egress::default()
        }
    }

    fn uri(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }
}

fn request(uri: &str) -> Request<Bytes> {
    Request::get(uri).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn a_client_with_the_ca_is_served_and_one_without_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(
        directory.path(),
        Router::new().route("/", get(|| async { "hello" })),
        Limits::default(),
    )
    .await;
    let client = Client::new(&server.egress()).unwrap();
    let answer = client.send(request(&server.uri("/"))).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, &b"hello"[..]));

    let other = tempfile::tempdir().unwrap();
    tls::SelfMadeCa::open_or_create(other.path(), now()).unwrap();
    let stranger = Client::new(&Egress {
        ca_file: other.path().join("ca.pem"),
        ..server.egress()
    })
    .unwrap();
    assert!(matches!(
        stranger.send(request(&server.uri("/"))).await,
        Err(EgressError::Failed { .. })
    ));
}

#[tokio::test]
async fn the_self_made_ca_stays_the_same_and_its_key_private() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let first = tls::SelfMadeCa::open_or_create(directory.path(), now()).unwrap();
    let second = tls::SelfMadeCa::open_or_create(directory.path(), now()).unwrap();
    assert_eq!(first.certificate(), second.certificate());
    let mode = std::fs::metadata(directory.path().join("ca.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let late = first.certificate().not_after().plus_seconds(1);
    let renewed = tls::SelfMadeCa::open_or_create(directory.path(), late).unwrap();
    assert_ne!(renewed.certificate(), first.certificate());
}

#[tokio::test]
async fn certificate_and_key_belong_together() {
    let directory = tempfile::tempdir().unwrap();
    let half = Tls {
        certificate: "x.pem".into(),
        ..Tls::default()
    };
    assert!(matches!(
        tls::server(&half, directory.path(), &[], now()),
        Err(tls::TlsError::HalfSet)
    ));
}

#[tokio::test]
async fn an_answer_over_the_limit_is_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    let router = Router::new().route("/", get(|| async { "x".repeat(2000) }));
    let server = serve(directory.path(), router, Limits::default()).await;
    let client = Client::new(&Egress {
        max_response_bytes: 1999,
        ..server.egress()
    })
    .unwrap();
    assert!(matches!(
        client.send(request(&server.uri("/"))).await,
        Err(EgressError::TooLong { .. })
    ));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let router = Router::new().route("/", get(|| async { axum::response::Redirect::to("/elsewhere") }));
    let server = serve(directory.path(), router, Limits::default()).await;
    let answer = Client::new(&server.egress())
        .unwrap()
        .send(request(&server.uri("/")))
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 303);
}

#[tokio::test]
async fn open_requests_end_before_the_listener_does() {
    let directory = tempfile::tempdir().unwrap();
    let entered = Arc::new(tokio::sync::Notify::new());
    let release = Arc::new(tokio::sync::Notify::new());
    let (in_handler, go_on) = (Arc::clone(&entered), Arc::clone(&release));
    let handler = move || async move {
        in_handler.notify_one();
        go_on.notified().await;
        "done"
    };
    let server = serve(
        directory.path(),
        Router::new().route("/", get(handler)),
        Limits::default(),
    )
    .await;
    let client = Client::new(&server.egress()).unwrap();
    let uri = server.uri("/");
    let asking = tokio::spawn(async move { client.send(request(&uri)).await });
    entered.notified().await;
    server.shutdown.request();
    release.notify_one();
    assert_eq!(asking.await.unwrap().unwrap().body().as_ref(), b"done");
    server.task.await.unwrap();
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
}

/// A TLS connection that speaks no HTTP by itself.
async fn connect(server: &Server) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    let text = std::fs::read(&server.ca_pem).unwrap();
    for der in casemate_crypto::pem::decode("CERTIFICATE", &text).unwrap() {
        roots.add(der.into()).unwrap();
    }
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect("localhost".try_into().unwrap(), stream)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_peer_that_is_silent_after_its_handshake_is_hung_up_on() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits {
        header_timeout_seconds: 1,
        ..Limits::default()
    };
    let router = Router::new().route("/", get(|| async { "hello" }));
    let server = serve(directory.path(), router, limits).await;
    // Nothing, and what may become HTTP of either version.
    for said in ["", "P"] {
        let mut peer = connect(&server).await;
        peer.write_all(said.as_bytes()).await.unwrap();
        peer.flush().await.unwrap();
        let ended = tokio::time::timeout(std::time::Duration::from_secs(30), peer.read_u8()).await;
        assert!(ended.expect("still open").is_err(), "{said:?}");
    }
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_body_leaves_the_connection_whole() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let directory = tempfile::tempdir().unwrap();
    let router = Router::new().fallback(|| async { "early" });
    let server = serve(directory.path(), router, Limits::default()).await;
    let mut peer = connect(&server).await;
    let read_answer = async |peer: &mut tokio_rustls::client::TlsStream<_>| {
        let mut answer = Vec::new();
        while !answer.ends_with(b"early") {
            answer.push(peer.read_u8().await.unwrap());
        }
    };
    let half = vec![b'x'; 100_000];
    let head = b"PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 200000\r\n\r\n";
    peer.write_all(head).await.unwrap();
    peer.write_all(&half).await.unwrap();
    peer.flush().await.unwrap();
    read_answer(&mut peer).await;
    peer.write_all(&half).await.unwrap();
    peer.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    peer.flush().await.unwrap();
    read_answer(&mut peer).await;
}

#[tokio::test]
async fn a_silent_peer_is_hung_up_on_and_frees_its_slot() {
    use tokio::io::AsyncReadExt;
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits {
        max_connections: 1,
        header_timeout_seconds: 1,
        ..Limits::default()
    };
    let server = serve(
        directory.path(),
        Router::new().route("/", get(|| async { "hello" })),
        limits,
    )
    .await;
    let mut silent = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let mut buffer = [0; 16];
    assert_eq!(silent.read(&mut buffer).await.unwrap_or(0), 0);
    let client = Client::new(&server.egress()).unwrap();
    assert!(client.send(request(&server.uri("/"))).await.is_ok());
}

/// An issuer with one RSA and one P-256 key that counts how often its keys are asked for.
struct Idp {
    server: Server,
    issuer: String,
    rsa: SigningKey,
    ec: SigningKey,
    asked: Arc<AtomicUsize>,
}

async fn idp(directory: &Path) -> Idp {
    let rsa = SigningKey::generate(KeyType::Rsa2048).unwrap();
    let ec = SigningKey::generate(KeyType::P256).unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let mut encryption = Jwk::from_public_key(ec.public_key()).with_kid("enc");
    encryption.usage = Some("enc".to_owned());
    let keys = JwkSet {
        keys: vec![
            Jwk::from_public_key(rsa.public_key()).with_kid("rsa"),
            Jwk::from_public_key(ec.public_key())
                .with_kid("ec")
                .for_signing(JwsAlgorithm::ES256),
            encryption,
        ],
    };
    let text = serde_json::to_string(&keys).unwrap();
    let counter = Arc::clone(&asked);
    let host = Arc::new(std::sync::OnceLock::<String>::new());
    let own = Arc::clone(&host);
    let router = Router::new()
        .route(
            "/keys",
            get(move || async move {
                counter.fetch_add(1, Ordering::SeqCst);
                text
            }),
        )
        .route(
            "/.well-known/openid-configuration",
            get(move || async move {
                let issuer = own.get().unwrap();
                json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}).to_string()
            }),
        );
    let server = serve(directory, router, Limits::default()).await;
    let issuer = server.uri("");
    host.set(issuer.clone()).unwrap();
    Idp {
        server,
        issuer,
        rsa,
        ec,
        asked,
    }
}

impl Idp {
    fn authenticator(&self) -> Authenticator {
        let config = OidcIssuer {
            issuer: self.issuer.clone(),
            audiences: vec!["casemate".to_owned()],
            ..OidcIssuer::default()
        };
        Authenticator::new(Path::new(""), &[config], &Client::new(&self.server.egress()).unwrap()).unwrap()
    }

    fn claims(&self) -> Value {
        json!({"iss": self.issuer, "aud": "casemate", "sub": "alice", "exp": now().unix() + 300})
    }
}

fn token(key: &SigningKey, algorithm: JwsAlgorithm, kid: &str, claims: &Value) -> HeaderMap {
    let mut header = serde_json::Map::new();
    header.insert("kid".to_owned(), kid.into());
    let text = jose::sign(header, claims.to_string().as_bytes(), key, algorithm).unwrap();
    with_bearer(&text)
}

fn with_bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    headers
}

#[tokio::test]
async fn tokens_of_a_configured_issuer_authenticate() {
    let directory = tempfile::tempdir().unwrap();
    let idp = idp(directory.path()).await;
    let authenticator = idp.authenticator();
    for headers in [
        token(&idp.rsa, JwsAlgorithm::RS256, "rsa", &idp.claims()),
        token(&idp.ec, JwsAlgorithm::ES256, "ec", &idp.claims()),
    ] {
        let who = authenticator.authenticate(&headers, now()).await.unwrap();
        assert_eq!((who.issuer, who.subject), (idp.issuer.clone(), "alice".to_owned()));
    }
    assert_eq!(idp.asked.load(Ordering::SeqCst), 1, "the keys are kept");
}

#[tokio::test]
async fn other_tokens_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let idp = idp(directory.path()).await;
    let authenticator = idp.authenticator();
    let refused = async |headers: &HeaderMap, at: Time| match authenticator.authenticate(headers, at).await {
        Err(AuthError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let other_key = SigningKey::generate(KeyType::P256).unwrap();
    let forged = token(&other_key, JwsAlgorithm::ES256, "ec", &idp.claims());
    assert_eq!(refused(&forged, now()).await, TokenRefusal::BadSignature);
    let ps256 = token(&idp.rsa, JwsAlgorithm::PS256, "rsa", &idp.claims());
    assert_eq!(refused(&ps256, now()).await, TokenRefusal::BadSignature);
    let encryption = token(&idp.ec, JwsAlgorithm::ES256, "enc", &idp.claims());
    assert_eq!(refused(&encryption, now()).await, TokenRefusal::UnknownKey);
    let good = token(&idp.ec, JwsAlgorithm::ES256, "ec", &idp.claims());
    assert_eq!(refused(&good, now().plus_seconds(3600)).await, TokenRefusal::Expired);
    let mut elsewhere = idp.claims();
    elsewhere["iss"] = json!("https://elsewhere.example");
    let stranger = token(&idp.ec, JwsAlgorithm::ES256, "ec", &elsewhere);
    assert_eq!(refused(&stranger, now()).await, TokenRefusal::UnknownIssuer);
    let unsecured = with_bearer(&jose::unsecured(idp.claims().to_string().as_bytes()));
    assert_eq!(refused(&unsecured, now()).await, TokenRefusal::Malformed);
}

#[tokio::test]
async fn invented_key_names_do_not_make_us_ask_again_and_again() {
    let directory = tempfile::tempdir().unwrap();
    let idp = idp(directory.path()).await;
    let authenticator = idp.authenticator();
    for invented in ["a", "b", "c"] {
        let headers = token(&idp.ec, JwsAlgorithm::ES256, invented, &idp.claims());
        let refused = authenticator.authenticate(&headers, now()).await;
        assert_eq!(refused, Err(TokenRefusal::UnknownKey.into()));
    }
    assert_eq!(idp.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_issuer_that_is_down_is_a_fault_and_one_that_is_not_allowed_a_configuration_error() {
    let directory = tempfile::tempdir().unwrap();
    let idp = idp(directory.path()).await;
    let authenticator = idp.authenticator();
    idp.server.shutdown.request();
    idp.server.task.await.unwrap();
    let headers = token(&idp.ec, JwsAlgorithm::ES256, "ec", &json!({"iss": idp.issuer}));
    let answer = authenticator.authenticate(&headers, now()).await;
    assert!(matches!(answer, Err(AuthError::Unavailable(_))), "{answer:?}");

    let config = OidcIssuer {
        issuer: idp.issuer,
        audiences: vec!["a".to_owned()],
        ..OidcIssuer::default()
    };
    let nowhere = Client::new(&Egress::default()).unwrap();
    let setup = Authenticator::new(Path::new(""), &[config], &nowhere);
    assert!(matches!(setup, Err(AuthSetupError::Config(_))));
}
