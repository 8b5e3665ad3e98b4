//! Revocation lists of AMD's roots and signing keys (AMD 57230 §2.4: a root signs its own list).

use casemate_crypto::{Time, x509::Certificate};

use super::{
    chain::ChainWindow,
    collateral::{Pool, RevocationList},
};
use crate::{Refusal, Trace};

/// A certificate and its name in refusals.
type Named<'a> = (&'a Certificate, &'static str);

/// The certificates of a chain, as lists see them.
pub(crate) struct Subjects<'a> {
    pub(crate) root: &'a Certificate,
    pub(crate) intermediate: Named<'a>,
    pub(crate) vek: Option<Named<'a>>,
}

/// Checks a chain against the lists that are there, and says when they hold. AMD's lists rarely travel with
/// evidence: where none was given that is recorded and refuses nothing, but one that was given must be good.
/// Refusals go to `trace`; `None` if any.
pub(crate) fn check_chain(
    pool: Pool<'_>,
    subjects: &Subjects<'_>,
    time: Time,
    trace: &mut Trace,
) -> Option<ChainWindow> {
    let mut current_of = |issuer| match current(pool, issuer, time) {
        Ok(list) => Some(list),
        Err(refusal) => {
            trace.fail("chain.revocation", refusal);
            None
        }
    };
    let of_root = current_of(subjects.root);
    let of_intermediate = current_of(subjects.intermediate.0);
    let (of_root, of_intermediate) = (of_root?, of_intermediate?);
    if of_root.is_none() && of_intermediate.is_none() {
        trace.pass("chain.revocation", || {
            format!("not checked: no CRL of {} was given", subjects.root.subject())
        });
        return Some(ChainWindow::ALWAYS);
    }
    let checks = [
        (of_root, Some(subjects.intermediate)),
        (of_root, subjects.vek),
        (of_intermediate, subjects.vek),
    ];
    let mut window = Some(ChainWindow::ALWAYS);
    for (list, subject) in checks {
        if let Some((current, (certificate, what))) = list.zip(subject) {
            let checked = check(current.list, certificate, what).map(|()| current.window);
            let listed = trace.check("chain.revocation", checked, |window| {
                format!("{what} not on the list, good until {}", window.not_after)
            });
            window = window.zip(listed).map(|(window, listed)| window.meet(listed));
        }
    }
    window
}

/// The list of an issuer to go by, and for how long it is.
#[derive(Clone, Copy)]
struct Current<'a> {
    list: &'a RevocationList,
    window: ChainWindow,
}

/// Finds the list of `issuer` to go by: the newest of those current at `time`, which must be good; a broken newer one
/// is not passed over for an older one. It counts until it ends or a later one starts. `None` if there is no list.
fn current<'a>(pool: Pool<'a>, issuer: &Certificate, time: Time) -> Result<Option<Current<'a>>, Refusal> {
    let mut newest: Option<&RevocationList> = None;
    let mut newest_current: Option<&RevocationList> = None;
    let mut next_start = Time::MAX;
    for list in pool.lists_of(issuer.subject()) {
        newest = newer(newest, list);
        if list.crl.this_update() > time {
            next_start = next_start.min(list.crl.this_update());
        } else if time <= end_of(list) {
            newest_current = newer(newest_current, list);
        }
    }
    let what = || format!("CRL of {}", issuer.subject());
    match (newest_current, newest) {
        (Some(list), _) => {
            if !issuer.key_usage_crl_sign() || list.crl.verify_signed_by(issuer.public_key()).is_err() {
                return Err(Refusal::SignatureInvalid { what: what() });
            }
            let not_after = end_of(list).min(next_start.plus_seconds(-1));
            Ok(Some(Current {
                list,
                window: ChainWindow {
                    not_before: list.crl.this_update(),
                    not_after,
                },
            }))
        }
        (None, Some(list)) if end_of(list) < time => Err(Refusal::Expired {
            what: what(),
            at: end_of(list),
        }),
        (None, Some(list)) => Err(Refusal::NotYetValid {
            what: what(),
            from: list.crl.this_update(),
        }),
        (None, None) => Ok(None),
    }
}

fn end_of(list: &RevocationList) -> Time {
    list.crl.next_update().unwrap_or(Time::MAX)
}

fn newer<'a>(best: Option<&'a RevocationList>, next: &'a RevocationList) -> Option<&'a RevocationList> {
    match best {
        Some(best) if best.crl.this_update() >= next.crl.this_update() => Some(best),
        _ => Some(next),
    }
}

/// Refuses `certificate` if `list` names its serial number.
fn check(list: &RevocationList, certificate: &Certificate, what: &str) -> Result<(), Refusal> {
    let serial = certificate.serial();
    match list.crl.revoked(serial) {
        None => Ok(()),
        Some(since) => Err(Refusal::Revoked {
            what: what.to_owned(),
            detail: format!(
                "serial 0x{} since {since}, list of {}",
                hex::encode(serial),
                list.crl.issuer()
            ),
        }),
    }
}
