//! Parsing recovers: what was understood is there, and each mistake is reported once.

use super::{ParamKind, Statement, parse};
use crate::diagnostics::Diagnostics;

/// The statements of the first function by kind, and the mistakes.
fn body_of(input: &str) -> (Vec<&'static str>, Vec<String>) {
    let mut diagnostics = Diagnostics::new();
    let source = parse(input.parse().expect("tokens"), &mut diagnostics);
    let body = source
        .functions
        .first()
        .map_or(&[][..], |function| &function.body);
    let kinds = body.iter().map(|statement| match statement {
        Statement::Let { .. } => "let",
        Statement::Chain { .. } => "chain",
        Statement::Tuple(_) => "tuple",
        Statement::Prologue(_) => "prologue",
    });
    (kinds.collect(), diagnostics.into_texts())
}

#[test]
fn statements_are_chains_or_prologue() {
    let (kinds, errors) = body_of(
        "fn f(xs: Stream<u64>, limit: u64) {
            let twice = limit * 2;
            if twice > 7 { panic!() }
            let large = xs.filter(|x| *x > twice);
            large.print();
            let (a, b) = xs.try_map(parse);
        }",
    );
    assert_eq!(kinds, ["prologue", "prologue", "let", "chain", "let"]);
    assert_eq!(errors, [""; 0]);
}

#[test]
fn parsing_goes_on_behind_a_mistake() {
    let (kinds, errors) =
        body_of("fn f(xs: Stream<u64>) { xs.print() 7; let n = xs.count(); n.print(); }");
    assert!(kinds.ends_with(&["let", "chain"]), "{kinds:?}");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("a chain ends with `;`"), "{errors:?}");
}

#[test]
fn broken_arguments_are_left_to_rustc() {
    let (kinds, errors) = body_of("fn f(xs: Stream<u64>) { xs.map(|x| x +).print(); }");
    assert_eq!(kinds, ["chain"]);
    assert_eq!(errors, [""; 0]);
}

#[test]
fn parameters_are_known_by_the_last_word_of_their_type() {
    let mut diagnostics = Diagnostics::new();
    let input = "fn f(a: stream_runtime::Stream<&str>, b: Sink<u64>, c: Broadcast<T>, d: usize) {}";
    let source = parse(input.parse().expect("tokens"), &mut diagnostics);
    let kinds: Vec<_> = source.functions[0]
        .params
        .iter()
        .map(|param| &param.kind)
        .collect();
    assert!(matches!(
        kinds[..],
        [
            ParamKind::Stream(_),
            ParamKind::Sink(_),
            ParamKind::Shared,
            ParamKind::Constant
        ]
    ));
    assert_eq!(diagnostics.into_texts(), [""; 0]);
}
