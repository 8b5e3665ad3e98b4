//! Starting the service and stopping it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use casemate_crypto::{Time, pem};
use casemate_daemon::{
    FileFault, Shutdown,
    auth::{AuthSetupError, Authenticator},
    body::Bodies,
    config::ConfigError,
    egress::{Client, EgressSetupError},
    listener::{ListenError, Listener},
    now,
    seal::{FileSealer, Seal},
    tls::{self, TlsError},
};
use casemate_policy::EmulatedAllowed;
use casemate_store::{EmbeddedStore, Fault, Store};
use casemate_verify::{ChainCache, Refusal, TrustAnchors};
use tokio::task::JoinHandle;

use crate::{
    app::App,
    collateral::{Collateral, CollateralError},
    config::Config,
    dispatch::dispatch,
    metrics::Metrics,
    policies::{Policies, PoliciesError},
    pool::Pool,
    signing_key::{self, SigningKeyError},
};

/// The service did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no sealer, and the signing key must not lie in the clear.
    #[error("no sealer is configured, and the signing key must not be kept in the clear")]
    NoSealer,
    /// The sealer's key file cannot be used.
    #[error(transparent)]
    Sealer(#[from] FileFault),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] Fault),
    /// The signing key cannot be had.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// A policy cannot be used.
    #[error(transparent)]
    Policies(#[from] PoliciesError),
    /// The collateral cannot be read.
    #[error(transparent)]
    Collateral(#[from] CollateralError),
    /// A file of `trust_roots` is not a certificate.
    #[error("{} is not a trust root", path.display())]
    TrustRoot {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Refusal,
    },
    /// A file or folder cannot be used.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Egress cannot be set up.
    #[error(transparent)]
    Egress(#[from] EgressSetupError),
    /// Authentication cannot be set up.
    #[error(transparent)]
    Auth(#[from] AuthSetupError),
}

impl StartError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::NoSealer => "no_sealer",
            Self::Sealer(fault) => fault.code(),
            Self::Store(fault) => fault.code(),
            Self::SigningKey(error) => error.code(),
            Self::Policies(error) => error.code(),
            Self::Collateral(error) => error.code(),
            Self::TrustRoot { .. } => "trust_root",
            Self::Io { .. } => "file_io",
            Self::Tls(error) => error.code(),
            Self::Listen(_) => "listen",
            Self::Egress(error) => error.code(),
            Self::Auth(error) => error.code(),
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoSealer => Some("set seal.insecure_file_sealer to the path of a key file"),
            Self::Store(fault) => fault.hint(),
            Self::Sealer(fault) => fault.hint(),
            Self::Listen(_) => Some("choose another address with the key listen"),
            _ => None,
        }
    }
}

/// The attestation service.
#[derive(Debug)]
pub struct Service;

impl Service {
    /// Starts the service and returns once it listens. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        config.check()?;
        if config.seal.insecure_file_sealer.as_os_str().is_empty() {
            return Err(StartError::NoSealer);
        }
        make_private_dir(&config.data_dir)?;
        let tls = tls::server(&config.tls, &config.data_dir.join("tls"), &server_names(&config), now())?;
        let listener = Listener::bind(config.listen, Arc::clone(&tls.config), config.limits.clone()).await?;
        let local_addr = listener.local_addr();
        let issuer = match config.public_url.as_str() {
            "" => format!("https://{local_addr}"),
            url => url.to_owned(),
        };
        warn_of_insecure_keys(&config);
        let app = Arc::new(build(&config, &issuer)?);
        let shutdown = Shutdown::new();
        let router = Router::new().fallback(dispatch).with_state(Arc::clone(&app));
        let serving = tokio::spawn(listener.serve(router, shutdown.clone()));
        let refreshing = tokio::spawn(refresh(app, config.collateral.reload_seconds, shutdown.clone()));
        tracing::info!(%local_addr, issuer, "attestation service started");
        Ok(Running {
            local_addr,
            issuer,
            ca_pem: tls.ca_pem,
            shutdown,
            tasks: vec![serving, refreshing],
        })
    }
}

/// A service that runs. Dropping it does not stop it; [`Running::shutdown`] does.
#[derive(Debug)]
pub struct Running {
    local_addr: SocketAddr,
    issuer: String,
    ca_pem: Option<PathBuf>,
    shutdown: Shutdown,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// The address, with the port that was taken.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The service's address as clients know it, and the issuer of its tokens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.issuer
    }

    /// PEM file of the self-made CA that clients must trust; `None` where the certificate is configured.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&Path> {
        self.ca_pem.as_deref()
    }

    /// The request to stop, for others to make or wait for.
    #[must_use]
    pub const fn shutdown_request(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Stops accepting, lets open requests end within the grace, and closes the store.
    pub async fn shutdown(self) {
        self.shutdown.request();
        self.ended().await;
    }

    /// Runs until SIGINT or SIGTERM, then stops as [`Running::shutdown`] does.
    ///
    /// # Errors
    /// What the operating system says if the signals cannot be waited for.
    pub async fn until_signal(self) -> std::io::Result<()> {
        self.shutdown.on_signals().await?;
        self.ended().await;
        Ok(())
    }

    async fn ended(self) {
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task did not end in good order");
            }
        }
        tracing::info!("attestation service stopped");
    }
}

