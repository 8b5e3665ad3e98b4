//! One TOML file per service: every key has a default, an unknown key is an error, and the effective configuration
//! can be printed.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML, names an unknown key, or gives a key a value of the wrong type.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong, naming the key.
        message: String,
    },
    /// A key's value is not one that can be used, alone or with the others.
    #[error("{key}: {reason}")]
    Invalid {
        /// The key with its sections, e.g. `egress.ca_file`.
        key: &'static str,
        /// Why not.
        reason: String,
    },
}

impl ConfigError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "config_unreadable",
            Self::Parse { .. } => "config_malformed",
            Self::Invalid { .. } => "config_invalid",
        }
    }

    /// `key` has a value that cannot be used.
    #[must_use]
    pub fn invalid(key: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            key,
            reason: reason.into(),
        }
    }
}

/// Reads a configuration; without a file, the defaults.
///
/// # Errors
/// [`ConfigError::Read`] or [`ConfigError::Parse`], the latter with line and column.
pub fn load<T: DeserializeOwned + Default>(path: Option<&Path>) -> Result<T, ConfigError> {
    let Some(path) = path else { return Ok(T::default()) };
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse(path, &text)
}

/// Reads a configuration from text; `path` is for the messages.
///
/// # Errors
/// [`ConfigError::Parse`] with line and column.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
        let column = before
            .get(line_start..)
            .unwrap_or_default()
            .chars()
            .count()
            .saturating_add(1);
        let line = before.matches('\n').count().saturating_add(1);
        ConfigError::Parse {
            path: path.to_owned(),
            line,
            column,
            message: error.message().to_owned(),
        }
    })
}

/// The effective configuration as TOML, for `--print-config`.
///
/// # Errors
/// [`ConfigError::Invalid`] if a value has no TOML form.
pub fn print<T: Serialize>(config: &T) -> Result<String, ConfigError> {
    toml::to_string_pretty(config).map_err(|error| ConfigError::invalid("configuration", error.to_string()))
}

/// `[limits]`: what one client may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections served at once; further ones wait in the operating system's queue.
    pub max_connections: usize,
    /// Longest request body, bytes.
    pub max_body_bytes: usize,
    /// All request bodies in memory together, bytes.
    pub max_buffered_bytes: usize,
    /// Time for a TLS handshake and for the head of a request, seconds.
    pub header_timeout_seconds: u64,
    /// Time for a whole request, its body included, seconds.
    pub request_timeout_seconds: u64,
    /// Time that open requests get after a stop was asked for, seconds.
    pub shutdown_grace_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            max_body_bytes: 1 << 20,
            max_buffered_bytes: 256 << 20,
            header_timeout_seconds: 10,
            request_timeout_seconds: 30,
            shutdown_grace_seconds: 10,
        }
    }
}

impl Limits {
    /// Checks that no limit is zero.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] naming the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        let keys = [
            ("limits.max_connections", self.max_connections == 0),
            ("limits.max_body_bytes", self.max_body_bytes == 0),
            ("limits.max_buffered_bytes", self.max_buffered_bytes == 0),
            ("limits.header_timeout_seconds", self.header_timeout_seconds == 0),
            ("limits.request_timeout_seconds", self.request_timeout_seconds == 0),
        ];
        match keys.into_iter().find(|(_, zero)| *zero) {
            Some((key, _)) => Err(ConfigError::invalid(key, "must be greater than 0")),
            None => Ok(()),
        }
    }
}

/// `[tls]`: the certificate that the service shows. An empty path means that the key is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// PEM file with the server's certificate and those that lead to its root. With `key`.
    pub certificate: PathBuf,
    /// PEM file with the server's private key (mode 0600). With `certificate`.
    pub key: PathBuf,
    /// Without the two: a folder for a self-made CA. Its `ca.pem` is what clients must trust. Empty: `tls` in the
    /// service's data folder.
    pub self_made_dir: PathBuf,
}

