//! A report with what stands behind it: nothing, padding, or a certificate table.

use super::{AttestationReport, CertificateTable, REPORT_LEN, ReportError, SIGNED_LEN, TableError};

/// Whether bytes claim to be a report: long enough, a small version number in 32 bits, and the one signature
/// algorithm that exists. Says nothing of whether they are a good one.
#[must_use]
pub fn recognise(bytes: &[u8]) -> bool {
    let word = |at: usize| {
        bytes
            .get(at..)
            .and_then(<[u8]>::first_chunk::<4>)
            .map(|word| u32::from_le_bytes(*word))
    };
    bytes.len() >= REPORT_LEN && word(0).is_some_and(|version| version < 0x100) && word(0x34) == Some(1)
}

/// What stands behind the 1184 bytes of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remainder<'a> {
    /// Nothing.
    Nothing,
    /// This many zero bytes.
    ZeroPadding(usize),
    /// The certificate table of an extended report.
    Table(CertificateTable<'a>),
    /// Bytes that are neither; why they are no table.
    Unknown {
        /// How many.
        length: usize,
        /// Why they are no certificate table.
        error: TableError,
    },
}

/// A report and the bytes around it.
#[derive(Clone, Debug)]
pub struct ExtendedReport<'a> {
    /// The report.
    pub report: AttestationReport,
    /// The bytes that its signature covers, as received.
    pub signed: &'a [u8],
    /// What stands behind it.
    pub remainder: Remainder<'a>,
}

impl<'a> ExtendedReport<'a> {
    /// Reads a report and what follows it.
    ///
    /// # Errors
    /// [`ReportError`] of the report itself; what follows is told apart, not judged.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ReportError> {
        let (report, rest) = bytes
            .split_at_checked(REPORT_LEN)
            .ok_or(ReportError::Length(bytes.len()))?;
        let signed = report.get(..SIGNED_LEN).ok_or(ReportError::Length(bytes.len()))?;
        let remainder = if rest.is_empty() {
            Remainder::Nothing
        } else if rest.iter().all(|byte| *byte == 0) {
            Remainder::ZeroPadding(rest.len())
        } else {
            match CertificateTable::parse(rest) {
                Ok(table) => Remainder::Table(table),
                Err(error) => Remainder::Unknown {
                    length: rest.len(),
                    error,
                },
            }
        };
        Ok(Self {
            report: AttestationReport::parse(report)?,
            signed,
            remainder,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_follows_a_report_is_told_apart() {
        let report = AttestationReport::default().encode();
        assert!(recognise(&report));
        assert_eq!(ExtendedReport::parse(&report).unwrap().remainder, Remainder::Nothing);
        let padded = [report.clone(), vec![0; 3]].concat();
        assert_eq!(
            ExtendedReport::parse(&padded).unwrap().remainder,
            Remainder::ZeroPadding(3)
        );
        let unknown = [report.clone(), vec![1; 3]].concat();
        let error = TableError::Unterminated;
        assert_eq!(
            ExtendedReport::parse(&unknown).unwrap().remainder,
            Remainder::Unknown { length: 3, error }
        );
        assert!(matches!(
            ExtendedReport::parse(&[0; 1183]),
            Err(ReportError::Length(1183))
        ));
    }
}
