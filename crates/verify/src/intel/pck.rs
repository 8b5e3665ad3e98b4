//! The PCK certificate chain: where it is, and that it ends in an anchor.

use std::sync::Arc;

use casemate_crypto::{
    hash::{sha256, sha256_parts},
    pem,
    sign::{SignatureAlgorithm, SignatureEncoding},
    x509::Certificate,
};
use casemate_evidence::intel::{CertificationData, PckIdentification, Quote};

use super::SgxExtension;
use crate::{
    Context, Refusal, Vendor,
    cache::Digest,
    chain::{self, Path},
};

/// Certification data type of a PCK leaf certificate alone.
const PCK_LEAF: u16 = 4;

/// A PCK chain whose signatures verify, and what its leaf says. Dates and revocation are checked each time.
#[derive(Debug)]
pub(crate) struct PckChain {
    pub(crate) path: Path,
    pub(crate) extension: SgxExtension,
    /// SHA-256 over the certificates and the set of anchors.
    pub(crate) digest: Digest,
}

impl PckChain {
    /// The PCK certificate.
    pub(crate) fn leaf(&self) -> Option<&Certificate> {
        self.path.certificates().first()
    }
}

/// Finds the PCK chain of `quote`, in it or among the endorsements, and verifies its signatures. Also says how many
/// certificates the quote itself carries.
///
/// # Errors
/// [`Refusal::PckMissing`] when there is none; else why it does not chain to an anchor.
pub(crate) fn find(quote: &Quote<'_>, context: &Context<'_>) -> Result<(Arc<PckChain>, usize), Refusal> {
    match &quote.certification {
        CertificationData::PckChain(bytes) | CertificationData::PckLeaf(bytes) => {
            let ders = embedded(bytes)?;
            if quote.certification.kind() == PCK_LEAF && ders.len() != 1 {
                return Err(malformed("a PCK leaf certificate is one certificate"));
            }
            Ok((verify(&ders, context)?, ders.len()))
        }
        other => match among_endorsements(quote, other.identification(), context) {
            Some(leaf) => Ok((verify(&[leaf.der().to_vec()], context)?, 0)),
            None => Err(Refusal::PckMissing {
                detail: describe(other),
            }),
        },
    }
}

fn describe(data: &CertificationData<'_>) -> String {
    let mut text = format!("certification data type {} ({})", data.kind(), data.name());
    if let Some(id) = data.identification() {
        text.push_str(&format!(
            ", CPUSVN {}, PCESVN {}, PPID {}",
            hex::encode(id.cpu_svn),
            id.pce_svn,
            hex::encode(id.ppid.get(..16).unwrap_or_default())
        ));
    }
    text
}

/// The certificates that a quote carries: PEM, or DER one after the other (as Intel's own sample has them).
fn embedded(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
    if bytes.starts_with(&[0x30]) {
        let mut reader = casemate_crypto::x509::tlv::Reader::new(bytes);
        let mut found = Vec::new();
        while !reader.is_empty() && found.len() < casemate_crypto::x509::MAX_CHAIN {
            let tlv = reader.read_any().map_err(|error| malformed(&error.to_string()))?;
            found.push(tlv.raw.to_vec());
        }
        reader.finish().map_err(|error| malformed(&error.to_string()))?;
        return Ok(found);
    }
    check_framing(bytes)?;
    pem::decode("CERTIFICATE", bytes).map_err(|error| malformed(&error.to_string()))
}

/// Nothing but PEM blocks, line ends and NULs: what decoding ignores must not carry anything.
fn check_framing(bytes: &[u8]) -> Result<(), Refusal> {
    let mut inside = false;
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line {
            b"-----BEGIN CERTIFICATE-----" if !inside => inside = true,
            b"-----END CERTIFICATE-----" if inside => inside = false,
            // Issuer chains are put behind a leaf that ended without a line end.
            b"-----END CERTIFICATE----------BEGIN CERTIFICATE-----" if inside => {}
            ended
                if inside
                    && ended
                        .strip_prefix(b"-----END CERTIFICATE-----")
                        .is_some_and(|rest| rest.iter().all(|byte| *byte == 0)) =>
            {
                inside = false;
            }
            base64 if inside && !base64.contains(&b'-') => {}
            other if !inside && other.iter().all(|byte| *byte == 0) => {}
            _ => return Err(malformed("text outside PEM blocks")),
        }
    }
    if inside {
        Err(malformed("a PEM block without end"))
    } else {
        Ok(())
    }
}

