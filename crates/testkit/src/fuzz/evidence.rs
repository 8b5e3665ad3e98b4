//! Evidence formats.

use super::Outcome;
use casemate_evidence::eventlog::{Event, EventLog};
use casemate_evidence::intel::quote::QuoteBuilder;
use casemate_evidence::intel::{
    CertificationData, CollateralContainer, QeIdentity, Quote, QuoteBody, QuoteHeader, Signed, TcbInfo,
};
use casemate_evidence::open_enclave::{Report, encode_custom_claims, parse_custom_claims, parse_endorsements};
use casemate_evidence::snp::{self, AttestationReport, CertificateTable, ExtendedReport, Remainder, Signature};
use casemate_verify::Trace;
use casemate_verify::eventlog::{Expected, ExpectedRegisters, check, replay};

/// SGX and TDX quotes: what parsed is written back by the builder to a quote of the same length that parses to the
/// same. (Reserved bytes are verified as received and are not part of the parsed form.)
pub fn quote(bytes: &[u8]) -> Outcome {
    let _ = QuoteHeader::parse(bytes);
    let Ok(quote) = Quote::parse(bytes) else {
        return Outcome::Refused;
    };
    assert!(quote.signed.len() + quote.signature_data_length(bytes) + 4 + quote.trailing.len() == bytes.len());
    assert!(matches!(quote.body, QuoteBody::Td(_)) == (quote.header.tee_type != 0));
    let written = build(&quote).encode().unwrap();
    assert_eq!(written.len(), bytes.len() - quote.trailing.len());
    let again = Quote::parse(&written).expect("what was written parses");
    assert_eq!(
        (again.header, &again.body, again.signature),
        (quote.header, &quote.body, quote.signature)
    );
    assert_eq!(
        (&again.qe_report, again.qe_auth_data),
        (&quote.qe_report, quote.qe_auth_data)
    );
    assert_eq!(
        (&again.certification, again.attestation_key),
        (&quote.certification, quote.attestation_key)
    );
    assert_eq!(build(&again).encode().unwrap(), written);
    Outcome::Accepted
}

fn build<'a>(quote: &Quote<'a>) -> QuoteBuilder<'a> {
    QuoteBuilder {
        header: quote.header,
        body: quote.body.clone(),
        signature: quote.signature,
        attestation_key: quote.attestation_key,
        qe_report: quote.qe_report,
        qe_report_signature: quote.qe_report_signature,
        qe_auth_data: quote.qe_auth_data,
        certification: quote.certification.clone(),
    }
}

/// Certification data: two bytes of type, then the body. Encodes to itself.
pub fn certification_data(bytes: &[u8]) -> Outcome {
    let Some((kind, body)) = bytes.split_first_chunk::<2>() else {
        return Outcome::Refused;
    };
    let Ok(data) = CertificationData::parse(u16::from_le_bytes(*kind), body) else {
        return Outcome::Refused;
    };
    let encoded = data.encode();
    assert_eq!((&encoded[..2], &encoded[6..]), (kind.as_slice(), body));
    Outcome::Accepted
}

/// Open Enclave's report header. Encodes to itself.
pub fn oe_report(bytes: &[u8]) -> Outcome {
    let Ok(report) = Report::parse(bytes) else {
        return Outcome::Refused;
    };
    assert_eq!(
        [Report::encode(report.quote).as_slice(), report.trailing].concat(),
        bytes
    );
    quote(report.quote);
    Outcome::Accepted
}

/// Open Enclave's custom claims. Encode to themselves.
pub fn custom_claims(bytes: &[u8]) -> Outcome {
    let Ok(claims) = parse_custom_claims(bytes) else {
        return Outcome::Refused;
    };
    assert_eq!(encode_custom_claims(&claims), bytes);
    Outcome::Accepted
}

/// Open Enclave's endorsements blob: no element is longer than the blob.
pub fn oe_endorsements(bytes: &[u8]) -> Outcome {
    let Ok(elements) = parse_endorsements(bytes) else {
        return Outcome::Refused;
    };
    assert!(elements.iter().all(|element| element.len() <= bytes.len()));
    Outcome::Accepted
}

