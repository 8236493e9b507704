//! Every example, run without arguments, says something and ends well: each asserts its own output.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn every_example_ends_well() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = std::fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path());
    let is_example = |path: &PathBuf| {
        let is_file = path.extension().is_some_and(|extension| extension == "rs");
        is_file || path.join("main.rs").exists()
    };
    let names: Vec<String> = files
        .filter(is_example)
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(names.len() >= 6, "{names:?}");
    let running = names.iter().map(|name| {
        let mut program = Command::new(common::example(name));
        program
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        (name, program.spawn().unwrap())
    });
    // All are started before the first is waited for.
    for (name, program) in running.collect::<Vec<_>>() {
        let output = program.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{name}: {}\n{errors}",
            output.status
        );
        assert!(!output.stdout.is_empty(), "{name} prints nothing");
    }
}
