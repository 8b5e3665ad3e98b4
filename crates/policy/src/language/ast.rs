//! The parts of a policy.

use crate::{Value, ValueType};

/// The version that a policy's first line names. Each adds to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Authorization and issuance rules.
    V1_0,
    /// Adds `configurationrules`.
    V1_1,
    /// Adds absence (`!`), functions and JSON claims.
    V1_2,
}

impl Version {
    /// The number as written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
        }
    }
}

/// The three sections, in the order they are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Properties that steer the service (from version 1.1).
    Configuration,
    /// Whether the evidence is accepted.
    Authorization,
    /// What the token says beyond the service's own claims.
    Issuance,
}

impl Section {
    /// Every section, in the order of evaluation.
    pub const ALL: [Self; 3] = [Self::Configuration, Self::Authorization, Self::Issuance];

    /// The keyword.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configurationrules",
            Self::Authorization => "authorizationrules",
            Self::Issuance => "issuancerules",
        }
    }
}

/// A parsed policy. Made by [`Policy::parse`] only, so every identifier it uses is bound and every action stands
/// where it may.
///
/// Two policies are equal if they say the same, wherever it stands in their texts.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) version: Version,
    pub(crate) configuration: Vec<Rule>,
    pub(crate) authorization: Vec<Rule>,
    pub(crate) issuance: Vec<Rule>,
    pub(crate) text: String,
}

impl Policy {
    /// The version named in the first line.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The rules of one section, in the order written.
    #[must_use]
    pub fn rules(&self, section: Section) -> &[Rule] {
        match section {
            Section::Configuration => &self.configuration,
            Section::Authorization => &self.authorization,
            Section::Issuance => &self.issuance,
        }
    }

    /// The text that was parsed, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && Section::ALL.iter().all(|at| self.rules(*at) == other.rules(*at))
    }
}

impl Eq for Policy {}

/// `conditions => action`. Equality ignores the line.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The line it begins on, from 1.
    pub line: u32,
    /// All of them must hold; with none the action is always taken.
    pub conditions: Vec<Condition>,
    /// What then happens.
    pub action: Action,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.conditions == other.conditions && self.action == other.action
    }
}

impl Eq for Rule {}

/// `c:[type=="…", value==…]`: holds if at least one claim matches every property condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `!` (version 1.2): holds if no claim matches.
    pub absent: bool,
    /// Names the set of matching claims for later conditions and the action.
    pub identifier: Option<String>,
    /// At least one.
    pub properties: Vec<PropertyCondition>,
}

impl Condition {
    /// The claim type that this condition demands with `==`, if it names one.
    #[must_use]
    pub fn claim_type(&self) -> Option<&str> {
        self.properties
            .iter()
            .find_map(|own| match (own.property, own.operator, &own.expected) {
                (Property::Type, Operator::Equal, Expression::Literal(Value::String(name))) => Some(name.as_str()),
                _ => None,
            })
    }
}

/// `property operator expression` within a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyCondition {
    /// The claim's property, on the left.
    pub property: Property,
    /// How the two are compared.
    pub operator: Operator,
    /// What it is compared with.
    pub expected: Expression,
}

/// The four properties of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Property {
    /// The claim's name.
    Type,
    /// Its value.
    Value,
    /// The type of its value, as a word.
    ValueType,
    /// Who states it, as a word.
    Issuer,
}

impl Property {
    /// Every property.
    pub const ALL: [Self; 4] = [Self::Type, Self::Value, Self::ValueType, Self::Issuer];

    /// The keyword.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Value => "value",
            Self::ValueType => "valueType",
            Self::Issuer => "issuer",
        }
    }
}

/// A comparison. Integers know all six, strings and booleans the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `==` (a single `=`, as some published policies have it, means the same).
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 6] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
    ];

    /// The operator as printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it compares by size.
    #[must_use]
    pub const fn orders(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// Something with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expression {
    /// A literal.
    Literal(Value),
    /// `identifier.property`: the property of each claim in the set that an earlier condition named.
    Reference {
        /// The set.
        identifier: String,
        /// The property of its members.
        property: Property,
    },
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Accepts the evidence, unless some rule denies.
    Permit,
    /// Refuses the evidence, whatever other rules say.
    Deny,
    /// Adds a claim that later rules see.
    Add(NewClaim),
    /// Adds a claim that later rules and the token see. In authorization rules it works as `add`.
    Issue(NewClaim),
    /// Adds a claim that later rules see, and a property that steers the service.
    IssueProperty(NewClaim),
}

/// The claims that an action makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewClaim {
    /// `claim=c`: type and value of each claim of the set.
    Copy {
        /// The set.
        identifier: String,
    },
    /// `type=…, value=…`: one claim per value of the set that is referred to; per pair, if two sets are.
    Build {
        /// The name.
        claim_type: Expression,
        /// The value.
        value: Expression,
        /// The type that the value is read as, if given.
        value_type: Option<ValueType>,
    },
}
