//! The machine, the compiler and the state of the code: without them a figure says nothing.

use std::fs;
use std::process::Command;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::numbers::bytes;

/// What the figures were measured on and with. What cannot be found out is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The model of the processor.
    pub cpu: String,
    /// How many cores the process may use.
    pub cores: usize,
    /// The caches that the first core sees: `L1d 32.0 KiB`.
    pub caches: Vec<String>,
    /// Memory in bytes.
    pub memory: u64,
    /// The operating system and its kernel.
    pub os: String,
    /// The version of the compiler.
    pub rustc: String,
    /// The profile by which it was built, and what it sets.
    pub profile: String,
    /// The peers that were built with it, and their versions.
    #[serde(default)]
    pub peers: Vec<String>,
    /// When it was measured.
    pub date: String,
    /// The state of the code.
    pub commit: String,
}

impl Machine {
    /// This machine, now.
    pub fn this() -> Self {
        let now = humantime::format_rfc3339_seconds(SystemTime::now());
        Self {
            cpu: field(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            caches: caches(),
            memory: memory(&read("/proc/meminfo")),
            os: os(),
            rustc: said_by("rustc", &["--version"]),
            profile: profile(),
            peers: match cfg!(feature = "peers") {
                true => peers(
                    include_str!("../../Cargo.toml"),
                    include_str!("../../../Cargo.lock"),
                ),
                false => Vec::new(),
            },
            date: now.to_string()[..10].to_owned(),
            commit: commit(),
        }
    }
}

/// The contents of a file; empty if there is none.
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// What a command prints; empty if it fails.
fn said_by(command: &str, arguments: &[&str]) -> String {
    match Command::new(command).args(arguments).output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(_) => String::new(),
    }
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> String {
    let mut fields = text.lines().filter_map(|line| line.split_once([':', '=']));
    let value = fields.find(|(key, _)| key.trim() == name);
    value.map_or_else(String::new, |(_, value)| {
        value.trim().trim_matches('"').to_owned()
    })
}

fn memory(meminfo: &str) -> u64 {
    let total = field(meminfo, "MemTotal");
    let kib = total.split(' ').next().and_then(|kib| kib.parse().ok());
    kib.map_or(0, |kib: u64| kib << 10)
}

fn os() -> String {
    let name = field(&read("/etc/os-release"), "PRETTY_NAME");
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{name}, Linux {}", kernel.trim())
}

fn caches() -> Vec<String> {
    let of = |index: usize, what: &str| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{what}");
        read(&path).trim().to_owned()
    };
    let indexes = (0..).take_while(|index| !of(*index, "level").is_empty());
    indexes
        .map(|index| cache(&of(index, "level"), &of(index, "type"), &of(index, "size")))
        .collect()
}

/// `L1d 32.0 KiB`, from the words of the kernel.
fn cache(level: &str, kind: &str, size: &str) -> String {
    let kind = match kind {
        "Data" => "d",
        "Instruction" => "i",
        _ => "",
    };
    let kib = size.strip_suffix('K').and_then(|kib| kib.parse().ok());
    let size = kib.map_or_else(|| size.to_owned(), |kib: u64| bytes(kib << 10));
    format!("L{level}{kind} {size}")
}

fn commit() -> String {
    let commit = said_by("git", &["rev-parse", "--short", "HEAD"]);
    // The documentation changes no figure, and the report may be a part of it.
    let code = ["--untracked-files=no", "--", ":!docs"];
    let changed = said_by("git", &[&["status", "--porcelain"], &code[..]].concat());
    if changed.is_empty() {
        commit
    } else {
        format!("{commit}, changed")
    }
}

/// The name of the profile, which is that of the directory that the program lies in; what it sets; and
/// the flags from the environment in which it was built.
fn profile() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let directory = path.parent().and_then(|parent| parent.file_name());
    let name = directory.unwrap_or_default().to_string_lossy().into_owned();
    let manifest = include_str!("../../../Cargo.toml");
    let mut parts = vec![name.clone()];
    parts.extend(settings(manifest, &name));
    parts.extend(option_env!("RUSTFLAGS").map(|flags| format!("RUSTFLAGS={flags}")));
    parts.join(", ")
}

/// What a manifest sets for a profile, with what it inherits.
fn settings(manifest: &str, profile: &str) -> Vec<String> {
    let header = format!("[profile.{profile}]");
    let lines = manifest.lines().skip_while(|line| *line != header).skip(1);
    let own = lines.take_while(|line| line.contains('='));
    let mut all = Vec::new();
    for line in own {
        match line.strip_prefix("inherits = ") {
            Some(parent) => all.extend(settings(manifest, parent.trim_matches('"'))),
            None => all.push(line.to_owned()),
        }
    }
    all
}

/// The crates behind the feature `peers` of a manifest, with their versions from the lock file.
fn peers(manifest: &str, lock: &str) -> Vec<String> {
    let lines = manifest
        .lines()
        .skip_while(|line| !line.starts_with("peers = ["));
    let feature: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let feature = feature.join(" ");
    let list = feature.split(']').next().unwrap_or_default();
    let crates = list.split('"').filter_map(|part| part.strip_prefix("dep:"));
    let with_version = crates.map(|name| {
        let header = format!("name = \"{name}\"");
        let after = lock.lines().skip_while(|line| *line != header);
        let version = after
            .take(2)
            .find_map(|line| line.strip_prefix("version = "));
        format!("{name} {}", version.unwrap_or_default().trim_matches('"'))
    });
    with_version.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_the_kernel_and_the_distribution_write_them() {
        let info = "processor\t: 0\nmodel name\t: Some CPU: 3 GHz\nmodel name\t: another\n";
        assert_eq!(field(info, "model name"), "Some CPU: 3 GHz");
        assert_eq!(
            field("ID=x\nPRETTY_NAME=\"Some OS 1\"\n", "PRETTY_NAME"),
            "Some OS 1"
        );
        assert_eq!(field("", "model name"), "");
        assert_eq!(memory("MemTotal:       2048 kB\n"), 2 << 20);
        assert_eq!(cache("1", "Data", "32K"), "L1d 32.0 KiB");
        assert_eq!(cache("3", "Unified", "32768K"), "L3 32.0 MiB");
    }

    #[test]
    fn peers_are_those_of_the_feature_in_the_versions_of_the_lock_file() {
        let manifest = "measure = [\"dep:criterion\"]\npeers = [\n    \"dep:timely\",\n    \"dep:polars\",\n]\n\n\
                        [dependencies]\ncriterion = { optional = true }\n";
        let lock = "[[package]]\nname = \"polars\"\nversion = \"0.55.2\"\n\n\
                    [[package]]\nname = \"timely\"\nversion = \"0.32.0\"\n";
        assert_eq!(peers(manifest, lock), ["timely 0.32.0", "polars 0.55.2"]);
        assert!(peers("peers = []\nmore = [\"dep:x\"]\n", lock).is_empty());
    }

    #[test]
    fn a_profile_has_what_it_inherits() {
        let manifest = "[profile.bench]\nlto = \"fat\"\ncodegen-units = 1\n\n\
                        # A comment.\n[profile.measure]\ninherits = \"bench\"\ndebug = 1\n";
        let all = ["lto = \"fat\"", "codegen-units = 1", "debug = 1"];
        assert_eq!(settings(manifest, "measure"), all);
        assert!(settings(manifest, "other").is_empty());
    }
}
