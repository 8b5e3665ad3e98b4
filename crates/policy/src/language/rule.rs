//! Rules: conditions, expressions and actions, each checked for meaning where it is read.

use super::ast::{
    Action, Condition, Expression, NewClaim, Operator, Property, PropertyCondition, Rule, Section, Version,
};
use super::error::{ParseError, ParseErrorKind};
use super::lex::{Position, Token};
use super::parse::{MAX_PARTS, Parser, error_at};
use crate::{Issuer, Value, ValueType};

impl Parser<'_> {
    pub(super) fn rule(&mut self, section: Section) -> Result<Rule, ParseError> {
        let line = self.at.line;
        let mut conditions = Vec::new();
        let mut bound: Vec<String> = Vec::new();
        if !self.is("=>") {
            loop {
                self.room(conditions.len(), "conditions")?;
                let condition = self.condition(&bound)?;
                bound.extend(condition.identifier.clone());
                conditions.push(condition);
                if !self.accept("&&")? {
                    break;
                }
            }
        }
        if !self.is("=>") {
            return Err(self.syntax(if conditions.is_empty() {
                "a rule or `}`"
            } else {
                "`&&` or `=>`"
            }));
        }
        self.advance()?;
        let action = self.action(section, &bound)?;
        Ok(Rule {
            line,
            conditions,
            action,
        })
    }

    fn condition(&mut self, bound: &[String]) -> Result<Condition, ParseError> {
        let absent = self.absence()?;
        let identifier = self.identifier(absent, bound)?;
        if !self.is("[") {
            return Err(self.syntax("`[`, or `=>` for a rule without conditions"));
        }
        self.advance()?;
        let mut properties = Vec::new();
        loop {
            self.room(properties.len(), "property conditions")?;
            properties.push(self.property_condition(bound)?);
            if !self.accept(",")? {
                break;
            }
        }
        if !self.is("]") {
            return Err(self.syntax("`,` or `]`"));
        }
        self.advance()?;
        Ok(Condition {
            absent,
            identifier,
            properties,
        })
    }

    fn absence(&mut self) -> Result<bool, ParseError> {
        if !self.is("!") {
            return Ok(false);
        }
        if self.version < Version::V1_2 {
            return Err(self.error(
                "a condition",
                "`!`, which needs policy version 1.2",
                ParseErrorKind::NeedsVersion,
            ));
        }
        self.advance()?;
        Ok(true)
    }

    fn identifier(&mut self, absent: bool, bound: &[String]) -> Result<Option<String>, ParseError> {
        let Token::Word(name) = self.token() else {
            return Ok(None);
        };
        let (name, at) = (name.clone(), self.at);
        if self.reserved(&name) {
            return Err(self.syntax("a condition, `=>` or `}`"));
        }
        self.advance()?;
        if !self.is(":") {
            return Err(self.syntax("`:` after an identifier"));
        }
        if absent {
            let found = format!("`{name}:`, but absent claims cannot be named");
            return Err(error_at(at, "`[` after `!`", found, ParseErrorKind::Meaning));
        }
        if bound.contains(&name) {
            let found = format!("`{name}` again");
            return Err(error_at(
                at,
                "an identifier not used in this rule",
                found,
                ParseErrorKind::Meaning,
            ));
        }
        self.advance()?;
        Ok(Some(name))
    }

    /// Section keywords are no identifiers: one here means that a `}` is missing before it.
    fn reserved(&self, name: &str) -> bool {
        Section::ALL
            .iter()
            .any(|section| name.eq_ignore_ascii_case(section.as_str()))
    }

    fn property_condition(&mut self, bound: &[String]) -> Result<PropertyCondition, ParseError> {
        let property = self.property("`type`, `value`, `valueType` or `issuer`")?;
        let operator_at = self.at;
        let operator = self.operator()?;
        let at = self.at;
        let expected = self.expression(bound)?;
        check_comparison(property, (operator, operator_at), (&expected, at))?;
        Ok(PropertyCondition {
            property,
            operator,
            expected,
        })
    }

    fn property(&mut self, expected: &str) -> Result<Property, ParseError> {
        let found = match self.token() {
            Token::Word(word) => Property::ALL.into_iter().find(|own| own.as_str() == word),
            _ => None,
        };
        let property = found.ok_or_else(|| self.syntax(expected))?;
        self.advance()?;
        Ok(property)
    }

    fn operator(&mut self) -> Result<Operator, ParseError> {
        let operator = match self.token() {
            Token::Sign("=") => Some(Operator::Equal),
            Token::Sign(sign) => Operator::ALL.into_iter().find(|own| own.as_str() == *sign),
            _ => None,
        };
        let operator = operator.ok_or_else(|| self.syntax("`==`, `!=`, `<`, `<=`, `>` or `>=`"))?;
        self.advance()?;
        Ok(operator)
    }

    fn expression(&mut self, bound: &[String]) -> Result<Expression, ParseError> {
        const EXPECTED: &str = "a string, a whole number, `true`, `false` or `identifier.property`";
        let at = self.at;
        match self.token() {
            Token::Text(_) | Token::Placeholder(_) | Token::Integer(_) | Token::Word(_) => {}
            _ => return Err(self.syntax(EXPECTED)),
        }
        match self.advance()? {
            Token::Text(text) | Token::Placeholder(text) => Ok(Expression::Literal(Value::String(text))),
            Token::Integer(number) => Ok(Expression::Literal(Value::Integer(number))),
            Token::Word(word) if word == "true" => Ok(Expression::Literal(Value::Boolean(true))),
            Token::Word(word) if word == "false" => Ok(Expression::Literal(Value::Boolean(false))),
            Token::Word(word) if self.is("(") => Err(self.function(&word, at)),
            Token::Word(word) => {
                if !bound.contains(&word) {
                    let found = format!("`{word}`, which no earlier condition of this rule names");
                    return Err(error_at(at, EXPECTED, found, ParseErrorKind::Meaning));
                }
                self.expect(".")?;
                let property = self.property("`value`, `type`, `valueType` or `issuer`")?;
                Ok(Expression::Reference {
                    identifier: word,
                    property,
                })
            }
            _ => Err(self.syntax(EXPECTED)),
        }
    }

    fn function(&self, name: &str, at: Position) -> ParseError {
        const EXPECTED: &str = "a value without a function";
        if self.version < Version::V1_2 {
            let found = format!("the function `{name}`, which needs policy version 1.2");
            return error_at(at, EXPECTED, found, ParseErrorKind::NeedsVersion);
        }
        let found = format!("the function `{name}` of policy version 1.2, not supported yet");
        error_at(at, EXPECTED, found, ParseErrorKind::Unsupported)
    }

    fn action(&mut self, section: Section, bound: &[String]) -> Result<Action, ParseError> {
        const NAMES: &str = "`permit()`, `deny()`, `add(…)`, `issue(…)` or `issueproperty(…)`";
        let at = self.at;
        let Token::Word(name) = self.token() else {
            return Err(self.syntax(NAMES));
        };
        let name = name.clone();
        if !["permit", "deny", "add", "issue", "issueproperty"].contains(&name.as_str()) {
            return Err(self.syntax(NAMES));
        }
        check_place(&name, section, at)?;
        self.advance()?;
        self.expect("(")?;
        let action = match name.as_str() {
            "permit" => Action::Permit,
            "deny" => Action::Deny,
            "add" => Action::Add(self.new_claim(bound)?),
            "issue" => Action::Issue(self.new_claim(bound)?),
            _ => Action::IssueProperty(self.new_claim(bound)?),
        };
        self.expect(")")?;
        Ok(action)
    }

    fn new_claim(&mut self, bound: &[String]) -> Result<NewClaim, ParseError> {
        let mut arguments = Arguments::default();
        if let Token::Text(text) = self.token() {
            arguments.claim_type = Some(Expression::Literal(Value::String(text.clone())));
            self.advance()?;
            if !self.is(")") {
                self.expect(",")?;
            }
        }
        while !self.is(")") {
            self.argument(&mut arguments, bound)?;
            if !self.is(")") {
                self.expect(",")?;
            }
        }
        match arguments {
            Arguments {
                copied: Some(identifier),
                claim_type: None,
                value: None,
                value_type: None,
            } => Ok(NewClaim::Copy { identifier }),
            Arguments { copied: Some(_), .. } => Err(self.meaning("`claim` alone, or `type` and `value`", "both")),
            Arguments {
                claim_type: Some(claim_type),
                value: Some(value),
                value_type,
                ..
            } => Ok(NewClaim::Build {
                claim_type,
                value,
                value_type,
            }),
            Arguments { claim_type: None, .. } => Err(self.syntax("`type=`")),
            Arguments { .. } => Err(self.syntax("`value=`")),
        }
    }

    fn argument(&mut self, arguments: &mut Arguments, bound: &[String]) -> Result<(), ParseError> {
        let at = self.at;
        let name = match self.token() {
            Token::Word(word) => word.clone(),
            _ => return Err(self.syntax("`type=`, `value=`, `valueType=` or `claim=`")),
        };
        if !["type", "value", "valueType", "issuer", "claim"].contains(&name.as_str()) {
            return Err(self.syntax("`type=`, `value=`, `valueType=` or `claim=`"));
        }
        self.advance()?;
        if !self.accept("==")? {
            self.expect("=")?;
        }
        let fresh = match name.as_str() {
            "claim" => {
                let identifier = self.bound_identifier(bound)?;
                arguments.copied.replace(identifier).is_none()
            }
            "type" => {
                let value_at = self.at;
                let value = self.expression(bound)?;
                check_text(&value, "the claim's type, a string", value_at)?;
                arguments.claim_type.replace(value).is_none()
            }
            "value" => {
                let value = self.expression(bound)?;
                arguments.value.replace(value).is_none()
            }
            "valueType" => {
                let value_type = self.value_type()?;
                arguments.value_type.replace(value_type).is_none()
            }
            _ => self.policy_issuer().map(|()| true)?,
        };
        if fresh {
            return Ok(());
        }
        Err(error_at(
            at,
            "each argument once",
            format!("`{name}` again"),
            ParseErrorKind::Meaning,
        ))
    }

    fn bound_identifier(&mut self, bound: &[String]) -> Result<String, ParseError> {
        match self.token() {
            Token::Word(word) if bound.contains(word) => {
                let word = word.clone();
                self.advance()?;
                Ok(word)
            }
            Token::Word(word) => {
                let found = format!("`{word}`, which no condition of this rule names");
                Err(self.error("an identifier", found, ParseErrorKind::Meaning))
            }
            _ => Err(self.syntax("an identifier")),
        }
    }

    fn value_type(&mut self) -> Result<ValueType, ParseError> {
        let named = match self.token() {
            Token::Text(text) => ValueType::named(text),
            _ => None,
        };
        let value_type = named.ok_or_else(|| self.syntax("\"String\", \"Integer\" or \"Boolean\""))?;
        self.advance()?;
        Ok(value_type)
    }

    /// A rule's claims are the policy's own: it can name no other issuer.
    fn policy_issuer(&mut self) -> Result<(), ParseError> {
        match self.token() {
            Token::Text(text) if text == Issuer::AttestationPolicy.as_str() => self.advance().map(drop),
            _ => Err(self.meaning(
                "\"AttestationPolicy\", the issuer of what a rule makes",
                self.token().shown(),
            )),
        }
    }

    fn meaning(&self, expected: &str, found: impl Into<String>) -> ParseError {
        self.error(expected, found, ParseErrorKind::Meaning)
    }

    fn room(&self, count: usize, what: &str) -> Result<(), ParseError> {
        if count < MAX_PARTS {
            return Ok(());
        }
        Err(self.error(
            format!("at most {MAX_PARTS} {what}"),
            "one more",
            ParseErrorKind::TooLarge,
        ))
    }
}

