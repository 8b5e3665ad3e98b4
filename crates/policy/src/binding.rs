//! Whether evidence vouches for the data that came with it.

use casemate_crypto::{constant_time, hash};

use crate::{HeldData, PolicyRefusal};

/// Report data binds run-time data: SHA-256 of the bytes as sent, then zeros.
///
/// # Errors
/// [`PolicyRefusal::RuntimeDataMismatch`]. Without data there is nothing to check.
pub(crate) fn check_runtime_data(report_data: &[u8; 64], data: Option<&HeldData>) -> Result<(), PolicyRefusal> {
    mismatch(report_data, data).map_or(Ok(()), |expected| {
        Err(PolicyRefusal::RuntimeDataMismatch {
            field: "report data",
            expected,
            found: hex::encode(report_data),
        })
    })
}

/// A field that the launcher chose binds init-time data the same way: HOST_DATA of SEV-SNP, CONFIG_ID of SGX,
/// MRCONFIGID of TDX.
///
/// # Errors
/// [`PolicyRefusal::InittimeDataMismatch`]. Without data there is nothing to check.
pub(crate) fn check_inittime_data(
    field: &'static str,
    found: &[u8],
    data: Option<&HeldData>,
) -> Result<(), PolicyRefusal> {
    mismatch(found, data).map_or(Ok(()), |expected| {
        Err(PolicyRefusal::InittimeDataMismatch {
            field,
            expected,
            found: hex::encode(found),
        })
    })
}

/// What the field had to hold, hex, if it does not.
fn mismatch(found: &[u8], data: Option<&HeldData>) -> Option<String> {
    let mut expected = hash::sha256(data?.bytes()).to_vec();
    expected.resize(found.len().max(expected.len()), 0);
    (!constant_time::eq(&expected, found)).then(|| hex::encode(expected))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::DataType;

    #[test]
    fn the_hash_and_zeros_bind_and_nothing_else_does() {
        let data = HeldData::read(b"data".to_vec(), DataType::Binary).unwrap();
        let mut field = [0; 64];
        assert!(check_runtime_data(&field, None).is_ok(), "no data, nothing to bind");
        assert!(check_runtime_data(&field, data.as_ref()).is_err());
        field[..32].copy_from_slice(&hash::sha256(b"data"));
        assert!(check_runtime_data(&field, data.as_ref()).is_ok());
        for length in [32, 48, 64] {
            assert!(check_inittime_data("HOST_DATA", &field[..length], data.as_ref()).is_ok());
        }
        assert!(check_inittime_data("HOST_DATA", &field[..31], data.as_ref()).is_err());
        for at in 0..64 {
            field[at] ^= 1;
            assert!(matches!(
                check_runtime_data(&field, data.as_ref()),
                Err(PolicyRefusal::RuntimeDataMismatch { .. })
            ));
            field[at] ^= 1;
        }
    }
}
