//! Every service that exists, on loopback, with its state in one folder. What `dev` runs and `tour` tries out.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use casemate_attestation::{Config, Running, Service};
use casemate_crypto::{Time, secret::SecretBytes};
use casemate_daemon::{auth, config};
use casemate_emulator::{Emulator, NamedFile, Platform, Product};
use serde_json::{Value, json};

use crate::commands::serve::not_started;
use crate::emulated;
use crate::exit::Failure;
use crate::files::{self, Access};
use crate::remote::with_causes;

/// Where each service's port is, counted from `--port-base` (DESIGN: Face).
const ATTESTATION: u16 = 1;

/// What a house writes into its folder.
const ENDPOINTS: &str = "endpoints.json";
const TOKEN: &str = "token";

/// Which ports services listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ports {
    /// From this number on, each service at its place.
    Base(u16),
    /// Those of the last time if they are free, else any free ones.
    Free,
}

/// The running services.
pub(crate) struct House {
    pub(crate) attestation: Running,
    /// Their folder.
    pub(crate) data: PathBuf,
    /// The CA that clients must trust.
    pub(crate) ca_pem: PathBuf,
    /// A bearer token that every service accepts.
    pub(crate) token: SecretBytes,
    /// The emulated platforms that are accepted here.
    pub(crate) emulator: Emulator,
}

impl House {
    /// Starts everything on the state in `data`, which is made on first use.
    ///
    /// # Errors
    /// A fault if the folder cannot be used or a service does not start; nothing runs then.
    pub(crate) async fn open(data: &Path, ports: Ports, now: Time) -> Result<Self, Failure> {
        let emulated = emulated::open_or_create(data, now)?;
        let data = data.canonicalize().map_err(|error| unusable(data, &error))?;
        let roots = emulated
            .roots
            .canonicalize()
            .map_err(|error| unusable(&emulated.roots, &error))?;
        let collateral = data.join("collateral");
        write_collateral(&emulated.emulator, &collateral, now)?;
        let token_file = data.join(TOKEN);
        let token = auth::open_or_create_dev_token(&token_file).map_err(|error| Failure::fault(with_causes(&error)))?;
        let mut config = Config {
            data_dir: data.join("attestation"),
            trust_roots: vec![roots],
            insecure_accept_emulated: true,
            ..Config::default()
        };
        config.listen = (Ipv4Addr::LOCALHOST, port(&data, ports, ATTESTATION)?).into();
        config.auth.dev_token_file = token_file;
        config.collateral.dir = collateral;
        config.tls.self_made_dir = data.join("tls");
        config.seal.insecure_file_sealer = data.join("seal.key");
        write_config(&data, &config)?;
        let attestation = Service::start(config).await.map_err(|error| not_started(&error))?;
        let ca_pem = data.join("tls").join("ca.pem");
        let house = Self {
            attestation,
            data,
            ca_pem,
            token,
            emulator: emulated.emulator,
        };
        house.write_endpoints()?;
        Ok(house)
    }

    /// Stops everything; open requests end first.
    pub(crate) async fn close(self) {
        self.attestation.shutdown().await;
    }

    /// Runs until Ctrl-C or SIGTERM, then stops everything.
    ///
    /// # Errors
    /// A fault if signals cannot be waited for.
    pub(crate) async fn until_signal(self) -> Result<(), Failure> {
        self.attestation
            .until_signal()
            .await
            .map_err(|error| Failure::fault(format!("signals: {error}")))
    }

    fn write_endpoints(&self) -> Result<(), Failure> {
        let endpoints = json!({"attestation": {"url": self.attestation.url(), "ca_pem": self.ca_pem}});
        files::write(
            &self.data.join(ENDPOINTS),
            format!("{endpoints:#}\n").as_bytes(),
            Access::Shared,
        )
    }
}

/// What the emulated vendors publish, fresh.
fn write_collateral(emulator: &Emulator, folder: &Path, now: Time) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
    let platform = Platform::default();
    let write = |prefix: &str, files: Vec<NamedFile>| {
        files.iter().try_for_each(|file| {
            files::write(
                &folder.join(format!("{prefix}{}", file.name)),
                &file.contents,
                Access::Shared,
            )
        })
    };
    let made = |result: Result<Vec<NamedFile>, _>| result.map_err(|error| emulated::fault(&error));
    write("", made(emulator.sgx_endorsements(platform, now))?)?;
    write("", made(emulator.tdx_endorsements(platform, now))?)?;
    for (product, prefix) in [
        (Product::Milan, "milan_"),
        (Product::Genoa, "genoa_"),
        (Product::Turin, "turin_"),
    ] {
        write(prefix, made(emulator.snp_endorsements(product, platform, now))?)?;
    }
    Ok(())
}

/// The configuration in effect, so that `casemate serve attestation --config` can do the same.
fn write_config(data: &Path, config: &Config) -> Result<(), Failure> {
    let text = config::print(config).map_err(|error| Failure::fault(with_causes(&error)))?;
    files::write(&data.join("attestation.toml"), text.as_bytes(), Access::Shared)
}

fn port(data: &Path, ports: Ports, offset: u16) -> Result<u16, Failure> {
    match ports {
        Ports::Base(base) => base
            .checked_add(offset)
            .ok_or_else(|| Failure::misuse(format!("--port-base {base}: there are no ports above 65535"))),
        Ports::Free => Ok(last_port(data).filter(|port| is_free(*port)).unwrap_or(0)),
    }
}

/// The port of the last time: addresses are in tokens, so staying there keeps them valid.
fn last_port(data: &Path) -> Option<u16> {
    let endpoints: Value = serde_json::from_slice(&std::fs::read(data.join(ENDPOINTS)).ok()?).ok()?;
    let url: http::Uri = endpoints.get("attestation")?.get("url")?.as_str()?.parse().ok()?;
    url.port_u16()
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::fault(format!("{}: {error}", path.display()))
}
