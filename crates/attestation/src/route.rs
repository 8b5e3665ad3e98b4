//! The paths of the interface, read without regard to case.

use casemate_api::attestation::AttestationType;
use http::Method;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `POST /attest/{type}`: evidence for a token.
    Attest(AttestationType),
    /// `GET /policies/{type}`: the policy in force.
    PolicyGet(AttestationType),
    /// `PUT /policies/{type}`: another policy.
    PolicySet(AttestationType),
    /// `POST /policies/{type}:reset`: the default policy.
    PolicyReset(AttestationType),
    /// `GET /certs`: the keys that tokens are signed with (RFC 7517).
    Certs,
    /// `GET /.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §4).
    OpenIdConfiguration,
    /// `GET /servicehealth`: Azure's, 204 while the service answers.
    ServiceHealth,
    /// `GET /healthz`: ours, which looks at the store too.
    Health,
    /// `GET /metrics`: OpenMetrics text.
    Metrics,
    /// A route of the interface that this version does not have.
    Unsupported(&'static str),
    /// A known path with a method that it does not have; the methods that it has.
    WrongMethod(&'static str),
    /// No path of the interface.
    Unknown,
}

impl Route {
    /// Reads method and path. Case, percent-encoding, a slash at the end and the query do not matter.
    pub(crate) fn parse(method: &Method, path: &str) -> Self {
        let Some(path) = percent_decode(path) else {
            return Self::Unknown;
        };
        // A HEAD is answered as a GET without its body (RFC 9110 §9.3.2), which the HTTP layer leaves out.
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let path = path.to_ascii_lowercase();
        let path = path.strip_suffix('/').unwrap_or(&path);
        let mut segments = path.strip_prefix('/').unwrap_or_default().split('/');
        match (segments.next(), segments.next(), segments.next()) {
            (Some("attest"), Some(name), None) => {
                with_type(name, |found| only(method, &[(Method::POST, attest(found))]))
            }
            (Some("policies"), Some(name), None) => policies(method, name),
            (Some("certs"), None, _) => only(method, &[(Method::GET, Self::Certs)]),
            (Some(".well-known"), Some("openid-configuration"), None) => {
                only(method, &[(Method::GET, Self::OpenIdConfiguration)])
            }
            (Some("servicehealth"), None, _) => only(method, &[(Method::GET, Self::ServiceHealth)]),
            (Some("healthz"), None, _) => only(method, &[(Method::GET, Self::Health)]),
            (Some("metrics"), None, _) => only(method, &[(Method::GET, Self::Metrics)]),
            (Some("certificates"), None, _) => Self::Unsupported("policy signer certificates"),
            (Some("certificates:add" | "certificates:remove"), None, _) => {
                Self::Unsupported("policy signer certificates")
            }
            (Some("tcbbaselines"), Some(_), None) => Self::Unsupported("TCB baselines"),
            _ => Self::Unknown,
        }
    }

    /// A word for logs and metrics, never a part of the request's own text.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Attest(AttestationType::SgxEnclave) => "attest/SgxEnclave",
            Self::Attest(AttestationType::OpenEnclave) => "attest/OpenEnclave",
            Self::Attest(AttestationType::SevSnpVm) => "attest/SevSnpVm",
            Self::Attest(AttestationType::TdxVm) => "attest/TdxVm",
            Self::Attest(_) => "attest",
            Self::PolicyGet(_) => "policies:get",
            Self::PolicySet(_) => "policies:set",
            Self::PolicyReset(_) => "policies:reset",
            Self::Certs => "certs",
            Self::OpenIdConfiguration => "openid-configuration",
            Self::ServiceHealth => "servicehealth",
            Self::Health => "healthz",
            Self::Metrics => "metrics",
            Self::Unsupported(_) => "unsupported",
            Self::WrongMethod(_) => "wrong-method",
            Self::Unknown => "unknown",
        }
    }
}

/// `/policies/{type}` and `/policies/{type}:reset`; the colon is part of the segment.
fn policies(method: &Method, name: &str) -> Route {
    match name.split_once(':') {
        None => with_type(name, |found| {
            only(
                method,
                &[
                    (Method::GET, Route::PolicyGet(found)),
                    (Method::PUT, Route::PolicySet(found)),
                ],
            )
        }),
        Some((name, "reset")) => with_type(name, |found| only(method, &[(Method::POST, Route::PolicyReset(found))])),
        Some(_) => Route::Unknown,
    }
}

