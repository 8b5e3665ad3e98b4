//! Claims about a TDX trust domain.

use casemate_evidence::tdx::TdReport;
use casemate_verify::TcbStatus;

use super::hexed;
use crate::Claim;

/// Bits of `TD_ATTRIBUTES` (Intel TDX module ABI, ATTRIBUTES) with a claim of their own.
const ATTRIBUTE_BITS: [(&str, u32); 4] = [
    ("tdx_td_attributes_septve_disable", 28),
    ("tdx_td_attributes_protection_keys", 30),
    ("tdx_td_attributes_key_locker", 31),
    ("tdx_td_attributes_perfmon", 63),
];

/// The claims of Azure's EAT profile for trust domains. A trust domain counts as debuggable if any bit of the
/// attributes' first byte is set: that byte makes a domain untrusted.
pub(crate) fn tdx_claims(body: &TdReport, status: TcbStatus) -> Vec<Claim> {
    let [first, second, ..] = body.tee_tcb_svn;
    let attributes = u64::from_le_bytes(body.td_attributes);
    let mut claims = vec![
        Claim::of_service("eat_profile", "https://aka.ms/maa-eat-profile-tdxvm"),
        Claim::of_service("intuse", "generic"),
        Claim::of_service("dbgstat", if body.debug() { "enabled" } else { "disabled" }),
        Claim::of_service("attester_tcb_status", status.as_str()),
        hexed("tdx_mrsignerseam", &body.mr_signer_seam),
        hexed("tdx_mrseam", &body.mr_seam),
        hexed("tdx_mrtd", &body.mr_td),
        hexed("tdx_mrconfigid", &body.mr_config_id),
        hexed("tdx_mrowner", &body.mr_owner),
        hexed("tdx_mrownerconfig", &body.mr_owner_config),
        hexed("tdx_report_data", &body.report_data),
        hexed("tdx_seam_attributes", &body.seam_attributes),
        hexed("tdx_tee_tcb_svn", &body.tee_tcb_svn),
        hexed("tdx_xfam", &body.xfam),
        hexed("tdx_td_attributes", &body.td_attributes),
        // The first two bytes of TEE_TCB_SVN are SEAM_SVN: minor, then major.
        Claim::of_service("tdx_seamsvn", i64::from(u16::from_le_bytes([first, second]))),
        Claim::of_service("tdx_td_attributes_debug", body.debug()),
    ];
    for (name, register) in ["tdx_rtmr0", "tdx_rtmr1", "tdx_rtmr2", "tdx_rtmr3"]
        .into_iter()
        .zip(&body.rtmr)
    {
        claims.push(hexed(name, register));
    }
    claims.extend(ATTRIBUTE_BITS.map(|(name, bit)| Claim::of_service(name, attributes >> bit & 1 == 1)));
    claims
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::{ClaimSet, Value};

    fn value(body: &TdReport, name: &str) -> Value {
        let claims: ClaimSet = tdx_claims(body, TcbStatus::UpToDate).into_iter().collect();
        claims.of_type(name).next().unwrap().value.clone()
    }

    #[test]
    fn each_attribute_bit_is_its_claim() {
        let mut body = TdReport::zeroed();
        for (name, bit) in ATTRIBUTE_BITS {
            body.td_attributes = (1_u64 << bit).to_le_bytes();
            for (other, _) in ATTRIBUTE_BITS {
                assert_eq!(value(&body, other), (other == name).into(), "{name} {other}");
            }
            assert_eq!(value(&body, "dbgstat"), "disabled".into());
        }
        for bit in 0..8 {
            body.td_attributes = (1_u64 << bit).to_le_bytes();
            assert_eq!(value(&body, "tdx_td_attributes_debug"), true.into());
            assert_eq!(value(&body, "dbgstat"), "enabled".into());
        }
    }

    #[test]
    fn numbers_and_bytes_have_their_forms() {
        let mut body = TdReport::zeroed();
        body.tee_tcb_svn[..2].copy_from_slice(&[6, 1]);
        body.rtmr[3] = [0xab; 48];
        assert_eq!(value(&body, "tdx_seamsvn"), 0x0106.into());
        assert_eq!(value(&body, "tdx_rtmr3"), "ab".repeat(48).into());
        assert_eq!(value(&body, "attester_tcb_status"), "UpToDate".into());
        assert_eq!(tdx_claims(&body, TcbStatus::UpToDate).len(), 25);
    }
}
