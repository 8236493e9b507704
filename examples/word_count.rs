//! Word count, thin.
use stream_runtime::prelude::*;

stream!(
    /// Counts the words of each batch.
    #[batch(1s)]
    pub fn word_count(lines: Stream<&str>) {
        let counts = lines
            .flat_map(|line| line.split_whitespace())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.print();
    }
);

fn main() -> stream_runtime::Result<()> {
    let lines = queue([vec!["to be or not to be"], vec!["that is"]]).with_default(["the question"]);
    Launcher::from_args().run(word_count(lines))
}
