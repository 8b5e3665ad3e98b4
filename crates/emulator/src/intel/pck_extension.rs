//! The SGX extension of a PCK certificate (Intel SGX PCK Certificate and CRL Profile Specification, §2.4).

use casemate_crypto::x509::{
    oid::ObjectIdentifier,
    tlv::{Writer, tag},
};

use super::collateral::{CPU_SVN, FMSPC, PCE_ID, PCE_SVN};

/// Arc of all SGX attributes; the extension itself has this identifier.
pub(super) const SGX_EXTENSION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113741.1.13.1");

const TCB: u32 = 2;
const CONFIGURATION: u32 = 7;
/// `SGXType`: a scalable platform.
const SCALABLE: u8 = 1;

/// The extension's value for a platform with these ids.
pub(super) fn encode(ppid: &[u8; 16], platform_instance: &[u8; 16]) -> Vec<u8> {
    let fields = Writer::new();
    let fields = attribute(fields, &[1], Writer::new().octet_string(ppid));
    let fields = attribute(fields, &[TCB], Writer::new().sequence(tcb()));
    let fields = attribute(fields, &[3], Writer::new().octet_string(&PCE_ID));
    let fields = attribute(fields, &[4], Writer::new().octet_string(&FMSPC));
    let fields = attribute(fields, &[5], Writer::new().enumerated(SCALABLE));
    let fields = attribute(fields, &[6], Writer::new().octet_string(platform_instance));
    let fields = attribute(fields, &[CONFIGURATION], Writer::new().sequence(configuration()));
    Writer::new().sequence(fields).into_der()
}

/// The sixteen component SVNs, the PCE's, and the CPU SVN that they make up.
fn tcb() -> Writer {
    let components = (1..).zip(CPU_SVN).fold(Writer::new(), |fields, (number, svn)| {
        attribute(fields, &[TCB, number], Writer::new().u64(u64::from(svn)))
    });
    let components = attribute(components, &[TCB, 17], Writer::new().u64(u64::from(PCE_SVN)));
    attribute(components, &[TCB, 18], Writer::new().octet_string(&CPU_SVN))
}

/// Dynamic platform, cached keys, SMT.
fn configuration() -> Writer {
    let fields = attribute(Writer::new(), &[CONFIGURATION, 1], Writer::new().boolean(false));
    let fields = attribute(fields, &[CONFIGURATION, 2], Writer::new().boolean(false));
    attribute(fields, &[CONFIGURATION, 3], Writer::new().boolean(true))
}

/// One `SEQUENCE { identifier, value }`. Every arc is below 128, so each is one octet.
fn attribute(fields: Writer, arcs: &[u32], value: Writer) -> Writer {
    let mut identifier = SGX_EXTENSION.as_bytes().to_vec();
    identifier.extend(arcs.iter().map(|arc| (arc & 0x7f) as u8));
    fields.sequence(Writer::new().element(tag::OID, &identifier).raw(&value.into_der()))
}
