//! The types of parameters and results, as they can be written where a sub-pipeline is called.

use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Generics, Lifetime, Type, parse_quote};

/// `ty` without what only its own function knows: type parameters and `impl Trait` become `_`,
/// lifetimes are those of the batch.
pub(super) fn erased(ty: &Type, generics: &Generics) -> Type {
    let mut ty = ty.clone();
    Eraser { generics }.visit_type_mut(&mut ty);
    ty
}

struct Eraser<'g> {
    generics: &'g Generics,
}

impl Eraser<'_> {
    fn is_of_the_function(&self, ty: &Type) -> bool {
        match ty {
            Type::ImplTrait(_) => true,
            Type::Path(path) => {
                let first = path.path.segments.first().map(|segment| &segment.ident);
                let mut params = self.generics.type_params();
                params.any(|param| Some(&param.ident) == first)
            }
            _ => false,
        }
    }
}

impl VisitMut for Eraser<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if self.is_of_the_function(ty) {
            *ty = Type::Verbatim(quote!(_));
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident != "static" {
            *lifetime = parse_quote!('_);
        }
    }
}
