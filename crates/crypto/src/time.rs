//! A point in time, given by the caller: no crate below the drivers reads a clock.

use std::fmt;

use serde::{Serialize, Serializer};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds. Prints as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A text is not an RFC 3339 date and time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 date and time (like 2025-06-11T19:18:17Z): {0:?}")]
pub struct TimeError(String);

impl Time {
    /// The earliest time that prints: year 0.
    pub const MIN: Self = Self(-62_167_219_200);
    /// The latest time that prints: the last second of year 9999.
    pub const MAX: Self = Self(253_402_300_799);

    /// From Unix seconds; beyond [`Time::MIN`] and [`Time::MAX`] they saturate.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds < Self::MIN.0 {
            Self::MIN
        } else if seconds > Self::MAX.0 {
            Self::MAX
        } else {
            Self(seconds)
        }
    }

    /// Unix seconds.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 text; fractions of a second are cut.
    ///
    /// # Errors
    /// [`TimeError`] with the text.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        OffsetDateTime::parse(text, &Rfc3339)
            .map(|at| Self::from_unix(at.unix_timestamp()))
            .map_err(|_| TimeError(text.chars().take(64).collect()))
    }

    /// This time moved by `seconds`, saturating.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printed = OffsetDateTime::from_unix_timestamp(self.0)
            .ok()
            .and_then(|at| at.format(&Rfc3339).ok());
        match printed {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}s", self.0),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_saturates() {
        let at = Time::parse_rfc3339("2025-06-11T19:18:17Z");
        assert_eq!(at, Ok(Time::from_unix(1_749_669_497)));
        assert_eq!(Time::from_unix(1_749_669_497).to_string(), "2025-06-11T19:18:17Z");
        assert_eq!(Time::MAX.plus_seconds(1), Time::MAX);
        assert_eq!(Time::MAX.to_string(), "9999-12-31T23:59:59Z");
        assert!(Time::parse_rfc3339("yesterday").is_err());
    }
}
