//! TLS: certificates from files, or from a CA that this installation makes for itself.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use casemate_crypto::{
    Time, pem, rand,
    secret::SecretBytes,
    sign::{KeyType, SignatureAlgorithm, SigningKey},
    x509::{Certificate, CertificateTemplate, KeyUsage, Name, X509Error, oid},
};
use rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::CryptoProvider};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};

use crate::{FileFault, config, read_private, write_private};

/// Days that a self-made server certificate is valid; it is made anew at each start.
const SERVER_DAYS: i64 = 397;
/// Days that a self-made CA is valid.
const CA_DAYS: i64 = 3650;
const DAY: i64 = 86_400;

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileFault),
    /// Only one of `tls.certificate` and `tls.key` is set.
    #[error("tls.certificate and tls.key belong together; only one is set")]
    HalfSet,
    /// A certificate cannot be made from a key of this installation.
    #[error("cannot make a certificate")]
    Issue(#[source] X509Error),
    /// A key cannot be made or read.
    #[error("{} holds no usable key", path.display())]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key do not fit, or a certificate is not acceptable.
    #[error("TLS configuration refused")]
    Refused(#[source] rustls::Error),
}

impl TlsError {
    /// The stable code in logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File(fault) => fault.code(),
            Self::HalfSet => "tls_half_set",
            Self::Issue(_) => "tls_issue",
            Self::Key { .. } => "tls_key",
            Self::Refused(_) => "tls_refused",
        }
    }
}

/// What a TLS listener needs, and what its clients must trust.
#[derive(Clone)]
pub struct ServerTls {
    /// For the listener.
    pub config: Arc<ServerConfig>,
    /// PEM file of the CA to trust, where it is self-made.
    pub ca_pem: Option<PathBuf>,
}

/// Sets up a server for `names` (host names and IP addresses).
///
/// With `tls.certificate` and `tls.key` from these files; else with a certificate of this installation's own CA, whose
/// key and certificate are kept in `tls.self_made_dir`, or in `default_dir` if that is not set.
///
/// # Errors
/// [`TlsError`] naming the file that cannot be used.
pub fn server(tls: &config::Tls, default_dir: &Path, names: &[String], now: Time) -> Result<ServerTls, TlsError> {
    match (tls.certificate.as_os_str().is_empty(), tls.key.as_os_str().is_empty()) {
        (false, false) => {
            let chain = read_certificates(&tls.certificate)?;
            let key = read_private(&tls.key)?;
            let key = PrivateKeyDer::from_pem_slice(key.expose_secret())
                .map_err(|_| TlsError::Key { path: tls.key.clone() })?;
            Ok(ServerTls {
                config: server_config(chain, key)?,
                ca_pem: None,
            })
        }
        (true, true) => {
            let own = !tls.self_made_dir.as_os_str().is_empty();
            let ca = SelfMadeCa::open_or_create(if own { &tls.self_made_dir } else { default_dir }, now)?;
            let (chain, key) = ca.issue_server(names, now)?;
            let chain = chain
                .iter()
                .map(|certificate| certificate.der().to_vec().into())
                .collect();
            let key = key.to_pkcs8_der().map_err(|_| TlsError::Key {
                path: ca.certificate_path(),
            })?;
            let key = PrivatePkcs8KeyDer::from(key.expose_secret().to_vec());
            Ok(ServerTls {
                config: server_config(chain, key.into())?,
                ca_pem: Some(ca.certificate_path()),
            })
        }
        _ => Err(TlsError::HalfSet),
    }
}

/// A CA that an installation makes for itself; `ca.pem` in its folder is what clients must trust.
pub struct SelfMadeCa {
    directory: PathBuf,
    key: SigningKey,
    certificate: Certificate,
}

