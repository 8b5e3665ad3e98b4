//! From an endorsement key to an anchor: VCEK ← ASK ← ARK, VLEK ← ASVK ← ARK.

use std::sync::Arc;

use casemate_crypto::{
    Time,
    hash::sha256_parts,
    x509::{Certificate, Name},
};

use super::{
    VekKind,
    collateral::{Authority, Pool, Vek, product_of},
    revocation,
};
use crate::{Anchor, Refusal, Trace, TrustAnchors, Vendor, cache::Memo};

/// When a verified chain holds: the latest start and the earliest end among its certificates and lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainWindow {
    /// The first second.
    pub not_before: Time,
    /// The last second.
    pub not_after: Time,
}

impl ChainWindow {
    /// Holds whenever.
    pub(crate) const ALWAYS: Self = Self {
        not_before: Time::MIN,
        not_after: Time::MAX,
    };

    pub(crate) fn of(certificate: &Certificate) -> Self {
        Self {
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        }
    }

    pub(crate) fn meet(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }

    /// Whether `time` is inside.
    #[must_use]
    pub fn contains(self, time: Time) -> bool {
        self.not_before <= time && time <= self.not_after
    }
}

/// A chain whose every check held.
pub(crate) struct VerifiedChain<'a> {
    pub(crate) anchor: &'a Anchor,
    pub(crate) window: ChainWindow,
}

/// What a chain is checked against.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) anchors: &'a TrustAnchors,
    pub(crate) pool: Pool<'a>,
    pub(crate) time: Time,
    pub(crate) cache: Option<&'a Memo<ChainWindow>>,
}

/// One way from an endorsement key to an anchor, by names; nothing is verified yet.
struct Path<'a> {
    intermediate: &'a Authority,
    anchor: &'a Anchor,
}

