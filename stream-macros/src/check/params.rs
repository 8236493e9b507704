//! Parameters that are values: the job keeps them.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{ParenthesizedGenericArguments, Type, TypeFnPtr, TypeReference};

use crate::diagnostics::Diagnostics;
use crate::graph::Graph;
use crate::syntax::ParamKind;

/// A reference without a lifetime ends when the function returns, and the job only begins then.
pub(super) fn check_are_kept(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for param in &graph.function.params {
        let is_value = matches!(param.kind, ParamKind::Shared | ParamKind::Constant);
        if let Some(span) = Reference::inside(&param.ty).filter(|_| is_value) {
            let message = "a job keeps its parameters for as long as it runs";
            let help = "pass a value of its own, a `Broadcast`, or a `&'static` reference";
            diagnostics.error(span, message, help);
        }
    }
}

/// The first reference without a lifetime.
#[derive(Default)]
struct Reference(Option<Span>);

impl Reference {
    fn inside(ty: &Type) -> Option<Span> {
        let mut found = Self::default();
        found.visit_type(ty);
        found.0
    }
}

impl<'ast> Visit<'ast> for Reference {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference.lifetime.is_none() {
            self.0.get_or_insert(reference.and_token.span);
        }
        visit::visit_type_reference(self, reference);
    }

    /// What a function takes is not kept.
    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}
}
