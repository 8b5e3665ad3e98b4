//! One line per step: what was tried and what was proven.

use crate::console::{Console, Tone};
use crate::exit::Failure;

/// What a step established, in words; or why it failed.
pub(crate) type Outcome = Result<String, String>;

/// The lines so far.
pub(crate) struct Report<'a> {
    console: &'a Console,
    proven: usize,
    failed: usize,
}

impl<'a> Report<'a> {
    /// A report without steps.
    pub(crate) const fn new(console: &'a Console) -> Self {
        Self {
            console,
            proven: 0,
            failed: 0,
        }
    }

    /// Begins a group of steps.
    ///
    /// # Errors
    /// A fault if standard output cannot be written.
    pub(crate) fn heading(&self, words: &str) -> Result<(), Failure> {
        self.console.line("")?;
        self.console.line(self.console.paint(Tone::Strong, words))
    }

    /// One step.
    ///
    /// # Errors
    /// A fault if standard output cannot be written.
    pub(crate) fn step(&mut self, what: &str, outcome: Outcome) -> Result<(), Failure> {
        let (mark, tone, words) = match outcome {
            Ok(words) => ("ok  ", Tone::Good, words),
            Err(words) => ("FAIL", Tone::Bad, words),
        };
        let number = self.proven + self.failed + 1;
        let mark = self.console.paint(tone, mark);
        match tone {
            Tone::Good => self.proven += 1,
            _ => self.failed += 1,
        }
        self.console
            .line(format_args!("{mark} {number:>2}  {what:<36}  {words}"))
    }

    /// The tour cannot go on.
    ///
    /// # Errors
    /// A fault if standard output cannot be written.
    pub(crate) fn broken(&mut self, failure: &Failure) -> Result<(), Failure> {
        self.step("the tour cannot go on", Err(failure.message().to_owned()))
    }

    /// How many steps were proven and how many failed.
    pub(crate) const fn counts(&self) -> (usize, usize) {
        (self.proven, self.failed)
    }
}
