//! `casemate serve attestation --config FILE`: every key, its meaning and its default.

use std::{net::SocketAddr, path::PathBuf};

use casemate_crypto::Time;
use casemate_daemon::config::{ConfigError, Egress, Limits, OidcIssuer, Seal, Telemetry, Tls, loopback};
use serde::{Deserialize, Serialize};

/// The port of the attestation service, unless configured otherwise.
pub const DEFAULT_PORT: u16 = 8441;

/// Longest common name (X.520, ub-common-name): the public URL is that of the signing certificate.
const MAX_COMMON_NAME: usize = 64;

/// The configuration of the attestation service. An empty text or path means that the key is not set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The service's address as clients know it: issuer of its tokens, name in its certificates. Empty: `https://` and
    /// the address it listens on.
    pub public_url: String,
    /// Folder for the store and the self-made CA; made if missing.
    pub data_dir: PathBuf,
    /// Validity of attestation tokens, seconds. Azure's is 8 hours.
    pub token_lifetime_seconds: u32,
    /// PEM or DER files of roots of emulated platforms. Needs `insecure_accept_emulated`.
    pub trust_roots: Vec<PathBuf>,
    /// Accept evidence of emulated platforms, which protects nothing. For development.
    pub insecure_accept_emulated: bool,
    /// RFC 3339 time at which evidence and collateral are verified instead of the present, so that recorded evidence
    /// can go through the service. Tokens, TLS and logs keep the real time. For development.
    pub insecure_verification_time: String,
    /// Who may ask.
    pub auth: Auth,
    /// What vouches for platforms.
    pub collateral: Collateral,
    /// How much verification may take.
    pub verification: Verification,
    /// What one client may take.
    pub limits: Limits,
    /// The certificate that the service shows.
    pub tls: Tls,
    /// What keeps the signing key at rest.
    pub seal: Seal,
    /// The only way out: to the issuers' keys.
    pub egress: Egress,
    /// Logs.
    pub telemetry: Telemetry,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: loopback(DEFAULT_PORT),
            public_url: String::new(),
            data_dir: PathBuf::from("casemate-data/attestation"),
            token_lifetime_seconds: 28_800,
            trust_roots: Vec::new(),
            insecure_accept_emulated: false,
            insecure_verification_time: String::new(),
            auth: Auth::default(),
            collateral: Collateral::default(),
            verification: Verification::default(),
            limits: Limits::default(),
            tls: Tls::default(),
            seal: Seal::default(),
            egress: Egress::default(),
            telemetry: Telemetry::default(),
        }
    }
}

/// `[auth]`: who may ask. Policy routes always need a token; `/certs`, discovery, health and metrics never do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// What attest routes need.
    pub attest: AttestAuth,
    /// File (mode 0600) with the development token, which is accepted as a bearer token.
    pub dev_token_file: PathBuf,
    /// OpenID Connect issuers whose bearer tokens are accepted.
    pub issuers: Vec<OidcIssuer>,
}

/// What attest routes need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttestAuth {
    /// Nothing: the evidence speaks for itself, as in Azure.
    #[default]
    None,
    /// A bearer token.
    Bearer,
}

/// `[collateral]`: certificates, CRLs, TCB info and identities of the platforms' vendors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Collateral {
    /// Folder of files, in any layout: they are sorted by content. Empty: only what comes with the evidence.
    pub dir: PathBuf,
    /// How often the folder is looked at for changes, seconds; 0: only on SIGHUP.
    pub reload_seconds: u64,
}

impl Default for Collateral {
    fn default() -> Self {
        Self {
            dir: PathBuf::new(),
            reload_seconds: 30,
        }
    }
}

/// `[verification]`: how much verification may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Verification {
    /// Verifications that run at once; 0: as many as there are processors.
    pub parallel: usize,
    /// Requests that may wait for their turn; further ones are told to come back later.
    pub waiting: usize,
    /// Time for waiting, verification, appraisal and signing, milliseconds.
    pub budget_ms: u64,
}

