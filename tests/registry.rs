//! An operator is a line in the table of the compiler, a file in the runtime, a golden plan, and
//! manuals, examples and rows beside them. This test says which of them is missing.

mod table;

use std::collections::BTreeSet;
use std::fs;

use table::{TABLE, operators, read, root};

/// Where the files of the operators are, and mistakes with them.
const OPS: &str = "stream-runtime/src/ops";
const FIXTURES: &str = "tests/ui/operators";

/// What stands in the folder of the operators and is none: what several of them share.
const SHARED: [&str; 4] = ["event_window", "mod", "shuffled", "windowed"];

/// The names of the files of a folder that end like this.
fn files(folder: &str, extension: &str) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(root(folder)) else {
        return BTreeSet::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// What an operator lacks, each with what to do about it.
fn lacks(operator: &str) -> Vec<String> {
    let path = format!("{OPS}/{operator}.rs");
    let file = read(&path);
    if file.is_empty() {
        return vec![format!("add {path}: copy an operator of the same shape")];
    }
    let manual = manual(&file, operator).unwrap_or_default();
    let has = [
        (
            file.starts_with(&format!("//! `{operator}`: ")),
            format!("begin {path} with \"//! `{operator}`: \" and what it does"),
        ),
        (
            read(format!("{OPS}/mod.rs")).contains(&format!("mod {operator};\n")),
            format!("add `mod {operator};` to {OPS}/mod.rs"),
        ),
        (
            !manual.is_empty(),
            format!("add the method `pub fn {operator}` with its manual to {path}"),
        ),
        (
            manual.contains("/// Shape: "),
            format!("say in the manual in {path} what it costs: `Shape: …`"),
        ),
        (
            manual.contains("/// # Examples") && manual.contains(&format!(".{operator}(")),
            format!("add an example that calls `.{operator}(` to the manual in {path}"),
        ),
        (
            file.contains("#[cfg(test)]"),
            format!("add rows in `#[cfg(test)] mod tests` to {path}"),
        ),
        (
            root(format!("tests/plans/{operator}.txt")).exists(),
            format!("add a pipeline to tests/plans.rs, and bless tests/plans/{operator}.txt"),
        ),
        (
            !root(FIXTURES).exists() || root(format!("{FIXTURES}/{operator}.rs")).exists(),
            format!("add {FIXTURES}/{operator}.rs: a mistake with it, and what the compiler says"),
        ),
    ];
    let missing = has.into_iter().filter(|(it_has, _)| !it_has);
    missing.map(|(_, remedy)| remedy).collect()
}

/// The doc comment of the operator's method.
fn manual<'f>(file: &'f str, operator: &str) -> Option<&'f str> {
    let method = ['(', '<'].map(|after| format!("pub fn {operator}{after}"));
    let end = method.iter().find_map(|method| file.find(method))?;
    let begin = file[..end].rfind("impl<T> Stream<T> {")?;
    Some(&file[begin..end])
}

#[test]
fn every_operator_has_all_that_belongs_to_it() {
    let missing: Vec<String> = operators().iter().flat_map(|name| lacks(name)).collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn nothing_belongs_to_no_operator() {
    let operators = operators();
    for (folder, extension) in [(OPS, "rs"), ("tests/plans", "txt")] {
        for file in files(folder, extension) {
            assert!(
                operators.contains(&file) || folder == OPS && SHARED.contains(&&*file),
                "{folder}/{file}.{extension} belongs to no operator: add a line to {TABLE}, or take it out"
            );
        }
    }
}
