//! Duration literals: `500ms`, `30s`, `5min`, `1h`.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit::Visit;
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

/// Whether a number with this suffix is a duration.
pub(crate) fn is_unit(suffix: &str) -> bool {
    UNITS.iter().any(|(name, _)| *name == suffix)
}

impl Duration {
    /// Reads a duration. A literal without a unit, or one that no clock can measure, is a mistake.
    pub(crate) fn of(expr: Expr, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Expr::Lit(ExprLit { lit, .. }) = &expr else {
            return Self::of_expression(expr, diagnostics);
        };
        let (span, text) = (lit.span(), lit.to_token_stream());
        let problem = match micros(lit) {
            Some(0) => "a duration is at least one microsecond".to_owned(),
            Some(u64::MAX) => format!("`{text}` is longer than any clock runs"),
            Some(micros) => return Some(Self::Literal { micros, span }),
            None => format!("`{text}` is not a duration"),
        };
        let help = "write a number with one of the units us, ms, s, min, h: `500ms`, `30s`, `5min`";
        diagnostics.error(span, problem, help);
        None
    }

    /// The duration as the user would write it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Literal { micros, .. } => text(*micros),
            Self::Expr(expr) => expr.to_token_stream().to_string().replace(' ', ""),
        }
    }

    /// The duration that a literal of any kind is, if it is one.
    pub(crate) fn of_literal(literal: &Literal) -> Option<Self> {
        let span = literal.span();
        let micros = micros(&Lit::new(literal.clone()))?;
        Some(Self::Literal { micros, span })
    }

    fn of_expression(expr: Expr, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut literal = LiteralInside::default();
        literal.visit_expr(&expr);
        if let Some(span) = literal.0 {
            let message = "a duration with a unit stands alone";
            let help = "work the expression out, or name a constant of type `Duration`";
            diagnostics.error(span, message, help);
            return None;
        }
        Some(Self::Expr(Box::new(expr)))
    }
}

/// A duration as the user would write it.
pub(crate) fn text(micros: u64) -> String {
    let units = UNITS.iter().rev();
    let unit = units
        .copied()
        .find(|(_, unit)| micros.is_multiple_of(*unit));
    let (name, unit) = unit.unwrap_or(UNITS[0]);
    format!("{}{name}", micros / unit)
}

/// The length of a literal with a unit, at most `u64::MAX`.
fn micros(lit: &Lit) -> Option<u64> {
    let (digits, suffix) = match lit {
        Lit::Int(lit) => (lit.base10_digits(), lit.suffix()),
        Lit::Float(lit) => (lit.base10_digits(), lit.suffix()),
        _ => return None,
    };
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == suffix)?;
    let number: f64 = digits.parse().ok()?;
    // The cast saturates.
    Some((number * *unit as f64).round() as u64)
}

/// Finds a duration inside of an expression, where rustc would only see a wrong number.
#[derive(Default)]
struct LiteralInside(Option<Span>);

impl<'ast> Visit<'ast> for LiteralInside {
    fn visit_lit(&mut self, lit: &'ast Lit) {
        if micros(lit).is_some() {
            self.0.get_or_insert(lit.span());
        }
    }
}

impl ToTokens for Duration {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Literal { micros, span } => {
                let micros = Literal::u64_suffixed(*micros);
                let glue = span.resolved_at(Span::mixed_site());
                quote_spanned!(glue=> ::core::time::Duration::from_micros(#micros))
            }
            Self::Expr(expr) => quote!(#expr),
        });
    }
}
