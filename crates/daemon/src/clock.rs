//! The wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use casemate_crypto::Time;

/// The time by the machine's clock.
#[must_use]
pub fn now() -> Time {
    let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    };
    Time::from_unix(seconds)
}
