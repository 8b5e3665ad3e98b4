//! The two encodings of an ECDSA signature, converted strictly.

use super::BadSignature;
use crate::x509::tlv::Reader;

/// The longest DER signature made here: P-384.
const MAX_COORDINATE: usize = 48;

/// `r || s` → DER.
pub(crate) fn from_fixed(fixed: &[u8], coordinate: usize) -> Result<Vec<u8>, BadSignature> {
    if fixed.len() != 2 * coordinate || coordinate > MAX_COORDINATE {
        return Err(BadSignature);
    }
    let (r, s) = fixed.split_at_checked(coordinate).ok_or(BadSignature)?;
    let mut der = Vec::with_capacity(fixed.len() + 8);
    let body = unsigned_len(r) + unsigned_len(s) + 4;
    // Both coordinates have at most 49 octets, so every length fits one octet.
    der.extend_from_slice(&[0x30, body as u8]);
    for number in [r, s] {
        push_unsigned(&mut der, number);
    }
    Ok(der)
}

/// DER → `r || s`; refuses everything that is not the one DER form of numbers that fit.
pub(crate) fn to_fixed(der: &[u8], coordinate: usize) -> Result<Vec<u8>, BadSignature> {
    let mut outer = Reader::new(der);
    let mut inner = outer.read_sequence().map_err(|_| BadSignature)?;
    let mut fixed = Vec::with_capacity(2 * coordinate);
    for _ in 0..2 {
        let number = inner.read_unsigned().map_err(|_| BadSignature)?;
        let padding = coordinate.checked_sub(number.len()).ok_or(BadSignature)?;
        fixed.resize(fixed.len() + padding, 0);
        fixed.extend_from_slice(number);
    }
    inner.finish().and(outer.finish()).map_err(|_| BadSignature)?;
    Ok(fixed)
}

fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn unsigned_len(number: &[u8]) -> usize {
    let number = significant(number);
    number.len() + usize::from(number.first().is_none_or(|first| *first >= 0x80))
}

fn push_unsigned(der: &mut Vec<u8>, number: &[u8]) {
    let len = unsigned_len(number);
    let number = significant(number);
    der.extend_from_slice(&[0x02, len as u8]);
    der.resize(der.len() + (len - number.len()), 0);
    der.extend_from_slice(number);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::x509::tlv::Writer;

    #[test]
    fn refuses_other_forms_of_the_same_numbers() {
        for der in [
            "3006020101020101ff",   // trailing
            "300702020001020101",   // r not minimal
            "3006020181020101",     // r negative
            "300302010100",         // trailing inside nothing
            "30060201010201010000", // trailing
            "3081060201010201010",  // odd hex, refused below
            "308106020101020101",   // length not minimal
            "3003020101",           // s missing
        ] {
            let bytes = hex::decode(der).unwrap_or_default();
            assert_eq!(to_fixed(&bytes, 32), Err(BadSignature), "{der}");
        }
        let mut one_and_one = [0; 64];
        (one_and_one[31], one_and_one[63]) = (1, 1);
        assert_eq!(
            to_fixed(&hex::decode("3006020101020101").unwrap(), 32),
            Ok(one_and_one.to_vec())
        );
        assert_eq!(from_fixed(&[0; 63], 32), Err(BadSignature));
    }

    proptest! {
        #[test]
        fn converts_both_ways(mut fixed in proptest::collection::vec(any::<u8>(), 64..=64), zeros in 0_usize..34) {
            fixed.iter_mut().take(zeros).for_each(|octet| *octet = 0);
            let der = from_fixed(&fixed, 32).unwrap();
            let (r, s) = fixed.split_at(32);
            prop_assert_eq!(&der, &Writer::new().sequence(Writer::new().unsigned(r).unsigned(s)).into_der());
            prop_assert_eq!(to_fixed(&der, 32), Ok(fixed));
        }
    }
}
