//! Bodies: statements that are chains of operators, and plain Rust between them.
//!
//! A statement is a chain if it begins with the name of a stream. All else is prologue, and rustc
//! will say what is wrong with it. After a mistake parsing goes on behind the next semicolon.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::visit::{self, Visit};
use syn::{Ident, Pat, PatIdent, Stmt, Token, Type, parenthesized, token};

use super::{Chain, End, Pattern, Prologue, Scope, Statement, chain};
use crate::diagnostics::Diagnostics;

/// Parses all statements of a body. Only a function with a result may end in a tuple of streams.
pub(super) fn parse(
    input: ParseStream<'_>,
    scope: Scope,
    has_result: bool,
    diagnostics: &mut Diagnostics,
) -> Vec<Statement> {
    let mut parser = BodyParser {
        chains: chain::ChainParser { scope, diagnostics },
        has_result,
    };
    let mut body = Vec::new();
    while !input.is_empty() {
        body.push(parser.statement(input));
    }
    body
}

struct BodyParser<'d> {
    chains: chain::ChainParser<'d>,
    has_result: bool,
}

impl BodyParser<'_> {
    fn statement(&mut self, input: ParseStream<'_>) -> Statement {
        if input.peek(Token![let]) {
            if let Some(statement) = self.let_chain(input) {
                return statement;
            }
        } else if self.chains.begins(input) {
            let mut chain = self.chains.chain(input);
            let end = self.end_of(&mut chain, input);
            return Statement::Chain { chain, end };
        } else if input.peek(Token![return])
            && let Some(statement) = self.returned(input)
        {
            return statement;
        } else if let Some(chains) = self.tuple(input) {
            return Statement::Tuple(chains);
        }
        self.prologue(input)
    }

    /// `let pattern: Type = chain;`; `None` if what is bound is not a chain.
    fn let_chain(&mut self, input: ParseStream<'_>) -> Option<Statement> {
        let ahead = input.fork();
        let (pattern, ty) = let_head(&ahead)?;
        if !self.chains.begins(&ahead) {
            return None;
        }
        input.advance_to(&ahead);
        let mut chain = self.chains.chain(input);
        self.end_of(&mut chain, input);
        let names = pattern.names().into_iter().map(ToString::to_string);
        self.chains.scope.streams.extend(names);
        let ty = ty.map(Box::new);
        Some(Statement::Let { pattern, ty, chain })
    }

    /// `(stream, stream)` at the end of the body.
    fn tuple(&mut self, input: ParseStream<'_>) -> Option<Vec<Chain>> {
        if !self.has_result || !input.peek(token::Paren) {
            return None;
        }
        let ahead = input.fork();
        let content = parenthesis(&ahead).ok()?;
        if !ahead.is_empty() || !self.chains.begins(&content) {
            return None;
        }
        let content = parenthesis(input).ok()?;
        let mut chains = Vec::new();
        while self.chains.begins(&content) {
            chains.push(self.chains.chain(&content));
            if content.parse::<Token![,]>().is_err() {
                break;
            }
        }
        if !content.is_empty() {
            let help = "end each of them here, or give it a name before";
            let message = "the results of a sub-pipeline are streams";
            self.chains.diagnostics.error(content.span(), message, help);
            content.parse::<TokenStream>().ok()?;
            chains.clear();
        }
        Some(chains)
    }

    /// What ends a statement: a semicolon, or the end of the body.
    fn end_of(&mut self, chain: &mut Chain, input: ParseStream<'_>) -> End {
        if chain.is_cut {
            skip_statement(input);
        } else if input.is_empty() {
            return End::Body;
        } else if input.parse::<Token![;]>().is_err() {
            chain.is_cut = self.missing_semicolon(input);
        }
        End::Semicolon
    }

    /// Something else stands where a chain should end. If it is the next statement it is kept;
    /// otherwise it may have been meant to go on with the chain.
    fn missing_semicolon(&mut self, input: ParseStream<'_>) -> bool {
        let span = input.span();
        let diagnostics = &mut *self.chains.diagnostics;
        if input.peek(Ident::peek_any) {
            let message = "a chain of operators ends with a semicolon";
            diagnostics.error(span, message, "put `;` before this");
            return false;
        }
        if input.peek(Token![?]) {
            let message = "a chain of operators has no `?`: it does not fail, single records do";
            let help = "take the results and the errors apart: `let (results, errors) = ….try_map(|record| …);`";
            diagnostics.error(span, message, help);
        } else {
            let message = "this cannot follow a chain of operators";
            let help = "what is done with each record stands in a closure, as in `.map(|record| …)`; a chain ends with `;`";
            diagnostics.error(span, message, help);
        }
        skip_statement(input);
        true
    }

    /// `return chain;`: a pipeline is not run line by line.
    fn returned(&mut self, input: ParseStream<'_>) -> Option<Statement> {
        let ahead = input.fork();
        let keyword: Token![return] = ahead.parse().ok()?;
        if !self.chains.begins(&ahead) {
            return None;
        }
        input.advance_to(&ahead);
        let message = "a chain is not returned";
        let help = "take `return` away; the result of a sub-pipeline is its last line, without a semicolon";
        self.chains.diagnostics.error(keyword.span, message, help);
        let mut chain = self.chains.chain(input);
        self.end_of(&mut chain, input);
        let end = End::Body;
        Some(Statement::Chain { chain, end })
    }

    /// Plain Rust; its variables are known from here on.
    fn prologue(&mut self, input: ParseStream<'_>) -> Statement {
        let ahead = input.fork();
        let prologue = match ahead.call(Stmt::parse) {
            Ok(statement) => {
                input.advance_to(&ahead);
                Variables(&mut self.chains.scope).visit_stmt(&statement);
                Prologue {
                    tokens: statement.to_token_stream(),
                    parsed: Some(Box::new(statement)),
                }
            }
            Err(_) => Prologue {
                tokens: skip_statement(input),
                parsed: None,
            },
        };
        Statement::Prologue(prologue)
    }
}

/// `let pattern: Type =`, if the pattern is one that streams can be bound to.
fn let_head(input: ParseStream<'_>) -> Option<(Pattern, Option<Type>)> {
    input.parse::<Token![let]>().ok()?;
    let pattern = pattern_of(&input.call(Pat::parse_single).ok()?)?;
    let ty = match input.parse::<Option<Token![:]>>().ok()? {
        Some(_) => Some(input.parse::<Type>().ok()?),
        None => None,
    };
    input.parse::<Token![=]>().ok()?;
    Some((pattern, ty))
}

fn pattern_of(pat: &Pat) -> Option<Pattern> {
    match pat {
        Pat::Ident(pat) => Some(Pattern::One(pat.mutability, plain_name(pat)?)),
        Pat::Tuple(pat) => {
            let names: Option<Vec<_>> = pat.elems.iter().map(name_or_wildcard).collect();
            Some(Pattern::Many(names?, pat.paren_token.span.join()))
        }
        _ => None,
    }
}

fn plain_name(pat: &PatIdent) -> Option<Ident> {
    let is_plain = pat.by_ref.is_none() && pat.subpat.is_none();
    is_plain.then(|| pat.ident.clone())
}

fn name_or_wildcard(pat: &Pat) -> Option<Option<Ident>> {
    match pat {
        Pat::Ident(pat) => plain_name(pat).map(Some),
        Pat::Wild(_) => Some(None),
        _ => None,
    }
}

fn parenthesis(input: ParseStream<'_>) -> syn::Result<syn::parse::ParseBuffer<'_>> {
    let content;
    parenthesized!(content in input);
    Ok(content)
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
        visit::visit_pat_ident(self, pat);
    }
}
