//! The report: what was measured of every workload, as JSON, and the pages that are made of it.
//!
//! [`measuring`] fills [`results`]; all the rest is a function of them: [`contents`] says what stands on the
//! page, and [`markdown`] and [`html`] write it.

mod contents;
#[cfg(test)]
mod fixture;
mod html;
mod latency;
pub mod machine;
pub mod markdown;
pub mod measuring;
mod numbers;
mod page;
mod plot;
mod programs;
pub mod results;
mod summary;
mod workload;

use std::fs;
use std::io;
use std::path::Path;

use page::Piece;
use results::Results;

/// The name of the file with the results.
pub const RESULTS: &str = "results.json";

impl Results {
    /// Reads results.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or does not hold results.
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }

    /// Writes the results as JSON. Who reads the file while it is written sees what was there before.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("json.new");
        fs::write(&beside, serde_json::to_vec_pretty(self)?)?;
        fs::rename(beside, path)
    }

    /// Writes the page in HTML and in Markdown, and the plots of the latter, into a directory.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn render(&self, directory: &Path) -> io::Result<()> {
        let page = contents::page(self);
        fs::write(directory.join("report.html"), html::page(&page))?;
        fs::write(directory.join("report.md"), markdown::page(&page))?;
        plots(&page, directory)
    }

    /// Puts the page, without its title, between the two comments of another one.
    ///
    /// # Errors
    ///
    /// When the other page lacks the comments, or cannot be read or written.
    pub fn render_into(&self, path: &Path) -> io::Result<()> {
        let page = contents::page(self);
        fs::write(path, put_into(path, &markdown::body(&page))?)?;
        plots(&page, path.parent().unwrap_or(Path::new("")))
    }
}

/// Whether a report can be put into a page: to be asked before hours of measuring.
///
/// # Errors
///
/// When the page lacks the comments, or cannot be read.
pub fn check_page(path: &Path) -> io::Result<()> {
    put_into(path, "").map(drop)
}

fn put_into(path: &Path, report: &str) -> io::Result<String> {
    let page = fs::read_to_string(path)?;
    let page = markdown::put_into(&page, report);
    page.map_err(|why| io::Error::other(format!("{}: {why}", path.display())))
}

/// Writes the plots that have a file of their own.
fn plots(page: &page::Page, directory: &Path) -> io::Result<()> {
    for piece in &page.pieces {
        if let Piece::Plot(plot) = piece
            && let Some(file) = plot.file
        {
            fs::write(directory.join(file), plot.to_file())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_back_as_they_were_written() {
        let results = fixture::results();
        let json = serde_json::to_vec(&results).unwrap();
        assert_eq!(serde_json::from_slice::<Results>(&json).unwrap(), results);
    }

    #[test]
    fn pages_name_every_workload_and_escape_what_is_not_theirs() {
        let page = contents::page(&fixture::results());
        let (html, markdown) = (html::page(&page), markdown::page(&page));
        for name in ["window_of_10", "window_of_100"] {
            assert!(html.contains(name) && markdown.contains(name), "{name}");
        }
        assert!(html.contains("How many &lt;b&gt; &amp; c|d"));
        assert!(markdown.contains("How many \\<b\\> \\& c\\|d"));
        for page in [html, markdown] {
            assert!(!page.contains("Some CPU <1>") && !page.contains("count_<b>"));
        }
    }

    #[test]
    fn only_what_was_measured_anew_is_replaced() {
        let (mut all, mut newer) = (fixture::results(), fixture::results());
        newer.workloads.truncate(1);
        let way = &mut newer.workloads[0].ways[0];
        (way.nanos, way.instructions, way.peak) = (vec![1.0; 3], None, Some(7));
        all.merge(newer);
        assert_eq!(all.workloads.len(), 3);
        let way = &all.workloads[0].ways[0];
        assert_eq!(way.nanos, [1.0; 3]);
        assert_eq!((way.instructions, way.peak), (Some(100.0), Some(7)));
        assert_eq!(all.workloads[1..], fixture::results().workloads[1..]);
    }

    #[test]
    fn a_workload_that_was_not_there_comes_last() {
        let (mut all, mut newer) = (fixture::results(), fixture::results());
        newer.workloads = vec![fixture::small("new", 1.0, 1.0)];
        all.merge(newer);
        assert_eq!(all.workloads[3].name, "new");
    }
}
