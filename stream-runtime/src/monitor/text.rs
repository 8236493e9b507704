//! Prometheus' text format, version 0.0.4.

use std::fmt::{self, Write as _};

use super::metrics::{Family, Sample};

/// Writes a family; one without numbers is left out.
pub(super) fn write(family: &Family, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if family.samples.is_empty() {
        return Ok(());
    }
    let name = family.name;
    writeln!(f, "# HELP {name} {}", Escaped(family.help, false))?;
    writeln!(f, "# TYPE {name} {}", family.kind.name())?;
    let mut samples = family.samples.iter();
    samples.try_for_each(|sample| write_sample(name, sample, f))
}

fn write_sample(name: &str, sample: &Sample, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{name}{}", sample.suffix)?;
    for (at, (label, value)) in sample.labels.iter().enumerate() {
        let before = if at == 0 { '{' } else { ',' };
        write!(f, "{before}{label}=\"{}\"", Escaped(value, true))?;
    }
    let after = if sample.labels.is_empty() { "" } else { "}" };
    writeln!(f, "{after} {}", sample.value)
}

/// Text with its line ends and backslashes escaped, and in the value of a label its quotes too.
struct Escaped<'t>(&'t str, bool);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '"' if self.1 => f.write_str("\\\"")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::metrics::{Kind, Metrics};
    use super::*;

    #[test]
    fn labels_are_escaped_and_families_without_numbers_left_out() {
        let sample = |labels, value| Sample {
            suffix: "",
            labels,
            value,
        };
        let metrics = Metrics {
            families: vec![
                Family {
                    name: "a_total",
                    help: "Two\nlines.",
                    kind: Kind::Counter,
                    samples: vec![
                        sample(
                            vec![("x", "a \"b\" \\ c\n".to_owned()), ("y", "é".into())],
                            2.5,
                        ),
                        sample(Vec::new(), 1e6),
                    ],
                },
                Family {
                    name: "b",
                    help: "Nothing.",
                    kind: Kind::Gauge,
                    samples: Vec::new(),
                },
            ],
        };
        assert_eq!(
            metrics.to_string(),
            "# HELP a_total Two\\nlines.\n# TYPE a_total counter\n\
             a_total{x=\"a \\\"b\\\" \\\\ c\\n\",y=\"é\"} 2.5\na_total 1000000\n"
        );
    }
}