/// `[seal]`: what keeps secrets at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seal {
    /// Path of a key file (mode 0600, created if missing). Insecure, because whoever reads that file reads all
    /// secrets. Empty: no sealer, and services that keep secrets do not start.
    pub insecure_file_sealer: PathBuf,
}

/// `[telemetry]`: logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// How log lines look.
    pub format: LogFormat,
    /// What is logged: a level, or directives like `info,casemate_daemon=debug`.
    pub level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}

/// `[egress]`: the only way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Egress {
    /// Hosts (`host` or `host:port`) that may be asked. Empty: none, and nothing leaves.
    pub allow: Vec<String>,
    /// PEM file with the only roots that are trusted for them.
    pub ca_file: PathBuf,
    /// Time to connect, TLS included, seconds.
    pub connect_timeout_seconds: u64,
    /// Time for a whole request, seconds.
    pub request_timeout_seconds: u64,
    /// Longest response body, bytes.
    pub max_response_bytes: usize,
}

impl Default for Egress {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            ca_file: PathBuf::new(),
            connect_timeout_seconds: 5,
            request_timeout_seconds: 10,
            max_response_bytes: 1 << 20,
        }
    }
}

/// `[[auth.issuers]]`: an OpenID Connect issuer whose bearer tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcIssuer {
    /// The exact `iss` of its tokens, an https address.
    pub issuer: String,
    /// Accepted `aud` values; a token needs one of them.
    pub audiences: Vec<String>,
    /// Where its keys are. Empty: as its `/.well-known/openid-configuration` says.
    pub jwks_uri: String,
    /// How long its keys are kept, seconds.
    pub jwks_ttl_seconds: u64,
    /// Tolerance for clocks that differ, seconds.
    pub leeway_seconds: u64,
}

impl Default for OidcIssuer {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            audiences: Vec::new(),
            jwks_uri: String::new(),
            jwks_ttl_seconds: 3600,
            leeway_seconds: 60,
        }
    }
}

/// The default of an address on loopback.
#[must_use]
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Example {
        name: String,
        limits: Limits,
        egress: Egress,
        issuers: Vec<OidcIssuer>,
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_place() {
        let text = "name = \"x\"\n[limits]\n  max_conections = 3\n";
        let error = parse::<Example>(Path::new("a.toml"), text).unwrap_err();
        let ConfigError::Parse {
            line, column, message, ..
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!((line, column), (3, 3));
        assert!(message.contains("max_conections"), "{message}");
    }

    #[test]
    fn a_wrong_type_and_no_toml_are_errors_with_their_place() {
        for (text, line) in [
            ("name = 7\n", 1),
            ("\n\nname = \n", 3),
            ("[limits]\nmax_connections = -1", 2),
        ] {
            let error = parse::<Example>(Path::new("a.toml"), text).unwrap_err();
            assert!(
                matches!(error, ConfigError::Parse { line: at, .. } if at == line),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_printed_reads_back_and_shows_every_key() {
        let config = Example {
            issuers: vec![OidcIssuer::default()],
            ..Example::default()
        };
        let text = print(&config).unwrap();
        assert_eq!(parse::<Example>(Path::new("a.toml"), &text).unwrap(), config);
        for key in [
            "max_connections = 1024",
            "ca_file = \"\"",
            "jwks_uri = \"\"",
            "allow = []",
        ] {
            assert!(text.contains(key), "{key} in {text}");
        }
    }

    #[test]
    fn no_file_means_defaults_and_a_missing_file_is_an_error() {
        assert_eq!(load::<Example>(None).unwrap(), Example::default());
        assert!(matches!(
            load::<Example>(Some(Path::new("/none/x.toml"))),
            Err(ConfigError::Read { .. })
        ));
    }

    #[test]
    fn a_limit_of_zero_is_invalid() {
        let limits = Limits {
            max_body_bytes: 0,
            ..Limits::default()
        };
        assert!(matches!(
            limits.check(),
            Err(ConfigError::Invalid {
                key: "limits.max_body_bytes",
                ..
            })
        ));
        assert!(Limits::default().check().is_ok());
    }
}
