//! The first floor: from tokens to [`Source`]. Parsing always succeeds: it gives what it has
//! understood, and the mistakes go to the diagnostics.

mod attributes;
mod body;
mod chain;
mod function;
mod param;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Generics, Ident, Stmt, Token, Type, Visibility};

use crate::diagnostics::Diagnostics;
use crate::duration::Duration;

/// Everything in one `stream!( … )`.
pub(crate) struct Source {
    pub(crate) functions: Vec<Function>,
}

impl Source {
    /// The functions that become jobs; the others are inlined into them.
    pub(crate) fn pipelines(&self) -> impl Iterator<Item = &Function> {
        self.functions
            .iter()
            .filter(|function| !function.is_sub_pipeline())
    }

    /// The functions that are inlined where they are called.
    pub(crate) fn sub_pipelines(&self) -> impl Iterator<Item = &Function> {
        self.functions
            .iter()
            .filter(|function| function.is_sub_pipeline())
    }

    /// The function of this name.
    pub(crate) fn function(&self, name: &Ident) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| function.name == *name)
    }

    /// The names of the sub-pipelines that are called somewhere.
    pub(crate) fn called_sub_pipelines(&self) -> HashSet<String> {
        let statements = self.functions.iter().flat_map(|function| &function.body);
        let mut called = HashSet::new();
        statements
            .flat_map(Statement::chains)
            .for_each(|chain| chain.calls_of(&mut called));
        called
    }
}

/// A `fn` item.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) settings: Settings,
    pub(crate) vis: Visibility,
    pub(crate) fn_token: Token![fn],
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) params: Vec<Param>,
    /// The parenthesis behind the parameters.
    pub(crate) close: Span,
    pub(crate) returns: Option<Type>,
    pub(crate) body: Vec<Statement>,
    /// Whether a mistake was found in it, so that what it says may not be all that was meant.
    pub(crate) is_broken: bool,
}

impl Function {
    /// Whether a closure or an argument somewhere in the body may use the variable `name`.
    pub(crate) fn mentions(&self, name: &Ident) -> bool {
        let name = name.to_string();
        let chains = self.body.iter().flat_map(Statement::chains);
        let mut groups = chains.flat_map(Chain::groups);
        groups.any(|group| group.tokens.to_string().contains(&name))
    }

    /// A function that returns a stream is inlined where it is called.
    pub(crate) fn is_sub_pipeline(&self) -> bool {
        self.returns.is_some()
    }
}

/// What stands in `#[batch(..)]`, `#[partitions(..)]` and `#[checkpoint(..)]`.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) batch: Option<Setting<Duration>>,
    pub(crate) partitions: Option<Setting<Expr>>,
    pub(crate) checkpoint: Option<Setting<Duration>>,
    /// Whether no slide of a window may be long.
    pub(crate) steady: Option<Setting<()>>,
}

/// A setting: the word before the parentheses, and the value, if that could be read.
pub(crate) struct Setting<T> {
    pub(crate) name: Ident,
    pub(crate) value: Option<T>,
}

impl Settings {
    /// The words of those that are set.
    pub(crate) fn names(&self) -> Vec<&Ident> {
        let batch = self.batch.as_ref().map(|setting| &setting.name);
        let partitions = self.partitions.as_ref().map(|setting| &setting.name);
        let checkpoint = self.checkpoint.as_ref().map(|setting| &setting.name);
        let steady = self.steady.as_ref().map(|setting| &setting.name);
        [batch, partitions, checkpoint, steady]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// A parameter.
pub(crate) struct Param {
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) kind: ParamKind,
}

/// What a parameter is, by the name of its type.
#[derive(Clone)]
pub(crate) enum ParamKind {
    /// `Stream<T>`, with `T`.
    Stream(Box<Type>),
    /// `Sink<T>`, with `T`.
    Sink(Box<Type>),
    /// `Broadcast<T>` or `Accumulator<A>`.
    Shared,
    /// Anything else: a constant that closures capture.
    Constant,
    /// The type is missing, which was reported.
    Unknown,
}

/// A statement of a body.
pub(crate) enum Statement {
    /// `let name: Type = chain;`, or `let (a, b) = chain;`.
    Let {
        pattern: Pattern,
        ty: Option<Box<Type>>,
        chain: Chain,
    },
    /// `chain;`, or the last expression of a sub-pipeline.
    Chain { chain: Chain, end: End },
    /// `(chain, chain)` as the last expression of a sub-pipeline.
    Tuple(Vec<Chain>),
    /// Plain Rust that is run once.
    Prologue(Prologue),
}

impl Statement {
    fn chains(&self) -> &[Chain] {
        match self {
            Self::Let { chain, .. } | Self::Chain { chain, .. } => std::slice::from_ref(chain),
            Self::Tuple(chains) => chains,
            Self::Prologue(_) => &[],
        }
    }
}

/// How a statement ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Semicolon,
    /// With the body.
    Body,
}

