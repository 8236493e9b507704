//! A page in Markdown, and its place between two comments of a larger one.

use super::page::{Page, Piece, Table};

/// The comment before the report.
pub const BEGIN: &str = "<!-- report: begin -->";
/// The comment after it.
pub const END: &str = "<!-- report: end -->";

/// The page. Of the plots it has those that have a file of their own, beside it.
pub(super) fn page(page: &Page) -> String {
    let mut text = format!("# {}\n\n", escaped(&page.title));
    text.push_str(&body(page));
    text
}

/// The page without its title.
pub(super) fn body(page: &Page) -> String {
    let pieces = page.pieces.iter().filter_map(piece);
    pieces.collect::<Vec<_>>().join("\n")
}

fn piece(piece: &Piece) -> Option<String> {
    match piece {
        Piece::Heading { level, text } => {
            let marks = "#".repeat(usize::from(*level));
            Some(format!("{marks} {}\n", escaped(text)))
        }
        Piece::Paragraph(text) => Some(format!("{}\n", at_line_start(&escaped(text)))),
        Piece::Table(table) => Some(self::table(table)),
        Piece::Plot(plot) => {
            let file = plot.file?;
            Some(format!("![{}]({file})\n", escaped(&plot.title)))
        }
    }
}

fn table(table: &Table) -> String {
    let titles = table.columns.iter().map(|column| escaped(&column.title));
    let rules = table.columns.iter().map(|column| match column.is_number {
        true => "---:".to_owned(),
        false => "---".to_owned(),
    });
    let mut text = line(titles) + &format!("|{}|\n", rules.collect::<Vec<_>>().join("|"));
    for row in &table.rows {
        text += &line(row.cells.iter().map(|cell| match escaped(cell) {
            cell if row.stands_out && !cell.is_empty() => format!("**{cell}**"),
            cell => cell,
        }));
    }
    text
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// Text that shows what it says, on one line, inside a table too.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let after = characters.peek().copied().unwrap_or(' ');
        match character {
            '\n' | '\r' => escaped.push(' '),
            // Inside a word an underscore stands for itself.
            '_' if before.is_alphanumeric() && after.is_alphanumeric() => escaped.push('_'),
            '\\' | '`' | '*' | '_' | '<' | '>' | '&' | '[' | ']' | '|' | '~' | '$' => {
                escaped.extend(['\\', character]);
            }
            _ => escaped.push(character),
        }
        before = character;
    }
    escaped
}

/// Keeps what begins a paragraph from making a heading or a list of it.
fn at_line_start(text: &str) -> String {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let is_mark = match number {
        "" => rest.starts_with(['#', '-', '+', '=', ' ']),
        _ => rest.starts_with(['.', ')']),
    };
    if is_mark {
        format!("{number}\\{rest}")
    } else {
        text.to_owned()
    }
}

/// A page with the report between the two comments, in the place of what stood there.
///
/// # Errors
///
/// When the page does not have one of each, in this order.
pub fn put_into(page: &str, report: &str) -> Result<String, String> {
    let once = |mark: &str| match page.match_indices(mark).collect::<Vec<_>>()[..] {
        [(at, _)] => Ok(at),
        ref all => Err(format!("`{mark}` comes {} times and not once", all.len())),
    };
    let (begin, end) = (once(BEGIN)? + BEGIN.len(), once(END)?);
    if begin > end {
        return Err(format!("`{END}` comes before `{BEGIN}`"));
    }
    let report = report.trim();
    Ok(format!(
        "{}\n\n{report}\n\n{}",
        &page[..begin],
        &page[end..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_shows_what_it_says() {
        assert_eq!(escaped("word_count"), "word_count");
        assert_eq!(escaped("_a_ *b* `c`"), "\\_a\\_ \\*b\\* \\`c\\`");
        assert_eq!(
            escaped("a|b <c> & [d](e)\n~$\\"),
            "a\\|b \\<c\\> \\& \\[d\\](e) \\~\\$\\\\"
        );
        assert_eq!(at_line_start("# a"), "\\# a");
        assert_eq!(at_line_start("12. a"), "12\\. a");
        assert_eq!(at_line_start("12 a"), "12 a");
        assert_eq!(at_line_start("how often"), "how often");
    }

    #[test]
    fn a_table_has_its_rules() {
        let mut table = Table::of_numbers(["way", "ns"]);
        table.row(vec!["a|b".into(), "1".into()]);
        table.row(vec!["own".into(), String::new()]).stands_out = true;
        assert_eq!(
            self::table(&table),
            "| way | ns |\n|---|---:|\n| a\\|b | 1 |\n| **own** |  |\n"
        );
    }

    #[test]
    fn the_report_takes_the_place_of_the_one_before() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let new = put_into(&page, "\nnew\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(put_into(&new, "new").unwrap(), new);
    }

    #[test]
    fn a_page_without_its_marks_is_left_alone() {
        for page in [
            "nothing".to_owned(),
            BEGIN.to_owned(),
            format!("{END}{BEGIN}"),
            format!("{BEGIN}{BEGIN}{END}"),
        ] {
            assert!(put_into(&page, "new").is_err(), "{page}");
        }
    }
}
