//! Calls of sub-pipelines: their nodes become nodes of the pipeline.
//!
//! What a sub-pipeline takes besides streams, and the variables of its plain Rust, are made once,
//! when the job is made, in a block of the prologue; its closures see copies of them. So two calls
//! with two values do not get in each other's way.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::Expr;

use super::call::count_text;
use super::frame::{Entity, Frame};
use super::resolve::{Resolver, Value};
use super::{Kept, Operand, PrologueItem, SpineItem, erase};
use crate::syntax::{Argument, Arguments, Function, Param, ParamKind};

/// An argument of a sub-pipeline.
enum Passed<'s> {
    Stream(Operand),
    /// The index of the pipeline's sink parameter, and the user's token.
    Sink(usize, Ident),
    Value(&'s Expr),
}

impl<'s> Resolver<'s, '_> {
    /// The streams that come out of a call; `None` after a mistake.
    pub(super) fn inline(&mut self, name: &Ident, arguments: &'s Arguments) -> Option<Value> {
        let function = self.callee(name)?;
        let passed = self.passed(function, name, arguments)?;
        let caller = self.enter(function);
        let (prologue, left) = (
            std::mem::take(&mut self.graph.prologue),
            std::mem::take(&mut self.left),
        );
        let values = self.define_params(function, passed);
        let result = self.body(function);
        self.close_prologue(values, prologue, left);
        self.leave(caller);
        self.check_result(function, result)
    }

    /// The sub-pipeline of this name.
    fn callee(&mut self, name: &Ident) -> Option<&'s Function> {
        let Some(function) = self.source.function(name) else {
            self.graph.is_broken = true; // reported by the parser
            return None;
        };
        self.graph.is_broken |= function.is_broken;
        let (problem, help) = if !function.is_sub_pipeline() {
            (
                "is a pipeline of its own, which cannot be called from another",
                "to make it a sub-pipeline, give it a result: `-> Stream<…>`",
            )
        } else if self.inlining.iter().any(|outer| outer.name == *name) {
            (
                "calls itself",
                "a pipeline is laid out when it is compiled; what comes round again needs a stream of its own",
            )
        } else {
            return Some(function);
        };
        self.mistake(name.span(), format!("`{name}` {problem}"), help);
        None
    }

    /// The arguments, if each is what its parameter takes.
    fn passed(
        &mut self,
        function: &'s Function,
        name: &Ident,
        arguments: &'s Arguments,
    ) -> Option<Vec<Passed<'s>>> {
        let params = &function.params;
        let parsed = arguments.parsed.as_deref().unwrap_or_default();
        if parsed.len() != params.len() {
            let names: Vec<_> = params.iter().map(|param| param.name.to_string()).collect();
            let (takes, not) = (count_text(params.len()), count_text(parsed.len()));
            let message = format!("`{name}` takes {takes}, not {not}");
            let help = format!("write `{name}({})`", names.join(", "));
            self.mistake(name.span(), message, &help);
            return None;
        }
        let pairs = params.iter().zip(parsed);
        let passed: Vec<_> = pairs
            .map(|(param, argument)| self.pass(param, argument, name))
            .collect();
        passed.into_iter().collect()
    }

    fn pass(
        &mut self,
        param: &Param,
        argument: &'s Argument,
        callee: &Ident,
    ) -> Option<Passed<'s>> {
        match (&param.kind, argument) {
            (ParamKind::Stream(_), Argument::Chain(chain)) => {
                self.operand(chain).map(Passed::Stream)
            }
            (ParamKind::Stream(_), Argument::Expr(expr)) => {
                self.expected_stream(&callee.to_string(), expr);
                None
            }
            (ParamKind::Sink(_), Argument::Expr(expr)) => {
                let sink = self.sink(&callee.to_string(), expr);
                sink.map(|(index, name)| Passed::Sink(index, name))
            }
            (ParamKind::Shared | ParamKind::Constant, Argument::Expr(expr)) => {
                Some(Passed::Value(expr))
            }
            (ParamKind::Unknown, _) => None,
            (_, Argument::Chain(chain)) => {
                let message = format!("`{callee}` does not take a stream for `{}`", param.name);
                let help = "the type of the parameter says what to pass";
                self.mistake(chain.base.name().span(), message, help);
                None
            }
        }
    }

    /// Begins to read the body of `function`; gives the frame to go back to.
    fn enter(&mut self, function: &'s Function) -> usize {
        let frame = Frame::new(function, self.graph.frames.len(), self.graph.spine.len());
        self.graph.frames.push(frame);
        self.inlining.push(function);
        std::mem::replace(&mut self.frame, self.graph.frames.len() - 1)
    }

    /// Goes back to the frame of the caller, whose names mean again what they did.
    fn leave(&mut self, caller: usize) {
        let callee = std::mem::replace(&mut self.frame, caller);
        self.inlining.pop();
        let frames = &self.graph.frames;
        for (name, entity) in frames[caller].hidden_by(&frames[callee]) {
            if let Entity::Value(place) = &entity {
                if !self.graph.frames[caller].function.mentions(&name) {
                    continue;
                }
                self.keep(if caller == 0 { &name } else { place }, place);
            }
            self.graph.spine.push(SpineItem::Restore { name, entity });
        }
    }

    fn keep(&mut self, variable: &Ident, place: &Ident) {
        if self.graph.kept.iter().all(|kept| kept.place != *place) {
            self.graph.kept.push(Kept {
                variable: variable.clone(),
                place: place.clone(),
            });
        }
    }

    /// Gives the parameters their names; those that are values are left for the prologue.
    fn define_params(
        &mut self,
        function: &'s Function,
        passed: Vec<Passed<'s>>,
    ) -> Vec<(&'s Param, syn::Type, &'s Expr)> {
        let mut values = Vec::new();
        for (param, passed) in function.params.iter().zip(passed) {
            let (name, ty) = (
                param.name.clone(),
                erase::erased(&param.ty, &function.generics),
            );
            let argument = match passed {
                Passed::Stream(operand) => {
                    self.define_stream(&name, operand.port);
                    operand.to_token_stream()
                }
                Passed::Sink(index, sink) => {
                    self.frame().define(&name, Entity::Sink(index));
                    sink.into_token_stream()
                }
                Passed::Value(expr) => {
                    values.push((param, ty, expr));
                    self.define_value(&name);
                    continue;
                }
            };
            self.graph
                .spine
                .push(SpineItem::Pass { name, ty, argument });
        }
        values
    }

    /// Defines a variable. The closures of a sub-pipeline see a copy of it.
    pub(super) fn define_value(&mut self, name: &Ident) {
        let place = self.frame().define_value(name);
        if self.frame > 0 && self.frame().function.mentions(name) {
            self.left.push((name.clone(), place.clone()));
            self.keep(&place, &place);
            let name = name.clone();
            self.graph.spine.push(SpineItem::Value { name, place });
        }
    }

    /// Puts what was read since the call began into one item of the caller's prologue.
    fn close_prologue(
        &mut self,
        values: Vec<(&'s Param, syn::Type, &'s Expr)>,
        outer: Vec<PrologueItem<'s>>,
        outer_left: Vec<(Ident, Ident)>,
    ) {
        let prologue = std::mem::replace(&mut self.graph.prologue, outer);
        let left = std::mem::replace(&mut self.left, outer_left);
        if prologue.is_empty() && values.is_empty() {
            return;
        }
        let places = left.iter().map(|(_, place)| (place.clone(), place.clone()));
        self.left.extend(places);
        self.graph.prologue.push(PrologueItem::Inlined {
            values,
            prologue,
            left,
        });
    }

    fn check_result(
        &mut self,
        function: &Function,
        result: Option<(Value, Span)>,
    ) -> Option<Value> {
        let Some((value, made_by)) = result else {
            if !self.graph.is_broken {
                let help = "let its last line be a chain without a semicolon";
                let message = format!("no stream comes out of `{}`", function.name);
                self.mistake(function.name.span(), message, help);
            }
            return None;
        };
        // The names inside mean nothing any more.
        let value = Value::unnamed(value.ports);
        if let Some(ty) = &function.returns {
            let ty = erase::erased(ty, &function.generics);
            self.ascribe(ty, &value, made_by);
        }
        Some(value)
    }
}
