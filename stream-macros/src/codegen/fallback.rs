//! A job of the right type for a pipeline with mistakes, so that each mistake is one error.

use proc_macro2::TokenStream;
use quote::quote;

use super::{item, rt, spine};
use crate::graph::Graph;

/// The item without its body. Editors, which set `rust_analyzer`, still see the spine: the types
/// of what was understood.
pub(crate) fn fallback(graph: &Graph<'_>) -> TokenStream {
    let (rt, signature) = (rt(), item::signature(graph.function));
    let spine = spine::emit(graph);
    let names = graph.function.params.iter().map(|param| &param.name);
    quote! {
        #[allow(unexpected_cfgs, reason = "set by rust-analyzer")]
        #signature {
            #[cfg(rust_analyzer)]
            {
                #spine
            }
            let _ = (#(#names,)*);
            #rt::no_job()
        }
    }
}
