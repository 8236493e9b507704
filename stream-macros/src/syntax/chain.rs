//! Chains: a stream and the operators that are applied to it.

use proc_macro2::{Delimiter, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{AngleBracketedGenericArguments, Expr, Ident, Token, token};

use super::{Argument, Arguments, Base, Call, Chain, Scope};
use crate::diagnostics::{Diagnostics, similar};
use crate::ops;

pub(super) struct ChainParser<'d> {
    pub(super) scope: Scope,
    pub(super) diagnostics: &'d mut Diagnostics,
}

impl ChainParser<'_> {
    /// Whether a chain begins here: with a stream, a call of a sub-pipeline, or a name that is not
    /// known, but used as one of them. Such a name is reported.
    pub(super) fn begins(&mut self, input: ParseStream<'_>) -> bool {
        let ahead = input.fork();
        let Ok(name) = ahead.parse::<Ident>() else {
            return false;
        };
        let text = name.to_string();
        if self.scope.streams.contains(&text) {
            return ends_or_goes_on(&ahead);
        }
        if self.scope.functions.contains(&text) {
            return ahead.peek(token::Paren);
        }
        let is_new = !self.scope.values.contains(&text);
        if is_new && applies_operator(&ahead) {
            self.report_unknown_stream(&name);
            return true;
        }
        if is_new && self.passes_stream(&ahead) {
            self.report_unknown_function(&name);
            return true;
        }
        false
    }

    /// Whether parentheses follow, in which a stream is the first argument.
    fn passes_stream(&self, input: ParseStream<'_>) -> bool {
        let Ok(TokenTree::Group(group)) = input.fork().parse() else {
            return false;
        };
        let mut tokens = group.stream().into_iter();
        let first = tokens.next().map(|token| token.to_string());
        let is_stream = first.is_some_and(|first| self.scope.streams.contains(&first));
        let goes_on = match tokens.next() {
            None => true,
            Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), ',' | '.'),
            Some(_) => false,
        };
        group.delimiter() == Delimiter::Parenthesis && is_stream && goes_on
    }

    fn report_unknown_stream(&mut self, name: &Ident) {
        let text = name.to_string();
        let help = match similar(&text, self.scope.streams.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "streams are the parameters of type `Stream<T>` and the `let`s made from them"
                .to_owned(),
        };
        self.diagnostics
            .error(name.span(), format!("there is no stream `{text}`"), help);
        self.scope.streams.insert(text); // one mistake is one error
    }

    fn report_unknown_function(&mut self, name: &Ident) {
        let text = name.to_string();
        let help = match similar(&text, self.scope.functions.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "what takes streams is a `fn` of the same `stream!`, with a result such as `-> Stream<&str>`".to_owned(),
        };
        let message = format!("there is no sub-pipeline `{text}`");
        self.diagnostics.error(name.span(), message, help);
        self.scope.functions.insert(text); // one mistake is one error
    }

    /// The chain that [`begins`](Self::begins) here. A mistake cuts it off; what was understood
    /// before it stays.
    pub(super) fn chain(&mut self, input: ParseStream<'_>) -> Chain {
        let name = input
            .call(Ident::parse_any)
            .expect("a chain begins with a name");
        let base = match self.parenthesis(input) {
            Some(arguments) => Base::Call(name, arguments),
            None => Base::Name(name),
        };
        let (mut calls, mut is_cut) = (Vec::new(), false);
        while !is_cut && input.peek(Token![.]) {
            match self.call(input) {
                Ok(call) => calls.push(call),
                Err(error) => {
                    self.diagnostics.syntax(error);
                    is_cut = true;
                }
            }
        }
        Chain {
            base,
            calls,
            is_cut,
        }
    }

    /// A dot and what follows it.
    fn call(&mut self, input: ParseStream<'_>) -> syn::Result<Call> {
        let dot: Token![.] = input.parse()?;
        if !input.peek(Ident::peek_any) {
            let message = "the name of an operator follows the dot\nhelp: write for example `.map(|record| …)`";
            return Err(syn::Error::new(dot.span, message));
        }
        let name = input.call(Ident::parse_any)?;
        let turbofish = match input.peek(Token![::]) {
            true => Some(input.call(AngleBracketedGenericArguments::parse_turbofish)?),
            false => None,
        };
        Ok(Call {
            name,
            turbofish,
            arguments: self.parenthesis(input),
        })
    }

    /// The arguments, if parentheses follow. Those that cannot be parsed keep their tokens: rustc
    /// says what is wrong with them.
    fn parenthesis(&mut self, input: ParseStream<'_>) -> Option<Arguments> {
        if !input.peek(token::Paren) {
            return None;
        }
        let TokenTree::Group(group) = input.parse().ok()? else {
            return None;
        };
        let parse = |input: ParseStream<'_>| self.argument_list(input);
        Some(Arguments {
            parsed: parse.parse2(group.stream()).ok(),
            tokens: TokenTree::Group(group).into(),
        })
    }

    fn argument_list(&mut self, input: ParseStream<'_>) -> syn::Result<Vec<Argument>> {
        let mut arguments = Vec::new();
        while !input.is_empty() {
            arguments.push(match self.begins(input) {
                true => Argument::Chain(self.chain(input)),
                false => Argument::Expr(Box::new(input.parse::<Expr>()?)),
            });
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

/// Whether the name of a stream is all that stands here, or is followed by a dot.
fn ends_or_goes_on(input: ParseStream<'_>) -> bool {
    input.is_empty()
        || input.peek(Token![.])
        || input.peek(Token![;])
        || input.peek(Token![,])
        || input.peek(Token![?])
}

/// Whether an operator's name follows, with parentheses.
fn applies_operator(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let name = ahead
        .parse::<Token![.]>()
        .and_then(|_| ahead.parse::<Ident>());
    name.is_ok_and(|name| ops::find(&name.to_string()).is_some()) && ahead.peek(token::Paren)
}
