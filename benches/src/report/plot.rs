//! Plots as SVG: points with their intervals on a logarithmic axis, on which twice as fast and half as
//! fast are equally far from the line at 1.
//!
//! Colours come from the style of the page, so that they fit to light and dark. The width is that of a
//! phone; where there is more room the plot grows.

use maud::{Markup, html};

use super::numbers::{ratio, with_interval};
use crate::measure::Estimate;

/// Speeds beside others.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    /// The name of its file, if it has one of its own.
    pub(super) file: Option<&'static str>,
    /// What is shown, for those who cannot see it.
    pub(super) title: String,
    /// What the marks stand for.
    pub(super) series: Vec<String>,
    /// The rows, from the top.
    pub(super) rows: Vec<PlotRow>,
}

/// A row of a plot.
#[derive(Debug, Clone)]
pub(super) struct PlotRow {
    /// What it is about.
    pub(super) label: String,
    /// The index of a series, and its value.
    pub(super) marks: Vec<(usize, Estimate)>,
}

const WIDTH: f64 = 400.0;
/// How wide a letter of a label is.
const LETTER: f64 = 6.5;
const RIGHT: f64 = 14.0;
const TOP: f64 = 8.0;
const LANE: f64 = 9.0;
const ROW_GAP: f64 = 9.0;
const AXIS: f64 = 24.0;
const LEGEND_LINE: f64 = 16.0;
const LEGEND_COLUMNS: usize = 3;
/// How many shapes and colours there are.
const SHAPES: usize = 8;

/// The style of plots, in light and dark.
pub(super) const STYLE: &str = include_str!("plot.css");

/// Where values lie.
struct Axis {
    low: f64,
    high: f64,
    /// Where it begins: the labels of the rows are before it.
    left: f64,
}

impl Axis {
    /// From a tick below all values, and 1, to one above.
    fn over(values: impl Iterator<Item = f64> + Clone, left: f64) -> Self {
        let low = values.clone().fold(0.8, f64::min);
        let high = values.fold(1.25, f64::max);
        Self {
            low: low * 0.95,
            high: high * 1.05,
            left,
        }
    }

    fn x(&self, value: f64) -> f64 {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        self.left + share.clamp(0.0, 1.0) * (WIDTH - self.left - RIGHT)
    }

    /// Values that are good to read, few enough for their labels to have room.
    fn ticks(&self) -> Vec<f64> {
        let steps: &[f64] = match self.high / self.low {
            ..2.5 => &[1.0, 1.2, 1.5, 2.0, 6.0, 7.0, 8.0, 9.0],
            ..6.0 => &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
            ..150.0 => &[1.0, 2.0, 5.0],
            _ => &[1.0],
        };
        let powers = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let ticks = powers.flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)));
        ticks
            .filter(|tick| (self.low..=self.high).contains(tick))
            .collect()
    }
}

impl Plot {
    /// Whether there is nothing to see.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.marks.is_empty())
    }

    fn axis(&self) -> Axis {
        let marks = self.rows.iter().flat_map(|row| &row.marks);
        let labels = self.rows.iter().map(|row| row.label.chars().count());
        let left = 16.0 + LETTER * labels.max().unwrap_or(0) as f64;
        let values = marks.flat_map(|(_, value)| [value.low, value.high]);
        Axis::over(values, left.min(WIDTH / 2.0))
    }

    /// The plot as a part of a page that has [`STYLE`].
    pub(super) fn to_svg(&self) -> Markup {
        let axis = self.axis();
        let top = self.legend_height();
        let mut y = top;
        let rows = self.rows.iter().map(|row| {
            let markup = row.to_svg(&axis, y, &self.series);
            y += row.height();
            markup
        });
        let rows: Vec<Markup> = rows.collect();
        let size = format!("0 0 {WIDTH} {}", y + AXIS);
        html! {
            svg.plot xmlns="http://www.w3.org/2000/svg" viewBox=(size) role="img" aria-label=(self.title) {
                @if self.series.len() > 1 { (self.legend()) }
                @for tick in axis.ticks() { (grid_line(&axis, tick, (top, y))) }
                (line_at_one(&axis, (top, y)))
                @for row in rows { (row) }
            }
        }
    }

    /// The plot as a file of its own.
    pub(super) fn to_file(&self) -> String {
        let svg = self.to_svg().into_string();
        let (open, rest) = svg.split_once('>').expect("an element begins with a tag");
        format!("{open}><style>{STYLE}</style>{rest}\n")
    }

    fn legend_height(&self) -> f64 {
        match self.series.len() {
            0 | 1 => TOP,
            many => TOP + LEGEND_LINE * many.div_ceil(LEGEND_COLUMNS) as f64,
        }
    }

    fn legend(&self) -> Markup {
        let place = |index: usize| {
            let (line, column) = (index / LEGEND_COLUMNS, index % LEGEND_COLUMNS);
            let x = 8.0 + column as f64 * WIDTH / LEGEND_COLUMNS as f64;
            (x, TOP + LEGEND_LINE * line as f64)
        };
        html! {
            @for (index, name) in self.series.iter().enumerate() {
                @let (x, y) = place(index);
                (shape(index, x, y))
                text.label x=(point(x + 9.0)) y=(point(y + 4.0)) { (name) }
            }
        }
    }
}

