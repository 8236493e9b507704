//! The examples as programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// The program of an example. `cargo test` builds the examples with the tests; when it was told to
/// build less, they are built here if they are not there yet.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    // TARGET/PROFILE/deps/test
    let profile = test.ancestors().nth(2).expect("a test lies in `deps`");
    let program = profile
        .join("examples")
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !program.exists() {
        build(profile);
    }
    assert!(program.exists(), "{} is not there", program.display());
    program
}

fn build(profile: &Path) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--workspace", "--examples"]);
        cargo.arg("--target-dir").arg(profile.with_file_name(""));
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(status.expect("cargo can be started").success());
    });
}
