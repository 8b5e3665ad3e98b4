//! The signature of a report (AMD 56860 §10.1): two little-endian numbers in 512 bytes.

/// The 512 bytes at 0x2a0, for ECDSA on P-384.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `r`, little-endian, zero-extended from 48 to 72 bytes.
    pub r: [u8; 72],
    /// `s`, likewise.
    pub s: [u8; 72],
    /// The rest, which must be zero.
    pub reserved: [u8; 368],
}

/// The signature field is not a P-384 signature. No key signs these bytes, so a verifier must refuse them itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// A component has more than 384 bits.
    #[error("signature component {0} is longer than 384 bits")]
    ComponentTooLong(&'static str),
    /// Bytes after the components are not zero.
    #[error("reserved signature byte 0x{offset:x} is not zero")]
    ReservedNotZero {
        /// Offset of the first such byte in the report.
        offset: usize,
    },
}

impl SignatureError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ComponentTooLong(_) => "signature_component_too_long",
            Self::ReservedNotZero { .. } => "signature_reserved_not_zero",
        }
    }
}

impl Signature {
    /// A signature from `r || s`, big-endian, 48 bytes each.
    #[must_use]
    pub fn from_fixed(fixed: &[u8; 96]) -> Self {
        let component = |range: std::ops::Range<usize>| {
            let mut out = [0; 72];
            for (to, from) in out.iter_mut().zip(fixed.get(range).unwrap_or_default().iter().rev()) {
                *to = *from;
            }
            out
        };
        Self {
            r: component(0..48),
            s: component(48..96),
            reserved: [0; 368],
        }
    }

    /// `r || s`, big-endian, 48 bytes each.
    ///
    /// # Errors
    /// [`SignatureError`] if any byte outside the two numbers is not zero.
    pub fn to_fixed(&self) -> Result<[u8; 96], SignatureError> {
        let mut fixed = [0; 96];
        let (r, s) = fixed.split_at_mut(48);
        component(&self.r, "r", r)?;
        component(&self.s, "s", s)?;
        match self.reserved.iter().position(|byte| *byte != 0) {
            None => Ok(fixed),
            Some(at) => Err(SignatureError::ReservedNotZero { offset: 0x330 + at }),
        }
    }
}

fn component(field: &[u8; 72], name: &'static str, out: &mut [u8]) -> Result<(), SignatureError> {
    let (number, padding) = field.split_at(48);
    if padding.iter().any(|byte| *byte != 0) {
        return Err(SignatureError::ComponentTooLong(name));
    }
    for (to, from) in out.iter_mut().zip(number.iter().rev()) {
        *to = *from;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn fixed_form_round_trips_and_padding_is_refused() {
        let mut fixed = [0; 96];
        for (at, byte) in fixed.iter_mut().enumerate() {
            *byte = u8::try_from(at).unwrap_or_default();
        }
        let signature = Signature::from_fixed(&fixed);
        assert_eq!((signature.r[0], signature.r[47], signature.s[0]), (47, 0, 95));
        assert_eq!(signature.to_fixed(), Ok(fixed));
        let long = Signature {
            r: [1; 72],
            ..signature
        };
        assert_eq!(long.to_fixed(), Err(SignatureError::ComponentTooLong("r")));
        let mut padded = signature;
        padded.reserved[5] = 1;
        assert_eq!(
            padded.to_fixed(),
            Err(SignatureError::ReservedNotZero { offset: 0x335 })
        );
    }
}