impl SelfMadeCa {
    /// Opens the CA in `directory`, or makes it: `ca.key` (mode 0600) and `ca.pem`.
    ///
    /// # Errors
    /// [`TlsError::File`] if the files cannot be used, [`TlsError::Key`] if they hold no key.
    pub fn open_or_create(directory: &Path, now: Time) -> Result<Self, TlsError> {
        let key_path = directory.join("ca.key");
        match read_private(&key_path) {
            Ok(_) => {}
            Err(fault) if fault.is_missing() => {
                let key = SigningKey::generate(KeyType::P256).map_err(|_| TlsError::Key { path: key_path.clone() })?;
                match write_private(&key_path, &key_pem(&key, &key_path)?) {
                    Err(FileFault::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                    written => written?,
                }
            }
            Err(fault) => return Err(fault.into()),
        }
        let key = read_key(&key_path)?;
        let certificate_path = directory.join("ca.pem");
        let certificate = match std::fs::read(&certificate_path) {
            Ok(text) => Certificate::parse_pem_chain(&text)
                .ok()
                .and_then(|chain| chain.into_iter().next()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(FileFault::io(&certificate_path, source).into()),
        };
        let usable = certificate.filter(|found| found.public_key() == key.public_key() && found.not_after() > now);
        let certificate = match usable {
            Some(certificate) => certificate,
            None => make_ca(&key, &certificate_path, now)?,
        };
        Ok(Self {
            directory: directory.to_owned(),
            key,
            certificate,
        })
    }

    /// The PEM file to trust.
    #[must_use]
    pub fn certificate_path(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// The CA's certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// A certificate and key for a server known by `names`, the first of which is its common name.
    ///
    /// # Errors
    /// [`TlsError::Issue`] if a name cannot be in a certificate.
    pub fn issue_server(&self, names: &[String], now: Time) -> Result<(Vec<Certificate>, SigningKey), TlsError> {
        let key = SigningKey::generate(KeyType::P256).map_err(|_| TlsError::Key {
            path: self.directory.clone(),
        })?;
        let common_name = names.first().map_or("localhost", String::as_str);
        let until = now.plus_seconds(SERVER_DAYS * DAY);
        let mut template = CertificateTemplate::new(name_of(common_name), &serial(), now.plus_seconds(-DAY), until)
            .end_entity()
            .key_usage(&[KeyUsage::DigitalSignature])
            .extended_key_usage(&[oid::SERVER_AUTH])
            .key_identifiers();
        for name in names {
            template = match name.parse::<IpAddr>() {
                Ok(address) => template.ip_address(address),
                Err(_) => template.dns_name(name),
            };
        }
        let issued = template
            .issue(
                key.public_key(),
                self.certificate.subject(),
                &self.key,
                SignatureAlgorithm::EcdsaP256Sha256,
            )
            .map_err(TlsError::Issue)?;
        Ok((vec![issued, self.certificate.clone()], key))
    }
}

fn name_of(common_name: &str) -> Name {
    Name::from_attributes(&[(oid::COMMON_NAME, common_name)])
}

fn serial() -> Vec<u8> {
    CertificateTemplate::random_serial()
}

fn make_ca(key: &SigningKey, path: &Path, now: Time) -> Result<Certificate, TlsError> {
    // A name of its own, so that clients that trust several of these CAs can tell them apart.
    let name = name_of(&format!(
        "Casemate self-made CA {:08x}",
        u32::from_be_bytes(rand::bytes())
    ));
    let until = now.plus_seconds(CA_DAYS * DAY);
    let certificate = CertificateTemplate::new(name, &serial(), now.plus_seconds(-DAY), until)
        .ca(Some(0))
        .key_usage(&[KeyUsage::CertSign, KeyUsage::CrlSign])
        .key_identifiers()
        .self_signed(key, SignatureAlgorithm::EcdsaP256Sha256)
        .map_err(TlsError::Issue)?;
    std::fs::write(path, certificate.to_pem()).map_err(|source| FileFault::io(path, source))?;
    Ok(certificate)
}

/// The key as PKCS#8 PEM, for the file at `path`.
fn key_pem(key: &SigningKey, path: &Path) -> Result<SecretBytes, TlsError> {
    let der = key
        .to_pkcs8_der()
        .map_err(|_| TlsError::Key { path: path.to_owned() })?;
    Ok(SecretBytes::new(
        pem::encode("PRIVATE KEY", der.expose_secret()).into_bytes(),
    ))
}

fn read_key(path: &Path) -> Result<SigningKey, TlsError> {
    let text = read_private(path)?;
    let blocks = pem::decode("PRIVATE KEY", text.expose_secret()).unwrap_or_default();
    let der = blocks
        .into_iter()
        .next()
        .map(SecretBytes::new)
        .ok_or(TlsError::Key { path: path.to_owned() })?;
    SigningKey::from_pkcs8_der(der.expose_secret()).map_err(|_| TlsError::Key { path: path.to_owned() })
}

/// Every certificate of a PEM file of any length (system bundles hold more than a chain may).
fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = std::fs::read(path).map_err(|source| FileFault::io(path, source))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(FileFault::Content {
            path: path.to_owned(),
            expected: "PEM certificates",
        }
        .into()),
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Refused)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A client that trusts the roots in the PEM file `ca_file`, and nothing else.
///
/// # Errors
/// [`TlsError::File`] if the file cannot be read or holds no certificates.
pub fn client(ca_file: &Path) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    // System bundles hold a few roots that rustls does not take; one usable root is demanded.
    let (taken, _) = roots.add_parsable_certificates(read_certificates(ca_file)?);
    if taken == 0 {
        return Err(FileFault::Content {
            path: ca_file.to_owned(),
            expected: "a usable root certificate",
        }
        .into());
    }
    client_config(roots)
}

/// A client that trusts nobody: for egress without any allowed host.
pub(crate) fn client_without_roots() -> Result<ClientConfig, TlsError> {
    client_config(RootCertStore::empty())
}

fn client_config(roots: RootCertStore) -> Result<ClientConfig, TlsError> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Refused)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
