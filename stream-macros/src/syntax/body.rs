//! Bodies: statements that are chains of operators, and plain Rust between them.
//!
//! A statement is a chain if it begins with the name of a stream. All else is prologue, and rustc
//! will say what is wrong with it. After a mistake parsing goes on behind the next semicolon.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::visit::Visit;
use syn::{Expr, Ident, Pat, PatIdent, Stmt, Token, Type, parenthesized, token};

use super::{Argument, Arguments, Base, Call, Chain, Names, Scope, Statement};
use crate::diagnostics::{Diagnostics, similar};
use crate::ops;

/// Parses all statements of a body.
pub(super) fn parse(
    input: ParseStream<'_>,
    scope: Scope,
    diagnostics: &mut Diagnostics,
) -> Vec<Statement> {
    let mut parser = BodyParser { scope, diagnostics };
    let mut body = Vec::new();
    while !input.is_empty() {
        match parser.statement(input) {
            Ok(statement) => body.push(statement),
            Err(error) => {
                parser.diagnostics.syntax(error);
                skip_statement(input);
            }
        }
    }
    body
}

struct BodyParser<'d> {
    scope: Scope,
    diagnostics: &'d mut Diagnostics,
}

impl BodyParser<'_> {
    fn statement(&mut self, input: ParseStream<'_>) -> syn::Result<Statement> {
        if input.peek(Token![let]) {
            if let Some(statement) = self.let_chain(input)? {
                return Ok(statement);
            }
        } else if self.begins_chain(input) {
            let chain = self.chain(input)?;
            let is_tail = self.end_of_statement(input)?;
            return Ok(Statement::Chain { chain, is_tail });
        }
        Ok(self.prologue(input))
    }

    /// `let names: Type = chain;`; `None` if what is bound is not a chain.
    fn let_chain(&mut self, input: ParseStream<'_>) -> syn::Result<Option<Statement>> {
        let ahead = input.fork();
        let Some((names, ty)) = let_head(&ahead) else {
            return Ok(None);
        };
        if !self.begins_chain(&ahead) {
            return Ok(None);
        }
        input.advance_to(&ahead);
        let chain = self.chain(input)?;
        self.end_of_statement(input)?;
        let new: Vec<String> = match &names {
            Names::One(name) => vec![name.to_string()],
            Names::Many(names, _) => names.iter().flatten().map(ToString::to_string).collect(),
        };
        self.scope.streams.extend(new);
        Ok(Some(Statement::Let { names, ty, chain }))
    }

    /// Whether a chain begins here: with a stream, a call of a sub-pipeline, or a name that is not
    /// known, but to which an operator is applied.
    fn begins_chain(&mut self, input: ParseStream<'_>) -> bool {
        let ahead = input.fork();
        let Ok(name) = ahead.parse::<Ident>() else {
            return false;
        };
        let text = name.to_string();
        if self.scope.streams.contains(&text) {
            return ahead.is_empty()
                || ahead.peek(Token![.])
                || ahead.peek(Token![;])
                || ahead.peek(Token![,]);
        }
        if self.scope.sub_pipelines.contains(&text) {
            return ahead.peek(token::Paren);
        }
        !self.scope.values.contains(&text) && applies_operator(&ahead) && self.report_unknown(&name)
    }

    /// Reports a name that must have been meant for a stream.
    fn report_unknown(&mut self, name: &Ident) -> bool {
        let text = name.to_string();
        let help = match similar(&text, self.scope.streams.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "streams are the parameters of type `Stream<T>` and the `let`s made from them"
                .to_owned(),
        };
        self.diagnostics
            .error(name.span(), format!("there is no stream `{text}`"), help);
        self.scope.streams.insert(text); // one mistake is one error
        true
    }

    fn chain(&mut self, input: ParseStream<'_>) -> syn::Result<Chain> {
        let name: Ident = input.parse()?;
        let base = match input.peek(token::Paren) {
            true => Base::Call(name, self.arguments(input)?),
            false => Base::Name(name),
        };
        let mut calls = Vec::new();
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            calls.push(self.call(input)?);
        }
        Ok(Chain { base, calls })
    }

    fn call(&mut self, input: ParseStream<'_>) -> syn::Result<Call> {
        let name: Ident = input.parse()?;
        let turbofish = if input.peek(Token![::]) {
            Some(input.parse()?)
        } else {
            None
        };
        if !input.peek(token::Paren) {
            let message = format!("an operator has parentheses\n\nhelp: write `{name}(…)`");
            return Err(syn::Error::new(name.span(), message));
        }
        let arguments = self.arguments(input)?;
        Ok(Call {
            name,
            turbofish,
            arguments,
        })
    }

    /// Arguments that cannot be parsed keep their tokens: rustc says what is wrong with them.
    fn arguments(&mut self, input: ParseStream<'_>) -> syn::Result<Arguments> {
        let tokens = input.fork().parse::<TokenTree>()?.into_token_stream();
        let content;
        parenthesized!(content in input);
        let parsed = self.argument_list(&content).ok();
        if parsed.is_none() {
            content.parse::<TokenStream>()?;
        }
        Ok(Arguments { tokens, parsed })
    }

    fn argument_list(&mut self, input: ParseStream<'_>) -> syn::Result<Vec<Argument>> {
        let mut arguments = Vec::new();
        while !input.is_empty() {
            arguments.push(match self.begins_chain(input) {
                true => Argument::Chain(self.chain(input)?),
                false => Argument::Expr(Box::new(input.parse::<Expr>()?)),
            });
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }

    /// The semicolon; true at the end of the body, where there need not be one.
    fn end_of_statement(&mut self, input: ParseStream<'_>) -> syn::Result<bool> {
        if input.is_empty() {
            return Ok(true);
        }
        input.parse::<Token![;]>().map(|_| false).map_err(|error| {
            syn::Error::new(
                error.span(),
                "a chain of operators ends with a semicolon\n\nhelp: put `;` before this",
            )
        })
    }

    /// Plain Rust; its variables are known from here on.
    fn prologue(&mut self, input: ParseStream<'_>) -> Statement {
        let ahead = input.fork();
        match ahead.call(Stmt::parse) {
            Ok(statement) => {
                input.advance_to(&ahead);
                Variables(&mut self.scope).visit_stmt(&statement);
                Statement::Prologue(statement.into_token_stream())
            }
            Err(_) => Statement::Prologue(skip_statement(input)),
        }
    }
}

