//! An outcome for a person.

use casemate_verify::{TcbVerdict, Trailing, TrustClass, Verified};

use super::outcome::{Outcome, Voucher};
use super::replay::ReplayedLog;
use crate::console::{Console, Tone};
use crate::tree::{self, Tree, printable};

/// The whole outcome.
pub(super) fn tree(outcome: &Outcome, console: &Console) -> Tree {
    let verdict = if outcome.accepted() {
        console.paint(Tone::Good, "✓ verified")
    } else {
        console.paint(Tone::Bad, "✗ refused")
    };
    let name = console.paint(Tone::Strong, printable(&outcome.name));
    let mut root = Tree::new(format!(
        "{name}  {}  {verdict}",
        outcome.kind.unwrap_or("of no known format")
    ));
    root = root.with_all(outcome.refusals.iter().map(|refused| {
        let line = Tree::new(console.paint(Tone::Bad, format!("{}: {}", refused.code, printable(&refused.message))));
        line.with_all(refused.hint.map(|hint| Tree::new(format!("hint: {hint}"))))
    }));
    if let Some(voucher) = &outcome.voucher {
        root = root.with_all(vouched(voucher, console));
    }
    if let Some(verified) = &outcome.verified {
        root = root.with_all(state(verified, console));
    }
    root = root.with(tree::checks(&outcome.checks, console));
    if !outcome.claims.is_empty() {
        root = root.with(tree::members("claims", &outcome.claims, console));
    }
    if let Some(issued) = &outcome.issued {
        root = root.with(tree::members("claims that the policy issues", issued, console));
    }
    root.with_all(outcome.logs.iter().map(|log| replayed(log, console)))
}

fn vouched(voucher: &Voucher, console: &Console) -> [Tree; 3] {
    let (tone, promise) = match voucher.class {
        TrustClass::Hardware => (
            Tone::Good,
            "keeps out the operator, the hypervisor and the firmware below the TEE",
        ),
        TrustClass::Operator => (Tone::Caution, "keeps out malware and other tenants, not the operator"),
        TrustClass::Emulated => (Tone::Caution, "keeps out nobody: no hardware vouches for this"),
    };
    [
        Tree::new(format!(
            "class        {}: {promise}",
            console.paint(tone, voucher.class)
        )),
        Tree::new(format!("vouched for  by {}", printable(&voucher.anchor))),
        Tree::new(format!("valid until  {}", voucher.not_after)),
    ]
}

fn state(verified: &Verified, console: &Console) -> Vec<Tree> {
    let mut lines = vec![Tree::new(format!("TCB          {}", tcb(verified.tcb())))];
    if verified.claims().debug() {
        lines.push(Tree::new(console.paint(
            Tone::Caution,
            "debug        a debugger can read this: it keeps no secrets",
        )));
    }
    match verified.trailing() {
        Trailing::None => {}
        Trailing::ZeroPadding(length) => lines.push(Tree::new(format!("followed by  {length} zero bytes"))),
        Trailing::CustomClaims { length, bound } => {
            let binding = if *bound {
                "which the report data binds"
            } else {
                "which nothing binds"
            };
            lines.push(Tree::new(format!(
                "followed by  {length} bytes of custom claims, {binding}"
            )));
        }
    }
    lines
}

fn tcb(verdict: &TcbVerdict) -> String {
    let mut text = verdict.status.as_str().to_owned();
    if let Some(date) = verdict.tcb_date {
        text += &format!(", level of {date}");
    }
    if let Some(number) = verdict.evaluation_data_number {
        text += &format!(", evaluation data {number}");
    }
    if !verdict.advisory_ids.is_empty() {
        text += &format!(", advisories {}", verdict.advisory_ids.join(" "));
    }
    text
}

fn replayed(log: &ReplayedLog, console: &Console) -> Tree {
    let verdict = if log.vouched_for() {
        console.paint(Tone::Good, "✓ replays to the quote's registers")
    } else {
        console.paint(Tone::Bad, "✗ the quote does not vouch for this log")
    };
    Tree::new(format!("event log {}  {verdict}", printable(&log.name))).with(tree::checks(&log.checks, console))
}
