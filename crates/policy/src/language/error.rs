//! Why a text is not a policy.

/// A text is not a policy that can be evaluated. Line and column count characters, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: expected {expected}, found {found}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What would have been right here.
    pub expected: String,
    /// What is here.
    pub found: String,
    /// The kind of error.
    pub kind: ParseErrorKind,
}

/// Kinds of [`ParseError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text breaks the grammar.
    Syntax,
    /// The grammar holds, but a name, type or place is wrong: an unbound identifier, `permit()` in issuance rules.
    Meaning,
    /// The construct belongs to a later version than the policy names.
    NeedsVersion,
    /// A construct of version 1.2 that is not supported yet.
    Unsupported,
    /// The text, or a part of it, is larger than is accepted.
    TooLarge,
}

impl ParseError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            ParseErrorKind::Syntax => "policy_syntax",
            ParseErrorKind::Meaning => "policy_meaning",
            ParseErrorKind::NeedsVersion => "policy_needs_version",
            ParseErrorKind::Unsupported => "policy_unsupported",
            ParseErrorKind::TooLarge => "policy_too_large",
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        if self.found.contains("typographic") {
            return Some("replace typographic quotation marks by \", word processors put them in");
        }
        match self.kind {
            ParseErrorKind::NeedsVersion => Some("raise the version in the policy's first line"),
            ParseErrorKind::Unsupported => {
                Some("functions of policy version 1.2 are not supported yet; versions 1.0 and 1.1 are")
            }
            _ => None,
        }
    }
}
