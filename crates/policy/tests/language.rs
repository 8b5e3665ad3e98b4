//! The language: errors with their places, and printing as the inverse of parsing.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use casemate_policy::{Claim, ClaimSet, ParseErrorKind, Policy};
use proptest::prelude::*;

use ParseErrorKind::{Meaning, NeedsVersion, Syntax, TooLarge, Unsupported};

#[test]
fn errors_name_the_place_and_what_was_expected() {
    for (text, kind, line, column, found) in [
        ("", Syntax, 1, 1, "the end of the text"),
        ("authorizationrules{};", Syntax, 1, 1, "`authorizationrules`"),
        ("version=1.0\n[", Syntax, 2, 1, "`[`"),
        ("version=1;", Syntax, 1, 9, "`1`"),
        ("version=1.3;", Syntax, 1, 9, "`1.3`"),
        ("version=1.0;\nrules{};", Syntax, 2, 1, "`rules`"),
        (
            "version=1.0;authorizationrules{=>permit();};authorizationrules{};",
            Meaning,
            1,
            45,
            "it again",
        ),
        (
            "version=1.0; configurationrules{};",
            NeedsVersion,
            1,
            14,
            "`configurationrules`, which needs policy version 1.1",
        ),
        (
            "version=1.0;authorizationrules{![type==\"a\"]=>permit();};",
            NeedsVersion,
            1,
            32,
            "`!`, which needs policy version 1.2",
        ),
        (
            "version=1.1;authorizationrules{=>add(type=\"a\",value=NegateBool(true));};",
            NeedsVersion,
            1,
            53,
            "the function `NegateBool`, which needs policy version 1.2",
        ),
        (
            "version=1.2;authorizationrules{=>add(type=\"a\",value=NegateBool(true));};",
            Unsupported,
            1,
            53,
            "the function `NegateBool` of policy version 1.2, not supported yet",
        ),
        (
            "version=1.0;authorizationrules{[type==\"é\" value==1]=>permit();};",
            Syntax,
            1,
            43,
            "`value`",
        ),
        (
            "version=1.0;authorizationrules{[type==\"a]=>permit();\n};",
            Syntax,
            1,
            39,
            "a string that does not end on its line",
        ),
        (
            "version=1.0;authorizationrules{[type==“a”]=>permit();};",
            Syntax,
            1,
            39,
            "the typographic quotation mark `“`",
        ),
        ("version=1.0;authorizationrules{[]=>permit();};", Syntax, 1, 33, "`]`"),
        (
            "version=1.0;authorizationrules{[name==\"a\"]=>permit();};",
            Syntax,
            1,
            33,
            "`name`",
        ),
        (
            "version=1.0;authorizationrules{[type==7]=>permit();};",
            Meaning,
            1,
            39,
            "`7`",
        ),
        (
            "version=1.0;authorizationrules{[type<\"a\"]=>permit();};",
            Meaning,
            1,
            37,
            "`<`, which compares integers only",
        ),
        (
            "version=1.0;authorizationrules{[type==\"a\",value>=true]=>permit();};",
            Meaning,
            1,
            48,
            "`>=`, which compares integers only",
        ),
        (
            "version=1.0;authorizationrules{[value==9223372036854775808]=>permit();};",
            Syntax,
            1,
            40,
            "`9223372036854775808`",
        ),
        (
            "version=1.0;authorizationrules{[value==1.5]=>permit();};",
            Syntax,
            1,
            40,
            "`1.5`",
        ),
        (
            "version=1.0;authorizationrules{[value==c.value]=>permit();};",
            Meaning,
            1,
            40,
            "`c`, which no earlier condition of this rule names",
        ),
        (
            "version=1.0;authorizationrules{c:[type==\"a\"]&&c:[type==\"b\"]=>permit();};",
            Meaning,
            1,
            47,
            "`c` again",
        ),
        ("version=1.0;issuancerules{=>permit();};", Meaning, 1, 29, "`permit`"),
        ("version=1.1;configurationrules{=>deny();};", Meaning, 1, 34, "`deny`"),
        (
            "version=1.1;configurationrules{=>issue(type=\"a\",value=1);};",
            Meaning,
            1,
            34,
            "`issue`",
        ),
        ("version=1.0;issuancerules{=>issue(type=\"a\");};", Syntax, 1, 43, "`)`"),
        ("version=1.0;issuancerules{=>issue(value=1);};", Syntax, 1, 42, "`)`"),
        (
            "version=1.0;issuancerules{=>issue(type=\"a\",type=\"b\",value=1);};",
            Meaning,
            1,
            44,
            "`type` again",
        ),
        (
            "version=1.0;issuancerules{=>issue(type=1,value=1);};",
            Meaning,
            1,
            40,
            "`1`",
        ),
        (
            "version=1.0;issuancerules{=>issue(claim=c);};",
            Meaning,
            1,
            41,
            "`c`, which no condition of this rule names",
        ),
        (
            "version=1.0;issuancerules{=>issue(type=\"a\",value=1,valueType=\"Float\");};",
            Syntax,
            1,
            62,
            "the string \"Float\"",
        ),
        (
            "version=1.0;issuancerules{=>issue(type=\"a\",value=1,issuer=\"AttestationService\");};",
            Meaning,
            1,
            59,
            "the string \"AttestationService\"",
        ),
        ("version=1.0;authorizationrules{permit();};", Syntax, 1, 38, "`(`"),
        ("version=1.0;authorizationrules{[type==\"a\"]};", Syntax, 1, 43, "`}`"),
        (
            "version=1.0;authorizationrules{=>permit();\nissuancerules{};",
            Syntax,
            2,
            1,
            "`issuancerules`",
        ),
        (
            "version=1.0;authorizationrules{=>permit()",
            Syntax,
            1,
            42,
            "the end of the text",
        ),
        (
            "version=1.0;authorizationrules{[type==\"a\"]&[type==\"b\"]=>permit();};",
            Syntax,
            1,
            43,
            "`&`",
        ),
    ] {
        let error = Policy::parse(text).expect_err(text);
        assert_eq!(
            (error.kind, error.line, error.column, error.found.as_str()),
            (kind, line, column, found),
            "{text}: {error}"
        );
        assert!(!error.expected.is_empty());
    }
}

