//! `#[derive(Key)]`: a type of the user's as the key of a stream.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_quote};

/// The implementation of `Key` by way of `Hash` and `Eq`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let bounded: Vec<_> = input
        .generics
        .type_params()
        .map(|param| param.ident.clone())
        .collect();
    let where_clause = input.generics.make_where_clause();
    for param in bounded {
        where_clause.predicates.push(parse_quote! {
            #param: ::core::clone::Clone + ::core::hash::Hash + ::core::cmp::Eq + ::core::marker::Send + ::core::marker::Sync
        });
    }
    // What has a lifetime borrows from its batch and cannot be kept.
    let borrows = input.generics.lifetimes().next().is_some();
    let name = &input.ident;
    let (generics, arguments, where_clause) = input.generics.split_for_impl();
    let kept = (!borrows).then(|| {
        quote! {
            #[automatically_derived]
            impl #generics ::stream_runtime::__private::DerivedKey for #name #arguments #where_clause {}
        }
    });
    quote! {
        #[automatically_derived]
        impl #generics ::stream_runtime::Key for #name #arguments #where_clause {
            const BORROWS: bool = #borrows;

            type Digest = u64;
            type Held = ::stream_runtime::__private::Whole<Self>;

            fn digest(&self) -> u64 {
                ::stream_runtime::expect::Hashed::hash(self)
            }

            fn hash(&self, digest: &u64) -> u64 {
                *digest
            }

            fn same(&self, other: &Self) -> bool {
                ::stream_runtime::expect::Hashed::same(self, other)
            }
        }

        #kept
    }
}
