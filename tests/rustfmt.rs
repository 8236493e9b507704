//! Stock rustfmt lays out what stands in `stream!( … )`, so `cargo fmt` keeps pipelines tidy. It moves
//! the attributes, and leaves what stands in them as it is.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

const UNTIDY: &str = r#"stream!(
  #[batch(500ms)]
        #[checkpoint(every = 10s)]
    pub fn word_count(lines : Stream< &str >,stop: Broadcast<HashSet<String>>, out: Sink<(&str, u64)>) {
    let words=lines.flat_map(|line|line.split_whitespace()).filter(|word|!stop.contains(*word));   // kept
        let counts : Stream<(&str,u64)> = words.map(|word| (word,1)).reduce_by_key(|a,b|a+b);
  counts.filter(|( _,count )|*count>1).map(|(word, count)| { let twice = count*2; (word, twice) }).to(out);
    }
);
"#;

const TIDY: &str = r#"stream!(
    #[batch(500ms)]
    #[checkpoint(every = 10s)]
    pub fn word_count(
        lines: Stream<&str>,
        stop: Broadcast<HashSet<String>>,
        out: Sink<(&str, u64)>,
    ) {
        let words = lines
            .flat_map(|line| line.split_whitespace())
            .filter(|word| !stop.contains(*word)); // kept
        let counts: Stream<(&str, u64)> = words.map(|word| (word, 1)).reduce_by_key(|a, b| a + b);
        counts
            .filter(|(_, count)| *count > 1)
            .map(|(word, count)| {
                let twice = count * 2;
                (word, twice)
            })
            .to(out);
    }
);
"#;

/// What rustfmt makes of `source`; nothing if there is no rustfmt.
fn formatted(source: &str) -> Option<String> {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--emit", "stdout"]);
    let child = rustfmt.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = match child {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: rustfmt is not installed");
            return None;
        }
        child => child.unwrap(),
    };
    let mut input = child.stdin.take().unwrap();
    input.write_all(source.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn an_untidy_pipeline_is_tidied() {
    if let Some(tidied) = formatted(UNTIDY) {
        assert_eq!(tidied, TIDY);
    }
}

#[test]
fn a_tidy_pipeline_stays_as_it_is() {
    if let Some(same) = formatted(TIDY) {
        assert_eq!(same, TIDY);
    }
}
