//! The Azure Attestation policy language: text to rules and back.

mod ast;
mod error;
mod lex;
mod parse;
mod print;
mod rule;

pub use ast::{
    Action, Condition, Expression, NewClaim, Operator, Policy, Property, PropertyCondition, Rule, Section, Version,
};
pub use error::{ParseError, ParseErrorKind};
