//! One file in numbers.

use crate::lexer::{Lexed, Spot, Token};

/// A file net of its tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Lines, blank ones and comments included.
    pub(crate) lines: usize,
    /// Lines with code or a comment.
    pub(crate) written: usize,
    /// Lines with a comment and nothing else.
    pub(crate) comments: usize,
    pub(crate) functions: Vec<Function>,
    /// Modules in files of their own that are declared under `#[cfg(test)]`.
    pub(crate) test_modules: Vec<String>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Where it begins, from 0.
    pub(crate) line: usize,
    /// From the word `fn` to the closing brace.
    pub(crate) lines: usize,
    /// The receiver does not count.
    pub(crate) parameters: usize,
}

/// Counts `source`.
pub(crate) fn count(source: &str) -> Counted {
    let lexed = Lexed::of(source);
    let mut counted = Counted::default();
    let mut in_tests = vec![false; lexed.lines.len()];
    let mut at = 0;
    while let Some(spot) = lexed.tokens.get(at) {
        let rest = lexed.tokens.get(at..).unwrap_or_default();
        if let Some(length) = test_item(rest) {
            let item = rest.get(..length).unwrap_or_default();
            counted.test_modules.extend(module_declared(item));
            let last = item.last().map_or(spot.line, |last| last.line);
            in_tests
                .iter_mut()
                .take(last + 1)
                .skip(spot.line)
                .for_each(|line| *line = true);
            at += length;
            continue;
        }
        counted.functions.extend(function(rest));
        at += 1;
    }
    for (line, _) in lexed.lines.iter().zip(&in_tests).filter(|(_, tests)| !**tests) {
        counted.lines += 1;
        counted.written += usize::from(line.code || line.comment);
        counted.comments += usize::from(line.comment && !line.code);
    }
    counted
}

fn is_mark(spot: Option<&Spot>, mark: char) -> bool {
    spot.is_some_and(|spot| spot.token == Token::Mark(mark))
}

fn word(spot: Option<&Spot>) -> Option<&str> {
    match &spot?.token {
        Token::Word(word) => Some(word),
        _ => None,
    }
}

