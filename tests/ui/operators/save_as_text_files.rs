use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.save_as_text_files("out/lines");
    }
);

fn main() {}
