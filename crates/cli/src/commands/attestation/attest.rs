//! `casemate attestation attest`: evidence for a token.

use std::path::{Path, PathBuf};

use casemate_api::attestation::{AttestRequest, AttestationType, DataType, Nonce, SnpEvidence, UserData};
use casemate_crypto::x509::Certificate;
use casemate_verify::{EvidenceType, recognise};
use clap::ValueEnum;
use serde_json::json;

use super::service::{self, Service};
use crate::console::{Console, Tone};
use crate::exit::{Exit, Failure};
use crate::files;

/// How runtime data shows in the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// As opaque bytes.
    Binary,
    /// As a JSON object.
    Json,
}

/// Send evidence to a service, and print the token that it answers with.
///
/// The token is checked as a relying party would before it is printed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The evidence: an SGX or TDX quote, an Open Enclave report, an SEV-SNP report.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Data whose hash is in the evidence's report data.
    #[arg(long, value_name = "FILE")]
    runtime_data: Option<PathBuf>,
    /// How the runtime data shows in the token.
    #[arg(long, value_name = "FORM", default_value = "binary")]
    runtime_form: Form,
    /// A nonce that comes back in the token.
    #[arg(long, value_name = "TEXT")]
    nonce: Option<String>,
    /// Folder (or file) with the certificates of an SEV-SNP report's key, if the service has none.
    #[arg(long, value_name = "DIR")]
    collateral: Vec<PathBuf>,
    /// Print one JSON object with the token and its claims.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: service::Args,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<Exit, Failure> {
    let evidence = files::read(&args.file)?;
    let (attestation_type, mut request) = request(&args.file, evidence, &args.collateral)?;
    if let Some(path) = &args.runtime_data {
        let data_type = match args.runtime_form {
            Form::Binary => DataType::Binary,
            Form::Json => DataType::Json,
        };
        request.runtime_data = Some(UserData {
            data: files::read(path)?.into(),
            data_type,
        });
    }
    request.nonce = args.nonce.clone().map(Nonce::Text);
    let service = Service::new(&args.service)?;
    let answer = service.send(&service.client().attest(attestation_type, &request))?;
    let token = service.validated(&answer)?;
    if args.json {
        console.line(json!({"token": answer.token, "claims": token.claims()}))?;
    } else {
        console.note(format_args!(
            "{} {attestation_type}, class {}, valid until {}",
            console.paint(Tone::Good, "token validated:"),
            token.trust_class().unwrap_or("unknown"),
            token.expires()
        ));
        console.line(&answer.token)?;
    }
    Ok(Exit::Done)
}

/// The request that fits the evidence, which its bytes tell.
fn request(
    file: &Path,
    evidence: Vec<u8>,
    collateral: &[PathBuf],
) -> Result<(AttestationType, AttestRequest), Failure> {
    let quote = |evidence: Vec<u8>| AttestRequest {
        quote: Some(evidence.into()),
        ..AttestRequest::default()
    };
    let report = |evidence: Vec<u8>| AttestRequest {
        report: Some(evidence.into()),
        ..AttestRequest::default()
    };
    Ok(match recognise(&evidence) {
        Some(EvidenceType::SgxDcap) => (AttestationType::SgxEnclave, quote(evidence)),
        Some(EvidenceType::Tdx) => (AttestationType::TdxVm, quote(evidence)),
        Some(EvidenceType::OpenEnclave) => (AttestationType::OpenEnclave, report(evidence)),
        Some(EvidenceType::SevSnp) => {
            let snp = SnpEvidence {
                snp_report: evidence.into(),
                vcek_cert_chain: chain(collateral)?.into_bytes().into(),
                endorsements: None,
            };
            let body = serde_json::to_vec(&snp).map_err(|error| Failure::fault(error.to_string()))?;
            (AttestationType::SevSnpVm, report(body))
        }
        _ => {
            return Err(Failure::fault(format!(
                "{}: no evidence that a service takes",
                file.display()
            )));
        }
    })
}

/// Every certificate below `paths` as PEM, the platform's own first.
fn chain(paths: &[PathBuf]) -> Result<String, Failure> {
    let mut certificates = Vec::new();
    for path in paths {
        for file in files::below(path)? {
            let bytes = files::read(&file)?;
            match Certificate::parse_pem_chain(&bytes) {
                Ok(chain) => certificates.extend(chain),
                Err(_) => certificates.extend(Certificate::parse(&bytes)),
            }
        }
    }
    certificates.sort_by_key(|certificate| (certificate.is_ca(), certificate.is_self_issued()));
    Ok(certificates.iter().map(Certificate::to_pem).collect())
}