/// The certificates that a quote carries, for reading only.
pub(crate) fn carried(quote: &Quote<'_>) -> Result<Option<Certificate>, Refusal> {
    let (CertificationData::PckChain(bytes) | CertificationData::PckLeaf(bytes)) = &quote.certification else {
        return Ok(None);
    };
    for der in embedded(bytes)? {
        let certificate =
            Certificate::parse(&der).map_err(|error| chain::malformed("PCK certificate chain", &error))?;
        if SgxExtension::is_in(&certificate) {
            return Ok(Some(certificate));
        }
    }
    Err(malformed("no PCK certificate in it"))
}

fn malformed(detail: &str) -> Refusal {
    Refusal::Malformed {
        what: "PCK certificate chain",
        detail: detail.to_owned(),
    }
}

/// The PCK certificate among the endorsements that certifies the quoting enclave of `quote`: its key signed the
/// enclave's report. The identification narrows the search where it says anything comparable.
fn among_endorsements<'a>(
    quote: &Quote<'_>,
    id: Option<&PckIdentification<'_>>,
    context: &Context<'a>,
) -> Option<&'a Certificate> {
    let fits = |certificate: &&Certificate| {
        let Ok(extension) = SgxExtension::of(certificate) else {
            return false;
        };
        id.is_none_or(|id| {
            id.pce_id.is_none_or(|pce_id| pce_id == extension.pce_id)
                && (id.ppid.len() != extension.ppid.len() || id.ppid == extension.ppid)
        })
    };
    let signed = |certificate: &&Certificate| verify_qe_report(quote, certificate).is_ok();
    context
        .endorsements
        .certificates()
        .iter()
        .filter(|one| SgxExtension::is_in(one))
        .filter(fits)
        .find(signed)
}

/// The quoting enclave's report must be signed by the PCK.
pub(crate) fn verify_qe_report(quote: &Quote<'_>, pck: &Certificate) -> Result<(), Refusal> {
    pck.public_key()
        .verify(
            SignatureAlgorithm::EcdsaP256Sha256,
            SignatureEncoding::Fixed,
            quote.qe_report_raw,
            &quote.qe_report_signature,
        )
        .map_err(|_| Refusal::SignatureInvalid {
            what: "QE report (by the PCK)".to_owned(),
        })
}

/// Verifies the chain `ders`, leaf first (or root first), completed from the endorsements where the quote holds only
/// the leaf.
fn verify(ders: &[Vec<u8>], context: &Context<'_>) -> Result<Arc<PckChain>, Refusal> {
    let digests: Vec<Digest> = ders.iter().map(|der| sha256(der)).collect();
    // A lone leaf is completed from the endorsements, so which these are is part of what was verified.
    let completed_from = match ders.len() {
        1 => context.endorsements.certificates_digest().as_slice(),
        _ => &[],
    };
    let digest = sha256_parts(&[
        b"PCK chain",
        context.anchors.digest(),
        completed_from,
        digests.as_flattened(),
    ]);
    if let Some(known) = context.cache.and_then(|cache| cache.pck.lookup(&digest)) {
        return Ok(known);
    }
    let chain = Arc::new(build(ders, &digests, digest, context)?);
    if let Some(cache) = context.cache {
        cache.pck.insert(digest, Arc::clone(&chain));
    }
    Ok(chain)
}

fn build(ders: &[Vec<u8>], digests: &[Digest], digest: Digest, context: &Context<'_>) -> Result<PckChain, Refusal> {
    let mut given = Vec::with_capacity(ders.len());
    for (der, der_digest) in ders.iter().zip(digests) {
        // The root is nearly always the anchor itself.
        let anchor = context.anchors.iter().find(|anchor| anchor.digest() == der_digest);
        given.push(match anchor {
            Some(anchor) => anchor.certificate().clone(),
            None => Certificate::parse(der).map_err(|error| chain::malformed("PCK certificate chain", &error))?,
        });
    }
    if given.first().is_some_and(Certificate::is_self_issued) {
        given.reverse();
    }
    let Some((leaf, rest)) = given.split_first() else {
        return Err(malformed("no certificate"));
    };
    let pool = if rest.is_empty() {
        context.endorsements.certificates()
    } else {
        rest
    };
    let path =
        chain::build(leaf, pool, context.anchors, Vendor::Intel).map_err(|refusal| blame(refusal, leaf, rest))?;
    chain::check_all_used(rest, &path)?;
    let extension = SgxExtension::of(leaf)?;
    Ok(PckChain {
        path,
        extension,
        digest,
    })
}

/// A leaf that the certificate given as its issuer's did not sign is altered, whatever issuer it names.
fn blame(refusal: Refusal, leaf: &Certificate, rest: &[Certificate]) -> Refusal {
    match (refusal, rest.first()) {
        (Refusal::Untrusted { .. }, Some(next)) if leaf.verify_signed_by(next.public_key()).is_err() => {
            Refusal::SignatureInvalid {
                what: format!("certificate {}", chain::title(leaf)),
            }
        }
        (refusal, _) => refusal,
    }
}
