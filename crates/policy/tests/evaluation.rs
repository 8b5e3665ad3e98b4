//! What rules mean: one test per decision of the language's semantics.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use casemate_policy::{Claim, ClaimSet, Decision, Issuer, Policy, RuleOutcome, Value, Verdict};
use proptest::prelude::*;

fn evaluate(rules: &str, claims: &ClaimSet) -> Decision {
    Policy::parse(&format!("version=1.2;{rules}"))
        .unwrap_or_else(|error| panic!("{error}"))
        .evaluate(claims)
        .unwrap()
}

/// Whether one condition holds over a claim set.
fn holds(condition: &str, claims: &ClaimSet) -> bool {
    evaluate(&format!("authorizationrules{{{condition}=>permit();}};"), claims).permitted()
}

/// The values of one outgoing claim type.
fn issued(rules: &str, claims: &ClaimSet, claim_type: &str) -> Vec<Value> {
    let decision = evaluate(
        &format!("authorizationrules{{=>permit();}};issuancerules{{{rules}}};"),
        claims,
    );
    decision
        .outgoing()
        .of_type(claim_type)
        .map(|claim| claim.value.clone())
        .collect()
}

fn sample() -> ClaimSet {
    let mut set: ClaimSet = [
        Claim::of_service("n", 5),
        Claim::of_service("n", 9),
        Claim::of_service("s", "abc"),
        Claim::of_service("b", true),
        Claim::of_service("digits", "5"),
        Claim {
            claim_type: "s".to_owned(),
            value: "custom".into(),
            issuer: Issuer::CustomClaim,
        },
    ]
    .into_iter()
    .collect();
    assert!(set.insert(Claim::of_service("m", 9)));
    set
}

