//! What the compiler says to mistakes: one mistake a file, named after it.
//!
//! After a change, `TRYBUILD=overwrite cargo test --test ui` writes the texts anew. Read each one as
//! the user who made the mistake: does it point at the token to change, and say what to do?

use std::fs;
use std::path::{Path, PathBuf};

/// Words of the machinery, which say nothing to a user.
const INTERNAL: [&str; 4] = ["panicked", "__private", "Ref<", "Val<"];

/// Text that is not the same everywhere: it depends on whether the sources of `std` are installed.
const UNSTABLE: &str = "$RUST";

/// Mistakes about which rustc has two things to say. Each has to do with who owns what: rustc's
/// borrow checker looks at the closure of the user, and again at the job around it.
const SAID_TWICE: [&str; 3] = [
    "closures/moved_capture",
    "closures/record_kept_beyond_the_batch",
    "types/constant_that_cannot_be_sent",
];

#[rustversion::attr(not(stable(1.95)), ignore = "the texts are those of rustc 1.95")]
#[test]
fn mistakes() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

#[test]
fn every_mistake_has_its_text() {
    for fixture in files("rs") {
        assert!(fixture.with_extension("stderr").exists(), "{fixture:?}");
    }
    for text in files("stderr") {
        assert!(text.with_extension("rs").exists(), "{text:?}");
    }
}

#[test]
fn one_mistake_is_one_error() {
    for path in files("stderr") {
        let errors = read(&path)
            .lines()
            .filter(|line| line.starts_with("error"))
            .count();
        let name = name(&path);
        if name.starts_with("several/") {
            assert!(
                errors > 1,
                "{name} has several mistakes, but {errors} is reported"
            );
        } else {
            let expected = if SAID_TWICE.contains(&&*name) { 2 } else { 1 };
            assert_eq!(errors, expected, "errors in {name}");
        }
    }
}

#[test]
fn no_text_speaks_of_the_machinery() {
    for path in files("stderr") {
        let text = read(&path);
        for word in INTERNAL.iter().chain([&UNSTABLE]) {
            assert!(!text.contains(word), "`{word}` in {}", name(&path));
        }
        assert!(!text.contains("\nwarning"), "a warning in {}", name(&path));
    }
}

/// All files of the fixtures that end like this.
fn files(extension: &str) -> Vec<PathBuf> {
    let themes = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui"));
    let files = themes.iter().flat_map(|theme| entries(theme));
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    assert!(files.len() > 150, "fixtures are found: {}", files.len());
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// `theme/mistake`.
fn name(path: &Path) -> String {
    let theme = path.parent().unwrap().file_name().unwrap();
    let mistake = path.file_stem().unwrap();
    format!("{}/{}", theme.display(), mistake.display())
}
