//! Records as lines of text.

use std::fmt::Display;
use std::io::{self, Write};

use crate::time::BatchTime;

/// How a record is shown to people: by `print`, and as a line of a text file.
///
/// Text and numbers are shown as they are, pairs as `(key,value)`, lists as `[a, b]`, options as
/// the value or `None`: as in Spark where Rust has a like form.
///
/// ```
/// use stream_runtime::Show;
///
/// struct Visit { page: String, seconds: u64 }
///
/// impl Show for Visit {
///     fn show(&self, text: &mut String) {
///         (&self.page, self.seconds).show(text);
///     }
/// }
///
/// let mut text = String::new();
/// Some(Visit { page: "home".to_owned(), seconds: 3 }).show(&mut text);
/// assert_eq!(text, "(home,3)");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown as a line of text",
    label = "this output shows records as text",
    note = "map each record to text before it: `.map(|x| format!(\"{{x:?}}\"))`, or implement `Show` for a type of your own"
)]
pub trait Show {
    /// Appends the record to `text`.
    fn show(&self, text: &mut String);
}

macro_rules! display {
    ($($T:ty),+) => {$(
        #[diagnostic::do_not_recommend] // a list of types would say less than the notes
        impl Show for $T {
            fn show(&self, text: &mut String) {
                append(text, self);
            }
        }
    )+};
}

display!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char, String,
    BatchTime
);

fn append(text: &mut String, value: &dyn Display) {
    use std::fmt::Write as _;
    write!(text, "{value}").expect("writing to a string does not fail");
}

#[diagnostic::do_not_recommend]
impl Show for str {
    fn show(&self, text: &mut String) {
        text.push_str(self);
    }
}

impl<T: Show + ?Sized> Show for &T {
    fn show(&self, text: &mut String) {
        (**self).show(text);
    }
}

impl<T: Show + ?Sized + ToOwned> Show for std::borrow::Cow<'_, T> {
    fn show(&self, text: &mut String) {
        (**self).show(text);
    }
}

#[diagnostic::do_not_recommend]
impl Show for () {
    fn show(&self, text: &mut String) {
        text.push_str("()");
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self, text: &mut String) {
        match self {
            Some(value) => value.show(text),
            None => text.push_str("None"),
        }
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self, text: &mut String) {
        self.as_slice().show(text);
    }
}

impl<T: Show, const N: usize> Show for [T; N] {
    fn show(&self, text: &mut String) {
        self.as_slice().show(text);
    }
}

impl<T: Show> Show for [T] {
    fn show(&self, text: &mut String) {
        text.push('[');
        for (index, value) in self.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { ", " });
            value.show(text);
        }
        text.push(']');
    }
}

macro_rules! tuples {
    ($($T:ident $i:tt),+) => {
        impl<T: Show, $($T: Show),+> Show for (T, $($T),+) {
            fn show(&self, text: &mut String) {
                text.push('(');
                self.0.show(text);
                $(text.push(','); self.$i.show(text);)+
                text.push(')');
            }
        }
    };
}

tuples!(T1 1);
tuples!(T1 1, T2 2);
tuples!(T1 1, T2 2, T3 3);
tuples!(T1 1, T2 2, T3 3, T4 4);
tuples!(T1 1, T2 2, T3 3, T4 4, T5 5);

/// Text is handed to a writer in pieces of about this many bytes.
const PIECE: usize = 1 << 16;

/// Writes one record a line.
pub(crate) fn write_lines<'r, T: Show + 'r>(
    records: impl IntoIterator<Item = &'r T>,
    writer: &mut impl Write,
) -> io::Result<()> {
    let mut text = String::new();
    for record in records {
        record.show(&mut text);
        text.push('\n');
        if text.len() >= PIECE {
            writer.write_all(text.as_bytes())?;
            text.clear();
        }
    }
    writer.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::Show;

    #[test]
    fn records_look_as_in_spark() {
        let show = |record: &dyn Show| {
            let mut text = String::new();
            record.show(&mut text);
            text
        };
        assert_eq!(show(&("spark", 5)), "(spark,5)");
        assert_eq!(show(&(1u8, ("a".to_owned(), Some(2.5)))), "(1,(a,2.5))");
        assert_eq!(show(&vec![Some('x'), None]), "[x, None]");
        assert_eq!(show(&[(); 2]), "[(), ()]");
    }
}