/// Tokens of the item under `#[cfg(test)]` that `rest` begins with, its attributes included.
fn test_item(rest: &[Spot]) -> Option<usize> {
    let is_attribute = is_mark(rest.first(), '#')
        && is_mark(rest.get(1), '[')
        && word(rest.get(2)) == Some("cfg")
        && is_mark(rest.get(3), '(')
        && word(rest.get(4)) == Some("test")
        && is_mark(rest.get(5), ')')
        && is_mark(rest.get(6), ']');
    if !is_attribute {
        return None;
    }
    // Up to the end of the first braces, or a semicolon outside any bracket.
    let mut depth = 0_usize;
    for (at, spot) in rest.iter().enumerate().skip(7) {
        match spot.token {
            Token::Mark('{' | '(' | '[') => depth += 1,
            Token::Mark(close @ ('}' | ')' | ']')) => {
                depth = depth.saturating_sub(1);
                if depth == 0 && close == '}' {
                    return Some(at + 1);
                }
            }
            Token::Mark(';') if depth == 0 => return Some(at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// `mod name;`
fn module_declared(item: &[Spot]) -> Option<String> {
    let [.., keyword, name, end] = item else {
        return None;
    };
    let declares = word(Some(keyword)) == Some("mod") && is_mark(Some(end), ';');
    word(Some(name)).filter(|_| declares).map(str::to_owned)
}

/// The function that `rest` begins with.
fn function(rest: &[Spot]) -> Option<Function> {
    let start = rest.first().filter(|spot| word(Some(spot)) == Some("fn"))?;
    // A function pointer type has no name.
    let name = word(rest.get(1))?.to_owned();
    let mut at = 2;
    if is_mark(rest.get(at), '<') {
        at += generics(rest.get(at..)?)?;
    }
    let (parameters, length) = parameters(rest.get(at..)?)?;
    let last = body_end(rest.get(at + length..)?)?;
    Some(Function {
        name,
        line: start.line,
        lines: last - start.line + 1,
        parameters,
    })
}

/// Tokens of the generic parameters. The arrow of `Fn() -> T` closes nothing.
fn generics(rest: &[Spot]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut previous = None;
    for (at, spot) in rest.iter().enumerate() {
        match spot.token {
            Token::Mark('<') => depth += 1,
            Token::Mark('>') if !is_mark(previous, '-') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
        previous = Some(spot);
    }
    None
}

/// How many parameters, and how many tokens they take with their parentheses.
fn parameters(rest: &[Spot]) -> Option<(usize, usize)> {
    if !is_mark(rest.first(), '(') {
        return None;
    }
    let mut depth = 0_usize;
    let mut found = 0;
    let mut parameter: Vec<&Spot> = Vec::new();
    let mut previous = None;
    for (at, spot) in rest.iter().enumerate() {
        match spot.token {
            Token::Mark('(' | '[' | '{' | '<') => depth += 1,
            Token::Mark('>') if is_mark(previous, '-') => {}
            Token::Mark(')' | ']' | '}' | '>') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let ends = depth == 0 || (depth == 1 && spot.token == Token::Mark(','));
        if ends {
            found += usize::from(!parameter.is_empty() && !is_receiver(&parameter));
            parameter.clear();
        } else if at > 0 {
            parameter.push(spot);
        }
        if depth == 0 {
            return Some((found, at + 1));
        }
        previous = Some(spot);
    }
    None
}

/// `self` in any of its forms: before the colon, if there is one, stands `self`.
fn is_receiver(parameter: &[&Spot]) -> bool {
    let pattern = parameter.iter().take_while(|spot| spot.token != Token::Mark(':'));
    pattern.last().is_some_and(|spot| word(Some(spot)) == Some("self"))
}

/// The line of the brace that closes the body after a signature's parameters; none for a declaration.
fn body_end(rest: &[Spot]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut brackets = 0_usize;
    for spot in rest {
        match spot.token {
            Token::Mark('[' | '(') if depth == 0 => brackets += 1,
            Token::Mark(']' | ')') if depth == 0 => brackets = brackets.saturating_sub(1),
            Token::Mark(';') if depth == 0 && brackets == 0 => return None,
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(spot.line);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use super::*;

    fn functions(source: &str) -> Vec<(String, usize, usize)> {
        let functions = count(source).functions.into_iter();
        functions
            .map(|function| (function.name, function.lines, function.parameters))
            .collect()
    }

    fn expect(name: &str, lines: usize, parameters: usize) -> (String, usize, usize) {
        (name.to_owned(), lines, parameters)
    }

    #[test]
    fn functions_are_measured() {
        assert_eq!(functions("fn a() {}"), [expect("a", 1, 0)]);
        assert_eq!(
            functions("fn a(\n  b: u8,\n  c: &[u8; 4],\n) -> [u8; 2] {\n  d()\n}"),
            [expect("a", 6, 2)]
        );
        assert_eq!(
            functions("fn a(&mut self, b: (u8, u8), c: Map<K, V>) { { } }"),
            [expect("a", 1, 2)]
        );
        assert_eq!(
            functions("fn a<'s, F: Fn(u8) -> u8>(self: &Arc<Self>, f: F) {}"),
            [expect("a", 1, 1)]
        );
        assert_eq!(
            functions("fn a(f: impl Fn(u8, u8) -> u8, b: u8) {\n fn c(d: fn(u8)) {}\n}"),
            [expect("a", 3, 2), expect("c", 1, 1)]
        );
    }

    #[test]
    fn declarations_and_pointers_are_no_functions() {
        assert_eq!(
            functions("trait T { fn a(&self) -> [u8; 4]; } type F = fn(u8) -> u8;"),
            []
        );
    }

    #[test]
    fn tests_and_blank_lines_are_told_apart() {
        let counted = count("/// One.\nfn a() {}\n\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n  // c\n  fn b() {}\n}\n");
        assert_eq!((counted.lines, counted.written, counted.comments), (3, 2, 1));
        assert_eq!(counted.functions.len(), 1);
    }

    #[test]
    fn test_modules_in_files_are_named() {
        assert_eq!(
            count("#[cfg(test)]\nmod vectors;\nmod real;\n").test_modules,
            ["vectors"]
        );
        assert_eq!(
            count("#[cfg(test)]\nmod vectors {}\n#[cfg(not(test))]\nmod real;\n").test_modules,
            [""; 0]
        );
    }
}
