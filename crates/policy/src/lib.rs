//! The Azure Attestation policy language, and what it decides over: [`Claim`]s made from verified evidence.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod appraise;
mod appraised;
mod attestation_type;
mod binding;
mod claim;
mod claims_json;
mod decision;
mod defaults;
mod document;
mod evaluate;
mod held_data;
mod incoming;
mod language;
mod lint;
mod refusal;
mod reserved;
mod sgx_collateral;

pub use appraise::{AppraisalInputs, appraise, incoming_claims};
pub use appraised::Appraised;
pub use attestation_type::AttestationType;
pub use claim::{Claim, ClaimSet, Issuer, Value, ValueType};
pub use claims_json::ClaimsError;
pub use decision::{
    ConditionTrace, Decision, Effect, FailedExpectation, PolicyTooCostly, RuleOutcome, RuleTrace, Verdict,
};
pub use defaults::{EmulatedAllowed, default_policy};
pub use document::{DocumentError, PolicyDocument, check_reset, policy_token_hash};
pub use held_data::{DataType, HeldData, HeldDataError};
pub use language::{
    Action, Condition, Expression, NewClaim, Operator, ParseError, ParseErrorKind, Policy, Property, PropertyCondition,
    Rule, Section, Version,
};
pub use lint::{Lint, lint};
pub use refusal::PolicyRefusal;
pub use reserved::is_reserved;
pub use sgx_collateral::SgxCollateral;
