//! `lines` and `stdout`: one record a line, for people and for other programs.

use std::io::{self, Write};

use crate::context::BatchContext;
use crate::record::Family;
use crate::show::{Show, write_lines};
use crate::sink::BatchWriter;
use crate::time::BatchTime;

/// A sink that writes each record as a line to standard output, or to the job's
/// [`console`](crate::Job::console) if it has another, as `print` does: see [`lines`].
///
/// ```
/// use stream_runtime::prelude::*;
/// use stream_runtime::sink;
///
/// stream!(
///     #[batch(1ms)]
///     fn shout(words: Stream<&str>, out: Sink<String>) {
///         words.map(|word| word.to_uppercase()).to(out);
///     }
/// );
///
/// shout(queue([["hi"]]), sink::stdout()).run()?;
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn stdout() -> Stdout {
    Stdout {
        lines: lines(io::stdout()),
    }
}

/// A sink that writes each record as a line, as [`Show`] shows it, and flushes after each batch.
/// The writer may be anything: standard error, a connection, the input of another process.
///
/// A batch that was written and is tried again, because another output failed, is not written
/// twice. What a failed write has let through cannot be taken back, so that batch may begin twice.
pub fn lines<W: Write + Send + 'static>(writer: W) -> Lines<W> {
    Lines {
        writer,
        written: None,
    }
}

/// The sink made by [`lines`].
#[derive(Debug)]
pub struct Lines<W> {
    writer: W,
    /// The last batch that was written. If it is tried again its records are the same.
    written: Option<BatchTime>,
}

impl<W> Lines<W> {
    /// Calls `write` unless it was called for this batch before.
    fn once(
        &mut self,
        time: BatchTime,
        write: impl FnOnce(&mut W) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.written != Some(time) {
            write(&mut self.writer)?;
            self.written = Some(time);
        }
        Ok(())
    }
}

impl<F: Family, W: Write + Send + 'static> BatchWriter<F> for Lines<W>
where
    for<'b> F::Of<'b>: Show,
{
    fn write(&mut self, time: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()> {
        self.once(time, |writer| {
            write_lines(partitions.iter().flatten(), writer)?;
            writer.flush()
        })
    }
}

/// The sink made by [`stdout`].
#[derive(Debug)]
pub struct Stdout {
    lines: Lines<io::Stdout>,
}

impl<F: Family> BatchWriter<F> for Stdout
where
    for<'b> F::Of<'b>: Show,
{
    fn write(&mut self, time: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()> {
        BatchWriter::<F>::write(&mut self.lines, time, partitions)
    }

    /// On a terminal the console keeps these lines apart from the status line.
    fn write_in(
        &mut self,
        context: &BatchContext<'_>,
        partitions: &[Vec<F::Of<'_>>],
    ) -> io::Result<()> {
        let records = partitions.iter().flatten();
        self.lines.once(context.time(), |_| {
            context.console(&mut |mut console| write_lines(records.clone(), &mut console))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;
    use crate::record::{Ref, Val};
    use crate::testing::TestRun;

    stream!(
        fn shout(words: Stream<&str>, out: Sink<&str>) {
            words.filter(|word| word.ends_with('!')).to(out);
        }
    );

    #[test]
    fn standard_output_is_the_jobs_console() {
        let text = TestRun::new().printed(|words| shout(words, stdout()), [["hi!", "ho"]]);
        assert_eq!(text, "hi!\n");
    }

    #[test]
    fn a_batch_is_written_once_however_often_it_is_tried() {
        let mut sink = lines(Vec::new());
        for ms in [1, 1, 2] {
            let time = BatchTime::from_millis(ms);
            let partitions = [vec![("a", 1)], vec![("b", 2)]];
            BatchWriter::<(Ref<str>, Val<u64>)>::write(&mut sink, time, &partitions).unwrap();
        }
        assert_eq!(sink.writer, b"(a,1)\n(b,2)\n(a,1)\n(b,2)\n");
    }
}
