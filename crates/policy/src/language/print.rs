//! The canonical text of a policy. Parsing it gives the same policy.

use std::fmt::{self, Display, Formatter};

use super::ast::{Action, Condition, Expression, NewClaim, Policy, PropertyCondition, Rule, Section, Version};
use crate::Value;

impl Display for Version {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Display for Policy {
    /// One rule a line; `configurationrules` only where there are some.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "version={};", self.version)?;
        for section in Section::ALL {
            let rules = self.rules(section);
            if rules.is_empty() && section == Section::Configuration {
                continue;
            }
            writeln!(f, "{} {{", section.as_str())?;
            for rule in rules {
                writeln!(f, "    {rule};")?;
            }
            writeln!(f, "}};")?;
        }
        Ok(())
    }
}

impl Display for Rule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.conditions.iter().enumerate() {
            let and = if index == 0 { "" } else { " && " };
            write!(f, "{and}{condition}")?;
        }
        let space = if self.conditions.is_empty() { "" } else { " " };
        write!(f, "{space}=> {}", self.action)
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.absent {
            f.write_str("!")?;
        }
        if let Some(identifier) = &self.identifier {
            write!(f, "{identifier}:")?;
        }
        f.write_str("[")?;
        for (index, property) in self.properties.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{property}")?;
        }
        f.write_str("]")
    }
}

impl Display for PropertyCondition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}{}",
            self.property.as_str(),
            self.operator.as_str(),
            self.expected
        )
    }
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => value.fmt(f),
            Self::Reference { identifier, property } => write!(f, "{identifier}.{}", property.as_str()),
        }
    }
}

impl Display for Value {
    /// As a literal of the language: strings in quotation marks.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => {
                write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(flag) => flag.fmt(f),
        }
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permit => f.write_str("permit()"),
            Self::Deny => f.write_str("deny()"),
            Self::Add(claim) => write!(f, "add({claim})"),
            Self::Issue(claim) => write!(f, "issue({claim})"),
            Self::IssueProperty(claim) => write!(f, "issueproperty({claim})"),
        }
    }
}

impl Display for NewClaim {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copy { identifier } => write!(f, "claim={identifier}"),
            Self::Build {
                claim_type,
                value,
                value_type,
            } => {
                write!(f, "type={claim_type}, value={value}")?;
                match value_type {
                    Some(value_type) => write!(f, ", valueType=\"{}\"", value_type.as_str()),
                    None => Ok(()),
                }
            }
        }
    }
}