/// Everything that requests share, from files and configuration.
fn build(config: &Config, issuer: &str) -> Result<App, StartError> {
    let metrics = Metrics::new();
    let seal = FileSealer::open_or_create(&config.seal.insecure_file_sealer)?;
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(&config.data_dir.join("attestation.redb"))?);
    let emulated = if config.insecure_accept_emulated {
        EmulatedAllowed::Yes
    } else {
        EmulatedAllowed::No
    };
    let egress = Client::new(&config.egress)?;
    let seal: &dyn Seal = &seal;
    Ok(App {
        issuer: issuer.to_owned(),
        token_lifetime: config.token_lifetime_seconds.into(),
        verification_time: config.verification_time()?,
        attest_auth: config.auth.attest,
        bodies: Bodies::new(&config.limits),
        request_timeout: Duration::from_secs(config.limits.request_timeout_seconds),
        anchors: anchors(&config.trust_roots)?,
        cache: ChainCache::default(),
        collateral: Collateral::open(&config.collateral.dir, &metrics)?,
        policies: Policies::open(Arc::clone(&store), emulated)?,
        signer: signing_key::open_or_create(store.as_ref(), seal, issuer, now())?,
        authenticator: Authenticator::new(&config.auth.dev_token_file, &config.auth.issuers, &egress)?,
        pool: Pool::new(&config.verification),
        metrics,
        store,
    })
}

/// The vendors' roots, and the configured ones of emulated platforms.
fn anchors(files: &[PathBuf]) -> Result<TrustAnchors, StartError> {
    let mut anchors = TrustAnchors::vendor();
    for path in files {
        let bytes = std::fs::read(path).map_err(|source| StartError::Io {
            path: path.clone(),
            source,
        })?;
        let certificates = pem::decode("CERTIFICATE", &bytes).unwrap_or_else(|_| vec![bytes]);
        for der in certificates {
            anchors.add_emulated(&der).map_err(|source| StartError::TrustRoot {
                path: path.clone(),
                source,
            })?;
        }
    }
    Ok(anchors)
}

/// A new data folder is its owner's only.
fn make_private_dir(path: &Path) -> Result<(), StartError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| StartError::Io {
        path: path.to_owned(),
        source,
    })
}

/// The names in a self-made certificate: the public host, and loopback's.
fn server_names(config: &Config) -> Vec<String> {
    let public: Option<http::Uri> = config.public_url.parse().ok();
    let public = public
        .as_ref()
        .and_then(http::Uri::host)
        .map(|host| host.trim_matches(['[', ']']).to_owned());
    let mut names: Vec<String> = public.into_iter().collect();
    let listen = config.listen.ip();
    if !listen.is_unspecified() {
        names.push(listen.to_string());
    }
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// Ways round a check are named at each start.
fn warn_of_insecure_keys(config: &Config) {
    tracing::warn!("insecure_file_sealer: whoever reads the key file can open the signing key");
    if config.insecure_accept_emulated {
        tracing::warn!(
            roots = config.trust_roots.len(),
            "insecure_accept_emulated: evidence of emulated platforms, which protects nothing, is accepted"
        );
    }
    if let Ok(Some(time)) = config.verification_time() {
        let time: Time = time;
        tracing::warn!(%time, "insecure_verification_time: evidence is verified at this time, not at the present");
    }
}

/// Looks at the collateral again now and then, and on SIGHUP.
async fn refresh(app: Arc<App>, seconds: u64, shutdown: Shutdown) {
    let mut hangup = Hangup::new();
    loop {
        let tick = async {
            match seconds {
                0 => std::future::pending().await,
                seconds => tokio::time::sleep(Duration::from_secs(seconds)).await,
            }
        };
        tokio::select! {
            () = tick => {}
            () = hangup.recv() => tracing::info!("SIGHUP: looking at the collateral"),
            () = shutdown.wait() => return,
        }
        let worker = Arc::clone(&app);
        let _ = tokio::task::spawn_blocking(move || worker.collateral.refresh(&worker.metrics)).await;
    }
}

/// SIGHUP, where there is one.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            signal: signal(SignalKind::hangup()).ok(),
        }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    async fn recv(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal {
            signal.recv().await;
            return;
        }
        std::future::pending().await
    }
}
