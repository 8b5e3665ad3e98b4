//! Claims about an SGX enclave.

use casemate_evidence::sgx::ReportBody;

use super::hexed;
use crate::Claim;

/// `ATTRIBUTES.KSS`: the enclave has key separation and sharing, and so a configuration, family and extended id.
const ATTRIBUTE_KSS: u8 = 1 << 7;

/// The claims `x-ms-sgx-…`. Those of key separation and sharing are there only where the enclave has it: elsewhere
/// the processor reports zeros.
pub(crate) fn sgx_claims(body: &ReportBody) -> Vec<Claim> {
    let mut claims = vec![
        Claim::of_service("x-ms-sgx-is-debuggable", body.debug()),
        Claim::of_service("x-ms-sgx-product-id", i64::from(body.isv_prod_id)),
        Claim::of_service("x-ms-sgx-svn", i64::from(body.isv_svn)),
        hexed("x-ms-sgx-mrsigner", &body.mr_signer),
        hexed("x-ms-sgx-mrenclave", &body.mr_enclave),
        hexed("x-ms-sgx-report-data", &body.report_data),
    ];
    let [flags, ..] = body.attributes;
    if flags & ATTRIBUTE_KSS != 0 {
        claims.extend([
            hexed("x-ms-sgx-config-id", &body.config_id),
            Claim::of_service("x-ms-sgx-config-svn", i64::from(body.config_svn)),
            hexed("x-ms-sgx-isv-extended-product-id", &body.isv_ext_prod_id),
            hexed("x-ms-sgx-isv-family-id", &body.isv_family_id),
        ]);
    }
    claims
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use crate::ClaimSet;

    #[test]
    fn key_separation_claims_are_there_with_the_attribute_only() {
        let mut body = ReportBody {
            config_svn: 7,
            config_id: [1; 64],
            ..ReportBody::zeroed()
        };
        let plain: ClaimSet = sgx_claims(&body).into_iter().collect();
        assert_eq!(plain.of_type("x-ms-sgx-config-svn").count(), 0);
        body.attributes[0] = ATTRIBUTE_KSS;
        let separated: ClaimSet = sgx_claims(&body).into_iter().collect();
        assert_eq!(separated.of_type("x-ms-sgx-config-svn").next().unwrap().value, 7.into());
        assert_eq!(
            separated.of_type("x-ms-sgx-config-id").next().unwrap().value,
            "01".repeat(64).into()
        );
        assert_eq!(
            separated.of_type("x-ms-sgx-isv-family-id").next().unwrap().value,
            "00".repeat(16).into()
        );
        body.attributes[0] = 2;
        assert_eq!(sgx_claims(&body)[0], Claim::of_service("x-ms-sgx-is-debuggable", true));
    }
}
