//! Lines, functions, parameters and comments against the table of the house style.

mod count;

use std::path::{Path, PathBuf};

use crate::Fault;
use count::{Counted, count};

/// The two upper columns of the table in the house style; above `stop` a check fails.
#[derive(Clone, Copy, Debug)]
struct Limit {
    look: usize,
    stop: usize,
}

const FILE: Limit = Limit { look: 500, stop: 800 };
const FUNCTION: Limit = Limit { look: 50, stop: 100 };
const PARAMETERS: Limit = Limit { look: 5, stop: 6 };
/// Per cent of lines below which a crate's comments are worth another look.
const COMMENTS: usize = 15;

/// Something larger than the style wants.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    severity: Severity,
    place: String,
    what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    Look,
    Stop,
}

impl Limit {
    fn judge(self, size: usize) -> Option<Severity> {
        if size > self.stop {
            Some(Severity::Stop)
        } else if size > self.look {
            Some(Severity::Look)
        } else {
            None
        }
    }
}

/// Prints a line per crate and every finding. True: nothing is over a stop size.
pub(crate) fn run(root: &Path) -> Result<bool, Fault> {
    let mut findings = Vec::new();
    println!(
        "{:<14} {:>5} {:>7} {:>8} {:>9} {:>9}",
        "crate", "files", "lines", "largest", "functions", "comments"
    );
    for folder in rooms(root)? {
        let name = folder.strip_prefix(root).unwrap_or(&folder).display().to_string();
        let mut counted = Vec::new();
        for path in sources(&folder.join("src"))? {
            let place = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            counted.push((place, path.clone(), count(&crate::read(&path)?)));
        }
        leave_out_tests(&mut counted);
        print_room(&name, &counted);
        findings.extend(counted.iter().flat_map(|(place, _, file)| judge(place, file)));
        findings.extend(judge_comments(&name, &counted));
    }
    for finding in &findings {
        let word = if finding.severity == Severity::Stop {
            "STOP"
        } else {
            "look"
        };
        println!("{word}  {}: {}", finding.place, finding.what);
    }
    let stops = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Stop)
        .count();
    println!(
        "sizes: {} to look at again, {stops} over a stop size",
        findings.len() - stops
    );
    Ok(stops == 0)
}

/// Folders of crates.
fn rooms(root: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut rooms: Vec<PathBuf> = entries(&root.join("crates"))?;
    rooms.push(root.join("xtask"));
    rooms.retain(|folder| folder.join("Cargo.toml").is_file());
    Ok(rooms)
}

/// Rust sources below `folder`, in order; none if there is no such folder.
pub(crate) fn sources(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut sources = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for path in entries(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(path);
            }
        }
    }
    sources.sort();
    Ok(sources)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let unreadable = |source| Fault::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Drops the files that are modules declared under `#[cfg(test)]`, and what lies below them.
fn leave_out_tests(counted: &mut Vec<(String, PathBuf, Counted)>) {
    let mut tests: Vec<PathBuf> = Vec::new();
    for (_, path, file) in counted.iter() {
        let folder = path.parent().unwrap_or(path);
        let stem = path.file_stem().unwrap_or_default();
        let home = if matches!(stem.to_str(), Some("mod" | "lib" | "main")) {
            folder.to_owned()
        } else {
            folder.join(stem)
        };
        for module in &file.test_modules {
            tests.push(home.join(module).with_extension("rs"));
            tests.push(home.join(module));
        }
    }
    counted.retain(|(_, path, _)| !tests.iter().any(|test| path.starts_with(test)));
}

fn print_room(name: &str, counted: &[(String, PathBuf, Counted)]) {
    let files = || counted.iter().map(|(_, _, file)| file);
    println!(
        "{:<14} {:>5} {:>7} {:>8} {:>9} {:>8}%",
        name.trim_start_matches("crates/"),
        counted.len(),
        files().map(|file| file.lines).sum::<usize>(),
        files().map(|file| file.lines).max().unwrap_or(0),
        files().map(|file| file.functions.len()).sum::<usize>(),
        comment_share(counted),
    );
}

/// Per cent of the lines that are not blank.
fn comment_share(counted: &[(String, PathBuf, Counted)]) -> usize {
    let comments: usize = counted.iter().map(|(_, _, file)| file.comments).sum();
    let written: usize = counted.iter().map(|(_, _, file)| file.written).sum();
    (comments * 100).checked_div(written).unwrap_or(0)
}

fn judge(place: &str, file: &Counted) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |severity: Option<Severity>, place: String, what: String| {
        findings.extend(severity.map(|severity| Finding { severity, place, what }));
    };
    add(
        FILE.judge(file.lines),
        place.to_owned(),
        format!("{} lines net of tests", file.lines),
    );
    for function in &file.functions {
        let place = format!("{place}:{}", function.line + 1);
        add(
            FUNCTION.judge(function.lines),
            place.clone(),
            format!("fn {} has {} lines", function.name, function.lines),
        );
        add(
            PARAMETERS.judge(function.parameters),
            place,
            format!("fn {} has {} parameters", function.name, function.parameters),
        );
    }
    findings
}

fn judge_comments(name: &str, counted: &[(String, PathBuf, Counted)]) -> Option<Finding> {
    let share = comment_share(counted);
    let large: usize = counted.iter().map(|(_, _, file)| file.written).sum();
    (share < COMMENTS && large >= FILE.look).then(|| Finding {
        severity: Severity::Look,
        place: name.to_owned(),
        what: format!("{share} % comments"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use super::*;

    fn severities(source: &str) -> Vec<Severity> {
        judge("a.rs", &count(source))
            .into_iter()
            .map(|finding| finding.severity)
            .collect()
    }

    #[test]
    fn a_file_over_the_limits_is_found() {
        assert_eq!(severities(&"const A: u8 = 1;\n".repeat(500)), []);
        assert_eq!(severities(&"const A: u8 = 1;\n".repeat(501)), [Severity::Look]);
        assert_eq!(severities(&"const A: u8 = 1;\n".repeat(801)), [Severity::Stop]);
    }

    #[test]
    fn a_function_over_the_limits_is_found() {
        let function = |lines: usize| format!("fn a() {{\n{}}}\n", "b();\n".repeat(lines - 2));
        assert_eq!(severities(&function(50)), []);
        assert_eq!(severities(&function(51)), [Severity::Look]);
        assert_eq!(severities(&function(100)), [Severity::Look]);
        assert_eq!(severities(&function(101)), [Severity::Stop]);
    }

    #[test]
    fn parameters_over_the_limits_are_found() {
        let function = |n: usize| format!("fn a({}) {{}}\n", "b: u8, ".repeat(n));
        assert_eq!(severities(&function(5)), []);
        assert_eq!(severities(&function(6)), [Severity::Look]);
        assert_eq!(severities(&function(7)), [Severity::Stop]);
    }

    #[test]
    fn tests_do_not_count() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "fn a() {}\n".repeat(900));
        assert_eq!(severities(&tests), []);
        let declared = |name: &str| {
            (
                name.to_owned(),
                PathBuf::from(name),
                count("#[cfg(test)]\nmod vectors;\n"),
            )
        };
        let plain = |name: &str| (name.to_owned(), PathBuf::from(name), count("fn a() {}\n"));
        let mut counted = vec![
            declared("src/sign.rs"),
            plain("src/sign/vectors.rs"),
            plain("src/vectors.rs"),
        ];
        leave_out_tests(&mut counted);
        let left: Vec<&str> = counted.iter().map(|(place, _, _)| place.as_str()).collect();
        assert_eq!(left, ["src/sign.rs", "src/vectors.rs"]);
    }
}
