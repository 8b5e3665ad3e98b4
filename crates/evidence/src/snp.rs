//! AMD SEV-SNP: the attestation report and the certificate table of an extended report.
//!
//! Sources: *SEV Secure Nested Paging Firmware ABI Specification* (AMD 56860, revision 1.58) §7.3 for the report,
//! *Guest-Hypervisor Communication Block Standardization* (AMD 56421) §4.1.8.1 for the table.

mod extended;
mod fields;
mod report;
mod signature;
mod table;
mod tcb;

pub use extended::{ExtendedReport, Remainder, recognise};
pub use fields::{Cpuid, FirmwareVersion, GuestPolicy, PlatformInfo, Product, SignerInfo, SigningKey};
pub use report::{AttestationReport, MitigationVectors, REPORT_LEN, ReportError, Reserved, SIGNED_LEN};
pub use signature::{Signature, SignatureError};
pub use table::{CertificateTable, EntryKind, TableEntry, TableError};
pub use tcb::{TcbLayout, TcbParts, TcbVersion};