impl<'a> Ground<'a> {
    /// Verifies the chain of `vek`, or finds it verified in the cache. Refusals go to `trace`; `None` if any.
    pub(crate) fn verify_vek(self, vek: &Vek, trace: &mut Trace) -> Option<VerifiedChain<'a>> {
        let kind = vek.extensions.kind();
        if let Some(known) = self.cached(vek) {
            let window = known.window;
            trace.pass("chain.cached", || {
                format!("verified before; holds until {}", window.not_after)
            });
            return Some(known);
        }
        let signer = self.signer_of(&vek.certificate, kind);
        let intermediate = trace.check("chain.vek", signer, |found: &&Authority| {
            format!("{} signed by {}", kind.certificate(), found.certificate.subject())
        })?;
        let anchor = self.verify_intermediate(intermediate, kind.issuer_certificate(), trace)?;
        let understood = check_critical(&vek.certificate, kind.certificate());
        let understood = trace.check("chain.extensions", understood, |()| {
            "none is critical and unknown".to_owned()
        });
        let product = trace.check("chain.product", same_product(anchor, vek), |()| {
            format!("{}, which {} serves", vek.extensions.product_name(), anchor.name())
        });
        let dates = self.check_dates(&vek.certificate, kind.certificate(), trace);
        let chain_dates = self.check_authority_dates(intermediate, anchor, kind.issuer_certificate(), trace);
        let subjects = revocation::Subjects {
            root: anchor.certificate(),
            intermediate: (&intermediate.certificate, kind.issuer_certificate()),
            vek: Some((&vek.certificate, kind.certificate())),
        };
        let lists = revocation::check_chain(self.pool, &subjects, self.time, trace);
        product.and(understood)?;
        let window = dates?.meet(chain_dates?).meet(lists?);
        if let Some(cache) = self.cache {
            cache.insert(self.key(vek, &Path { intermediate, anchor }), Arc::new(window));
        }
        Some(VerifiedChain { anchor, window })
    }

    /// The chain of `vek` if the cache has it, it still holds, and no list has come or gone since.
    fn cached(self, vek: &Vek) -> Option<VerifiedChain<'a>> {
        let cache = self.cache?;
        let paths = self
            .pool
            .authorities_named(vek.certificate.issuer())
            .flat_map(|intermediate| {
                self.anchors_named(intermediate.certificate.issuer())
                    .map(move |anchor| Path { intermediate, anchor })
            });
        for path in paths {
            let known = cache.lookup(&self.key(vek, &path));
            if let Some(window) = known.filter(|window| window.contains(self.time)) {
                return Some(VerifiedChain {
                    anchor: path.anchor,
                    window: *window,
                });
            }
        }
        None
    }

    /// What a verdict on a chain depends on: its certificates, and every list that its issuers are said to have made.
    fn key(self, vek: &Vek, path: &Path<'_>) -> [u8; 32] {
        let anchor = path.anchor.certificate();
        let anchor_digest = path.anchor.digest();
        let mut parts: Vec<&[u8]> = vec![b"amd", &vek.digest, &path.intermediate.digest, anchor_digest];
        parts.extend(self.pool.lists_of(anchor.subject()).map(|list| list.digest.as_slice()));
        parts.extend(
            self.pool
                .lists_of(vek.certificate.issuer())
                .map(|list| list.digest.as_slice()),
        );
        sha256_parts(&parts)
    }

    fn anchors_named(self, name: &Name) -> impl Iterator<Item = &'a Anchor> {
        let anchors: &'a TrustAnchors = self.anchors;
        anchors
            .iter()
            .filter(move |anchor| anchor.serves(Vendor::Amd) && anchor.certificate().subject() == name)
    }

    /// The authority that signed `certificate`; of several, one that is valid at the time.
    fn signer_of(self, certificate: &Certificate, kind: VekKind) -> Result<&'a Authority, Refusal> {
        let mut named = false;
        let mut signer: Option<&Authority> = None;
        for candidate in self.pool.authorities_named(certificate.issuer()) {
            named = true;
            let authority = &candidate.certificate;
            let may_sign = authority.is_ca() && authority.key_usage_cert_sign();
            if may_sign && certificate.verify_signed_by(authority.public_key()).is_ok() {
                let valid = ChainWindow::of(authority).contains(self.time);
                if signer.is_none() || valid {
                    signer = Some(candidate);
                }
                if valid {
                    break;
                }
            }
        }
        signer.ok_or_else(|| {
            if named {
                Refusal::SignatureInvalid {
                    what: kind.certificate().to_owned(),
                }
            } else {
                let subject = format!("issuer {}", certificate.issuer());
                Refusal::CollateralMissing {
                    what: kind.issuer_certificate(),
                    subject,
                }
            }
        })
    }

    /// A root beside the evidence is not trusted, but one that goes by an anchor's name must be that anchor's: the
    /// same certificate, or another that its key signed.
    pub(crate) fn check_roots(self, trace: &mut Trace) {
        for set in self.pool.sets() {
            for root in set
                .authorities()
                .iter()
                .filter(|root| root.certificate.is_self_issued())
            {
                let mut named = self.anchors_named(root.certificate.subject()).peekable();
                let unknown = named.peek().is_none();
                let is_anchors = |anchor: &Anchor| {
                    let (ours, theirs) = (anchor.certificate(), &root.certificate);
                    *anchor.digest() == root.digest
                        || ours.public_key() == theirs.public_key()
                            && theirs.verify_signed_by(ours.public_key()).is_ok()
                };
                if !unknown && !named.any(is_anchors) {
                    let what = format!("root certificate {}", root.certificate.subject());
                    trace.fail("chain.root", Refusal::SignatureInvalid { what });
                }
            }
        }
    }

    /// The anchor that signed `intermediate`.
    pub(crate) fn verify_intermediate(
        self,
        intermediate: &Authority,
        what: &'static str,
        trace: &mut Trace,
    ) -> Option<&'a Anchor> {
        let certificate = &intermediate.certificate;
        if let Err(refusal) = check_critical(certificate, what) {
            trace.fail("chain.extensions", refusal);
            return None;
        }
        let mut named = false;
        let signer = self.anchors_named(certificate.issuer()).find(|anchor| {
            named = true;
            certificate.verify_signed_by(anchor.certificate().public_key()).is_ok()
        });
        let signer = signer.ok_or_else(|| {
            if named {
                Refusal::SignatureInvalid { what: what.to_owned() }
            } else {
                Refusal::Untrusted {
                    what: what.to_owned(),
                    detail: format!("issuer {}", certificate.issuer()),
                }
            }
        });
        trace.check("chain.anchor", signer, |anchor| {
            format!("{what} signed by {} ({})", anchor.name(), anchor.class())
        })
    }

    fn check_dates(self, certificate: &Certificate, what: &str, trace: &mut Trace) -> Option<ChainWindow> {
        let window = ChainWindow::of(certificate);
        let dates = if self.time < window.not_before {
            Err(Refusal::NotYetValid {
                what: what.to_owned(),
                from: window.not_before,
            })
        } else if self.time > window.not_after {
            Err(Refusal::Expired {
                what: what.to_owned(),
                at: window.not_after,
            })
        } else {
            Ok(window)
        };
        trace.check("chain.validity", dates, |window| {
            format!("{what} valid {} to {}", window.not_before, window.not_after)
        })
    }

    /// Validity of an intermediate and the anchor that signed it.
    pub(crate) fn check_authority_dates(
        self,
        intermediate: &Authority,
        anchor: &Anchor,
        what: &str,
        trace: &mut Trace,
    ) -> Option<ChainWindow> {
        let intermediate = self.check_dates(&intermediate.certificate, what, trace);
        let root = self.check_dates(anchor.certificate(), "ARK certificate", trace);
        Some(intermediate?.meet(root?))
    }
}

/// A vendor's root serves one product line.
fn same_product(anchor: &Anchor, vek: &Vek) -> Result<(), Refusal> {
    match product_of(anchor) {
        Some(product) if product != vek.extensions.product() => Err(Refusal::Mismatch {
            what: "product of root and endorsement key",
            expected: product.to_string(),
            found: vek.extensions.product_name().to_owned(),
        }),
        _ => Ok(()),
    }
}

/// RFC 5280 §4.2: a critical extension that is not understood refuses the certificate.
fn check_critical(certificate: &Certificate, what: &'static str) -> Result<(), Refusal> {
    match certificate.unknown_critical_extensions().next() {
        None => Ok(()),
        Some(id) => Err(Refusal::UnsupportedType {
            what,
            detail: format!("critical extension {id}"),
        }),
    }
}
