//! The first floor: from tokens to [`Source`]. Parsing always succeeds: it gives what it has
//! understood, and the mistakes go to the diagnostics.

mod attributes;
mod body;
mod function;

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Generics, Ident, Type, Visibility};

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

    /// The names of the sub-pipelines that are called somewhere.
    pub(crate) fn called_sub_pipelines(&self) -> HashSet<String> {
        let chains = self
            .functions
            .iter()
            .flat_map(|function| &function.body)
            .filter_map(Statement::chain);
        let mut called = HashSet::new();
        chains.for_each(|chain| chain.calls_of(&mut called));
        called
    }

    /// The sub-pipeline of this name.
    pub(crate) fn sub_pipeline(&self, name: &Ident) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| function.is_sub_pipeline() && function.name == *name)
    }
}

/// A `fn` item.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) settings: Settings,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) params: Vec<Param>,
    pub(crate) returns: Option<Type>,
    pub(crate) body: Vec<Statement>,
    /// How many mistakes were found before this function, and up to its end.
    pub(crate) errors: (usize, usize),
}

impl Function {
    /// A function that returns a stream is inlined where it is called.
    pub(crate) fn is_sub_pipeline(&self) -> bool {
        self.returns.is_some()
    }
}

/// What stands in `#[batch(..)]`, `#[partitions(..)]` and `#[checkpoint(..)]`.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) batch: Option<Duration>,
    pub(crate) partitions: Option<Expr>,
    pub(crate) checkpoint: Option<Duration>,
}

/// A parameter.
pub(crate) struct Param {
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
}

/// A statement of a body.
pub(crate) enum Statement {
    /// `let name: Type = chain;`, or `let (a, b) = chain;`.
    Let {
        names: Names,
        ty: Option<Type>,
        chain: Chain,
    },
    /// `chain;`, or the last expression of a sub-pipeline.
    Chain { chain: Chain, is_tail: bool },
    /// Plain Rust that is run once.
    Prologue(TokenStream),
}

impl Statement {
    fn chain(&self) -> Option<&Chain> {
        match self {
            Self::Let { chain, .. } | Self::Chain { chain, .. } => Some(chain),
            Self::Prologue(_) => None,
        }
    }
}

/// The left side of a `let`.
pub(crate) enum Names {
    One(Ident),
    /// `_` is `None`.
    Many(Vec<Option<Ident>>, Span),
}

/// A stream and the operators that are applied to it.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) base: Base,
    pub(crate) calls: Vec<Call>,
}

impl Chain {
    /// Adds the sub-pipelines that this chain calls, in its arguments too.
    fn calls_of(&self, called: &mut HashSet<String>) {
        let own = match &self.base {
            Base::Name(_) => None,
            Base::Call(name, arguments) => {
                called.insert(name.to_string());
                Some(arguments)
            }
        };
        let arguments = own
            .into_iter()
            .chain(self.calls.iter().map(|call| &call.arguments));
        for argument in arguments.flat_map(|arguments| arguments.parsed.iter().flatten()) {
            if let Argument::Chain(chain) = argument {
                chain.calls_of(called);
            }
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
    pub(crate) arguments: Arguments,
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
pub(crate) struct Scope {
    /// Streams: parameters and `let`s.
    pub(crate) streams: HashSet<String>,
    /// Functions of the same `stream!` that return a stream.
    pub(crate) sub_pipelines: HashSet<String>,
    /// Other parameters and variables.
    pub(crate) values: HashSet<String>,
}

/// Parses the input of `stream!`.
pub(crate) fn parse(input: TokenStream, diagnostics: &mut Diagnostics) -> Source {
    let sub_pipelines = function::names_of_sub_pipelines(&input);
    let mut functions = Vec::new();
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            functions.push(function::parse(input, &sub_pipelines, diagnostics)?);
        }
        Ok(())
    })
    .parse2(input);
    if let Err(error) = parsed {
        diagnostics.syntax(error);
    }
    Source { functions }
}
