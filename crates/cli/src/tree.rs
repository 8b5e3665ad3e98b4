//! Indented output that a person can read.

use serde_json::{Map, Value};

use casemate_verify::Check;

use crate::console::{Console, Tone};

/// A line with lines below it.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    label: String,
    children: Vec<Tree>,
}

impl Tree {
    /// A line with nothing below it.
    pub(crate) fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            children: Vec::new(),
        }
    }

    /// Adds a line below.
    #[must_use]
    pub(crate) fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Adds lines below.
    #[must_use]
    pub(crate) fn with_all(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The text, without a newline at its end.
    pub(crate) fn render(&self) -> String {
        let mut out = self.label.clone();
        self.render_below("", &mut out);
        out
    }

    fn render_below(&self, indent: &str, out: &mut String) {
        let last = self.children.len().saturating_sub(1);
        for (index, child) in self.children.iter().enumerate() {
            let (branch, further) = if index == last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            out.push('\n');
            out.push_str(indent);
            out.push_str(branch);
            out.push_str(&child.label);
            child.render_below(&format!("{indent}{further}"), out);
        }
    }
}

/// One line per check.
pub(crate) fn checks(checks: &[Check], console: &Console) -> Tree {
    let failed = checks.iter().filter(|check| !check.ok).count();
    let heading = match failed {
        0 => format!("checks: all {} held", checks.len()),
        _ => format!("checks: {failed} of {} failed", checks.len()),
    };
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    Tree::new(console.paint(Tone::Strong, heading)).with_all(checks.iter().map(|check| {
        let mark = if check.ok {
            console.paint(Tone::Good, "✓")
        } else {
            console.paint(Tone::Bad, "✗")
        };
        Tree::new(format!("{mark} {:<width$}  {}", check.name, printable(&check.detail)))
    }))
}

/// One line per member; texts without quotation marks, objects as lines of their own.
pub(crate) fn members(heading: &str, members: &Map<String, Value>, console: &Console) -> Tree {
    let width = members.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    Tree::new(console.paint(Tone::Strong, heading)).with_all(members.iter().map(|(name, value)| match value {
        Value::Object(inner) if !inner.is_empty() => self::members(name, inner, console),
        Value::String(text) => Tree::new(format!("{name:<width$}  {}", printable(text))),
        other => Tree::new(format!("{name:<width$}  {other}")),
    }))
}

/// `text` without control characters: what an attester wrote must not drive the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_join_up() {
        let tree = Tree::new("a")
            .with(Tree::new("b").with(Tree::new("c")))
            .with(Tree::new("d"));
        assert_eq!(tree.render(), "a\n├─ b\n│  └─ c\n└─ d");
    }

    #[test]
    fn evidence_cannot_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\u{fffd}c");
    }
}