#[derive(Default)]
struct Arguments {
    claim_type: Option<Expression>,
    value: Option<Expression>,
    value_type: Option<ValueType>,
    copied: Option<String>,
}

/// Strings and booleans are equal or not; only integers have an order; all properties but the value are strings.
fn check_comparison(
    property: Property,
    (operator, operator_at): (Operator, Position),
    (expected, at): (&Expression, Position),
) -> Result<(), ParseError> {
    if property != Property::Value {
        check_text(expected, "a string", at)?;
    }
    let ordered = match expected {
        Expression::Literal(value) => matches!(value, Value::Integer(_)),
        Expression::Reference { property, .. } => *property == Property::Value,
    };
    if operator.orders() && !(ordered && property == Property::Value) {
        let found = format!("`{}`, which compares integers only", operator.as_str());
        return Err(error_at(operator_at, "`==` or `!=`", found, ParseErrorKind::Meaning));
    }
    Ok(())
}

fn check_text(expression: &Expression, expected: &str, at: Position) -> Result<(), ParseError> {
    match expression {
        Expression::Literal(Value::String(_)) | Expression::Reference { .. } => Ok(()),
        Expression::Literal(Value::Integer(number)) => {
            Err(error_at(at, expected, format!("`{number}`"), ParseErrorKind::Meaning))
        }
        Expression::Literal(Value::Boolean(flag)) => {
            Err(error_at(at, expected, format!("`{flag}`"), ParseErrorKind::Meaning))
        }
    }
}

fn check_place(name: &str, section: Section, at: Position) -> Result<(), ParseError> {
    let expected = match (name, section) {
        ("permit" | "deny", Section::Configuration) | ("issue", Section::Configuration) => {
            "`issueproperty(…)` or `add(…)` in configurationrules"
        }
        ("permit" | "deny", Section::Issuance) => "`add(…)`, `issue(…)` or `issueproperty(…)` in issuancerules",
        _ => return Ok(()),
    };
    Err(error_at(at, expected, format!("`{name}`"), ParseErrorKind::Meaning))
}
