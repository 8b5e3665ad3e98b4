//! Tokens to a policy: recursive descent, one token of look-ahead. The grammar does not nest, so neither does this.

use super::ast::{Policy, Rule, Section, Version};
use super::error::{ParseError, ParseErrorKind};
use super::lex::{Lexer, Position, Token};

/// The largest policy text, bytes.
pub(super) const MAX_TEXT: usize = 1 << 20;
/// The most rules in all sections together.
pub(super) const MAX_RULES: usize = 4096;
/// The most conditions of a rule, and the most property conditions of a condition.
pub(super) const MAX_PARTS: usize = 64;

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    pub(super) at: Position,
    pub(super) version: Version,
}

impl Policy {
    /// Parses a policy text of version 1.0, 1.1, or 1.2 as far as no function is called.
    ///
    /// Tolerated, because published policies have it: a missing `;` after a rule or section, `=` for `==`, section
    /// names in any case, blanks anywhere, comments from `//` to the end of the line, a byte order mark.
    ///
    /// # Errors
    /// [`ParseError`] with the place, what was expected there and what was found.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_TEXT {
            return Err(ParseError {
                line: 1,
                column: 1,
                expected: format!("at most {MAX_TEXT} bytes"),
                found: format!("{} bytes", text.len()),
                kind: ParseErrorKind::TooLarge,
            });
        }
        Parser::new(text)?.policy(text)
    }
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, ParseError> {
        let mut lexer = Lexer::new(text);
        let (token, at) = lexer.next_token()?;
        Ok(Self {
            lexer,
            token,
            at,
            version: Version::V1_0,
        })
    }

    fn policy(mut self, text: &str) -> Result<Policy, ParseError> {
        self.version()?;
        let mut policy = Policy {
            version: self.version,
            configuration: Vec::new(),
            authorization: Vec::new(),
            issuance: Vec::new(),
            text: text.to_owned(),
        };
        let mut seen: Vec<Section> = Vec::new();
        let mut rules = 0_usize;
        while self.token != Token::End {
            let section = self.section_name(&seen)?;
            seen.push(section);
            let parsed = self.rules(section, &mut rules)?;
            match section {
                Section::Configuration => policy.configuration = parsed,
                Section::Authorization => policy.authorization = parsed,
                Section::Issuance => policy.issuance = parsed,
            }
        }
        Ok(policy)
    }

    fn version(&mut self) -> Result<(), ParseError> {
        match &self.token {
            Token::Word(word) if word.eq_ignore_ascii_case("version") => drop(self.advance()?),
            _ => return Err(self.syntax("`version`")),
        }
        self.expect("=")?;
        self.version = match &self.token {
            Token::Decimal(number) => [Version::V1_0, Version::V1_1, Version::V1_2]
                .into_iter()
                .find(|version| version.as_str() == number)
                .ok_or_else(|| self.syntax("a version: `1.0`, `1.1` or `1.2`"))?,
            _ => return Err(self.syntax("a version: `1.0`, `1.1` or `1.2`")),
        };
        self.advance()?;
        self.expect(";")
    }

    fn section_name(&mut self, seen: &[Section]) -> Result<Section, ParseError> {
        let section = match &self.token {
            Token::Word(word) => Section::ALL
                .into_iter()
                .find(|own| word.eq_ignore_ascii_case(own.as_str())),
            _ => None,
        };
        let Some(section) = section else {
            return Err(self.syntax("`configurationrules`, `authorizationrules`, `issuancerules` or the end"));
        };
        if seen.contains(&section) {
            return Err(self.error("each section once", "it again", ParseErrorKind::Meaning));
        }
        if section == Section::Configuration && self.version < Version::V1_1 {
            return Err(self.error(
                "`authorizationrules` or `issuancerules`",
                "`configurationrules`, which needs policy version 1.1",
                ParseErrorKind::NeedsVersion,
            ));
        }
        self.advance()?;
        Ok(section)
    }

    fn rules(&mut self, section: Section, count: &mut usize) -> Result<Vec<Rule>, ParseError> {
        self.expect("{")?;
        let mut rules = Vec::new();
        while !self.accept("}")? {
            *count += 1;
            if *count > MAX_RULES {
                return Err(self.error(
                    format!("at most {MAX_RULES} rules"),
                    "one more",
                    ParseErrorKind::TooLarge,
                ));
            }
            rules.push(self.rule(section)?);
            self.accept(";")?;
        }
        self.accept(";")?;
        Ok(rules)
    }

    // Tokens.

    pub(super) fn advance(&mut self) -> Result<Token, ParseError> {
        let (token, at) = self.lexer.next_token()?;
        self.at = at;
        Ok(std::mem::replace(&mut self.token, token))
    }

    pub(super) const fn token(&self) -> &Token {
        &self.token
    }

    /// Whether the token is this sign.
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(&self.token, Token::Sign(found) if *found == sign)
    }

    /// Takes the sign if it is there.
    pub(super) fn accept(&mut self, sign: &str) -> Result<bool, ParseError> {
        let there = self.is(sign);
        if there {
            self.advance()?;
        }
        Ok(there)
    }

    /// Takes the sign, which must be there.
    pub(super) fn expect(&mut self, sign: &str) -> Result<(), ParseError> {
        if self.accept(sign)? {
            Ok(())
        } else {
            Err(self.syntax(format!("`{sign}`")))
        }
    }

    /// A grammar error at the token.
    pub(super) fn syntax(&self, expected: impl Into<String>) -> ParseError {
        self.error(expected, self.token.shown(), ParseErrorKind::Syntax)
    }

    /// An error at the token.
    pub(super) fn error(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
        kind: ParseErrorKind,
    ) -> ParseError {
        error_at(self.at, expected, found, kind)
    }
}

pub(super) fn error_at(
    at: Position,
    expected: impl Into<String>,
    found: impl Into<String>,
    kind: ParseErrorKind,
) -> ParseError {
    ParseError {
        line: at.line,
        column: at.column,
        expected: expected.into(),
        found: found.into(),
        kind,
    }
}
