//! The arguments of a typed call: the user's own tokens, or a group like theirs.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::{at, ctx, glue};
use crate::duration::Duration;
use crate::graph::{Graph, SpineCall, Window};
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
            let window = graph.nodes[call.node].window.as_ref();
            rewritten(args, parsed, call, arguments, window)
        }
        _ => arguments.tokens.clone(),
    }
}

fn needs_rewriting(args: &[Arg], parsed: &[Argument]) -> bool {
    let mut pairs = args.iter().zip(parsed);
    pairs.any(|(arg, argument)| match argument {
        Argument::Chain(_) => true,
        Argument::Expr(expr) => {
            is_duration(*arg) || *arg == Arg::Options || closure(*arg, expr).is_some()
        }
    })
}

fn is_duration(arg: Arg) -> bool {
    matches!(arg, Arg::Length | Arg::Slide)
}

fn rewritten(
    args: &[Arg],
    parsed: &[Argument],
    call: &SpineCall,
    arguments: &Arguments,
    window: Option<&Window>,
) -> TokenStream {
    let (mut args_left, mut streams) = (args.iter(), call.streams.iter());
    let tokens = parsed.iter().map(|argument| {
        let arg = *args_left.next().unwrap_or(&Arg::Streams);
        match argument {
            Argument::Chain(_) => streams.next().to_token_stream(),
            Argument::Expr(_) if is_duration(arg) => duration(arg, window),
            Argument::Expr(expr) if arg == Arg::Options => with_durations(expr.to_token_stream()),
            Argument::Expr(expr) => closure(arg, expr).unwrap_or_else(|| expr.to_token_stream()),
        }
    });
    let tokens = match args {
        [Arg::Streams] => quote!([#(#tokens),*]),
        [least @ .., Arg::Slide] if parsed.len() == least.len() => {
            let ctx = ctx();
            quote!(#(#tokens,)* #ctx.batch_interval())
        }
        _ => quote!(#(#tokens),*),
    };
    regrouped(&arguments.tokens, tokens)
}

fn duration(arg: Arg, window: Option<&Window>) -> TokenStream {
    let duration = window.and_then(|window| match arg {
        Arg::Length => Some(&window.length),
        _ => window.slide.as_ref(),
    });
    duration.to_token_stream()
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
