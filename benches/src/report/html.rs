//! A page in HTML, with all it needs in itself.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::page::{Page, Piece, Row, Table};
use super::plot;

/// The page.
pub(super) fn page(page: &Page) -> String {
    let style = [plot::STYLE, include_str!("page.css")].concat();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (page.title) }
                style { (PreEscaped(style)) }
            }
            body {
                h1 { (page.title) }
                (contents(page))
                @for piece in &page.pieces { (self::piece(piece)) }
            }
        }
    };
    markup.into_string()
}

/// Links to all headings.
fn contents(page: &Page) -> Markup {
    let headings = page.pieces.iter().filter_map(|piece| match piece {
        Piece::Heading { text, .. } => Some(text),
        _ => None,
    });
    html! {
        nav { ul {
            @for text in headings {
                li { a href=(format!("#{}", anchor(text))) { (text) } }
            }
        } }
    }
}

/// A name for a place on the page.
fn anchor(text: &str) -> String {
    let letter = |c: char| match c {
        c if c.is_alphanumeric() => c.to_ascii_lowercase(),
        _ => '-',
    };
    text.chars().map(letter).collect()
}

fn piece(piece: &Piece) -> Markup {
    match piece {
        Piece::Heading { level, text } => heading(*level, text),
        Piece::Paragraph(text) => html! { p { (text) } },
        Piece::Table(table) => self::table(table),
        Piece::Plot(plot) => html! { figure { (plot.to_svg()) } },
    }
}

fn heading(level: u8, text: &str) -> Markup {
    let anchor = anchor(text);
    match level {
        ..=2 => html! { h2 id=(anchor) { (text) } },
        _ => html! { h3 id=(anchor) { (text) } },
    }
}

fn table(table: &Table) -> Markup {
    let class = |at: usize| table.columns[at].is_number.then_some("number");
    html! {
        div.table tabindex="0" { table {
            thead { tr {
                @for (at, column) in table.columns.iter().enumerate() {
                    th scope="col" class=[class(at)] { (column.title) }
                }
            } }
            tbody { @for row in &table.rows { (self::row(row, class)) } }
        } }
    }
}

fn row(row: &Row, class: impl Fn(usize) -> Option<&'static str>) -> Markup {
    html! {
        tr class=[row.stands_out.then_some("own")] {
            @for (at, cell) in row.cells.iter().enumerate() {
                td class=[class(at)] { (cell) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_shows_what_it_says() {
        let mut table = Table::of_numbers(["a<b", "c"]);
        table.row(vec!["<script>".into(), "1".into()]).stands_out = true;
        let page = self::page(&Page {
            title: "x & y".into(),
            pieces: vec![
                Piece::heading(2, "\"quoted\""),
                Piece::Paragraph("1 < 2".into()),
                Piece::Table(table),
            ],
        });
        for part in [
            "<title>x &amp; y</title>",
            "<h2 id=\"-quoted-\">&quot;quoted&quot;</h2>",
            "<p>1 &lt; 2</p>",
            "<th scope=\"col\">a&lt;b</th>",
            "<tr class=\"own\"><td>&lt;script&gt;</td><td class=\"number\">1</td></tr>",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }
}
