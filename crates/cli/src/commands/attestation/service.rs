//! The service that client commands talk to.

use std::path::{Path, PathBuf};

use casemate_api::{
    Call, Endpoint,
    attestation::{Client, TokenResponse},
};
use casemate_token::{ValidatedToken, validate};
use serde_json::Value;

use crate::commands;
use crate::exit::Failure;
use crate::files;
use crate::remote::Remote;

/// Which service, under which root, as whom.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Address of the service, e.g. https://localhost:8441.
    #[arg(long, value_name = "URL", required_unless_present = "data")]
    url: Option<String>,
    /// PEM file with the only root that the service's TLS certificate may have.
    #[arg(long, value_name = "FILE", required_unless_present = "data")]
    ca: Option<PathBuf>,
    /// File with a bearer token; policies need one.
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
    /// Data directory of `casemate dev`: address, root and token come from there.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// A service, ready to be asked.
pub(super) struct Service {
    client: Client,
    remote: Remote,
    runtime: tokio::runtime::Runtime,
}

impl Service {
    /// # Errors
    /// Misuse if an argument cannot be used, a fault if a file cannot be read.
    pub(super) fn new(args: &Args) -> Result<Self, Failure> {
        let (url, ca) = location(args)?;
        let mut endpoint = Endpoint::new(&url).map_err(|error| Failure::misuse(format!("--url: {error}")))?;
        if let Some(path) = token_file(args) {
            let token = files::read_text(&path)?;
            endpoint = endpoint
                .with_token(token.trim())
                .map_err(|error| Failure::fault(format!("{}: {error}", path.display())))?;
        }
        Ok(Self {
            client: Client::new(endpoint),
            remote: Remote::new(&url, &ca)?,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Failure::fault(format!("runtime: {error}")))?,
        })
    }

    /// Makes calls.
    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a call and reads its answer.
    ///
    /// # Errors
    /// A refusal if the service says no, a fault if it does not answer or answers with something else.
    pub(super) fn send<T>(&self, call: &Call<T>) -> Result<T, Failure> {
        Ok(self.runtime.block_on(self.remote.call(call))?)
    }

    /// Checks a token as a relying party does: signed by a key of the service's, by the issuer that it says it is,
    /// valid now.
    ///
    /// # Errors
    /// A refusal if it is not, a fault if the service does not answer.
    pub(super) fn validated(&self, token: &TokenResponse) -> Result<ValidatedToken, Failure> {
        let discovery = self.send(&self.client.openid_configuration())?;
        let keys = self.send(&self.client.certs())?;
        validate(&token.token, &keys, &discovery.issuer, commands::now())
            .map_err(|refusal| Failure::refused(format!("the service's token: {refusal}")))
    }
}

fn location(args: &Args) -> Result<(String, PathBuf), Failure> {
    let listed = match &args.data {
        Some(data) if args.url.is_none() || args.ca.is_none() => Some(endpoints(data)?),
        _ => None,
    };
    let member = |name: &str| {
        listed
            .as_ref()?
            .get("attestation")?
            .get(name)?
            .as_str()
            .map(str::to_owned)
    };
    let missing =
        || Failure::fault("endpoints.json names no attestation service").hint("start it with: casemate dev --data DIR");
    let url = args.url.clone().or_else(|| member("url")).ok_or_else(missing)?;
    let ca = args
        .ca
        .clone()
        .or_else(|| member("ca_pem").map(PathBuf::from))
        .ok_or_else(missing)?;
    Ok((url, ca))
}

fn endpoints(data: &Path) -> Result<Value, Failure> {
    let path = data.join("endpoints.json");
    let bytes =
        files::read(&path).map_err(|failure| failure.hint("start the services with: casemate dev --data DIR"))?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::fault(format!("{}: {error}", path.display())))
}

fn token_file(args: &Args) -> Option<PathBuf> {
    let of_dev = || {
        args.data
            .as_ref()
            .map(|data| data.join("token"))
            .filter(|path| path.exists())
    };
    args.token.clone().or_else(of_dev)
}