#[test]
fn a_condition_holds_if_one_claim_matches_all_of_it() {
    let claims = sample();
    for (condition, expected) in [
        (r#"[type=="n", value==5]"#, true),
        (r#"[type=="n", value==7]"#, false),
        (r#"[type=="n", value>8]"#, true),
        (r#"[type=="n", value<5]"#, false),
        (r#"[type=="n", value<=5]"#, true),
        (r#"[type=="n", value>=10]"#, false),
        (r#"[type=="n", value!=5]"#, true),
        (r#"[type=="s", value=="abc"]"#, true),
        (r#"[type=="s", value=="ABC"]"#, false),
        (r#"[type=="S"]"#, false),
        (r#"[type=="s", value=="abc", issuer=="CustomClaim"]"#, false),
        (r#"[type=="s", issuer!="AttestationService"]"#, true),
        (r#"[type=="b", value==true]"#, true),
        (r#"[type=="b", value!=false]"#, true),
        (r#"[valueType=="Boolean"]"#, true),
        (r#"[type=="digits", valueType=="Integer"]"#, false),
        (r#"[type=="absent"]"#, false),
        (r#"![type=="absent"]"#, true),
        (r#"![type=="n", value==5]"#, false),
    ] {
        assert_eq!(holds(condition, &claims), expected, "{condition}");
    }
}

#[test]
fn values_of_different_types_never_compare() {
    let claims = sample();
    for operator in ["==", "!=", "<", "<=", ">", ">="] {
        assert!(
            !holds(&format!(r#"[type=="digits", value{operator}5]"#), &claims),
            "{operator}"
        );
    }
    for operator in ["==", "!="] {
        assert!(
            !holds(&format!(r#"[type=="n", value{operator}"5"]"#), &claims),
            "{operator}"
        );
        assert!(
            !holds(&format!(r#"[type=="b", value{operator}"true"]"#), &claims),
            "{operator}"
        );
    }
}

#[test]
fn a_comparison_with_a_set_holds_for_some_member() {
    let claims = sample();
    assert!(holds(r#"a:[type=="n"] && [type=="m", value==a.value]"#, &claims));
    assert!(!holds(
        r#"a:[type=="n", value==5] && [type=="m", value==a.value]"#,
        &claims
    ));
    assert!(holds(r#"a:[type=="n"] && [type=="m", value>a.value]"#, &claims));
    assert!(
        !holds(r#"a:[type=="s"] && [type=="m", value>a.value]"#, &claims),
        "strings have no order"
    );
    assert!(holds(
        r#"a:[type=="s", issuer=="AttestationService"] && [type==a.type, issuer=="CustomClaim"]"#,
        &claims
    ));
}

#[test]
fn any_deny_refuses_and_so_does_no_permit() {
    let none = ClaimSet::new();
    for (rules, verdict) in [
        ("=>permit();", Verdict::Permitted),
        ("=>permit(); =>deny();", Verdict::Denied),
        ("=>deny(); =>permit();", Verdict::Denied),
        ("", Verdict::NotPermitted),
        (r#"[type=="a"]=>permit();"#, Verdict::NotPermitted),
        (r#"[type=="a"]=>deny(); =>permit();"#, Verdict::Permitted),
    ] {
        assert_eq!(
            evaluate(&format!("authorizationrules{{{rules}}};"), &none).verdict(),
            verdict,
            "{rules}"
        );
    }
    assert_eq!(evaluate("issuancerules{};", &none).verdict(), Verdict::NotPermitted);
}

#[test]
fn a_refusal_lists_every_failed_expectation_and_issues_nothing() {
    let decision = evaluate(
        "authorizationrules{\n[type==\"n\",value==1] && [type==\"b\",value==true] && [type==\"q\"] => permit();\n[type==\"s\",value==\"abc\"] => deny();\n};issuancerules{=>issue(type=\"x\",value=1);};",
        &sample(),
    );
    assert_eq!(decision.verdict(), Verdict::Denied);
    assert!(decision.outgoing().is_empty());
    assert!(
        decision
            .trace()
            .iter()
            .all(|rule| rule.effect != casemate_policy::Effect::Claim)
    );
    let failed = decision.failed_expectations();
    let lines: Vec<(u32, &str)> = failed.iter().map(|one| (one.line, one.expected.as_str())).collect();
    assert_eq!(
        lines,
        [
            (3, r#"not: [type=="s", value=="abc"] => deny()"#),
            (2, r#"[type=="n", value==1]"#),
            (2, r#"[type=="q"]"#),
        ]
    );
    assert_eq!(failed[1].found, ["n = 5", "n = 9"]);
    assert_eq!(failed[2].found, ["no q"]);
}

#[test]
fn an_explanation_is_short_however_long_the_rule() {
    let rule = format!("authorizationrules{{[type==\"{}\"]=>permit();}};", "é".repeat(10_000));
    let failed = evaluate(&rule, &ClaimSet::new()).failed_expectations();
    assert!(failed[0].expected.len() > 10_000);
    assert!(failed[0].to_string().chars().count() < 1_000);
}

#[test]
fn rules_run_in_order_and_see_what_earlier_ones_added() {
    let claims = sample();
    let before = r#"[type=="added"]=>permit(); =>add(type="added", value=1);"#;
    assert!(!evaluate(&format!("authorizationrules{{{before}}};"), &claims).permitted());
    let after = r#"=>add(type="added", value=1); [type=="added", issuer=="AttestationPolicy"]=>permit();"#;
    let decision = evaluate(&format!("authorizationrules{{{after}}};"), &claims);
    assert!(decision.permitted());
    assert!(decision.outgoing().is_empty(), "add is for rules, not for the token");
    assert_eq!(decision.trace()[1].outcome, RuleOutcome::Applied);
    let configured = r#"configurationrules{=>issueproperty(type="p",value="v");};authorizationrules{[type=="p",value=="v"]=>permit();};"#;
    let decision = evaluate(configured, &claims);
    assert!(decision.permitted());
    assert_eq!(decision.properties().of_type("p").count(), 1);
    assert!(decision.outgoing().is_empty());
    let issued_early = r#"authorizationrules{=>issue(type="early",value=1); [type=="early"]=>permit();};issuancerules{[type=="early"]=>issue(type="late",value=2);};"#;
    let decision = evaluate(issued_early, &claims);
    assert_eq!(
        decision.outgoing().len(),
        1,
        "issue in authorization rules works as add"
    );
    assert_eq!(decision.outgoing().of_type("late").count(), 1);
}

#[test]
fn one_claim_is_issued_per_member_of_a_set() {
    let claims = sample();
    assert_eq!(
        issued(r#"c:[type=="n"]=>issue(type="x", value=c.value);"#, &claims, "x"),
        [5.into(), 9.into()]
    );
    assert_eq!(
        issued(r#"c:[type=="n"]=>issue(claim=c);"#, &claims, "n"),
        [5.into(), 9.into()]
    );
    assert_eq!(
        issued(r#"c:[type=="s"]=>issue(type="x", value=c.issuer);"#, &claims, "x").len(),
        2
    );
    let pairs = r#"c:[valueType=="Integer"]=>issue(type=c.type, value=c.value);"#;
    assert_eq!(
        issued(pairs, &claims, "m"),
        [9.into()],
        "type and value of one set go together"
    );
    let product = r#"a:[type=="n"] && b:[type=="s"]=>issue(type=b.value, value=a.value);"#;
    assert_eq!(issued(product, &claims, "custom"), [5.into(), 9.into()]);
    assert_eq!(issued(r#"=>issue(type="x", value=100);"#, &claims, "x"), [100.into()]);
    assert_eq!(
        issued(r#"=>issue(type="x", value="7", valueType="Integer");"#, &claims, "x"),
        [7.into()]
    );
    assert_eq!(
        issued(r#"=>issue(type="x", value=7, valueType="String");"#, &claims, "x"),
        ["7".into()]
    );
    assert_eq!(
        issued(
            r#"=>issue(type="x", value="seven", valueType="Integer");"#,
            &claims,
            "x"
        ),
        []
    );
}

#[test]
fn what_a_rule_makes_is_the_policys_own() {
    let rules = r#"authorizationrules{c:[type=="s"]=>add(claim=c); [type=="s",value=="abc",issuer=="AttestationPolicy"]=>permit();};"#;
    assert!(evaluate(rules, &sample()).permitted());
}

#[test]
fn an_evaluation_that_costs_too_much_is_refused() {
    let claims: ClaimSet = (0..1000)
        .map(|index| Claim::of_service(format!("c{index}"), index))
        .collect();
    let costly = [
        // Ten thousand claims from two sets of a hundred.
        r#"a:[value<100] && b:[value<100]=>issue(type=a.type,value=b.value);"#.to_owned(),
        // A thousand comparisons with each of a thousand members, over and over.
        r#"a:[value>=0] && b:[value<a.value] && c:[value>b.value, type!=a.type, value<-1]=>issue(type="x",value=1);"#
            .repeat(64),
        "[value==1]&&[value==2]&&[value==3]=>issue(type=\"x\",value=1);".repeat(4000),
    ];
    for rules in costly {
        let policy = Policy::parse(&format!("version=1.0;authorizationrules{{=>permit();{rules}}};")).unwrap();
        assert!(policy.evaluate(&claims).is_err());
    }
}

fn claims() -> impl Strategy<Value = ClaimSet> {
    let value = prop_oneof![
        (-3i64..4).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    let issuer = prop_oneof![
        Just(Issuer::AttestationService),
        Just(Issuer::AttestationPolicy),
        Just(Issuer::CustomClaim)
    ];
    let claim = ("[ab]", value, issuer).prop_map(|(claim_type, value, issuer)| Claim {
        claim_type,
        value,
        issuer,
    });
    prop::collection::vec(claim, 0..12).prop_map(|claims| claims.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn absence_is_the_opposite_of_presence(set in claims(), name in "[abc]", number in -3i64..4) {
        let condition = format!(r#"[type=="{name}", value>={number}]"#);
        prop_assert_eq!(holds(&condition, &set), !holds(&format!("!{condition}"), &set));
    }

    #[test]
    fn a_denied_set_stays_denied_when_claims_are_added(set in claims(), more in claims()) {
        let rules = r#"authorizationrules{[type=="a", value==true]=>deny(); =>permit();};"#;
        let both: ClaimSet = set.iter().chain(more.iter()).cloned().collect();
        if !evaluate(rules, &set).permitted() {
            prop_assert!(!evaluate(rules, &both).permitted());
        }
    }

    #[test]
    fn outgoing_claims_are_copies_of_what_matched(set in claims()) {
        let copied = issued(r#"c:[type=="a"]=>issue(claim=c);"#, &set, "a");
        for claim in set.of_type("a") {
            prop_assert!(copied.contains(&claim.value));
        }
        for value in copied {
            prop_assert!(set.of_type("a").any(|claim| claim.value == value));
        }
    }

    #[test]
    fn claim_sets_survive_json(set in claims()) {
        let text = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(ClaimSet::from_json(&text).unwrap(), set);
    }
}
