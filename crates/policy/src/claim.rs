//! Claims: what a policy reasons about.

use serde::Serialize;
use serde_json::{Map, Value as Json};

/// The value of a claim. The language knows three types and never converts between them by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A text.
    String(String),
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
}

impl Value {
    /// The type of this value.
    #[must_use]
    pub const fn value_type(&self) -> ValueType {
        match self {
            Self::String(_) => ValueType::String,
            Self::Integer(_) => ValueType::Integer,
            Self::Boolean(_) => ValueType::Boolean,
        }
    }

    /// The value as JSON: string, number or boolean.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::String(text) => Json::from(text.as_str()),
            Self::Integer(number) => Json::from(*number),
            Self::Boolean(flag) => Json::from(*flag),
        }
    }

    /// This value read as `wanted`, where its text reads as one: `"7"` as an Integer, `true` as the String `"true"`.
    #[must_use]
    pub fn read_as(&self, wanted: ValueType) -> Option<Self> {
        if self.value_type() == wanted {
            return Some(self.clone());
        }
        let text = match self {
            Self::String(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Boolean(flag) => flag.to_string(),
        };
        match wanted {
            ValueType::String => Some(Self::String(text)),
            ValueType::Integer => text.parse().ok().map(Self::Integer),
            ValueType::Boolean => text.parse().ok().map(Self::Boolean),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

/// The three types of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueType {
    /// A text.
    String,
    /// A whole number, 64 bits with sign.
    Integer,
    /// `true` or `false`.
    Boolean,
}

impl ValueType {
    /// The word that `valueType` compares with.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Integer => "Integer",
            Self::Boolean => "Boolean",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::String, Self::Integer, Self::Boolean]
            .into_iter()
            .find(|own| own.as_str() == name)
    }
}

/// Who stated a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Issuer {
    /// The service, from verified evidence.
    AttestationService,
    /// A rule of the policy.
    AttestationPolicy,
    /// The attester itself, unverified.
    CustomClaim,
}

impl Issuer {
    /// The word that `issuer` compares with.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AttestationService => "AttestationService",
            Self::AttestationPolicy => "AttestationPolicy",
            Self::CustomClaim => "CustomClaim",
        }
    }

    /// The issuer of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::AttestationService, Self::AttestationPolicy, Self::CustomClaim]
            .into_iter()
            .find(|own| own.as_str() == name)
    }
}

/// One statement: a type (its name), a value, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Claim {
    /// The claim's name, e.g. `x-ms-sgx-mrsigner`.
    #[serde(rename = "type")]
    pub claim_type: String,
    /// Its value.
    pub value: Value,
    /// Who states it.
    pub issuer: Issuer,
}

impl Claim {
    /// A claim that the service makes from verified evidence.
    pub fn of_service(claim_type: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            claim_type: claim_type.into(),
            value: value.into(),
            issuer: Issuer::AttestationService,
        }
    }

    /// A claim that a policy's rule makes.
    pub fn of_policy(claim_type: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            claim_type: claim_type.into(),
            value: value.into(),
            issuer: Issuer::AttestationPolicy,
        }
    }
}

/// Claims in the order they came in; equal ones once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ClaimSet(Vec<Claim>);

impl ClaimSet {
    /// The most claims a set may hold.
    pub const MAX: usize = 1024;

    /// A set with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a claim, unless an equal one is there. `false` if the set is full and the claim was left out.
    pub fn insert(&mut self, claim: Claim) -> bool {
        if self.0.contains(&claim) {
            return true;
        }
        if self.0.len() >= Self::MAX {
            return false;
        }
        self.0.push(claim);
        true
    }

    /// The claims, oldest first.
    pub fn iter(&self) -> std::slice::Iter<'_, Claim> {
        self.0.iter()
    }

    /// The claims of one type.
    pub fn of_type<'a>(&'a self, claim_type: &'a str) -> impl Iterator<Item = &'a Claim> {
        self.0.iter().filter(move |claim| claim.claim_type == claim_type)
    }

    /// The claim at a place, oldest first from 0.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<&Claim> {
        self.0.get(index)
    }

    /// The number of claims.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no claim.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One member per claim type; several values of one type become an array, as tokens carry them. Issuers are left
    /// out.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Json> {
        let mut members: Map<String, Json> = Map::new();
        for claim in &self.0 {
            let value = claim.value.to_json();
            match members.get_mut(&claim.claim_type) {
                None => {
                    members.insert(claim.claim_type.clone(), value);
                }
                Some(Json::Array(values)) => {
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                Some(single) if *single == value => {}
                Some(single) => *single = Json::Array(vec![single.take(), value]),
            }
        }
        members
    }
}

impl FromIterator<Claim> for ClaimSet {
    /// Claims beyond [`ClaimSet::MAX`] are left out.
    fn from_iter<I: IntoIterator<Item = Claim>>(claims: I) -> Self {
        let mut set = Self::new();
        for claim in claims {
            set.insert(claim);
        }
        set
    }
}

impl<'a> IntoIterator for &'a ClaimSet {
    type Item = &'a Claim;
    type IntoIter = std::slice::Iter<'a, Claim>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
