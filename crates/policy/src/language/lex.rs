//! Text to tokens. Iterative, one pass, no token larger than the text.

use super::error::{ParseError, ParseErrorKind};

/// Where a token begins: line and column in characters, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Identifier or keyword.
    Word(String),
    /// A string literal, unescaped.
    Text(String),
    /// `<product-id>`: a template's placeholder, which stands for its own text.
    Placeholder(String),
    Integer(i64),
    /// Digits, a dot, digits: only versions look so.
    Decimal(String),
    /// Punctuation and operators.
    Sign(&'static str),
    End,
}

impl Token {
    /// The token as an error message shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(word) | Self::Decimal(word) | Self::Placeholder(word) => {
                format!("`{}`", cut(word))
            }
            Self::Text(text) => format!("the string \"{}\"", cut(text)),
            Self::Integer(number) => format!("`{number}`"),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end of the text".to_owned(),
        }
    }
}

fn cut(text: &str) -> String {
    const LONGEST: usize = 48;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(std::iter::once('…')).collect()
}

/// Longest first, so that `==` is not two `=`.
const SIGNS: [&str; 20] = [
    "&&", "==", "=>", "!=", "<=", ">=", "=", "!", "<", ">", "{", "}", "[", "]", "(", ")", ",", ";", ":", ".",
];

pub(super) struct Lexer<'a> {
    rest: &'a str,
    position: Position,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text.strip_prefix('\u{feff}').unwrap_or(text),
            position: Position { line: 1, column: 1 },
        }
    }

    /// The next token and where it begins; [`Token::End`] for ever after the last.
    pub(super) fn next_token(&mut self) -> Result<(Token, Position), ParseError> {
        self.skip_blank();
        let at = self.position;
        let Some(first) = self.rest.chars().next() else {
            return Ok((Token::End, at));
        };
        let token = if first == '"' {
            self.text()?
        } else if first.is_ascii_alphabetic() || first == '_' {
            Token::Word(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').to_owned())
        } else if first.is_ascii_digit() || (first == '-' && self.digit_follows()) {
            self.number()?
        } else if let Some(placeholder) = self.placeholder() {
            placeholder
        } else if let Some(sign) = SIGNS.iter().copied().find(|sign| self.rest.starts_with(sign)) {
            self.advance(sign.len());
            Token::Sign(sign)
        } else {
            return Err(self.unexpected(first));
        };
        Ok((token, at))
    }

    fn skip_blank(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if !self.rest.starts_with("//") {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn digit_follows(&self) -> bool {
        self.rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
    }

    fn number(&mut self) -> Result<Token, ParseError> {
        let at = self.position;
        let mut digits = self.take_while(|c| c == '-').to_owned();
        digits.push_str(self.take_while(|c| c.is_ascii_digit()));
        let fraction = self
            .rest
            .strip_prefix('.')
            .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()));
        if fraction {
            self.advance(1);
            digits.push('.');
            digits.push_str(self.take_while(|c| c.is_ascii_digit()));
            return Ok(Token::Decimal(digits));
        }
        digits.parse().map(Token::Integer).map_err(|_| ParseError {
            line: at.line,
            column: at.column,
            expected: "a whole number of 64 bits with sign".to_owned(),
            found: format!("`{}`", cut(&digits)),
            kind: ParseErrorKind::Syntax,
        })
    }

    fn placeholder(&mut self) -> Option<Token> {
        let inner = self.rest.strip_prefix('<')?;
        let length = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')?;
        let named = inner.starts_with(|c: char| c.is_ascii_alphabetic());
        if !named || !inner.get(length..)?.starts_with('>') {
            return None;
        }
        let whole = self.rest.get(..length + 2)?.to_owned();
        self.advance(length + 2);
        Some(Token::Placeholder(whole))
    }

    /// A string: `\"` and `\\` are escapes, any other backslash stands for itself; no line break inside.
    fn text(&mut self) -> Result<Token, ParseError> {
        let opened = self.position;
        self.advance(1);
        let mut text = String::new();
        let mut typographic: Option<(Position, char)> = None;
        loop {
            let Some(next) = self.rest.chars().next().filter(|c| *c != '\n') else {
                return Err(unterminated(opened, typographic));
            };
            if is_typographic(next) {
                typographic.get_or_insert((self.position, next));
            }
            let escaped = ["\\\"", "\\\\"].iter().find(|escape| self.rest.starts_with(**escape));
            if escaped.is_some() {
                self.advance(1);
                text.extend(self.rest.chars().next());
                self.advance(1);
                continue;
            }
            self.advance(next.len_utf8());
            if next == '"' {
                return Ok(Token::Text(text));
            }
            text.push(next);
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let length = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let taken = self.rest.get(..length).unwrap_or_default();
        self.advance(length);
        taken
    }

    /// Moves on by `length` bytes, which end on a character boundary.
    fn advance(&mut self, length: usize) {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return;
        };
        for c in taken.chars() {
            if c == '\n' {
                self.position.line = self.position.line.saturating_add(1);
                self.position.column = 1;
            } else {
                self.position.column = self.position.column.saturating_add(1);
            }
        }
        self.rest = rest;
    }

    fn unexpected(&self, found: char) -> ParseError {
        let (expected, found) = if is_typographic(found) {
            ("`\"`".to_owned(), format!("the typographic quotation mark `{found}`"))
        } else {
            (
                "a word, a string, a number or a sign".to_owned(),
                format!("`{}`", found.escape_debug()),
            )
        };
        let Position { line, column } = self.position;
        ParseError {
            line,
            column,
            expected,
            found,
            kind: ParseErrorKind::Syntax,
        }
    }
}

fn is_typographic(c: char) -> bool {
    matches!(
        c,
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}'
    )
}

fn unterminated(opened: Position, typographic: Option<(Position, char)>) -> ParseError {
    let (at, found) = match typographic {
        Some((at, mark)) => (at, format!("the typographic quotation mark `{mark}`")),
        None => (opened, "a string that does not end on its line".to_owned()),
    };
    ParseError {
        line: at.line,
        column: at.column,
        expected: "`\"`".to_owned(),
        found,
        kind: ParseErrorKind::Syntax,
    }
}