/// Intel's signed TCB info.
pub fn tcb_info(bytes: &[u8]) -> Outcome {
    let Ok(signed) = Signed::<TcbInfo>::parse_tcb_info(bytes) else {
        return Outcome::Refused;
    };
    let again = Signed::<TcbInfo>::tcb_info(signed.raw.clone(), &hex::encode(signed.signature));
    assert_eq!(again, Ok(signed), "the parts of a signed document make the document");
    Outcome::Accepted
}

/// Intel's signed QE identity.
pub fn qe_identity(bytes: &[u8]) -> Outcome {
    let Ok(signed) = Signed::<QeIdentity>::parse_qe_identity(bytes) else {
        return Outcome::Refused;
    };
    let again = Signed::<QeIdentity>::qe_identity(signed.raw.clone(), &hex::encode(signed.signature));
    assert_eq!(again, Ok(signed), "the parts of a signed document make the document");
    Outcome::Accepted
}

/// A container of Intel's collateral, and what is in it.
pub fn collateral(bytes: &[u8]) -> Outcome {
    let Ok(container) = CollateralContainer::parse(bytes) else {
        return Outcome::Refused;
    };
    for chain in container.chains() {
        super::pem(chain.as_bytes());
    }
    container.crls().for_each(|crl| {
        let _ = casemate_evidence::intel::decode_hex(crl).map(|der| super::crl(&der));
    });
    if let (Some(raw), Some(signature)) = (&container.tcb_info, &container.tcb_info_signature) {
        let _ = Signed::<TcbInfo>::tcb_info(raw.clone(), signature);
    }
    if let (Some(raw), Some(signature)) = (&container.qe_identity, &container.qe_identity_signature) {
        let _ = Signed::<QeIdentity>::qe_identity(raw.clone(), signature);
    }
    Outcome::Accepted
}

/// TCG event logs: encode to themselves, decode, replay; a log that is recognised is parsed or refused, and a replay
/// agrees with itself.
pub fn eventlog(bytes: &[u8]) -> Outcome {
    let _ = EventLog::recognise(bytes);
    let _ = ExpectedRegisters::from_json(bytes);
    let Ok(log) = EventLog::parse(bytes) else {
        return Outcome::Refused;
    };
    assert!(log.encode() == bytes, "a log encodes to itself");
    log.events().iter().for_each(|event: &Event| drop(event.decoded()));
    let replayed = replay(&log);
    assert_eq!(replayed.coverage.len(), log.events().len());
    assert!(!replayed.to_json(&log).is_empty());
    for (bank, registers) in &replayed.banks {
        let expected = ExpectedRegisters::bank(*bank, registers.clone());
        let outcome = check(bytes, Expected::Registers(&expected), &mut Trace::quiet());
        assert_eq!(
            outcome.is_ok(),
            replayed.well_formed(),
            "a log replays to what it replays to"
        );
    }
    Outcome::Accepted
}

/// SEV-SNP reports: encode to themselves, and the signed part is the front of what was read.
pub fn snp_report(bytes: &[u8]) -> Outcome {
    let _ = snp::recognise(bytes);
    if let Ok(report) = AttestationReport::parse(bytes) {
        assert_eq!(report.encode(), bytes);
        let _ = (report.product(), report.first_reserved_not_zero());
        if let Ok(fixed) = report.signature.to_fixed() {
            assert_eq!(Signature::from_fixed(&fixed), report.signature);
        }
    }
    let Ok(extended) = ExtendedReport::parse(bytes) else {
        return Outcome::Refused;
    };
    assert!(bytes.starts_with(extended.signed));
    if let Remainder::ZeroPadding(length) | Remainder::Unknown { length, .. } = extended.remainder {
        assert!(length < bytes.len());
    }
    Outcome::Accepted
}

/// Certificate tables of extended reports: what a table is written back to parses to the same entries.
pub fn certificate_table(bytes: &[u8]) -> Outcome {
    let Ok(table) = CertificateTable::parse(bytes) else {
        return Outcome::Refused;
    };
    let written = table.encode();
    assert_eq!(CertificateTable::parse(&written).as_ref(), Ok(&table));
    assert!(written.len() <= bytes.len(), "entries do not overlap");
    for entry in table.entries() {
        let _ = entry.kind.name();
    }
    Outcome::Accepted
}
