//! The two streams that people and machines read.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use crate::exit::Failure;

/// Meaning of a piece of text; colour only says again what the words say already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something held.
    Good,
    /// Something did not hold.
    Bad,
    /// Something to look at.
    Caution,
    /// A heading.
    Strong,
    /// Of less interest.
    Faint,
}

impl Tone {
    const fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Caution => AnsiColor::Yellow.on_default(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
        }
    }
}

/// Standard output and standard error.
///
/// Colours appear only on a terminal and never where `NO_COLOR` is set (no-color.org). A reader that went away is
/// no error: a verdict does not depend on who listens, so the exit code stays what it was.
#[derive(Debug)]
pub(crate) struct Console {
    colour_out: bool,
    colour_err: bool,
}

impl Console {
    /// The streams of this process.
    pub(crate) fn for_process() -> Self {
        let allowed = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            colour_out: allowed && std::io::stdout().is_terminal(),
            colour_err: allowed && std::io::stderr().is_terminal(),
        }
    }

    /// `text` in `tone`, for standard output.
    pub(crate) fn paint(&self, tone: Tone, text: impl Display) -> String {
        painted(self.colour_out, tone, text)
    }

    /// Writes `text` and a newline to standard output.
    ///
    /// # Errors
    /// A fault if the stream cannot be written, e.g. because its disk is full; a closed pipe is none.
    pub(crate) fn line(&self, text: impl Display) -> Result<(), Failure> {
        self.text(format_args!("{text}\n"))
    }

    /// Writes `text` as it is to standard output.
    ///
    /// # Errors
    /// As [`Console::line`].
    pub(crate) fn text(&self, text: impl Display) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        match write!(out, "{text}").and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::fault(format!("standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Writes one line to standard error: something to know that is not the result.
    pub(crate) fn note(&self, text: impl Display) {
        say(&format!("{} {text}", painted(self.colour_err, Tone::Caution, "note:")));
    }

    /// Writes what happened and, on a line of its own, what to do about it.
    pub(crate) fn failure(&self, failure: &Failure) {
        say(&format!(
            "{} {}",
            painted(self.colour_err, Tone::Bad, "error:"),
            failure.message()
        ));
        if let Some(hint) = failure.advice() {
            say(&format!("{} {hint}", painted(self.colour_err, Tone::Strong, "hint:")));
        }
    }
}

/// Standard error has nowhere to report its own failures to.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

fn painted(colour: bool, tone: Tone, text: impl Display) -> String {
    if colour {
        let style = tone.style();
        format!("{style}{text}{style:#}")
    } else {
        text.to_string()
    }
}
