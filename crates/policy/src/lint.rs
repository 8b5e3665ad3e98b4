//! What is allowed, but hardly meant.

use serde::Serialize;

use crate::{Action, Expression, Issuer, NewClaim, Policy, Property, Rule, Section, Value, is_reserved};

/// A warning about a policy that parses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "lint")]
#[non_exhaustive]
pub enum Lint {
    /// A `permit()` without conditions accepts any evidence that verifies, debuggable and emulated too.
    PermitsEverything {
        /// The rule's line.
        line: u32,
    },
    /// Nothing is ever permitted.
    NeverPermits,
    /// No authorization rule looks at a debug claim.
    NoDebugCheck,
    /// A placeholder of a template was not filled in.
    Placeholder {
        /// The rule's line.
        line: u32,
        /// The placeholder.
        text: String,
    },
    /// A condition demands an issuer that does not exist.
    UnknownIssuer {
        /// The rule's line.
        line: u32,
        /// The name.
        issuer: String,
    },
    /// A rule issues a claim that the token leaves out, because it belongs to the service.
    ReservedClaim {
        /// The rule's line.
        line: u32,
        /// The claim.
        claim_type: String,
    },
}

impl Lint {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PermitsEverything { .. } => "permits_everything",
            Self::NeverPermits => "never_permits",
            Self::NoDebugCheck => "no_debug_check",
            Self::Placeholder { .. } => "placeholder",
            Self::UnknownIssuer { .. } => "unknown_issuer",
            Self::ReservedClaim { .. } => "reserved_claim",
        }
    }
}

impl std::fmt::Display for Lint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PermitsEverything { line } => {
                write!(
                    f,
                    "line {line}: permit() without conditions accepts debuggable and emulated evidence too"
                )
            }
            Self::NeverPermits => f.write_str("no rule permits anything"),
            Self::NoDebugCheck => f.write_str("no authorization rule looks at a debug claim"),
            Self::Placeholder { line, text } => write!(f, "line {line}: the placeholder {text} is not filled in"),
            Self::UnknownIssuer { line, issuer } => write!(f, "line {line}: there is no issuer \"{issuer}\""),
            Self::ReservedClaim { line, claim_type } => {
                write!(
                    f,
                    "line {line}: {claim_type} belongs to the service; tokens leave the policy's out"
                )
            }
        }
    }
}

const DEBUG_CLAIMS: &[&str] = &[
    "x-ms-sgx-is-debuggable",
    "x-ms-sevsnpvm-is-debuggable",
    "tdx_td_attributes_debug",
    "dbgstat",
];

/// Everything about a policy that is allowed, but hardly meant, by line within each section.
#[must_use]
pub fn lint(policy: &Policy) -> Vec<Lint> {
    let mut lints = Vec::new();
    let authorization = policy.rules(Section::Authorization);
    let mut permits = authorization
        .iter()
        .filter(|rule| rule.action == Action::Permit)
        .peekable();
    if permits.peek().is_none() {
        lints.push(Lint::NeverPermits);
    }
    lints.extend(
        permits
            .filter(|rule| rule.conditions.is_empty())
            .map(|rule| Lint::PermitsEverything { line: rule.line }),
    );
    let checks_debug = authorization
        .iter()
        .flat_map(|rule| &rule.conditions)
        .any(|condition| condition.claim_type().is_some_and(|name| DEBUG_CLAIMS.contains(&name)));
    if !checks_debug {
        lints.push(Lint::NoDebugCheck);
    }
    for section in Section::ALL {
        for rule in policy.rules(section) {
            lint_rule(rule, &mut lints);
        }
    }
    lints
}

fn lint_rule(rule: &Rule, lints: &mut Vec<Lint>) {
    let line = rule.line;
    for wanted in rule.conditions.iter().flat_map(|condition| &condition.properties) {
        let Expression::Literal(Value::String(text)) = &wanted.expected else {
            continue;
        };
        if wanted.property == Property::Issuer && Issuer::named(text).is_none() {
            lints.push(Lint::UnknownIssuer {
                line,
                issuer: text.clone(),
            });
        }
        push_placeholder(text, line, lints);
    }
    let (Action::Add(made) | Action::Issue(made) | Action::IssueProperty(made)) = &rule.action else {
        return;
    };
    let NewClaim::Build { claim_type, value, .. } = made else {
        return;
    };
    for text in [claim_type, value].into_iter().filter_map(literal) {
        push_placeholder(text, line, lints);
    }
    if let (Action::Issue(_), Some(name)) = (&rule.action, literal(claim_type))
        && is_reserved(name)
    {
        lints.push(Lint::ReservedClaim {
            line,
            claim_type: name.to_owned(),
        });
    }
}

fn literal(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn push_placeholder(text: &str, line: u32, lints: &mut Vec<Lint>) {
    if text.len() > 2 && text.starts_with('<') && text.ends_with('>') {
        lints.push(Lint::Placeholder {
            line,
            text: text.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;

    #[test]
    fn each_lint_is_found() {
        let policy = Policy::parse(
            "version=1.0;\nauthorizationrules{=>permit();\n[type==\"<name>\",value==<id>,issuer==\"Me\"]=>deny();};\nissuancerules{=>issue(type=\"x-ms-sgx-mrenclave\",value=\"00\");=>issue(type=\"tier\",value=\"<tier>\");};",
        )
        .unwrap();
        let placeholder = |line, text: &str| Lint::Placeholder {
            line,
            text: text.to_owned(),
        };
        assert_eq!(
            lint(&policy),
            [
                Lint::PermitsEverything { line: 2 },
                Lint::NoDebugCheck,
                placeholder(3, "<name>"),
                placeholder(3, "<id>"),
                Lint::UnknownIssuer {
                    line: 3,
                    issuer: "Me".to_owned()
                },
                Lint::ReservedClaim {
                    line: 4,
                    claim_type: "x-ms-sgx-mrenclave".to_owned()
                },
                placeholder(4, "<tier>"),
            ]
        );
        assert_eq!(
            lint(&Policy::parse("version=1.0;").unwrap()),
            [Lint::NeverPermits, Lint::NoDebugCheck]
        );
    }
}
