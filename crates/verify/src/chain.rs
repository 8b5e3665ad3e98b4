//! Certification paths from a leaf to an anchor (RFC 5280 §6), and the revocation lists over them.

use casemate_crypto::{
    Time,
    sign::KeyError,
    x509::{
        Certificate, Crl, X509Error, oid,
        tlv::{Reader, tag},
    },
};

use crate::{Anchor, Refusal, TrustAnchors, Vendor};

/// The most certificates between a leaf and its anchor. Real chains have one.
const DEPTH_LIMIT: usize = 6;

/// A path whose signatures verify. Says nothing of dates and revocation: see [`Path::check_dates`] and
/// [`check_revoked`].
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// Leaf first; the anchor's own certificate is left out.
    certificates: Vec<Certificate>,
    anchor: Anchor,
}

impl Path {
    /// Leaf first; the anchor's own certificate is left out.
    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The anchor in which the path ends.
    pub(crate) const fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// The issuer of the certificate at `index`: the next one, or the anchor.
    pub(crate) fn issuer(&self, index: usize) -> &Certificate {
        self.certificates
            .get(index.saturating_add(1))
            .unwrap_or_else(|| self.anchor.certificate())
    }

    fn all(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates.iter().chain([self.anchor.certificate()])
    }

    /// The validity that the certificates below the anchor have in common: first and last second.
    pub(crate) fn window(&self) -> (Time, Time) {
        let start = self
            .certificates
            .iter()
            .map(Certificate::not_before)
            .max()
            .unwrap_or(Time::MAX);
        let end = self
            .certificates
            .iter()
            .map(Certificate::not_after)
            .min()
            .unwrap_or(Time::MIN);
        (start, end)
    }

    /// The end of the validity of the whole path.
    pub(crate) fn not_after(&self) -> Time {
        self.all().map(Certificate::not_after).min().unwrap_or(Time::MIN)
    }

    /// Every certificate must be valid at `time`.
    pub(crate) fn check_dates(&self, time: Time) -> Result<(), Refusal> {
        self.all().try_for_each(|certificate| check_dates(certificate, time))
    }
}

/// `certificate` must be valid at `time`.
pub(crate) fn check_dates(certificate: &Certificate, time: Time) -> Result<(), Refusal> {
    let what = || format!("certificate {}", title(certificate));
    if time < certificate.not_before() {
        return Err(Refusal::NotYetValid {
            what: what(),
            from: certificate.not_before(),
        });
    }
    if time > certificate.not_after() {
        return Err(Refusal::Expired {
            what: what(),
            at: certificate.not_after(),
        });
    }
    Ok(())
}

/// A short name of a certificate: its common name, or the whole subject.
pub(crate) fn title(certificate: &Certificate) -> String {
    certificate
        .subject()
        .common_name()
        .unwrap_or_else(|| certificate.subject().to_string())
}

/// Builds the path from `leaf` through `pool` to an anchor that serves `vendor`.
///
/// # Errors
/// [`Refusal::Untrusted`] when no issuer is found, [`Refusal::SignatureInvalid`] when issuers are found by name but
/// none of them signed, [`Refusal::UnsupportedType`] on a critical extension that is not understood.
pub(crate) fn build(
    leaf: &Certificate,
    pool: &[Certificate],
    anchors: &TrustAnchors,
    vendor: Vendor,
) -> Result<Path, Refusal> {
    let mut certificates = vec![leaf.clone()];
    check_critical(leaf)?;
    let mut current = leaf;
    while certificates.len() <= DEPTH_LIMIT {
        let by_name = || {
            anchors
                .iter()
                .filter(|anchor| anchor.serves(vendor) && anchor.certificate().subject() == current.issuer())
        };
        let signed = |anchor: &&Anchor| current.verify_signed_by(anchor.certificate().public_key()).is_ok();
        if let Some(anchor) = by_name().find(signed) {
            let path = Path {
                certificates,
                anchor: anchor.clone(),
            };
            check_path_length(&path)?;
            return Ok(path);
        }
        let Some(issuer) = issuer_in(current, pool) else {
            return Err(no_issuer(current, pool, anchors, by_name().next().is_some()));
        };
        check_critical(issuer)?;
        certificates.push(issuer.clone());
        current = issuer;
    }
    Err(Refusal::Untrusted {
        what: title(leaf),
        detail: format!("no anchor within {DEPTH_LIMIT} certificates"),
    })
}

