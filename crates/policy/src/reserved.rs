//! Claim names that belong to the service.

const NAMES: &[&str] = &[
    "aas-ehd",
    "attester_tcb_status",
    "aud",
    "cnf",
    "dbgstat",
    "eat_profile",
    "exp",
    "iat",
    "intuse",
    "iss",
    "jti",
    "maa-attestationcollateral",
    "maa-ehd",
    "maa-policyHash",
    "nbf",
    "nonce",
    "policy_hash",
    "policy_signer",
    "rp_data",
    "sub",
    "ver",
    "x-ms-attestation-type",
    "x-ms-inittime",
    "x-ms-isolation-tee",
    "x-ms-runtime",
    "x-ms-ver",
];

const PREFIXES: &[&str] = &["x-casemate-", "x-ms-policy", "x-ms-sgx-", "x-ms-sevsnpvm-", "tdx_"];

/// Whether only the service may put this claim into a token. What a policy issues under such a name is for its own
/// rules: the token leaves it out, so that no policy can make a token state what the evidence does not.
///
/// `x-ms-compliance-status` is not among them: declaring compliance is what policies are for.
#[must_use]
pub fn is_reserved(claim_type: &str) -> bool {
    NAMES.contains(&claim_type) || PREFIXES.iter().any(|prefix| claim_type.starts_with(prefix))
}
