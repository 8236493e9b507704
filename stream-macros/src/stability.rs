//! The expansion has the same shape with and without an editor's completion marker.
//!
//! To complete a name, rust-analyzer expands a macro twice: as it stands, and with an identifier
//! put in at the cursor. It finds its way only if both expansions have the same structure. So a
//! marker is put everywhere into pipelines, and the two expansions are compared.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};

use crate::expand;

const MARKER: &str = "raCompletionMarker";

const PIPELINES: [&str; 3] = [
    "pub fn counts(lines: Stream<&str>, stop: Broadcast<Set>, out: Sink<(&str, u64)>) {
        let limit = 3;
        let words = lines.flat_map(|line| line.split(' ')).filter(|word| !stop.contains(*word));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.filter(|(_, count)| *count > limit).to(out);
        words.count().print();
    }",
    "fn errors(lines: Stream<&str>, bad: Accumulator<Count>) {
        let (numbers, errors) = lines.try_map(|line| line.parse::<u64>());
        numbers.fold(0, |a, b| a + b).print();
        errors.for_each_batch(|errors, time| bad.add(errors.count(), time));
    }",
    "fn nested(xs: Stream<u64>) {
        even(xs.map(|x| x + 1)).sort_by(|a, b| b.cmp(a)).take(5).print();
    }
    fn even(xs: Stream<u64>) -> Stream<u64> { xs.filter(|x| { let y = x / 2; y * 2 == *x }) }",
];

/// Where a marker can be put in.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Place {
    /// Inside the parentheses of an operator: closures and values.
    Argument,
    /// Anywhere else.
    Elsewhere,
}

#[test]
fn a_marker_in_an_argument_changes_nothing_else() {
    for pipeline in PIPELINES {
        let plain = before_stages(shape(expand(tokens(pipeline))));
        let marked = marked(pipeline, Place::Argument);
        assert!(marked.len() > 20, "there are arguments: {}", marked.len());
        for (at, input) in marked {
            let marked = before_stages(shape(expand(input.clone())));
            assert_eq!(marked, plain, "marker {at} in {input}");
        }
    }
}

#[test]
fn a_half_typed_operator_keeps_its_call_for_editors() {
    let half =
        "fn f(lines: Stream<&str>) { lines.map(|line| line.len()).fil(|len| *len > 3).print(); }";
    let plain = shape(expand(tokens(half)));
    let marked = shape(expand(tokens(
        &half.replace(".fil", &format!(".fil{MARKER}")),
    )));
    assert_eq!(marked, plain);
    let text = plain.join(" ");
    assert!(text.contains("cfg ( rust_analyzer )"), "{text}");
    assert!(
        text.contains(". map ( | line |"),
        "the spine up to the mistake: {text}"
    );
}

#[test]
fn a_marker_anywhere_expands_to_something() {
    for pipeline in PIPELINES {
        for (at, input) in marked(pipeline, Place::Elsewhere) {
            assert!(!expand(input).is_empty(), "marker {at} in {pipeline}");
        }
    }
}

fn tokens(text: &str) -> TokenStream {
    text.parse()
        .expect("the pipelines of this file are made of tokens")
}

/// All ways to put the marker into one kind of place.
fn marked(pipeline: &str, place: Place) -> Vec<(usize, TokenStream)> {
    let mut count = 0;
    insert(
        tokens(pipeline),
        usize::MAX,
        Place::Elsewhere,
        place,
        &mut count,
    );
    let ways = 0..count;
    ways.map(|at| {
        (
            at,
            insert(tokens(pipeline), at, Place::Elsewhere, place, &mut 0),
        )
    })
    .collect()
}

/// Puts the marker behind the token with number `at` among those in places of kind `wanted`.
fn insert(
    input: TokenStream,
    at: usize,
    here: Place,
    wanted: Place,
    count: &mut usize,
) -> TokenStream {
    let mut output = TokenStream::new();
    let mut before: [Option<TokenTree>; 2] = [None, None];
    for token in input {
        let inside = if is_operator_call(&before) {
            Place::Argument
        } else {
            here
        };
        // Behind a comma a marker makes of the closure's bars an `or` with two operands.
        let begins_argument = token.to_string() == ",";
        before = [before[1].take(), Some(token.clone())];
        output.extend([match token {
            TokenTree::Group(group) => {
                let inner = insert(group.stream(), at, inside, wanted, count);
                TokenTree::Group(Group::new(group.delimiter(), inner))
            }
            token => token,
        }]);
        if here == wanted && !begins_argument {
            if *count == at {
                output.extend([TokenTree::Ident(Ident::new(MARKER, Span::call_site()))]);
            }
            *count += 1;
        }
    }
    output
}

/// Whether the next token is the argument list of an operator: behind a dot and a name. The sink of
/// `to` is a name and no expression, so that a word behind it is a mistake.
fn is_operator_call([dot, name]: &[Option<TokenTree>; 2]) -> bool {
    matches!(dot, Some(TokenTree::Punct(punct)) if punct.as_char() == '.')
        && matches!(name, Some(TokenTree::Ident(name)) if name != "to")
}

/// What comes before the stages, and so all of the user's tokens. The stages copy operators or not, by
/// what their closures do with variables.
fn before_stages(mut shape: Vec<String>) -> Vec<String> {
    let begin = shape.windows(2).position(|pair| pair == [".", "stage"]);
    shape.truncate(begin.expect("there are stages"));
    shape
}

/// The tokens without the marker. The text of a message is left out: an editor does not look there.
fn shape(output: TokenStream) -> Vec<String> {
    let mut shape = Vec::new();
    for token in output {
        match token {
            TokenTree::Group(group) => {
                let delimiters = format!("{:?}", group.delimiter());
                let (open, close) = match delimiters.as_str() {
                    "Parenthesis" => ("(", ")"),
                    "Brace" => ("{", "}"),
                    "Bracket" => ("[", "]"),
                    _ => ("", ""),
                };
                shape.push(open.to_owned());
                shape.extend(self::shape(group.stream()));
                shape.push(close.to_owned());
            }
            TokenTree::Ident(ident) => {
                let name = ident.to_string().replace(MARKER, "");
                shape.extend((!name.is_empty()).then_some(name));
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                shape.push(if text.contains("help:") {
                    "message".to_owned()
                } else {
                    text
                });
            }
            TokenTree::Punct(punct) => shape.push(punct.to_string()),
        }
    }
    shape
}
