//! Enough of Rust's lexical structure to count: words, punctuation, and which lines hold code or comments
//! (The Rust Reference, "Lexical structure").

/// A source file in tokens.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Spot>,
    /// By line, from 0: does it hold code, does it hold a comment.
    pub(crate) lines: Vec<Line>,
}

/// A token and its line, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) token: Token,
    pub(crate) line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Mark(char),
    /// A string, byte string, character or lifetime: its contents do not matter.
    Literal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) code: bool,
    pub(crate) comment: bool,
}

impl Lexed {
    /// Splits `source`. Never fails: what is not Rust becomes marks.
    pub(crate) fn of(source: &str) -> Self {
        let mut lexer = Lexer {
            rest: source,
            line: 0,
            found: Self {
                tokens: Vec::new(),
                lines: vec![Line::default(); source.lines().count()],
            },
        };
        while lexer.step() {}
        lexer.found
    }
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    found: Lexed,
}

impl Lexer<'_> {
    /// Takes one token or comment. False at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if self.rest.starts_with("//") {
            return self.comment(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            return self.comment(block_comment(self.rest));
        } else if let Some(length) = literal(self.rest) {
            self.code(Token::Literal, length);
            return true;
        } else if first == '_' || first.is_alphanumeric() {
            let end = self.rest.find(|c: char| c != '_' && !c.is_alphanumeric());
            let length = end.unwrap_or(self.rest.len());
            let word = self.rest.get(..length).unwrap_or_default().to_owned();
            self.code(Token::Word(word), length);
            return true;
        } else {
            self.code(Token::Mark(first), first.len_utf8());
            return true;
        };
        self.advance(length, |_| ());
        true
    }

    fn comment(&mut self, length: usize) -> bool {
        self.advance(length, |line| line.comment = true);
        true
    }

    fn code(&mut self, token: Token, length: usize) {
        self.found.tokens.push(Spot { token, line: self.line });
        self.advance(length, |line| line.code = true);
    }

    fn advance(&mut self, length: usize, mark: impl Fn(&mut Line)) {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        for (at, part) in taken.split('\n').enumerate() {
            self.line += usize::from(at > 0);
            if !part.trim().is_empty() {
                self.found.lines.get_mut(self.line).map(&mark);
            }
        }
    }
}

/// Bytes of the block comment that `rest` begins with; they nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Bytes of the string, character or lifetime that `rest` begins with, if it begins with one.
fn literal(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c: char| !matches!(c, 'b' | 'c' | 'r'))?;
    let (before, after) = rest.split_at_checked(prefix)?;
    if before.len() > 2 {
        return None;
    }
    if before.ends_with('r') {
        let hashes = after.len() - after.trim_start_matches('#').len();
        let body = after.get(hashes..)?.strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        return Some(rest.len() - body.len() + body.find(&close).map_or(body.len(), |at| at + close.len()));
    }
    if let Some(body) = after.strip_prefix('"') {
        return Some(rest.len() - body.len() + quoted(body, '"'));
    }
    let body = after.strip_prefix('\'').filter(|_| matches!(before, "" | "b"))?;
    let mut characters = body.chars();
    match (characters.next()?, characters.next()) {
        ('\\', _) | (_, Some('\'')) => Some(rest.len() - body.len() + quoted(body, '\'')),
        // A lifetime: the quote and its name.
        _ => {
            let end = body.find(|c: char| c != '_' && !c.is_alphanumeric());
            Some(rest.len() - body.len() + end.unwrap_or(body.len()))
        }
    }
}

/// Bytes up to and with the closing quote; a backslash escapes what follows.
fn quoted(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in body.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return at + 1;
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use super::*;

    fn words(source: &str) -> Vec<String> {
        let words = Lexed::of(source)
            .tokens
            .into_iter()
            .filter_map(|spot| match spot.token {
                Token::Word(word) => Some(word),
                _ => None,
            });
        words.collect()
    }

    #[test]
    fn words_in_comments_and_literals_do_not_count() {
        assert_eq!(words("a // fn b\n/* fn /* c */ d */ e"), ["a", "e"]);
        assert_eq!(
            words(r##"a "fn \" b" r#"fn " c"# b"fn" 'x' '\'' '"' b'\\' e"##),
            ["a", "e"]
        );
        assert_eq!(words("&'a str, 'static"), ["str"]);
        assert_eq!(words("brand bc crab"), ["brand", "bc", "crab"]);
    }

    #[test]
    fn lines_are_code_comment_or_both() {
        let lexed = Lexed::of("let a = 1; // one\n\n/// two\n/* three\nfour */\nlet b = \"\n x\";\n");
        let lines: Vec<(bool, bool)> = lexed.lines.iter().map(|line| (line.code, line.comment)).collect();
        assert_eq!(
            lines,
            [
                (true, true),
                (false, false),
                (false, true),
                (false, true),
                (false, true),
                (true, false),
                (true, false)
            ]
        );
    }

    #[test]
    fn unfinished_input_ends() {
        for source in [
            "/* open",
            "\"open",
            "r#\"open",
            "'",
            "'a",
            "b'",
            "r#",
            "/*/",
            "\u{e9}'\u{e9}",
        ] {
            Lexed::of(source);
        }
    }
}
