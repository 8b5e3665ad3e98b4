//! The only way out: HTTPS to hosts that the configuration names, under roots that it pins.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as HyperClient, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::{
    config::{ConfigError, Egress},
    tls::{self, TlsError},
};

/// A request was not sent, or brought no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// The host is not among `egress.allow`, or the address is not https.
    #[error("{target} is not an allowed destination")]
    NotAllowed {
        /// Scheme and host.
        target: String,
    },
    /// No answer in time.
    #[error("{host} did not answer in time")]
    Timeout {
        /// The host.
        host: String,
    },
    /// The answer is longer than `egress.max_response_bytes`.
    #[error("the answer of {host} is too long")]
    TooLong {
        /// The host.
        host: String,
    },
    /// Connecting, TLS or HTTP failed.
    #[error("cannot ask {host}: {detail}")]
    Failed {
        /// The host.
        host: String,
        /// What failed.
        detail: String,
    },
}

impl EgressError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed { .. } => "egress_not_allowed",
            Self::Timeout { .. } => "egress_timeout",
            Self::TooLong { .. } => "egress_too_long",
            Self::Failed { .. } => "egress_failed",
        }
    }
}

/// The egress cannot be set up as configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressSetupError {
    /// A key's value cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The roots cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl EgressSetupError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Tls(error) => error.code(),
        }
    }
}

/// An HTTPS client that follows no redirects and asks allowed hosts only. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    allow: Vec<String>,
    timeout: Duration,
    max_response: usize,
}

impl Client {
    /// A client as `[egress]` says.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if hosts are allowed but no roots are given, [`TlsError`] if the roots cannot be used.
    pub fn new(egress: &Egress) -> Result<Self, EgressSetupError> {
        let no_roots = egress.ca_file.as_os_str().is_empty();
        if !egress.allow.is_empty() && no_roots {
            return Err(ConfigError::invalid("egress.ca_file", "must be set where egress.allow names hosts").into());
        }
        let tls = if no_roots {
            tls::client_without_roots()?
        } else {
            tls::client(&egress.ca_file)?
        };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(Duration::from_secs(egress.connect_timeout_seconds)));
        tcp.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_only()
            .enable_all_versions()
            .wrap_connector(tcp);
        Ok(Self {
            http: HyperClient::builder(TokioExecutor::new()).build(https),
            allow: egress.allow.iter().map(|host| host.to_ascii_lowercase()).collect(),
            timeout: Duration::from_secs(egress.request_timeout_seconds),
            max_response: egress.max_response_bytes,
        })
    }

    /// Whether `uri` may be asked.
    #[must_use]
    pub fn allows(&self, uri: &http::Uri) -> bool {
        let (Some("https"), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return false;
        };
        let host = host.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(443);
        let with_port = format!("{host}:{port}");
        self.allow
            .iter()
            .any(|allowed| *allowed == with_port || (port == 443 && *allowed == host))
    }

    /// Sends `request` and reads the whole answer.
    ///
    /// # Errors
    /// [`EgressError::NotAllowed`] without anything being sent; else what went wrong with the host.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, EgressError> {
        let uri = request.uri();
        let host = uri
            .authority()
            .map(|authority| authority.host().to_owned())
            .unwrap_or_default();
        if !self.allows(uri) {
            let target = format!("{}://{}", uri.scheme_str().unwrap_or("none"), host);
            return Err(EgressError::NotAllowed { target });
        }
        match tokio::time::timeout(self.timeout, self.exchange(request, &host)).await {
            Ok(answer) => answer,
            Err(_) => Err(EgressError::Timeout { host }),
        }
    }

    async fn exchange(&self, request: Request<Bytes>, host: &str) -> Result<Response<Bytes>, EgressError> {
        let failed = |detail: String| EgressError::Failed {
            host: host.to_owned(),
            detail,
        };
        let answer = self
            .http
            .request(request.map(Full::new))
            .await
            .map_err(|error| failed(chain(&error)))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, self.max_response).collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                EgressError::TooLong { host: host.to_owned() }
            } else {
                failed(error.to_string())
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// An error with its causes, which hyper's own text leaves out.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn client(allow: &[&str]) -> Client {
        let mut client = Client::new(&Egress::default()).unwrap();
        client.allow = allow.iter().map(|host| (*host).to_owned()).collect();
        client
    }

    #[test]
    fn only_named_hosts_over_https_are_allowed() {
        let client = client(&["login.example", "keys.example:8443"]);
        let allows = |uri: &str| client.allows(&uri.parse().unwrap());
        assert!(allows("https://login.example/x"));
        assert!(allows("https://LOGIN.example:443/"));
        assert!(allows("https://keys.example:8443/"));
        for uri in [
            "http://login.example/",
            "https://login.example:444/",
            "https://keys.example/",
            "https://login.example.evil/",
            "https://evil.login.example/",
            "https://login.example@evil.example/",
            "/relative",
        ] {
            assert!(!allows(uri), "{uri}");
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_to_a_host_that_is_not_allowed() {
        let request = Request::get("https://127.0.0.1:1/").body(Bytes::new()).unwrap();
        let refused = client(&[]).send(request).await;
        assert_eq!(
            refused.unwrap_err(),
            EgressError::NotAllowed {
                target: "https://127.0.0.1".to_owned()
            }
        );
    }

    #[test]
    fn hosts_without_roots_are_a_configuration_error() {
        let egress = Egress {
            allow: vec!["a.example".to_owned()],
            ..Egress::default()
        };
        assert!(matches!(Client::new(&egress), Err(EgressSetupError::Config(_))));
    }
}