const fn attest(found: AttestationType) -> Route {
    Route::Attest(found)
}

/// The route of an attestation type: types that this version has no verifier for are told so.
fn with_type(name: &str, route: impl FnOnce(AttestationType) -> Route) -> Route {
    match name.parse() {
        Ok(
            found @ (AttestationType::SgxEnclave
            | AttestationType::OpenEnclave
            | AttestationType::SevSnpVm
            | AttestationType::TdxVm),
        ) => route(found),
        Ok(other) => Route::Unsupported(AttestationType::as_str(other)),
        Err(_) => Route::Unknown,
    }
}

/// The route of `method` among those of one path.
fn only(method: &Method, routes: &[(Method, Route)]) -> Route {
    match routes.iter().find(|(known, _)| known == method) {
        Some((_, route)) => *route,
        None => match routes {
            [(Method::GET, _)] => Route::WrongMethod("GET"),
            [(Method::POST, _)] => Route::WrongMethod("POST"),
            _ => Route::WrongMethod("GET, PUT"),
        },
    }
}

/// Undoes percent-encoding (clients may write `%3A` for the colon); `None` if it is malformed or not UTF-8.
fn percent_decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'%' {
            let (digits, after) = after.split_first_chunk::<2>()?;
            let text = std::str::from_utf8(digits)
                .ok()
                .filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(text, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_in_any_case_with_colons_and_slashes() {
        let parse = |method: &str, path: &str| Route::parse(&method.parse().unwrap_or(Method::TRACE), path);
        for path in [
            "/attest/SevSnpVm",
            "/attest/SevSnpVM",
            "/Attest/sevsnpvm/",
            "/attest/%53evSnpVm",
        ] {
            assert_eq!(parse("POST", path), Route::Attest(AttestationType::SevSnpVm), "{path}");
        }
        for path in [
            "/policies/SgxEnclave:reset",
            "/policies/sgxenclave%3Areset",
            "/POLICIES/SGXENCLAVE:RESET/",
        ] {
            assert_eq!(
                parse("POST", path),
                Route::PolicyReset(AttestationType::SgxEnclave),
                "{path}"
            );
        }
        assert_eq!(parse("HEAD", "/healthz"), Route::Health);
        assert_eq!(
            parse("GET", "/policies/TdxVm"),
            Route::PolicyGet(AttestationType::TdxVm)
        );
        assert_eq!(
            parse("PUT", "/policies/OpenEnclave"),
            Route::PolicySet(AttestationType::OpenEnclave)
        );
        assert_eq!(parse("GET", "/certs"), Route::Certs);
        assert_eq!(
            parse("GET", "/.well-known/openid-configuration/"),
            Route::OpenIdConfiguration
        );
        assert_eq!(parse("GET", "/ServiceHealth"), Route::ServiceHealth);
    }

    #[test]
    fn what_is_not_there_is_told_apart_from_what_is_not_supported() {
        let parse = |method: Method, path: &str| Route::parse(&method, path);
        for (method, path) in [
            (Method::POST, "/attest/Tpm"),
            (Method::POST, "/attest/AzureGuest"),
            (Method::GET, "/policies/Tpm"),
            (Method::GET, "/certificates"),
            (Method::POST, "/certificates:add"),
            (Method::POST, "/certificates:remove"),
            (Method::GET, "/tcbbaselines/SgxEnclave"),
        ] {
            assert!(matches!(parse(method, path), Route::Unsupported(_)), "{path}");
        }
        assert_eq!(parse(Method::GET, "/attest/SgxEnclave"), Route::WrongMethod("POST"));
        assert_eq!(
            parse(Method::DELETE, "/policies/SgxEnclave"),
            Route::WrongMethod("GET, PUT")
        );
        for path in [
            "/",
            "",
            "/attest",
            "/attest/Sgx",
            "/attest/SgxEnclave/x",
            "/policies/SgxEnclave:set",
            "/%zz",
            "/%",
        ] {
            assert_eq!(parse(Method::POST, path), Route::Unknown, "{path}");
        }
    }
}
