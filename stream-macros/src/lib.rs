//! The compiler of `stream!`: five floors, each of which uses only those below it.
//!
//! ```text
//! tokens ─syntax→ Pipeline ─graph→ Graph ─check→ Diagnostics ─plan→ Stages ─codegen→ tokens
//! ```
//!
//! It knows the *shape* of an operator (table `OPS` in `ops.rs`), never its body: bodies are ordinary
//! functions of `stream-runtime`.

mod check;
mod codegen;
mod derive_key;
mod diagnostics;
mod duration;
#[cfg(test)]
mod expansion_time;
mod graph;
mod ops;
mod plan;
#[cfg(test)]
mod stability;
mod syntax;

use diagnostics::Diagnostics;
use proc_macro2::TokenStream;

/// Compiles pipelines. See the crate `stream-runtime`, which re-exports this.
#[proc_macro]
pub fn stream(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(input.into()).into()
}

/// Makes a type usable as the key of a stream. See `stream_runtime::Key`.
#[proc_macro_derive(Key)]
pub fn derive_key(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_key::expand(input.into()).into()
}

fn expand(input: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::new(); // panics if dropped unreported
    let source = syntax::parse(input, &mut diagnostics);
    check::functions(&source, &mut diagnostics);
    let mut output = TokenStream::new();
    for pipeline in source.pipelines() {
        let errors_before = diagnostics.len();
        let graph = graph::resolve(pipeline, &source, &mut diagnostics);
        check::all(&graph, &mut diagnostics);
        let is_broken = graph.is_broken || diagnostics.len() > errors_before;
        output.extend(match is_broken {
            true => codegen::fallback(&graph),
            false => codegen::emit(&plan::stages(graph)),
        });
    }
    output.extend(diagnostics.report());
    output
}
