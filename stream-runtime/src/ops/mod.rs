//! The operators: one file each, with its manual, its typing method and its kernel.
//!
//! A *typing method* stands on [`Stream`](crate::Stream). It takes the user's closures, checks their types, and
//! hands them back as an *operator value* beside the stream that comes out. It runs once a batch
//! and does no work. The *kernel* is the operator value's other methods, which the generated loop
//! calls. Which ones there are follows from the operator's shape:
//!
//! | shape | methods | the generated code |
//! |---|---|---|
//! | one to one | `apply(x) -> y` | `let y = op.apply(x);` |
//! | at most one | `apply(x) -> Option<y>` | `if let Some(y) = op.apply(x) { … }` |
//! | at most one, with a state | `local(time, index) -> state`, `apply(&mut state, x) -> Option<y>` | the same, with a state per task |
//! | any number | `apply(x) -> impl IntoIterator` | `for y in op.apply(x) { … }` |
//! | fork | `apply(x) -> Result<y, z>` | `match op.apply(x) { … }` |
//! | wide | `width(default)`, `local()`, or `local(room)` if it keeps a table, or `local(expected, width)` if it keeps all records; `push(&mut local, x)`, `finish(local, width)`, `merge(buckets)` | a table or buckets per task, an exchange, one task per partition |
//! | wide fork | as wide; `merge(buckets) -> impl Iterator<Item = Result<y, z>>` | as wide, with a `match` in the loop |
//! | deal | as wide; `finish(local, width, index)` | buckets per task, an exchange, one task per partition |
//! | partition, union | as wide, without `width` | a buffer per task, one task per partition |
//! | join | as wide, for both sides; `local(expected, width)`, `merge(left, right, f)` | two exchanges, one task per partition |
//! | whole | `apply(batch) -> batch` | once a batch, on the driver |
//! | remembers | besides those of its shape `open(context, slot, buckets) -> inputs`, whose `merge` has them; a window, `is_due(context)` | what is kept is lent to the task of its partition |
//! | output | `local()`, `push`, `finish(local)`, `run(context, parts)` | once a batch, after all stages |
//!
//! Every operator value has a `site`: its name and the user's line, for errors.

mod cogroup;
mod combine_by_key;
mod count;
mod count_by_value;
mod count_by_value_and_window;
mod count_by_window;
mod distinct;
mod event_time;
mod filter;
mod filter_map;
mod flat_map;
mod flat_map_values;
mod fold;
mod fold_by_key;
mod fold_by_key_and_window;
mod for_each_batch;
mod full_outer_join;
mod glom;
mod group_by_key;
mod group_by_key_and_window;
mod inspect;
mod join;
mod key_by;
mod left_outer_join;
mod map;
mod map_partitions;
mod map_values;
mod map_with_state;
mod persist;
mod print;
mod reduce;
mod reduce_by_key;
mod reduce_by_key_and_window;
mod reduce_by_window;
mod repartition;
mod right_outer_join;
mod sample;
mod save_as_object_files;
mod save_as_text_files;
mod session;
mod slice;
mod sliding;
mod sort_by;
mod state_snapshots;
mod take;
mod to;
mod top_k;
mod transform;
mod transform_with;
mod try_map;
mod tumbling;
mod union;
mod update_state_by_key;
mod window;

// What several operators share.
mod event_window;
mod shuffled;
mod windowed;
