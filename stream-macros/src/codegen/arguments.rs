//! The arguments of a typed call: the user's own tokens, or a group like theirs.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::{at, ctx, glue, rt};
use crate::duration::Duration;
use crate::graph::{Graph, Node, SpineCall};
use crate::ops::Arg;
use crate::syntax::{Argument, Arguments};

/// The arguments, with their parentheses.
pub(super) fn emit(graph: &Graph<'_>, call: &SpineCall) -> TokenStream {
    let Some(arguments) = &call.call.arguments else {
        return TokenStream::new();
    };
    let args = graph.nodes[call.node].op().map_or(&[][..], |op| op.args);
    match &arguments.parsed {
        Some(parsed) if args == [Arg::Streams] || needs_rewriting(args, parsed) => {
            rewritten(args, parsed, call, arguments, &graph.nodes[call.node])
        }
        _ => arguments.tokens.clone(),
    }
}

fn needs_rewriting(args: &[Arg], parsed: &[Argument]) -> bool {
    let mut pairs = args.iter().zip(parsed);
    pairs.any(|(arg, argument)| match argument {
        Argument::Chain(_) => true,
        Argument::Expr(expr) => {
            arg.is_duration() || *arg == Arg::Options || closure(*arg, expr).is_some()
        }
    })
}

fn rewritten(
    args: &[Arg],
    parsed: &[Argument],
    call: &SpineCall,
    arguments: &Arguments,
    node: &Node,
) -> TokenStream {
    let (mut args_left, mut streams) = (args.iter(), call.streams.iter());
    let mut durations = durations(node);
    let tokens = parsed.iter().map(|argument| {
        let arg = *args_left.next().unwrap_or(&Arg::Streams);
        match argument {
            Argument::Chain(_) => streams.next().to_token_stream(),
            Argument::Expr(_) if arg.is_duration() => durations.next().to_token_stream(),
            Argument::Expr(expr) if arg == Arg::Options => with_durations(expr.to_token_stream()),
            Argument::Expr(expr) => closure(arg, expr).unwrap_or_else(|| expr.to_token_stream()),
        }
    });
    let tokens = match args {
        [Arg::Streams] => quote!([#(#tokens),*]),
        [least @ .., last] if last.is_optional() && parsed.len() == least.len() => {
            let left_out = left_out(*last);
            quote!(#(#tokens,)* #left_out)
        }
        _ => quote!(#(#tokens),*),
    };
    regrouped(&arguments.tokens, tokens)
}

/// The durations of a node, in the order of its arguments.
fn durations(node: &Node) -> impl Iterator<Item = &Duration> {
    let window = node.window.iter();
    let window = window.flat_map(|window| [Some(&window.length), window.slide.as_ref()]);
    window.flatten().chain(&node.spans)
}

/// What stands for an argument that is left out.
fn left_out(arg: Arg) -> TokenStream {
    let (rt, ctx) = (rt(), ctx());
    match arg {
        Arg::Slide => quote!(#ctx.batch_interval()),
        Arg::Idle => quote!(#rt::IDLE_AFTER),
        _ => quote!(::core::time::Duration::ZERO),
    }
}

/// The user's tokens, with durations in the place of literals such as `30s`.
fn with_durations(tokens: TokenStream) -> TokenStream {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let inside = with_durations(group.stream());
            let mut with = Group::new(group.delimiter(), inside);
            with.set_span(group.span());
            TokenTree::Group(with).into()
        }
        TokenTree::Literal(literal) => match Duration::of_literal(&literal) {
            Some(duration) => duration.into_token_stream(),
            None => TokenTree::Literal(literal).into(),
        },
        token => token.into(),
    });
    tokens.collect()
}

/// A closure that calls the function which an argument names or makes. If that has other types
/// rustc says so once, and a variable that is called stays where it is.
fn closure(arg: Arg, expr: &Expr) -> Option<TokenStream> {
    let place = expr.span();
    let parameters = match arg {
        Arg::Fn1 => at(place, quote!(__x)),
        Arg::Fn2 | Arg::Select => at(place, quote!(__x, __y)),
        Arg::Fn4 => at(place, quote!(__t, __x, __y, __z)),
        _ => return None,
    };
    match expr {
        Expr::Path(path) => Some(quote_spanned!(glue(place)=> |#parameters| #path(#parameters))),
        Expr::Call(_) | Expr::MethodCall(_) => {
            let closure = at(place, quote!(move |#parameters| function(#parameters)));
            Some(quote_spanned!(glue(place)=> { let function = #expr; #closure }))
        }
        _ => None,
    }
}

/// A group with the parentheses of `original` in their own places.
fn regrouped(original: &TokenStream, inside: TokenStream) -> TokenStream {
    let Some(TokenTree::Group(group)) = original.clone().into_iter().next() else {
        return inside;
    };
    let mut regrouped = Group::new(group.delimiter(), inside);
    regrouped.set_span(group.span());
    TokenTree::Group(regrouped).into()
}