fn issuer_in<'a>(certificate: &Certificate, pool: &'a [Certificate]) -> Option<&'a Certificate> {
    pool.iter().find(|candidate| {
        candidate.subject() == certificate.issuer()
            && !candidate.is_self_issued()
            && candidate.is_ca()
            && candidate.key_usage_cert_sign()
            && certificate.verify_signed_by(candidate.public_key()).is_ok()
    })
}

/// Why `certificate` has no issuer: its signature is broken, or it was signed by someone who is no anchor.
fn no_issuer(certificate: &Certificate, pool: &[Certificate], anchors: &TrustAnchors, anchor_by_name: bool) -> Refusal {
    let mut namesakes = pool
        .iter()
        .filter(|candidate| candidate.subject() == certificate.issuer())
        .peekable();
    let known = namesakes.peek().is_some();
    let signed_by_namesake = namesakes.any(|candidate| certificate.verify_signed_by(candidate.public_key()).is_ok());
    // A certificate beside it that an anchor should have signed and did not: its name may be what was changed.
    let altered = |candidate: &&Certificate| {
        let issuer = anchors
            .iter()
            .find(|anchor| anchor.certificate().subject() == candidate.issuer());
        issuer.is_some_and(|anchor| candidate.verify_signed_by(anchor.certificate().public_key()).is_err())
    };
    if !known
        && !anchor_by_name
        && let Some(candidate) = pool.iter().find(altered)
    {
        return Refusal::SignatureInvalid {
            what: format!("certificate {}", title(candidate)),
        };
    }
    if signed_by_namesake || !(known || anchor_by_name) {
        let detail = format!("issued by {}", certificate.issuer());
        return Refusal::Untrusted {
            what: format!("certificate {}", title(certificate)),
            detail,
        };
    }
    Refusal::SignatureInvalid {
        what: format!("certificate {}", title(certificate)),
    }
}

fn check_critical(certificate: &Certificate) -> Result<(), Refusal> {
    match certificate.unknown_critical_extensions().next() {
        None => Ok(()),
        Some(oid) => Err(Refusal::UnsupportedType {
            what: "certificate",
            detail: format!("{}: critical extension {oid} is not understood", title(certificate)),
        }),
    }
}

/// RFC 5280 §6.1.4 (l) and (m): no CA may have more CAs below it than it says.
fn check_path_length(path: &Path) -> Result<(), Refusal> {
    for (below, authority) in path.all().skip(1).enumerate() {
        let allowed = authority
            .path_len()
            .map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if below > allowed {
            return Err(Refusal::Untrusted {
                what: format!("certificate {}", title(authority)),
                detail: format!("its path length allows {allowed} authorities below it, there are {below}"),
            });
        }
    }
    Ok(())
}

/// Every certificate that came beside the leaf must be part of `path`, or be a root with the anchor's name and key
/// that this key signed: vendors re-issue roots, so the bytes may differ from the anchor's.
pub(crate) fn check_all_used(given: &[Certificate], path: &Path) -> Result<(), Refusal> {
    let anchor = path.anchor().certificate();
    for certificate in given {
        if path.certificates().contains(certificate) || certificate == anchor {
            continue;
        }
        if certificate.subject() != anchor.subject() || certificate.public_key() != anchor.public_key() {
            let detail = format!("certificate {} is not part of the chain", title(certificate));
            return Err(Refusal::Malformed {
                what: "certificate chain",
                detail,
            });
        }
        if certificate.verify_signed_by(anchor.public_key()).is_err() {
            return Err(Refusal::SignatureInvalid {
                what: format!("certificate {}", title(certificate)),
            });
        }
    }
    Ok(())
}

/// Chooses the newest CRL of `issuer` that is valid at `time`. Its signature is not checked: see [`verify_crl`].
///
/// # Errors
/// [`Refusal::CollateralMissing`] (naming `what` and `subject`) when there is none, [`Refusal::Expired`] or
/// [`Refusal::NotYetValid`] when there are only such.
pub(crate) fn choose_crl<'a>(
    issuer: &Certificate,
    crls: impl Iterator<Item = &'a Crl>,
    time: Time,
    missing: impl FnOnce() -> Refusal,
) -> Result<&'a Crl, Refusal> {
    let issued_by = |crl: &&Crl| crl.issuer() == issuer.subject() && key_may_match(crl, issuer);
    choose(crls.filter(issued_by), time, |crl| {
        (crl.this_update(), crl.next_update().unwrap_or(Time::MAX), 0)
    })
    .map_err(|refusal| refusal.map_or_else(missing, |found| found.named(format!("CRL of {}", title(issuer)))))
}

