//! Evaluation: rules in the order written, over a set of claims that only grows.
//!
//! - A condition holds if at least one claim matches all its property conditions; its identifier then names the set of
//!   all that match, whatever later conditions say of it.
//! - A comparison with such a set (`value==c.value`) holds if it holds for some member, `!=` included.
//! - Integers know six comparisons, strings and booleans two. Values of different types are never equal, never unequal
//!   and have no order: such a comparison does not hold. A missing claim fails every condition but an absent one (`!`).
//! - All conditions of a rule are looked at, and all rules of a section run, so that one evaluation names everything
//!   that fails. Conditions are evaluated one after the other, never as a product, so the cost of a rule is at most
//!   (claims × members) per property condition; a budget bounds the sum.
//! - `add` makes claims that later rules see; `issue` those that the token carries too; `issueproperty` those that
//!   steer the service. In authorization rules `issue` works as `add`, since only issuance rules write the token.

use crate::decision::Effect;
use crate::{
    Action, Claim, ClaimSet, Condition, ConditionTrace, Decision, Expression, Issuer, NewClaim, Operator, Policy,
    PolicyTooCostly, Property, PropertyCondition, Rule, RuleOutcome, RuleTrace, Section, Value, Verdict,
};

/// The most comparisons and new claims of one evaluation; each costs one, and one more per 64 bytes of text.
pub(crate) const BUDGET: u64 = 2_000_000;
const SHOWN_CLAIMS: usize = 8;
const SHOWN_COST: u64 = 16;
const SHOWN_CHARACTERS: usize = 160;

impl Policy {
    /// Decides over a claim set.
    ///
    /// Configuration rules run first, then all authorization rules (a `deny` anywhere refuses; without any `permit`
    /// the answer is a refusal too), then, if permitted, the issuance rules.
    ///
    /// # Errors
    /// [`PolicyTooCostly`] if that takes too many steps or makes too many claims. That is a refusal.
    pub fn evaluate(&self, incoming: &ClaimSet) -> Result<Decision, PolicyTooCostly> {
        self.evaluate_within(incoming, BUDGET)
    }

    pub(crate) fn evaluate_within(&self, incoming: &ClaimSet, budget: u64) -> Result<Decision, PolicyTooCostly> {
        let mut run = Evaluation::new(incoming, budget);
        run.section(self, Section::Configuration)?;
        run.section(self, Section::Authorization)?;
        let verdict = run.verdict();
        if verdict == Verdict::Permitted {
            run.section(self, Section::Issuance)?;
        }
        Ok(Decision {
            verdict,
            outgoing: run.outgoing,
            properties: run.properties,
            trace: run.trace,
        })
    }
}

struct Evaluation {
    claims: ClaimSet,
    outgoing: ClaimSet,
    properties: ClaimSet,
    trace: Vec<RuleTrace>,
    budget: u64,
    left: u64,
}

/// The sets that the conditions of one rule named so far: places in the claim set.
type Bindings<'p> = Vec<(&'p str, Vec<usize>)>;

impl Evaluation {
    fn new(incoming: &ClaimSet, budget: u64) -> Self {
        Self {
            claims: incoming.clone(),
            outgoing: ClaimSet::new(),
            properties: ClaimSet::new(),
            trace: Vec::new(),
            budget,
            left: budget,
        }
    }

    fn section(&mut self, policy: &Policy, section: Section) -> Result<(), PolicyTooCostly> {
        for rule in policy.rules(section) {
            self.rule(rule, section)?;
        }
        Ok(())
    }

    fn verdict(&self) -> Verdict {
        let applied = |wanted| {
            self.trace
                .iter()
                .any(|rule| rule.effect == wanted && rule.outcome == RuleOutcome::Applied)
        };
        if applied(Effect::Deny) {
            Verdict::Denied
        } else if applied(Effect::Permit) {
            Verdict::Permitted
        } else {
            Verdict::NotPermitted
        }
    }

    fn rule(&mut self, rule: &Rule, section: Section) -> Result<(), PolicyTooCostly> {
        let mut bindings: Bindings<'_> = Vec::new();
        let mut conditions = Vec::with_capacity(rule.conditions.len());
        for condition in &rule.conditions {
            let matching = self.matching(condition, &bindings)?;
            let held = matching.is_empty() == condition.absent;
            conditions.push(self.condition_trace(condition, held)?);
            if let Some(identifier) = &condition.identifier {
                bindings.push((identifier, matching));
            }
        }
        let outcome = if conditions.iter().all(|condition| condition.held) {
            RuleOutcome::Applied
        } else {
            RuleOutcome::NotApplied
        };
        if outcome == RuleOutcome::Applied {
            self.act(&rule.action, section, &bindings)?;
        }
        let effect = effect(&rule.action);
        self.trace.push(RuleTrace {
            section,
            line: rule.line,
            rule: rule.to_string(),
            effect,
            outcome,
            conditions,
        });
        Ok(())
    }

