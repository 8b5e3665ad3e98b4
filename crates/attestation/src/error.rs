//! Errors as Azure Attestation's clients expect them.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use casemate_api::{ErrorBody, ErrorDetail, InnerError};
use http::{HeaderName, HeaderValue, StatusCode, header};

const X_MS_ERROR_CODE: HeaderName = HeaderName::from_static("x-ms-error-code");

/// The interface's error codes: those of Azure Attestation where it has one, else Azure's common ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Evidence that does not verify, data that it does not hold, a malformed request.
    InvalidParameter,
    /// A policy token that is malformed or of a kind that is not taken.
    InvalidOperation,
    /// Verified evidence that the policy does not permit.
    PolicyEvaluationError,
    /// A policy text that does not parse.
    PolicyParsingError,
    /// No acceptable bearer token. Azure answers 401 to a wrong role as well, never 403.
    Unauthorized,
    NotFound,
    MethodNotAllowed,
    Conflict,
    RequestTimeout,
    RequestTooLarge,
    /// A part of the interface that this version does not have. Azure's clients do not retry a 501.
    NotImplemented,
    /// Busy, or something that the service needs is away. Clients may retry.
    ServiceUnavailable,
    /// A bug of ours.
    InternalError,
}

impl Code {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidParameter => "InvalidParameter",
            Self::InvalidOperation => "InvalidOperation",
            Self::PolicyEvaluationError => "PolicyEvaluationError",
            Self::PolicyParsingError => "PolicyParsingError",
            Self::Unauthorized => "Unauthorized",
            Self::NotFound => "NotFound",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::Conflict => "Conflict",
            Self::RequestTimeout => "RequestTimeout",
            Self::RequestTooLarge => "RequestTooLarge",
            Self::NotImplemented => "NotImplemented",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::InternalError => "InternalError",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::InvalidParameter
            | Self::InvalidOperation
            | Self::PolicyEvaluationError
            | Self::PolicyParsingError => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A request's failure: an Azure code, words, and our own finer code.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    code: Code,
    message: String,
    details: Vec<ErrorDetail>,
    inner: Box<InnerError>,
    allow: Option<&'static str>,
}

impl Failure {
    /// A failure with our finer code `reason`.
    pub(crate) fn new(code: Code, reason: &str, message: impl Into<String>) -> Self {
        let inner = Box::new(InnerError {
            code: reason.to_owned(),
            ..InnerError::default()
        });
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
            inner,
            allow: None,
        }
    }

    /// With what a person can do about it.
    pub(crate) fn with_hint(mut self, hint: Option<&str>) -> Self {
        self.inner.hint = hint.map(str::to_owned);
        self
    }

    /// With one detail, of the same finer code, for each reason.
    pub(crate) fn because(mut self, reasons: impl IntoIterator<Item = String>) -> Self {
        let detail = |message| ErrorDetail {
            code: self.inner.code.clone(),
            message,
            ..ErrorDetail::default()
        };
        self.details = reasons.into_iter().map(detail).collect();
        self
    }

    /// With the place in a policy, both from 1.
    pub(crate) fn at(mut self, line: u32, column: u32) -> Self {
        self.inner.line = Some(line);
        self.inner.column = Some(column);
        self
    }

    /// For 405: the methods that the path has (RFC 9110 §15.5.6).
    pub(crate) fn allowing(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// Our finer code, for logs and metrics.
    pub(crate) fn reason(&self) -> &str {
        &self.inner.code
    }

    /// The interface's code.
    #[cfg(test)]
    pub(crate) const fn code(&self) -> Code {
        self.code
    }
}

impl From<casemate_store::Fault> for Failure {
    fn from(fault: casemate_store::Fault) -> Self {
        tracing::error!(code = fault.code(), %fault, "the store failed");
        Self::new(
            Code::ServiceUnavailable,
            fault.code(),
            "The service's store cannot be used now.",
        )
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let detail = ErrorDetail {
            code: self.code.as_str().to_owned(),
            message: self.message,
            details: self.details,
            innererror: Some(*self.inner),
            ..ErrorDetail::default()
        };
        // Texts and numbers only: serialising cannot fail.
        let body = serde_json::to_vec(&ErrorBody { error: detail }).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.code.status();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        headers.insert(X_MS_ERROR_CODE, HeaderValue::from_static(self.code.as_str()));
        if self.code == Code::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.code == Code::ServiceUnavailable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(methods) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        response
    }
}
