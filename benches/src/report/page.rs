//! What stands on a page, whatever it is written in. All text is plain: who writes it escapes it.

use super::plot::Plot;

/// A page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) pieces: Vec<Piece>,
}

/// A piece of a page.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// A heading, of level 2 or below.
    Heading { level: u8, text: String },
    /// A paragraph.
    Paragraph(String),
    /// A table.
    Table(Table),
    /// A plot.
    Plot(Plot),
}

impl Piece {
    pub(super) fn heading(level: u8, text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Heading { level, text }
    }
}

/// A table.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
}

/// What stands above a column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) title: String,
    /// Whether it holds numbers, which stand at the right.
    pub(super) is_number: bool,
}

/// A row.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// Whether it is to be seen before the others.
    pub(super) stands_out: bool,
}

impl Table {
    /// A table whose first column holds text, and all others numbers.
    pub(super) fn of_numbers<S: Into<String>>(titles: impl IntoIterator<Item = S>) -> Self {
        let titles = titles.into_iter().enumerate();
        let columns = titles.map(|(at, title)| Column {
            title: title.into(),
            is_number: at > 0,
        });
        Self {
            columns: columns.collect(),
            rows: Vec::new(),
        }
    }

    /// A row of as many cells as there are columns.
    pub(super) fn row(&mut self, cells: Vec<String>) -> &mut Row {
        assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(Row {
            cells,
            stands_out: false,
        });
        self.rows.last_mut().expect("it was just added")
    }

    /// Leaves out the columns in which no row has anything.
    pub(super) fn without_empty_columns(mut self) -> Self {
        let has = |at: usize| self.rows.iter().any(|row| !row.cells[at].is_empty());
        let keep: Vec<bool> = (0..self.columns.len()).map(has).collect();
        retain(&mut self.columns, &keep);
        for row in &mut self.rows {
            retain(&mut row.cells, &keep);
        }
        self
    }
}

/// Keeps the values whose turn it is.
fn retain<T>(values: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    values.retain(|_| keep.next().is_some_and(|keep| *keep));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_says_nothing_is_left_out() {
        let mut table = Table::of_numbers(["way", "nothing", "some"]);
        table.row(vec!["a".into(), String::new(), String::new()]);
        table.row(vec!["b".into(), String::new(), "1".into()]);
        let table = table.without_empty_columns();
        let titles = table.columns.iter().map(|column| column.title.as_str());
        assert_eq!(titles.collect::<Vec<_>>(), ["way", "some"]);
        assert_eq!(table.rows[1].cells, ["b", "1"]);
    }
}
