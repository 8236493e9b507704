//! A stage: one loop over what its root puts out, with the narrow operators as nested blocks.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Expr;

use super::memory::{beginnings, marks, watermarks};
use super::{ctx, pin, rt, settle, var, var_at};
use crate::graph::{NodeKind, Port};
use crate::ops::{OpSpec, Shape};
use crate::plan::{Movement, Stages};

/// The loop of a stage, and the exchange of what it produces.
pub(super) fn emit(stages: &Stages<'_>, stage: usize) -> TokenStream {
    let root = stages.roots[stage];
    let terminals = stages.terminals(stage);
    let (rt, ctx, op) = (rt(), ctx(), var("o", root));
    let input = root_input(stages, root);
    let inputs = var("p", root);
    let place = |node: usize| stages.graph.nodes[node].span;
    let widths = terminals
        .iter()
        .map(|terminal| pin(place(terminal.0), width(stages, *terminal)));
    let locals = terminals
        .iter()
        .map(|terminal| pin(place(terminal.0), local(stages, *terminal)));
    let states = states(stages, stage);
    let pattern = pattern(stages, root);
    let hoisted = hoisted(stages, stage);
    let body = root_loop(stages, root);
    let finished = terminals
        .iter()
        .map(|terminal| pin(place(terminal.0), finish(stages, *terminal)));
    let produced: Vec<_> = terminals
        .iter()
        .map(|(node, input)| var_at("x", *node, *input))
        .collect();
    let task_results: Vec<_> = terminals
        .iter()
        .map(|(node, input)| var_at("l", *node, *input))
        .collect();
    let beginnings = beginnings(stages, &terminals);
    let exchanges = terminals
        .iter()
        .map(|terminal| pin(place(terminal.0), exchange(stages, *terminal)));
    let expected = terminals
        .iter()
        .any(|(node, _)| expects(stages, *node))
        .then(|| quote!(let __expected = __waiting / #inputs.len().max(1);));
    let rooms = terminals
        .iter()
        .filter_map(|terminal| rooms(stages, *terminal));
    let (given, noted): (Vec<_>, Vec<_>) = rooms.unzip();
    let watermarks = watermarks(stages, stage);
    let counted =
        source_number(stages, root).map(|number| quote!(#ctx.add_records(#number, __records);));
    let tokens = quote! {
        #input
        #expected
        #(#given)*
        #(#widths)*
        #pattern
        #beginnings
        #(let mut #produced = #rt::Vec::with_capacity(#inputs.len());)*
        #ctx.stage((#stage, #op.site), __waiting, #inputs, |__index, __part| {
            let mut __records = 0u64;
            #hoisted
            #(#locals)*
            #states
            #body
            (__records, (#(#finished,)*))
        }, |(__records, (#(#task_results,)*))| {
            #counted
            #(#produced.push(#task_results);)*
        })?;
        #watermarks
        #(#noted)*
        #(#exchanges)*
    };
    settle(settling_place(stages, root, &terminals), tokens)
}

/// Which of the inputs a stage reads, if it reads one.
fn source_number(stages: &Stages<'_>, root: usize) -> Option<usize> {
    let is_source = |node: usize| matches!(stages.graph.nodes[node].kind, NodeKind::Source(_));
    is_source(root).then(|| (0..root).filter(|node| is_source(*node)).count())
}

/// Where a stage stands in the user's source: at the operator that takes records from others, if
/// there is one, since it may be the one whose types are not right.
fn settling_place(stages: &Stages<'_>, root: usize, terminals: &[(usize, usize)]) -> Span {
    let nodes = &stages.graph.nodes;
    let node = match (nodes[root].op(), terminals.first()) {
        (None, Some((terminal, _))) => *terminal,
        _ => root,
    };
    nodes[node].span
}

/// The operators of the loop as variables of the task, where they can be copied: what their closures
/// hold is then at hand instead of behind a reference that every call in the loop might have changed.
fn hoisted(stages: &Stages<'_>, stage: usize) -> TokenStream {
    let nodes = stages.graph.nodes.iter().enumerate();
    let narrow = nodes.filter(|(index, node)| {
        stages.stage_of[*index] == stage && node.shape().is_some_and(Shape::is_narrow)
    });
    let ops = narrow
        .filter(|(_, node)| node.is_copy)
        .map(|(index, node)| pin(node.span, var("o", index).into_token_stream()));
    quote!(#(let #ops = #ops;)*)
}

/// What the tasks of the stage are run on, and about how many records that is: nothing, at a batch
/// at which the window before it does not slide.
fn root_input(stages: &Stages<'_>, root: usize) -> TokenStream {
    let input = every_input(stages, root);
    let Some(window) = stages.runs_with(root) else {
        return input;
    };
    let (rt, inputs, due) = (rt(), var("p", root), var("due", window));
    quote! {
        let (#inputs, __waiting) = if #due {
            #input
            (#inputs, __waiting)
        } else {
            (#rt::Vec::new(), 0)
        };
    }
}

fn every_input(stages: &Stages<'_>, root: usize) -> TokenStream {
    let (rt, ctx, inputs, op) = (rt(), ctx(), var("p", root), var("o", root));
    let node = &stages.graph.nodes[root];
    let arrived: Vec<_> = (0..node.inputs.len())
        .map(|input| var_at("y", root, input))
        .collect();
    match node.shape() {
        None => {
            let blocks = var("b", root);
            quote! {
                let __waiting = #rt::records_hint(&#blocks);
                let #inputs = #blocks.partitions(#ctx.partitions());
            }
        }
        Some(Shape::Join) => quote! {
            let __waiting = 0 #(+ #rt::waiting(&#arrived))*;
            let #inputs = #rt::zip(#(#arrived),*);
        },
        Some(Shape::Union) => quote! {
            let #inputs = #rt::concat(&mut [#(#arrived),*]);
            let __waiting = #rt::waiting(&#inputs);
        },
        Some(Shape::Whole) => {
            let batches: Vec<_> = (0..node.inputs.len())
                .map(|input| var_at("x", root, input))
                .collect();
            quote! {
                let #inputs = #ctx.driver(#op.site, || {
                    #op.apply(#(#ctx.batch(#batches)),*).into_partitions()
                })?;
                let __waiting = #rt::buffered(&#inputs);
            }
        }
        Some(_) if node.has_memory() => {
            let slot = var("slot", root);
            let marks = marks(stages, root);
            quote!(let (#inputs, __waiting) = #op.open(#ctx, &mut #slot, #marks #(#arrived)*)?;)
        }
        Some(_) => quote! {
            let __waiting = #rt::waiting(#(&#arrived)*);
            let #inputs = #(#arrived)*;
        },
    }
}

/// The loop over the records of the root.
fn root_loop(stages: &Stages<'_>, root: usize) -> TokenStream {
    let op = var("o", root);
    let node = &stages.graph.nodes[root];
    let port = Port {
        node: root,
        port: 0,
    };
    let record = var_at("v", root, 0);
    let body = consumers(stages, port);
    let guarded = |records: TokenStream| {
        let guard = var("g", root);
        quote! {
            let #guard = #op.site.enter();
            for #record in #records { #body }
            #guard.leave();
        }
    };
    match (&node.kind, node.shape()) {
        (NodeKind::Source(_), _) if only_words(stages, port) => quote! {
            for __block in __part {
                for (#record, __each) in #op.runs(__block) { __records += __each; #body }
            }
        },
        (NodeKind::Source(_), _) => {
            let record_loop = block_loop(stages, port, &record, &body);
            let judged = judged(stages, root);
            quote!(for __block in __part { #record_loop #judged })
        }
        (_, Some(Shape::Whole)) => quote!(for #record in __part { #body }),
        (_, Some(Shape::Join)) => {
            let guard = var("g", root);
            quote! {
                let #guard = #op.site.enter();
                #op.merge(__part.0, __part.1, |#record| { #body });
                #guard.leave();
            }
        }
        (_, Some(Shape::Mapping)) => mapping(stages, root, &record, &body),
        (_, Some(Shape::ShuffleFork)) => {
            let (guard, either) = (var("g", root), var("m", root));
            let records = fork(stages, root, &either, &body);
            quote! {
                let #guard = #op.site.enter();
                for #either in #op.merge(__part) { #records }
                #guard.leave();
            }
        }
        _ => guarded(quote!(#op.merge(__part))),
    }
}

/// After a block, whether the tables at the end of the stage combine any records: for those to which each
/// record of the block has come at most once.
fn judged(stages: &Stages<'_>, root: usize) -> TokenStream {
    let terminals = stages.terminals(stages.stage_of[root]);
    let tables = terminals.into_iter().filter(|(node, input)| {
        let op = stages.graph.nodes[*node].op();
        op.is_some_and(OpSpec::only_combines) && takes_at_most_one(stages, root, *node, *input)
    });
    let judged = tables.map(|(node, input)| {
        let (rt, local) = (rt(), var_at("l", node, input));
        let judge = quote!(#rt::judge(&mut #local, __records, __expected););
        pin(stages.graph.nodes[node].span, judge)
    });
    judged.collect()
}

/// Whether no operator between a root and an input makes several records of one.
fn takes_at_most_one(stages: &Stages<'_>, root: usize, node: usize, input: usize) -> bool {
    let from = stages.graph.nodes[node].inputs[input].node;
    let makes_many = stages.graph.nodes[from].shape() == Some(Shape::Many);
    from == root || !makes_many && takes_at_most_one(stages, root, from, 0)
}

/// Whether all that is asked of the records of `port` are their words.
fn only_words(stages: &Stages<'_>, port: Port) -> bool {
    let consumers = stages.consumers(port);
    !consumers.is_empty()
        && consumers
            .iter()
            .all(|(node, _)| stages.graph.nodes[*node].gives_words)
}

/// What all records of `port` must contain for anything to be done with them.
pub(super) fn contained<'s>(stages: &'s Stages<'_>, port: Port) -> Option<&'s Expr> {
    match stages.consumers(port)[..] {
        [(node, _)] => stages.graph.nodes[node].contained.as_ref(),
        _ => None,
    }
}

/// What the lines of an input must contain, if that is a string. It is the user's expression a second time,
/// in the same tokens.
fn pattern(stages: &Stages<'_>, root: usize) -> Option<TokenStream> {
    let port = Port {
        node: root,
        port: 0,
    };
    let expr = contained(stages, port)?.to_token_stream();
    let expr = TokenTree::from(Group::new(Delimiter::None, expr));
    let (rt, pattern) = (rt(), var("c", root));
    Some(quote! {
        let #pattern = &#expr;
        let #pattern = #rt::Pattern(#pattern).text();
    })
}

/// The loop over what is mapped, and if somebody takes them, the one over all keys after it.
fn mapping(stages: &Stages<'_>, root: usize, record: &Ident, body: &TokenStream) -> TokenStream {
    let rt = rt();
    let (op, guard, mapped) = (var("o", root), var("g", root), var("m", root));
    let (pair, port) = (
        var_at("v", root, 1),
        Port {
            node: root,
            port: 1,
        },
    );
    let snapshot = (!stages.consumers(port).is_empty()).then(|| {
        let body = consumers(stages, port);
        quote!(for #pair in #op.snapshot(#mapped) { #body })
    });
    quote! {
        let #guard = #op.site.enter();
        let mut #mapped = __part;
        let mut __groups = #op.merge(&mut #mapped);
        while let #rt::Some(__group) = #op.next_group(&mut __groups) {
            for #record in __group { #body }
        }
        #snapshot
        #guard.leave();
    }
}

/// The loop over the records of a block, or over those that a filter has to see.
fn block_loop(stages: &Stages<'_>, port: Port, record: &Ident, body: &TokenStream) -> TokenStream {
    let source = var("o", port.node);
    if contained(stages, port).is_none() {
        let records = quote!(#source.records(__block));
        return record_loop(stages, port.node, &records, record, body);
    }
    let pattern = var("c", port.node);
    let run_loop = record_loop(stages, port.node, &quote!(__run), record, body);
    quote! {
        for (__run, __left_out) in #source.candidates(__block, #pattern) {
            __records += __left_out;
            #run_loop
        }
    }
}

/// The loop over the records of a block, which counts them unless the block knows how many it lends:
/// beside little work a counter shows. If the stage ends in nothing but an operator that begins with the
/// first record, there is one loop up to that record, and one for the others.
fn record_loop(
    stages: &Stages<'_>,
    root: usize,
    records: &TokenStream,
    record: &Ident,
    body: &TokenStream,
) -> TokenStream {
    let rt = rt();
    let counted = quote!(__records += __each; #body);
    let begin = quote! {
        let __rest = #records;
        let (__known, __each) = #rt::count(&__rest);
        __records += __known;
    };
    let Some((node, input)) = only_first_record(stages, stages.stage_of[root]) else {
        return quote!(#begin for #record in __rest { #counted });
    };
    let (op, local) = (var("o", node), var_at("l", node, input));
    quote! {
        #begin
        let mut __rest = __rest;
        if !#op.has_begun(&#local) {
            for #record in __rest.by_ref() {
                #counted
                if #op.has_begun(&#local) { break; }
            }
        }
        if #op.has_begun(&#local) {
            for #record in __rest { #counted }
        }
    }
}

/// The only terminal of a stage, if it begins with its first record.
fn only_first_record(stages: &Stages<'_>, stage: usize) -> Option<(usize, usize)> {
    match stages.terminals(stage)[..] {
        [(node, input)] if stages.graph.nodes[node].op()?.begins_with_first_record() => {
            Some((node, input))
        }
        _ => None,
    }
}

/// What is done with a record of `port`: each consumer gets a copy, the last one the record.
fn consumers(stages: &Stages<'_>, port: Port) -> TokenStream {
    let rt = rt();
    let record = var_at("v", port.node, port.port);
    let consumers = stages.consumers(port);
    let last = consumers.len().saturating_sub(1);
    if consumers.is_empty() {
        return quote!(let _ = #record;);
    }
    let blocks = consumers.iter().enumerate().map(|(at, (node, input))| {
        let value = if at == last {
            quote!(#record)
        } else {
            quote!(#rt::expect::shared(&#record))
        };
        consumer(stages, *node, *input, &value)
    });
    quote!(#(#blocks)*)
}

/// What one consumer does with a record.
fn consumer(stages: &Stages<'_>, node: usize, input: usize, value: &TokenStream) -> TokenStream {
    let (rt, op, guard) = (rt(), var("o", node), var("g", node));
    let enter = quote!(let #guard = #op.site.enter(););
    let leave = quote!(#guard.leave(););
    let out = var_at("v", node, 0);
    let next = |port: usize| consumers(stages, Port { node, port });
    let shape = stages.graph.nodes[node]
        .shape()
        .expect("a consumer is an operator");
    let call = |call| pin(stages.graph.nodes[node].span, call);
    match shape {
        Shape::One => {
            let body = next(0);
            let apply = call(quote!(#op.apply(#value)));
            quote!(#enter let #out = #apply; #leave #body)
        }
        Shape::Maybe | Shape::MaybeLocal => {
            let (maybe, body) = (var("m", node), next(0));
            let state = (shape == Shape::MaybeLocal)
                .then(|| var("st", node))
                .map(|state| quote!(&mut #state,));
            let apply = call(quote!(#op.apply(#state #value)));
            quote! {
                #enter let #maybe = #apply; #leave
                if let #rt::Some(#out) = #maybe { #body }
            }
        }
        Shape::Many => {
            let body = next(0);
            let apply = match stages.graph.nodes[node].gives_words {
                true => call(quote!(#op.words(#value))),
                false => call(quote!(#op.apply(#value))),
            };
            quote!(#enter for #out in #apply { #body } #leave)
        }
        Shape::Fork => {
            let (either, ok) = (var("m", node), next(0));
            let records = fork(stages, node, &either, &ok);
            let apply = call(quote!(#op.apply(#value)));
            quote! {
                #enter let #either = #apply; #leave
                #records
            }
        }
        _ => {
            let local = var_at("l", node, input);
            let push = call(quote!(#op.push(&mut #local, #value)));
            quote!(#enter #push; #leave)
        }
    }
}

/// What is done with a record that is on one of two streams: `body` on the first one.
fn fork(stages: &Stages<'_>, node: usize, either: &Ident, body: &TokenStream) -> TokenStream {
    let (rt, out, other) = (rt(), var_at("v", node, 0), var_at("v", node, 1));
    let on_other = consumers(stages, Port { node, port: 1 });
    quote! {
        match #either {
            #rt::Ok(#out) => { #body }
            #rt::Err(#other) => { #on_other }
        }
    }
}

/// The states of the operators that have one in each task.
fn states(stages: &Stages<'_>, stage: usize) -> TokenStream {
    let ctx_time = var("time", 0);
    let nodes = stages.graph.nodes.iter().enumerate();
    let states = nodes.filter(|(index, node)| {
        stages.stage_of[*index] == stage && node.shape() == Some(Shape::MaybeLocal)
    });
    states
        .map(|(index, _)| {
            let (op, state) = (var("o", index), var("st", index));
            quote!(let mut #state = #op.local(#ctx_time, __index);)
        })
        .collect()
}

/// Into how many partitions a terminal deals its records. What stays where it is goes into one.
fn width(stages: &Stages<'_>, (node, input): (usize, usize)) -> TokenStream {
    let (ctx, op, width) = (ctx(), var("o", node), var_at("w", node, input));
    match stages.movements[node][input] {
        movement if movement.is_exchange() => quote!(let #width = #op.width(#ctx.partitions());),
        Movement::Buffer => quote!(let #width = 1usize;),
        _ => TokenStream::new(),
    }
}

/// What a task starts with at a terminal. What gathers all records is told about how many come, and to how
/// many partitions they go; what keeps a table how much room to give it.
fn local(stages: &Stages<'_>, (node, input): (usize, usize)) -> TokenStream {
    let (op, local, width) = (
        var("o", node),
        var_at("l", node, input),
        var_at("w", node, input),
    );
    let expected = match stages.graph.nodes[node].op() {
        Some(op) if op.gathers_all_records() => quote!(__expected, #width),
        Some(op) if op.keeps_table() => var("room", node).into_token_stream(),
        _ => TokenStream::new(),
    };
    quote!(let mut #local = #op.local(#expected);)
}

/// Whether the tasks want to know how many records wait for each of them.
fn expects(stages: &Stages<'_>, node: usize) -> bool {
    let op = stages.graph.nodes[node].op();
    op.is_some_and(|op| op.gathers_all_records() || op.keeps_table())
}

/// How much room the tables of a terminal are given, and what the next ones learn from them.
fn rooms(stages: &Stages<'_>, (node, input): (usize, usize)) -> Option<(TokenStream, TokenStream)> {
    stages.graph.nodes[node]
        .op()
        .filter(|op| op.keeps_table())?;
    let (ctx, room, produced) = (ctx(), var("room", node), var_at("x", node, input));
    Some((
        quote!(let #room = #ctx.room(#node, __expected);),
        quote!(#ctx.note_room(#node, __expected, &#produced);),
    ))
}

fn finish(stages: &Stages<'_>, (node, input): (usize, usize)) -> TokenStream {
    let (op, local, width) = (
        var("o", node),
        var_at("l", node, input),
        var_at("w", node, input),
    );
    match stages.movements[node][input] {
        Movement::Batch => quote!(#op.finish(#local)),
        Movement::Deal => quote!(#op.finish(#local, #width, __index)),
        _ => quote!(#op.finish(#local, #width)),
    }
}

/// Brings what the tasks produced to the partitions where it is needed.
fn exchange(stages: &Stages<'_>, (node, input): (usize, usize)) -> TokenStream {
    let (ctx, op, width) = (ctx(), var("o", node), var_at("w", node, input));
    let (produced, arrived) = (var_at("x", node, input), var_at("y", node, input));
    match stages.movements[node][input] {
        movement if movement.is_exchange() => {
            quote!(let #arrived = #ctx.exchange(#op.site, &__arena, #width, #produced)?;)
        }
        Movement::Buffer => quote!(let #arrived = #produced;),
        _ => TokenStream::new(),
    }
}
