//! Contenders that take turns.

use rustix::time::{ClockId, clock_gettime};

/// What a contender is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aim {
    /// Nothing: it is a peer, or information.
    None,
    /// At least this many times the rate of the first peer.
    TimesThePeer(f64),
    /// At least this many verifications per second.
    PerSecond(f64),
}

/// One way to verify one piece of evidence.
pub struct Contender {
    name: &'static str,
    aim: Aim,
    verify: Box<dyn Fn()>,
}

impl Contender {
    /// A contender; `verify` must panic if its verification fails, so that a refusal is never timed.
    pub fn new(name: &'static str, aim: Aim, verify: impl Fn() + 'static) -> Self {
        Self {
            name,
            aim,
            verify: Box::new(verify),
        }
    }

    /// Seconds of this thread's processor time for `size` verifications. What else runs on the machine counts less
    /// than it would on the wall clock.
    fn batch(&self, size: u32) -> f64 {
        let start = processor_seconds();
        for _ in 0..size {
            (self.verify)();
        }
        processor_seconds() - start
    }
}

#[expect(clippy::cast_precision_loss, reason = "a thread runs for seconds")]
fn processor_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

/// A run of several contenders by turns. The first without an aim is the peer.
pub struct Race {
    contenders: Vec<Contender>,
}

/// Seconds per verification: least and median over the batches.
#[derive(Clone, Copy, Debug)]
struct Time {
    least: f64,
    median: f64,
}

/// What a race measured.
pub struct Results {
    rows: Vec<(&'static str, Aim, Time)>,
}

impl Race {
    /// How many batches each contender runs.
    pub const ROUNDS: usize = 15;
    /// Seconds that a batch is to take.
    const BATCH: f64 = 0.025;

    /// A race of `contenders`.
    #[must_use]
    pub const fn new(contenders: Vec<Contender>) -> Self {
        Self { contenders }
    }

    /// Runs it.
    #[must_use]
    pub fn run(self) -> Results {
        let sizes: Vec<u32> = self.contenders.iter().map(Self::calibrate).collect();
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); sizes.len()];
        for _ in 0..Self::ROUNDS {
            for ((contender, size), times) in self.contenders.iter().zip(&sizes).zip(&mut times) {
                times.push(contender.batch(*size) / f64::from(*size));
            }
        }
        let rows = self.contenders.iter().zip(times).map(|(contender, mut times)| {
            times.sort_by(f64::total_cmp);
            let time = Time {
                least: times[0],
                median: times[times.len() / 2],
            };
            (contender.name, contender.aim, time)
        });
        Results { rows: rows.collect() }
    }

    /// How many verifications make a batch.
    fn calibrate(contender: &Contender) -> u32 {
        contender.batch(2);
        let each = contender.batch(4) / 4.0;
        let size = (Self::BATCH / each).clamp(2.0, 10_000.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 2 and 10,000"
        )]
        let size = size as u32;
        size
    }
}

impl Results {
    /// Prints the table; whether every aim was met.
    #[must_use]
    pub fn print(&self, title: &str) -> bool {
        println!("{title}");
        println!(
            "  {:<46} {:>9} {:>9} {:>9} {:>7}",
            "", "µs least", "median", "per s", "ratio"
        );
        let peer = self
            .rows
            .iter()
            .find(|(_, aim, _)| *aim == Aim::None)
            .map(|(_, _, time)| time.least);
        let mut met = true;
        for (name, aim, time) in &self.rows {
            let rate = 1.0 / time.least;
            let ratio = peer.map_or(1.0, |peer| peer / time.least);
            let (holds, word) = match aim {
                Aim::None => (true, String::new()),
                Aim::TimesThePeer(times) => (ratio >= *times, format!("aim {times:.0}x")),
                Aim::PerSecond(aim) => (rate >= *aim, format!("aim {aim:.0}/s")),
            };
            let verdict = if holds { "" } else { " MISSED" };
            let (least, median) = (time.least * 1e6, time.median * 1e6);
            println!("  {name:<46} {least:>9.1} {median:>9.1} {rate:>9.0} {ratio:>6.2}x {word}{verdict}");
            met &= holds;
        }
        println!();
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_is_met_or_missed() {
        let row = |name, aim, least| (name, aim, Time { least, median: least });
        let rows = vec![row("ours", Aim::TimesThePeer(3.0), 1.0), row("peer", Aim::None, 3.5)];
        assert!(Results { rows }.print("met"));
        let rows = vec![row("ours", Aim::TimesThePeer(3.0), 1.0), row("peer", Aim::None, 2.5)];
        assert!(!Results { rows }.print("missed"));
        assert!(
            !Results {
                rows: vec![row("ours", Aim::PerSecond(4000.0), 1e-3)]
            }
            .print("missed")
        );
    }
}
