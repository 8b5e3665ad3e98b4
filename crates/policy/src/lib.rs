//! The Azure Attestation policy language, and what it decides over: [`Claim`]s made from verified evidence.

mod claim;
mod claims_json;
mod decision;
mod evaluate;
mod language;

pub use claim::{Claim, ClaimSet, Issuer, Value, ValueType};
pub use claims_json::ClaimsError;
pub use decision::{
    ConditionTrace, Decision, Effect, FailedExpectation, PolicyTooCostly, RuleOutcome, RuleTrace,
    Verdict,
};
pub use language::{
    Action, Condition, Expression, NewClaim, Operator, ParseError, ParseErrorKind, Policy,
    Property, PropertyCondition, Rule, Section, Version,
};
