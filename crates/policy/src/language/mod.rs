//! The Azure Attestation policy language: text to rules and back.
//!
//! The grammar, as reconstructed from the published documents and samples (sections may come in any order, each once):
//!
//! ```text
//! policy     = "version" "=" ( "1.0" | "1.1" | "1.2" ) ";" { section }
//! section    = name "{" { rule [ ";" ] } "}" [ ";" ]          names in any case; configurationrules from 1.1
//! rule       = [ condition { "&&" condition } ] "=>" action
//! condition  = [ "!" ] [ identifier ":" ] "[" property { "," property } "]"          "!" from 1.2
//! property   = ( "type" | "value" | "valueType" | "issuer" ) operator expression
//! operator   = "==" | "=" | "!=" | "<" | "<=" | ">" | ">="    "=" means "=="
//! action     = "permit()" | "deny()" | ( "add" | "issue" | "issueproperty" ) "(" arguments ")"
//! arguments  = "claim=" identifier | [ string "," ] argument { "," argument }
//! argument   = ( "type" | "value" | "valueType" | "issuer" ) "=" expression
//! expression = string | integer | "true" | "false" | "<" name ">" | identifier "." property-name
//! ```
//!
//! What 1.2 adds beyond `!` (functions over JSON claims) belongs into `Expression` and `Parser::expression`; the rest
//! stays as it is.

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
