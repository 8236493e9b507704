//! Tables that a batch can be joined with.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use crate::broadcast::Broadcast;

/// A table that is asked for one key at a time: what
/// [`join_table`](crate::Batch::join_table) takes.
///
/// `HashMap`s and `BTreeMap`s are tables, and so are references to tables and `Broadcast`s and
/// `Arc`s of them. A table of `String`s can be asked for a `&str`, one of `Vec<u8>` for a `&[u8]`, one of `T`
/// for a `&T`; otherwise the keys of table and batch are of one type.
///
/// A table of your own:
///
/// ```
/// use stream_runtime::{Batch, BatchTime, Lookup};
///
/// /// Names by number, without gaps.
/// struct Names(Vec<String>);
///
/// impl Lookup<u32> for Names {
///     type Value = String;
///     fn look_up(&self, key: &u32) -> Option<&String> {
///         self.0.get(*key as usize)
///     }
/// }
///
/// let names = Names(vec!["ann".to_owned(), "bob".to_owned()]);
/// let batch = Batch::of(BatchTime::ZERO, [(1u32, 0.5), (7, 1.0)]);
/// assert_eq!(batch.join_table(&names).collect(), [(1, (0.5, &"bob".to_owned()))]);
/// ```
#[diagnostic::on_unimplemented(
    message = "a batch with keys of type `{K}` cannot be joined with `{Self}`",
    label = "this table cannot be asked for a `{K}`",
    note = "the keys of table and batch must be of one type, or `String` and `&str`, `Vec<u8>` and `&[u8]`, `T` and `&T`: bring them together with `.map(|(key, value)| …)`"
)]
pub trait Lookup<K> {
    /// What the table holds for a key.
    type Value;

    /// What the table holds for `key`.
    fn look_up(&self, key: &K) -> Option<&Self::Value>;
}

/// One way to ask for a key, for both kinds of maps.
macro_rules! maps {
    ($(<$($K:ident)?> $Key:ty, $Asked:ty, $asked:ident => $form:expr;)+) => {$(
        impl<$($K: Eq + Hash,)? W, S: BuildHasher> Lookup<$Asked> for HashMap<$Key, W, S> {
            type Value = W;

            fn look_up(&self, $asked: &$Asked) -> Option<&W> {
                self.get($form)
            }
        }

        impl<$($K: Ord,)? W> Lookup<$Asked> for BTreeMap<$Key, W> {
            type Value = W;

            fn look_up(&self, $asked: &$Asked) -> Option<&W> {
                self.get($form)
            }
        }
    )+};
}

maps! {
    <K> K, K, key => key;
    <K> K, &K, key => *key;
    <> String, &str, key => *key;
    <> Vec<u8>, &[u8], key => *key;
}

macro_rules! handles {
    ($($Handle:ty),+) => {$(
        impl<K, T: Lookup<K> + ?Sized> Lookup<K> for $Handle {
            type Value = T::Value;

            fn look_up(&self, key: &K) -> Option<&T::Value> {
                (**self).look_up(key)
            }
        }
    )+};
}

handles!(&T, Arc<T>, Broadcast<T>);