/// The left side of a `let`.
pub(crate) enum Pattern {
    One(Option<Token![mut]>, Ident),
    /// `_` is `None`.
    Many(Vec<Option<Ident>>, Span),
}

impl Pattern {
    pub(crate) fn names(&self) -> Vec<&Ident> {
        match self {
            Self::One(_, name) => vec![name],
            Self::Many(names, _) => names.iter().flatten().collect(),
        }
    }
}

/// A statement of plain Rust.
pub(crate) struct Prologue {
    /// The user's own tokens.
    pub(crate) tokens: TokenStream,
    /// `None` if it is no statement: then rustc will say why.
    pub(crate) parsed: Option<Box<Stmt>>,
}

impl Prologue {
    pub(crate) fn is_item(&self) -> bool {
        matches!(self.parsed.as_deref(), Some(Stmt::Item(_)))
    }
}

/// A stream and the operators that are applied to it.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) base: Base,
    pub(crate) calls: Vec<Call>,
    /// Whether a mistake, which was reported, ends it before the user's own end.
    pub(crate) is_cut: bool,
}

impl Chain {
    /// Adds the sub-pipelines that this chain calls, in its arguments too.
    fn calls_of(&self, called: &mut HashSet<String>) {
        if let Base::Call(name, _) = &self.base {
            called.insert(name.to_string());
        }
        let arguments = self
            .groups()
            .flat_map(|arguments| arguments.parsed.iter().flatten());
        for argument in arguments {
            if let Argument::Chain(chain) = argument {
                chain.calls_of(called);
            }
        }
    }

    /// The arguments of the sub-pipeline and of the operators.
    fn groups(&self) -> impl Iterator<Item = &Arguments> {
        let of_base = match &self.base {
            Base::Name(_) => None,
            Base::Call(_, arguments) => Some(arguments),
        };
        let of_calls = self.calls.iter().filter_map(|call| call.arguments.as_ref());
        of_base.into_iter().chain(of_calls)
    }

    /// The last word of the chain that says what comes out of it.
    pub(crate) fn last_name(&self) -> &Ident {
        match self.calls.last() {
            Some(call) => &call.name,
            None => self.base.name(),
        }
    }
}

/// What a chain begins with.
#[derive(Clone)]
pub(crate) enum Base {
    /// A parameter or a `let`.
    Name(Ident),
    /// A call of a sub-pipeline.
    Call(Ident, Arguments),
}

impl Base {
    pub(crate) fn name(&self) -> &Ident {
        match self {
            Self::Name(name) | Self::Call(name, _) => name,
        }
    }
}

/// One operator of a chain.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) name: Ident,
    pub(crate) turbofish: Option<syn::AngleBracketedGenericArguments>,
    /// `None` if the parentheses are missing.
    pub(crate) arguments: Option<Arguments>,
}

/// The arguments of a call.
#[derive(Clone)]
pub(crate) struct Arguments {
    /// The user's own tokens, with the parentheses.
    pub(crate) tokens: TokenStream,
    /// `None` if they could not be parsed: then rustc will say why.
    pub(crate) parsed: Option<Vec<Argument>>,
}

/// One argument.
#[derive(Clone)]
pub(crate) enum Argument {
    Expr(Box<Expr>),
    Chain(Chain),
}

/// The names that are known at some point of a body.
#[derive(Default)]
struct Scope {
    /// Streams: parameters and `let`s.
    streams: HashSet<String>,
    /// Functions of the same `stream!`, with or without a result.
    functions: HashSet<String>,
    /// Other parameters and variables.
    values: HashSet<String>,
}

/// Parses the input of `stream!`.
pub(crate) fn parse(input: TokenStream, diagnostics: &mut Diagnostics) -> Source {
    let names = function::names(&input);
    let mut functions = Vec::new();
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            match function::parse(input, &names, diagnostics) {
                Ok(function) => functions.push(function),
                Err(error) => {
                    diagnostics.syntax(error);
                    skip_item(input);
                }
            }
        }
        Ok(())
    })
    .parse2(input);
    if let Err(error) = parsed {
        diagnostics.syntax(error);
    }
    Source { functions }
}

/// Takes what is left of an item, and what follows it and is no function.
fn skip_item(input: ParseStream<'_>) {
    while let Ok(token) = input.parse::<TokenTree>() {
        let is_end = match &token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        if is_end && function::begins(input) {
            break;
        }
    }
}