#[test]
fn published_deviations_are_tolerated() {
    let strict = Policy::parse(
        "version=1.0;authorizationrules{c:[type==\"a\",value==1]=>permit();};issuancerules{=>issue(type=\"b\",value=true);};",
    )
    .unwrap();
    let loose = Policy::parse(
        "\u{feff}Version = 1.0 ;\r\n// a comment\r\nAuthorizationRules\r\n{ c : [ type = \"a\" , value = 1 ] => permit ( ) }\r\nIssuanceRules{ => issue(\"b\", value=true) } // end",
    )
    .unwrap();
    assert_eq!(strict, loose);
    assert!(Policy::parse("version=1.0;").is_ok(), "clients send this as a draft");
}

#[test]
fn sizes_are_bounded() {
    let huge = format!("version=1.0;//{}", "x".repeat(1 << 20));
    assert_eq!(Policy::parse(&huge).unwrap_err().kind, TooLarge);
    let rules = format!("version=1.0;authorizationrules{{{}}};", "=>deny();".repeat(4097));
    assert_eq!(Policy::parse(&rules).unwrap_err().kind, TooLarge);
    let conditions = format!(
        "version=1.0;authorizationrules{{{}[value==1]=>deny();}};",
        "[value==1]&&".repeat(64)
    );
    assert_eq!(Policy::parse(&conditions).unwrap_err().kind, TooLarge);
    let properties = format!(
        "version=1.0;authorizationrules{{[{}value==1]=>deny();}};",
        "value==1,".repeat(64)
    );
    assert_eq!(Policy::parse(&properties).unwrap_err().kind, TooLarge);
}

// Texts of valid policies, in more shapes than the canonical one.

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|flag| flag.to_string()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    "[^\n\r\u{feff}]{0,12}".prop_map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

fn property_condition() -> impl Strategy<Value = String> {
    prop_oneof![
        (
            prop_oneof!["type", "valueType", "issuer"],
            prop_oneof!["==", "=", "!="],
            text()
        )
            .prop_map(|(property, operator, text)| format!("{property}{operator}{text}")),
        (prop_oneof!["==", "!=", " = "], literal()).prop_map(|(operator, value)| format!("value {operator} {value}")),
        (prop_oneof!["<", "<=", ">", ">="], any::<i64>())
            .prop_map(|(operator, value)| format!("value{operator}{value}")),
    ]
}

fn rule() -> impl Strategy<Value = String> {
    let condition =
        prop::collection::vec(property_condition(), 1..4).prop_map(|parts| format!("[{}]", parts.join(", ")));
    let reference = prop_oneof![
        Just("c0.value"),
        Just("c0.type"),
        Just("c0.issuer"),
        Just("c0.valueType")
    ];
    let valued = prop_oneof![literal(), reference.prop_map(str::to_owned)];
    let claim = prop_oneof![
        Just("claim=c0".to_owned()),
        (text(), valued).prop_map(|(name, value)| format!("type={name}, value={value}")),
        (text(), literal()).prop_map(|(name, value)| format!("value={value}, valueType=\"String\", type={name}")),
    ];
    let action =
        (prop_oneof!["add", "issue", "issueproperty"], claim).prop_map(|(name, claim)| format!("{name}({claim})"));
    (prop::collection::vec(condition, 1..4), action).prop_map(|(conditions, action)| {
        let named: Vec<String> = conditions
            .iter()
            .enumerate()
            .map(|(index, condition)| format!("c{index}:{condition}"))
            .collect();
        format!("{}=>{action};", named.join("\n && "))
    })
}

fn policy_text() -> impl Strategy<Value = String> {
    let rules = || prop::collection::vec(rule(), 0..4).prop_map(|rules| rules.concat());
    (rules(), rules()).prop_map(|(first, second)| {
        format!("version=1.2;\nauthorizationrules{{{first}![type==\"q\"]=>permit();}};\nissuancerules{{{second}}}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn printing_is_the_inverse_of_parsing(text in policy_text()) {
        let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let printed = policy.to_string();
        let again = Policy::parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
        prop_assert_eq!(&policy, &again);
        prop_assert_eq!(again.to_string(), printed);
        let claims: ClaimSet =
            [Claim::of_service("q", 1), Claim::of_service("", true), Claim::of_service("a", "a")].into_iter().collect();
        let (first, second) = (policy.evaluate(&claims).unwrap(), again.evaluate(&claims).unwrap());
        prop_assert_eq!(first.verdict(), second.verdict());
        prop_assert_eq!(first.outgoing(), second.outgoing());
        prop_assert_eq!(first.properties(), second.properties());
    }

    #[test]
    fn any_text_parses_or_names_a_place_inside_it(text in "\\PC{0,80}", keep in 0usize..200) {
        let template = "version=1.0;authorizationrules{c:[type==\"a\",value>=1]&&[value==c.value]=>permit();};issuancerules{c:[type==\"a\"]=>issue(claim=c);};";
        let mixed = format!("{}{text}", template.chars().take(keep).collect::<String>());
        if let Err(error) = Policy::parse(&mixed) {
            let lines = u32::try_from(mixed.split('\n').count()).unwrap();
            prop_assert!(error.line >= 1 && error.line <= lines);
            prop_assert!(error.column >= 1);
        }
    }
}