impl PlotRow {
    fn height(&self) -> f64 {
        LANE * self.marks.len().max(1) as f64 + ROW_GAP
    }

    /// The label and the marks, one below the other.
    fn to_svg(&self, axis: &Axis, top: f64, series: &[String]) -> Markup {
        let middle = top + self.height() / 2.0;
        let lane = |at: usize| top + ROW_GAP / 2.0 + LANE * (at as f64 + 0.5);
        html! {
            text.label x=(point(axis.left - 8.0)) y=(point(middle + 4.0)) text-anchor="end" { (self.label) }
            @for (at, (index, value)) in self.marks.iter().enumerate() {
                g {
                    title { (self.label) ", " (series[*index]) ": " (with_interval(*value, ratio)) }
                    (error_bar(axis, *index, *value, lane(at)))
                    (shape(*index, axis.x(value.median), lane(at)))
                }
            }
        }
    }
}

fn grid_line(axis: &Axis, tick: f64, (top, bottom): (f64, f64)) -> Markup {
    let x = point(axis.x(tick));
    // As people write it: `0.5×`, `1×`, `20×`.
    let label = format!("{}×", (tick * 1e6).round() / 1e6);
    html! {
        line.grid x1=(x) x2=(x) y1=(top) y2=(bottom) {}
        text.tick x=(x) y=(point(bottom + 15.0)) text-anchor="middle" { (label) }
    }
}

fn line_at_one(axis: &Axis, (top, bottom): (f64, f64)) -> Markup {
    let x = point(axis.x(1.0));
    html! { line.one x1=(x) x2=(x) y1=(top) y2=(bottom) {} }
}

fn error_bar(axis: &Axis, index: usize, value: Estimate, y: f64) -> Markup {
    let (low, high) = (axis.x(value.low), axis.x(value.high));
    let path = format!(
        "M{low:.1} {y:.1}H{high:.1}M{low:.1} {:.1}v6M{high:.1} {:.1}v6",
        y - 3.0,
        y - 3.0
    );
    html! { path class=(format!("bar s{}", index % SHAPES)) d=(path) {} }
}

/// A mark that differs from the others without its colour, too.
fn shape(index: usize, x: f64, y: f64) -> Markup {
    let outline = match index % SHAPES {
        0 => "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
        1 => "m-3.5-3.5h7v7h-7z",
        2 => "m0-5l5 5l-5 5l-5-5z",
        3 => "m0-4.5l4.5 8h-9z",
        4 => "m0 4.5l4.5-8h-9z",
        5 => "m-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
        6 => "m-5-2.5h10v5h-10z",
        _ => "m-2.5-5h5v10h-5z",
    };
    html! { path class=(format!("mark s{}", index % SHAPES)) d=(format!("M{x:.1} {y:.1}{outline}")) {} }
}

/// A coordinate, to a tenth.
fn point(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exactly(value: f64) -> Estimate {
        Estimate {
            low: value,
            median: value,
            high: value,
        }
    }

    #[test]
    fn half_and_twice_are_equally_far_from_one() {
        let axis = Axis::over([0.25, 4.0].into_iter(), 100.0);
        let (half, one, twice) = (axis.x(0.5), axis.x(1.0), axis.x(2.0));
        assert!(((one - half) - (twice - one)).abs() < 1e-9);
        assert!(axis.x(0.25) > 100.0 && axis.x(4.0) < WIDTH - RIGHT);
    }

    #[test]
    fn ticks_are_few_and_one_is_among_them() {
        for high in [1.1, 3.0, 30.0, 3_000.0] {
            let ticks = Axis::over([0.9, high].into_iter(), 100.0).ticks();
            assert!(ticks.contains(&1.0), "{ticks:?}");
            assert!((2..8).contains(&ticks.len()), "{ticks:?}");
        }
    }

    #[test]
    fn labels_are_escaped() {
        let plot = Plot {
            file: None,
            title: "a \"title\"".into(),
            series: vec!["<b>".into()],
            rows: vec![PlotRow {
                label: "a & b".into(),
                marks: vec![(0, exactly(2.0))],
            }],
        };
        let svg = plot.to_file();
        assert!(svg.contains("aria-label=\"a &quot;title&quot;\""), "{svg}");
        assert!(svg.contains("a &amp; b, &lt;b&gt;: 2.00"), "{svg}");
        assert!(svg.starts_with("<svg") && svg.contains("<style>"), "{svg}");
    }
}
