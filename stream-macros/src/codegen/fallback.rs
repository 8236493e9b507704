//! A job of the right type for a pipeline with mistakes, so that each mistake is one error.

use proc_macro2::TokenStream;
use quote::quote;

use super::{item, rt, spine};
use crate::graph::Graph;

/// The item without its stages. Editors, which set `rust_analyzer`, still see what was understood:
/// the spine, in which they look up types and complete names.
pub(crate) fn fallback(graph: &Graph<'_>) -> TokenStream {
    let (rt, signature) = (rt(), item::signature(graph.function));
    let opening = item::opening(graph);
    let function = item::batch_function(graph, &TokenStream::new(), &spine::emit(graph));
    let names = graph.function.params.iter().map(|param| &param.name);
    quote! {
        #[allow(unexpected_cfgs, reason = "set by rust-analyzer")]
        #signature {
            #[cfg(rust_analyzer)]
            {
                #opening
                let _ = #function;
            }
            let _ = (#(#names,)*);
            #rt::no_job()
        }
    }
}
