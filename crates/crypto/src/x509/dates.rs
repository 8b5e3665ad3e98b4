//! UTCTime and GeneralizedTime in the forms RFC 5280 §4.1.2.5 allows: seconds and `Z`, nothing else.

use time::{Date, Month, PrimitiveDateTime, Time as TimeOfDay};

use super::{
    X509Error,
    tlv::{Reader, Tlv, Writer, tag},
};
use crate::Time;

/// Whether the next element is a time.
pub(super) fn is_next(reader: &Reader<'_>) -> bool {
    matches!(reader.peek(), Some(tag::UTC_TIME | tag::GENERALIZED_TIME))
}

/// Reads one Time.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Time, X509Error> {
    let tlv = reader.read_any()?;
    parse(&tlv).ok_or(X509Error::field("time"))
}

fn parse(tlv: &Tlv<'_>) -> Option<Time> {
    let digits = tlv.content.strip_suffix(b"Z")?;
    let (year, rest) = match (tlv.tag, digits.len()) {
        (tag::UTC_TIME, 12) => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year = number(year)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        (tag::GENERALIZED_TIME, 14) => {
            let (year, rest) = digits.split_at_checked(4)?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    let mut pairs = rest
        .chunks(2)
        .map(|pair| number(pair).and_then(|value| u8::try_from(value).ok()));
    let mut next = || pairs.next().flatten();
    let date = Date::from_calendar_date(i32::from(year), Month::try_from(next()?).ok()?, next()?).ok()?;
    let time = TimeOfDay::from_hms(next()?, next()?, next()?).ok()?;
    Some(Time::from_unix(
        PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp(),
    ))
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// Appends `at`: UTCTime from 1950 through 2049, GeneralizedTime otherwise.
pub(super) fn write(writer: Writer, at: Time) -> Writer {
    let text: String = at
        .to_string()
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == 'Z')
        .collect();
    match text.get(..2).zip(text.get(2..4)) {
        Some(("20", year)) if year < "50" => {
            writer.element(tag::UTC_TIME, text.get(2..).unwrap_or_default().as_bytes())
        }
        Some(("19", year)) if year >= "50" => {
            writer.element(tag::UTC_TIME, text.get(2..).unwrap_or_default().as_bytes())
        }
        _ => writer.element(tag::GENERALIZED_TIME, text.as_bytes()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_text(kind: u8, text: &str) -> Result<Time, X509Error> {
        read(&mut Reader::new(
            &Writer::new().element(kind, text.as_bytes()).into_der(),
        ))
    }

    #[test]
    fn the_century_turns_in_1950() {
        let at = |text| Ok(Time::parse_rfc3339(text).unwrap());
        assert_eq!(read_text(tag::UTC_TIME, "491231235959Z"), at("2049-12-31T23:59:59Z"));
        assert_eq!(read_text(tag::UTC_TIME, "500101000000Z"), at("1950-01-01T00:00:00Z"));
        assert_eq!(
            read_text(tag::GENERALIZED_TIME, "20240229120000Z"),
            at("2024-02-29T12:00:00Z")
        );
    }

    #[test]
    fn refuses_other_forms() {
        for text in [
            "2301010000Z",
            "230101000000+0000",
            "230101000000",
            "23010100000aZ",
            "230229000000Z",
            "231301000000Z",
            "230101240000Z",
        ] {
            assert_eq!(read_text(tag::UTC_TIME, text), Err(X509Error::field("time")), "{text}");
        }
        for text in ["20230101000000.5Z", "202301010000Z", "230101000000Z"] {
            assert_eq!(
                read_text(tag::GENERALIZED_TIME, text),
                Err(X509Error::field("time")),
                "{text}"
            );
        }
        assert_eq!(
            read_text(tag::IA5_STRING, "230101000000Z"),
            Err(X509Error::field("time"))
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in Time::MIN.unix()..=Time::MAX.unix()) {
            let at = Time::from_unix(seconds);
            let der = write(Writer::new(), at).into_der();
            prop_assert_eq!(read(&mut Reader::new(&der)), Ok(at));
        }
    }
}