/// Whether the CRL's authority key identifier is the issuer's subject key identifier, where both say one: of two
/// authorities with one name each has its own lists (RFC 5280 §5.2.1).
fn key_may_match(crl: &Crl, issuer: &Certificate) -> bool {
    let named = crl.extension_by_oid(&oid::AUTHORITY_KEY_IDENTIFIER).and_then(|value| {
        let mut identifier = Reader::new(value).read_sequence().ok()?;
        identifier.read_optional(tag::primitive(0)).ok().flatten()
    });
    let own = issuer
        .extension_by_oid(&oid::SUBJECT_KEY_IDENTIFIER)
        .and_then(|value| Reader::new(value).read_octet_string().ok());
    match (named, own) {
        (Some(named), Some(own)) => named.content == own,
        _ => true,
    }
}

/// Only things that are not valid at the time exist.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NotNow {
    /// The last one ended.
    Expired(Time),
    /// The first one starts.
    NotYetValid(Time),
}

impl NotNow {
    pub(crate) fn named(self, what: String) -> Refusal {
        match self {
            Self::Expired(at) => Refusal::Expired { what, at },
            Self::NotYetValid(from) => Refusal::NotYetValid { what, from },
        }
    }
}

/// Of `things`, the one valid at `time` with the highest rank, then the newest. `of` gives start, end and rank.
///
/// # Errors
/// `None` when there are no things, else why none is valid.
pub(crate) fn choose<T: Copy>(
    things: impl Iterator<Item = T>,
    time: Time,
    of: impl Fn(T) -> (Time, Time, u32),
) -> Result<T, Option<NotNow>> {
    let mut best: Option<(u32, Time, T)> = None;
    let (mut ended, mut starts) = (None::<Time>, None::<Time>);
    for thing in things {
        let (start, end, rank) = of(thing);
        if time > end {
            ended = ended.max(Some(end));
        } else if time < start {
            starts = Some(starts.map_or(start, |earliest| earliest.min(start)));
        } else if best.is_none_or(|(best_rank, best_start, _)| (rank, start) > (best_rank, best_start)) {
            best = Some((rank, start, thing));
        }
    }
    match (best, ended, starts) {
        (Some((_, _, thing)), _, _) => Ok(thing),
        (None, Some(end), _) => Err(Some(NotNow::Expired(end))),
        (None, None, Some(start)) => Err(Some(NotNow::NotYetValid(start))),
        (None, None, None) => Err(None),
    }
}

/// `crl` must be signed by `issuer`, who must be allowed to sign CRLs.
pub(crate) fn verify_crl(crl: &Crl, issuer: &Certificate) -> Result<(), Refusal> {
    let refusal = || Refusal::SignatureInvalid {
        what: format!("CRL of {}", title(issuer)),
    };
    if !issuer.key_usage_crl_sign() {
        return Err(refusal());
    }
    crl.verify_signed_by(issuer.public_key()).map_err(|_| refusal())
}

/// `certificate` must not be on `crl`.
pub(crate) fn check_revoked(certificate: &Certificate, crl: &Crl) -> Result<(), Refusal> {
    match crl.revoked(certificate.serial()) {
        None => Ok(()),
        Some(since) => Err(Refusal::Revoked {
            what: format!("certificate {}", title(certificate)),
            detail: format!(
                "serial {} since {since}, CRL of {}",
                hex::encode(certificate.serial()),
                crl.issuer()
            ),
        }),
    }
}

/// A certificate or CRL cannot be read.
pub(crate) fn malformed(what: &'static str, error: &X509Error) -> Refusal {
    match error {
        X509Error::Algorithm(_) | X509Error::Key(KeyError::Unsupported) | X509Error::CriticalExtension(_) => {
            Refusal::UnsupportedType {
                what,
                detail: sources(error),
            }
        }
        _ => Refusal::Malformed {
            what,
            detail: sources(error),
        },
    }
}

/// An error with its causes, in one line.
pub(crate) fn sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