impl Default for Verification {
    fn default() -> Self {
        Self {
            parallel: 0,
            waiting: 512,
            budget_ms: 5_000,
        }
    }
}

impl Config {
    /// Checks what single keys cannot say.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] naming the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.limits.check()?;
        self.verification_time()?;
        if !self.trust_roots.is_empty() && !self.insecure_accept_emulated {
            let reason = "roots of emulated platforms need insecure_accept_emulated = true";
            return Err(ConfigError::invalid("trust_roots", reason));
        }
        if self.token_lifetime_seconds < 60 || self.token_lifetime_seconds > 31_536_000 {
            return Err(ConfigError::invalid(
                "token_lifetime_seconds",
                "must be between a minute and a year",
            ));
        }
        if self.verification.budget_ms == 0 {
            return Err(ConfigError::invalid("verification.budget_ms", "must be greater than 0"));
        }
        if self.public_url.is_empty() && self.listen.ip().is_unspecified() {
            return Err(ConfigError::invalid(
                "public_url",
                "must be set where the service listens on every address",
            ));
        }
        if self.public_url.len() > MAX_COMMON_NAME {
            return Err(ConfigError::invalid(
                "public_url",
                "must have at most 64 characters, as a certificate's name",
            ));
        }
        if !self.public_url.is_empty() {
            let address = casemate_api::Endpoint::new(&self.public_url)
                .map_err(|error| ConfigError::invalid("public_url", error.to_string()))?;
            if address.base() != self.public_url {
                return Err(ConfigError::invalid("public_url", "must not end with a slash"));
            }
        }
        Ok(())
    }

    /// The time that `insecure_verification_time` names, if it is set.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if it is not an RFC 3339 time.
    pub fn verification_time(&self) -> Result<Option<Time>, ConfigError> {
        match self.insecure_verification_time.as_str() {
            "" => Ok(None),
            text => Time::parse_rfc3339(text)
                .map(Some)
                .map_err(|error| ConfigError::invalid("insecure_verification_time", error.to_string())),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused_key(config: &Config) -> &'static str {
        match config.check() {
            Err(ConfigError::Invalid { key, .. }) => key,
            _ => "",
        }
    }

    #[test]
    fn emulated_roots_need_the_insecure_word() {
        let roots = Config {
            trust_roots: vec![PathBuf::from("root.pem")],
            ..Config::default()
        };
        assert_eq!(refused_key(&roots), "trust_roots");
        let accepted = Config {
            insecure_accept_emulated: true,
            ..roots
        };
        assert!(accepted.check().is_ok());
    }

    #[test]
    fn values_that_cannot_be_used_are_named() {
        let time = Config {
            insecure_verification_time: "yesterday".to_owned(),
            ..Config::default()
        };
        assert_eq!(refused_key(&time), "insecure_verification_time");
        for url in [
            "http://a.example",
            "a.example",
            "https://a.example/",
            "https://a.example?x=1",
        ] {
            assert_eq!(
                refused_key(&Config {
                    public_url: url.to_owned(),
                    ..Config::default()
                }),
                "public_url",
                "{url}"
            );
        }
        let everywhere = Config {
            listen: ([0, 0, 0, 0], 8441).into(),
            ..Config::default()
        };
        assert_eq!(refused_key(&everywhere), "public_url");
        let long = format!("https://{}.example", "a".repeat(60));
        assert_eq!(
            refused_key(&Config {
                public_url: long,
                ..Config::default()
            }),
            "public_url"
        );
        assert_eq!(
            refused_key(&Config {
                token_lifetime_seconds: 0,
                ..Config::default()
            }),
            "token_lifetime_seconds"
        );
    }

    #[test]
    fn the_default_prints_and_reads_back() {
        let text = casemate_daemon::config::print(&Config::default()).unwrap();
        let read: Config = casemate_daemon::config::parse(std::path::Path::new("x.toml"), &text).unwrap();
        assert_eq!(read, Config::default());
        assert!(read.check().is_ok());
    }
}
