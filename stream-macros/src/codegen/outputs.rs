//! The outputs, after all stages, in the order of the program.

use proc_macro2::TokenStream;
use quote::quote;

use super::{ctx, rt, var, var_at};
use crate::graph::NodeKind;
use crate::plan::Stages;

pub(super) fn emit(stages: &Stages<'_>) -> TokenStream {
    let nodes = stages.graph.nodes.iter().enumerate();
    nodes
        .filter(|(_, node)| node.shape().is_some_and(|shape| shape.is_output()))
        .map(|(index, node)| {
            let (rt, ctx, op, parts) = (rt(), ctx(), var("o", index), var_at("x", index, 0));
            match node.kind {
                NodeKind::ToSink(_, param) => {
                    let (writer, family) = (var("k", param), super::item::family_of_param(&stages.graph, param));
                    quote! {
                        #ctx.output(#op.site, || #rt::write::<#family, _>(&mut #writer, #ctx, &#parts))?;
                    }
                }
                _ => quote!(#ctx.output(#op.site, || #op.run(#ctx, #parts))?;),
            }
        })
        .collect()
}
