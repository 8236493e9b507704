//! Mistakes, collected: each at the token to change, each with its remedy.

use proc_macro2::{Span, TokenStream};
use std::fmt::Display;

/// The mistakes found so far. Panics when dropped unreported, so that none gets lost.
pub(crate) struct Diagnostics {
    errors: Vec<syn::Error>,
    reported: bool,
}

impl Diagnostics {
    pub(crate) fn new() -> Self {
        Self {
            errors: Vec::new(),
            reported: false,
        }
    }

    /// A mistake at `span`, and what to do about it.
    pub(crate) fn error(&mut self, span: Span, message: impl Display, help: impl Display) {
        self.errors
            .push(syn::Error::new(span, format!("{message}\nhelp: {help}")));
    }

    /// A mistake that the parser found.
    pub(crate) fn syntax(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    pub(crate) fn len(&self) -> usize {
        self.errors.len()
    }

    /// All mistakes as `compile_error!`s, in the order in which they were found.
    pub(crate) fn report(mut self) -> TokenStream {
        self.reported = true;
        self.errors
            .iter()
            .map(syn::Error::to_compile_error)
            .collect()
    }

    /// The texts of the mistakes, for tests.
    #[cfg(test)]
    pub(crate) fn into_texts(mut self) -> Vec<String> {
        self.reported = true;
        self.errors.iter().map(ToString::to_string).collect()
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        if !self.reported && !std::thread::panicking() {
            assert!(
                self.errors.is_empty(),
                "diagnostics were dropped unreported"
            );
        }
    }
}

/// The candidate that `name` was probably meant to be.
pub(crate) fn similar<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
