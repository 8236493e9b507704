//! What an operator expects of the types of its streams and its sink, asked before it is called: see
//! `stream_runtime::expect`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::{at, rt, var_at};
use crate::graph::{Graph, SpineCall};
use crate::ops::{Arg, Records};

/// Statements after which `receiver` has a type only if all is as expected.
pub(super) fn emit(graph: &Graph<'_>, call: &SpineCall, receiver: &TokenStream) -> TokenStream {
    let rt = rt();
    let op = graph.nodes[call.node].op().expect("a call has an operator");
    let place = call.call.name.span();
    let mut tokens = TokenStream::new();
    if op.records == Records::Pairs {
        tokens.extend(rebound(
            place,
            receiver,
            &quote!(#rt::expect::pairs(#receiver)),
        ));
    }
    if op.records == Records::Timed {
        tokens.extend(rebound(
            place,
            receiver,
            &quote!(#rt::expect::timed(#receiver)),
        ));
    }
    for (index, stream) in call.streams.iter().enumerate() {
        let place = stream.name.as_ref().map_or(place, Ident::span);
        let other = at(place, var_at("j", call.node, index).into_token_stream());
        let expected = match (op.records, op.args) {
            (Records::Pairs, _) => {
                let pairs = rebound(place, &other, &quote!(#rt::expect::pairs(#other)));
                let same = quote!(#rt::expect::same_keys(#receiver, #other));
                let same = rebound(place, receiver, &same);
                quote!(#pairs #same)
            }
            (Records::Any, [Arg::Streams]) => {
                let same = quote!(#rt::expect::same_records(#receiver, #other));
                rebound(place, receiver, &same)
            }
            (Records::Any | Records::Timed, _) => continue,
        };
        tokens.extend(quote!(let #other = #stream; #expected));
    }
    if let Some(sink) = &call.sink {
        let place = sink.span();
        let other = at(place, var_at("j", call.node, 0).into_token_stream());
        let taken = quote!(#rt::expect::taken_by(#receiver, #other));
        let taken = rebound(place, receiver, &taken);
        tokens.extend(quote!(let #other = #sink; #taken));
    }
    tokens
}

/// Binds a stream again, to what an expectation makes of it.
fn rebound(place: Span, stream: &TokenStream, expectation: &TokenStream) -> TokenStream {
    at(place, quote!(let #stream = #expectation;))
}
