//! Exit codes, and what a command that did not succeed says.

use std::process::ExitCode;

/// How the process ends (DESIGN: Face).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or verified: 0.
    Done,
    /// We or the world failed, e.g. an unreadable file or a service that is down: 1.
    Fault,
    /// Evidence, a policy or a request is not acceptable: 2.
    Refused,
    /// The command line was wrong: 64.
    Misuse,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Fault => 1,
            Exit::Refused => 2,
            Exit::Misuse => 64,
        })
    }
}

/// Why a command could not do what it was asked: one line for what happened, another for what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// We or the world failed.
    pub(crate) fn fault(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Fault,
            message: message.into(),
            hint: None,
        }
    }

    /// What was given is not acceptable.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Refused,
            message: message.into(),
            hint: None,
        }
    }

    /// The command line was wrong.
    pub(crate) fn misuse(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Misuse,
            message: message.into(),
            hint: None,
        }
    }

    /// Adds what a person can do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// How the process ends.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// What happened.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}
