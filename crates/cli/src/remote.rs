//! Talking to a running service: one HTTPS client, one CA file, one host.

use std::path::Path;

use casemate_api::{Call, CallError, Endpoint};
use casemate_daemon::config::Egress;
use casemate_daemon::egress::{Client, EgressError};
use http::Uri;

use crate::exit::Failure;

/// A service at one address, trusted by one CA file.
pub(crate) struct Remote {
    http: Client,
}

/// Why a call brought no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// The service could not be reached.
    #[error(transparent)]
    Unreachable(#[from] EgressError),
    /// It answered with a refusal, or with something unreadable.
    #[error(transparent)]
    Answer(#[from] CallError),
}

impl Remote {
    /// A client of the service at `url` that trusts the roots in `ca_file` and nothing else.
    ///
    /// # Errors
    /// Misuse if `url` is not an https address, a fault if the CA file cannot be used.
    pub(crate) fn new(url: &str, ca_file: &Path) -> Result<Self, Failure> {
        Endpoint::new(url).map_err(|error| Failure::misuse(error.to_string()))?;
        let uri: Uri = url
            .parse()
            .map_err(|_| Failure::misuse(format!("not an address: {url}")))?;
        let host = uri.host().unwrap_or_default();
        let egress = Egress {
            allow: vec![format!("{host}:{}", uri.port_u16().unwrap_or(443))],
            ca_file: ca_file.to_owned(),
            ..Egress::default()
        };
        Client::new(&egress)
            .map(|http| Self { http })
            .map_err(|error| Failure::fault(with_causes(&error)))
    }

    /// Sends a call and reads its answer.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub(crate) async fn call<T>(&self, call: &Call<T>) -> Result<T, RemoteError> {
        Ok(call.response(&self.http.send(call.request()).await?)?)
    }
}

impl RemoteError {
    /// The service's own code for a refusal.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Answer(error) => error.code(),
        }
    }

    /// The service's finer code for a refusal, e.g. `signature_invalid`; empty if it gave none.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Answer(CallError::Refused { detail, .. }) => {
                detail.innererror.as_ref().map_or("", |inner| inner.code.as_str())
            }
            _ => "",
        }
    }
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        match &error {
            RemoteError::Answer(CallError::Refused { status, detail }) if *status < 500 => {
                let code = &detail.code;
                let failure = Self::refused(match detail.message.starts_with(code.as_str()) {
                    true => detail.message.clone(),
                    false => format!("{code}: {}", detail.message),
                });
                match detail.innererror.as_ref().and_then(|inner| inner.hint.as_deref()) {
                    Some(hint) => failure.hint(hint),
                    None if *status == 401 => failure.hint("give a file with a bearer token: --token FILE"),
                    None => failure,
                }
            }
            RemoteError::Unreachable(_) => Self::fault(with_causes(&error))
                .hint("is the service running, and is the CA file that of its certificate?"),
            RemoteError::Answer(_) => Self::fault(with_causes(&error)),
        }
    }
}

/// An error and what caused it, on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        // Transparent errors repeat their cause.
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}
