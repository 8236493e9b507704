//! Duration literals: `500ms`, `30s`, `5min`, `1h`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, Lit};

use crate::diagnostics::Diagnostics;

/// A duration as the user wrote it.
#[derive(Clone)]
pub(crate) enum Duration {
    /// A literal, in microseconds.
    Literal { micros: u64, span: Span },
    /// A constant or another expression of type `Duration`, left to rustc.
    Expr(Box<Expr>),
}

const UNITS: [(&str, u64); 5] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("min", 60_000_000),
    ("h", 3_600_000_000),
];

impl Duration {
    /// Reads a duration; a literal without a unit, or of length zero, is a mistake.
    pub(crate) fn of(expr: Expr, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Expr::Lit(ExprLit { lit, .. }) = &expr else {
            return Some(Self::Expr(Box::new(expr)));
        };
        let span = lit.span();
        let (digits, suffix) = match lit {
            Lit::Int(lit) => (lit.base10_digits().to_owned(), lit.suffix().to_owned()),
            Lit::Float(lit) => (lit.base10_digits().to_owned(), lit.suffix().to_owned()),
            _ => (String::new(), String::new()),
        };
        let unit = UNITS.iter().find(|(name, _)| *name == suffix);
        match (digits.parse::<f64>(), unit) {
            (Ok(number), Some((_, micros))) if number > 0.0 => Some(Self::Literal {
                micros: (number * *micros as f64).round() as u64,
                span,
            }),
            (Ok(_), Some(_)) => {
                diagnostics.error(
                    span,
                    "a duration must be longer than zero",
                    "write for example `1s`",
                );
                None
            }
            _ => {
                diagnostics.error(
                    span,
                    format!("`{}` is not a duration", lit.to_token_stream()),
                    "write a number with one of the units us, ms, s, min, h: `500ms`, `30s`, `5min`",
                );
                None
            }
        }
    }
}

impl ToTokens for Duration {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Literal { micros, span } => {
                let micros = proc_macro2::Literal::u64_suffixed(*micros);
                quote::quote_spanned!(span.resolved_at(Span::mixed_site())=> ::core::time::Duration::from_micros(#micros))
            }
            Self::Expr(expr) => quote!(#expr),
        });
    }
}
