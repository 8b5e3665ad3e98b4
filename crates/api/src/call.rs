//! Sans-IO calls: a request that the caller sends, and a way to read what comes back.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};

use crate::{ErrorBody, ErrorDetail};

/// Where a service is, and as whom to speak to it.
#[derive(Clone)]
pub struct Endpoint {
    base: String,
    authorization: Option<HeaderValue>,
}

/// An address or a token that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not an `https://host[:port][/path]` address.
    #[error("not an https address: {0:?}")]
    Address(String),
    /// The token has characters that no header can carry.
    #[error("the token cannot be sent in a header")]
    Token,
}

impl Endpoint {
    /// A service at `base`, e.g. `https://localhost:8441`.
    ///
    /// # Errors
    /// [`EndpointError::Address`] unless it is an absolute `https` address without query.
    pub fn new(base: &str) -> Result<Self, EndpointError> {
        let bad = || EndpointError::Address(base.chars().take(200).collect());
        let uri: Uri = base.parse().map_err(|_| bad())?;
        if uri.scheme_str() != Some("https") || uri.authority().is_none() || uri.query().is_some() {
            return Err(bad());
        }
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            authorization: None,
        })
    }

    /// The same service, spoken to with a bearer token.
    ///
    /// # Errors
    /// [`EndpointError::Token`] if the token is empty or not printable ASCII.
    pub fn with_token(mut self, token: &str) -> Result<Self, EndpointError> {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(EndpointError::Token);
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| EndpointError::Token)?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// The address, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn request(&self, method: Method, path: &str, content: Content) -> Request<Bytes> {
        let (content_type, body) = match content {
            Content::None => (None, Bytes::new()),
            Content::Json(body) => (Some("application/json"), body.into()),
            Content::Text(body) => (Some("text/plain"), body.into()),
        };
        let mut request = Request::new(body);
        *request.method_mut() = method;
        // The base was parsed, and paths are constants and attestation types of this crate.
        *request.uri_mut() = format!("{}{path}", self.base).parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        request
    }
}

/// The token is not printed.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

pub(crate) enum Content {
    None,
    Json(Vec<u8>),
    Text(String),
}

/// One request and how to read its response.
#[derive(Clone, Debug)]
pub struct Call<T> {
    request: Request<Bytes>,
    read: fn(&[u8]) -> Result<T, serde_json::Error>,
}

/// Why a call brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The service refused, and said why.
    #[error("{} ({status})", detail.message)]
    Refused {
        /// HTTP status.
        status: u16,
        /// The service's reason.
        detail: Box<ErrorDetail>,
    },
    /// The response is none of this interface.
    #[error("unreadable response ({status}): {detail}")]
    Unreadable {
        /// HTTP status.
        status: u16,
        /// What is wrong with it.
        detail: String,
    },
}

impl CallError {
    /// The service's code, or `unreadable_response`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { detail, .. } => &detail.code,
            Self::Unreadable { .. } => "unreadable_response",
        }
    }
}

impl<T> Call<T> {
    pub(crate) fn new(request: Request<Bytes>, read: fn(&[u8]) -> Result<T, serde_json::Error>) -> Self {
        Self { request, read }
    }

    /// The request to send.
    #[must_use]
    pub fn request(&self) -> Request<Bytes> {
        self.request.clone()
    }

    /// Reads the response.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the service's own error, [`CallError::Unreadable`] for anything else.
    pub fn response(&self, response: &Response<Bytes>) -> Result<T, CallError> {
        let status = response.status().as_u16();
        let unreadable = |error: serde_json::Error| CallError::Unreadable {
            status,
            detail: error.to_string(),
        };
        if response.status().is_success() {
            return (self.read)(response.body()).map_err(unreadable);
        }
        let body: ErrorBody = serde_json::from_slice(response.body()).map_err(unreadable)?;
        Err(CallError::Refused {
            status,
            detail: Box::new(body.error),
        })
    }
}