    fn matching(&mut self, condition: &Condition, bindings: &Bindings<'_>) -> Result<Vec<usize>, PolicyTooCostly> {
        let mut matching = Vec::new();
        for index in 0..self.claims.len() {
            if self.claim_matches(index, condition, bindings)? {
                matching.push(index);
            }
        }
        Ok(matching)
    }

    fn claim_matches(
        &mut self,
        index: usize,
        condition: &Condition,
        bindings: &Bindings<'_>,
    ) -> Result<bool, PolicyTooCostly> {
        for wanted in &condition.properties {
            if !self.property_matches(index, wanted, bindings)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn property_matches(
        &mut self,
        index: usize,
        wanted: &PropertyCondition,
        bindings: &Bindings<'_>,
    ) -> Result<bool, PolicyTooCostly> {
        let Some(claim) = self.claims.at(index) else {
            return Ok(false);
        };
        let mut cost = 0;
        let held = match &wanted.expected {
            Expression::Literal(value) => {
                cost += cost_of(value);
                compare(operand(claim, wanted.property), wanted.operator, Operand::of(value))
            }
            Expression::Reference { identifier, property } => {
                let members = set(bindings, identifier).iter().filter_map(|at| self.claims.at(*at));
                let mut held = false;
                for member in members {
                    cost += cost_of(&member.value);
                    if cost > self.left {
                        break;
                    }
                    held = compare(
                        operand(claim, wanted.property),
                        wanted.operator,
                        operand(member, *property),
                    );
                    if held {
                        break;
                    }
                }
                held
            }
        };
        self.spend(cost.max(1))?;
        Ok(held)
    }

    fn spend(&mut self, cost: u64) -> Result<(), PolicyTooCostly> {
        self.left = self.left.checked_sub(cost).ok_or_else(|| self.too_costly())?;
        Ok(())
    }

    const fn too_costly(&self) -> PolicyTooCostly {
        PolicyTooCostly {
            budget: self.budget,
            claims: ClaimSet::MAX,
        }
    }

    fn act(&mut self, action: &Action, section: Section, bindings: &Bindings<'_>) -> Result<(), PolicyTooCostly> {
        let made = match action {
            Action::Permit | Action::Deny => return Ok(()),
            Action::Add(new) | Action::Issue(new) | Action::IssueProperty(new) => self.make(new, bindings)?,
        };
        for claim in made {
            self.spend(cost_of(&claim.value) + self.claims.len() as u64 / 16)?;
            let outgoing = match action {
                Action::Issue(_) if section == Section::Issuance => Some(&mut self.outgoing),
                Action::IssueProperty(_) => Some(&mut self.properties),
                _ => None,
            };
            let fits = outgoing.is_none_or(|set| set.insert(claim.clone())) && self.claims.insert(claim);
            if !fits {
                return Err(self.too_costly());
            }
        }
        Ok(())
    }

    fn make(&mut self, new: &NewClaim, bindings: &Bindings<'_>) -> Result<Vec<Claim>, PolicyTooCostly> {
        match new {
            NewClaim::Copy { identifier } => {
                let members = set(bindings, identifier).iter().filter_map(|at| self.claims.at(*at));
                Ok(members
                    .map(|claim| Claim::of_policy(claim.claim_type.as_str(), claim.value.clone()))
                    .collect())
            }
            NewClaim::Build {
                claim_type,
                value,
                value_type,
            } => {
                let pairs = self.pairs(claim_type, value, bindings)?;
                Ok(pairs
                    .into_iter()
                    .filter_map(|(name, value)| build(name, value, *value_type))
                    .collect())
            }
        }
    }

    /// The names and values of new claims: member by member if both come from one set, else each with each.
    fn pairs(
        &mut self,
        claim_type: &Expression,
        value: &Expression,
        bindings: &Bindings<'_>,
    ) -> Result<Vec<(Value, Value)>, PolicyTooCostly> {
        if let (
            Expression::Reference {
                identifier,
                property: left,
            },
            Expression::Reference {
                identifier: second,
                property: right,
            },
        ) = (claim_type, value)
            && identifier == second
        {
            let members = set(bindings, identifier).iter().filter_map(|at| self.claims.at(*at));
            let pair = |claim| (operand(claim, *left).to_value(), operand(claim, *right).to_value());
            return Ok(members.map(pair).collect());
        }
        let (types, values) = (self.values(claim_type, bindings), self.values(value, bindings));
        self.spend((types.len() as u64).saturating_mul(values.len() as u64))?;
        Ok(types
            .iter()
            .flat_map(|name| values.iter().map(move |value| (name.clone(), value.clone())))
            .collect())
    }

    /// The values of an expression: one for a literal, one per member for a set.
    fn values(&self, expression: &Expression, bindings: &Bindings<'_>) -> Vec<Value> {
        match expression {
            Expression::Literal(value) => vec![value.clone()],
            Expression::Reference { identifier, property } => set(bindings, identifier)
                .iter()
                .filter_map(|at| self.claims.at(*at))
                .map(|claim| operand(claim, *property).to_value())
                .collect(),
        }
    }

    /// The claims found are written down too; that costs, since a policy can have very many conditions.
    fn condition_trace(&mut self, condition: &Condition, held: bool) -> Result<ConditionTrace, PolicyTooCostly> {
        let mut found: Vec<String> = match condition.claim_type() {
            Some(name) => self.claims.of_type(name).take(SHOWN_CLAIMS).map(shown).collect(),
            None => Vec::new(),
        };
        if found.is_empty() {
            found.push(match condition.claim_type() {
                Some(name) => format!("no {name}"),
                None => "no such claim".to_owned(),
            });
        }
        self.spend(SHOWN_COST.saturating_mul(found.len() as u64))?;
        Ok(ConditionTrace {
            condition: condition.to_string(),
            held,
            found,
        })
    }
}

fn shown(claim: &Claim) -> String {
    let text = match claim.issuer {
        Issuer::AttestationService => format!("{} = {}", claim.claim_type, claim.value),
        issuer => format!("{} = {} ({})", claim.claim_type, claim.value, issuer.as_str()),
    };
    if text.chars().count() <= SHOWN_CHARACTERS {
        return text;
    }
    text.chars()
        .take(SHOWN_CHARACTERS)
        .chain(std::iter::once('…'))
        .collect()
}

const fn effect(action: &Action) -> Effect {
    match action {
        Action::Permit => Effect::Permit,
        Action::Deny => Effect::Deny,
        Action::Add(_) | Action::Issue(_) | Action::IssueProperty(_) => Effect::Claim,
    }
}

fn set<'b>(bindings: &'b Bindings<'_>, identifier: &str) -> &'b [usize] {
    bindings
        .iter()
        .find(|(name, _)| *name == identifier)
        .map_or(&[], |(_, members)| members)
}

fn build(claim_type: Value, value: Value, value_type: Option<crate::ValueType>) -> Option<Claim> {
    let Value::String(claim_type) = claim_type else {
        return None;
    };
    let value = match value_type {
        Some(wanted) => value.read_as(wanted)?,
        None => value,
    };
    Some(Claim::of_policy(claim_type, value))
}

fn cost_of(value: &Value) -> u64 {
    match value {
        Value::String(text) => 1 + text.len() as u64 / 64,
        Value::Integer(_) | Value::Boolean(_) => 1,
    }
}

/// A value without its owner.
#[derive(Clone, Copy)]
enum Operand<'a> {
    String(&'a str),
    Integer(i64),
    Boolean(bool),
}

impl<'a> Operand<'a> {
    fn of(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self::String(text),
            Value::Integer(number) => Self::Integer(*number),
            Value::Boolean(flag) => Self::Boolean(*flag),
        }
    }

    fn to_value(self) -> Value {
        match self {
            Self::String(text) => Value::from(text),
            Self::Integer(number) => Value::Integer(number),
            Self::Boolean(flag) => Value::Boolean(flag),
        }
    }
}

fn operand(claim: &Claim, property: Property) -> Operand<'_> {
    match property {
        Property::Type => Operand::String(&claim.claim_type),
        Property::Value => Operand::of(&claim.value),
        Property::ValueType => Operand::String(claim.value.value_type().as_str()),
        Property::Issuer => Operand::String(claim.issuer.as_str()),
    }
}

fn compare(left: Operand<'_>, operator: Operator, right: Operand<'_>) -> bool {
    match (left, right) {
        (Operand::Integer(left), Operand::Integer(right)) => match operator {
            Operator::Equal => left == right,
            Operator::NotEqual => left != right,
            Operator::Less => left < right,
            Operator::LessOrEqual => left <= right,
            Operator::Greater => left > right,
            Operator::GreaterOrEqual => left >= right,
        },
        (Operand::String(left), Operand::String(right)) => equality(left == right, operator),
        (Operand::Boolean(left), Operand::Boolean(right)) => equality(left == right, operator),
        _ => false,
    }
}

const fn equality(equal: bool, operator: Operator) -> bool {
    match operator {
        Operator::Equal => equal,
        Operator::NotEqual => !equal,
        _ => false,
    }
}