/// `let pattern: Type =`, if the pattern is one that streams can be bound to.
fn let_head(input: ParseStream<'_>) -> Option<(Names, Option<Type>)> {
    input.parse::<Token![let]>().ok()?;
    let names = names_of(&input.call(Pat::parse_single).ok()?)?;
    let ty = match input.parse::<Option<Token![:]>>().ok()? {
        Some(_) => Some(input.parse::<Type>().ok()?),
        None => None,
    };
    input.parse::<Token![=]>().ok()?;
    Some((names, ty))
}

fn names_of(pat: &Pat) -> Option<Names> {
    match pat {
        Pat::Ident(pat) => Some(Names::One(pat.ident.clone())),
        Pat::Tuple(pat) => {
            let names: Option<Vec<_>> = pat.elems.iter().map(name_or_wildcard).collect();
            Some(Names::Many(names?, pat.paren_token.span.join()))
        }
        _ => None,
    }
}

fn name_or_wildcard(pat: &Pat) -> Option<Option<Ident>> {
    match pat {
        Pat::Ident(pat) => Some(Some(pat.ident.clone())),
        Pat::Wild(_) => Some(None),
        _ => None,
    }
}

/// Whether an operator's name follows, with parentheses.
fn applies_operator(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let name = ahead
        .parse::<Token![.]>()
        .and_then(|_| ahead.parse::<Ident>());
    name.is_ok_and(|name| ops::find(&name.to_string()).is_some()) && ahead.peek(token::Paren)
}

/// Takes tokens up to and including the next semicolon.
fn skip_statement(input: ParseStream<'_>) -> TokenStream {
    let mut skipped = TokenStream::new();
    while let Ok(token) = input.parse::<TokenTree>() {
        let is_end = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';');
        skipped.extend([token]);
        if is_end {
            break;
        }
    }
    skipped
}

/// Collects the variables that a statement binds.
struct Variables<'s>(&'s mut Scope);

impl<'ast> Visit<'ast> for Variables<'_> {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.0.values.insert(pat.ident.to_string());
    }
}
