use stream_runtime::prelude::*;

stream!(
    fn broken(lines: Stream<&str>) {
        lines.map(|line| line.).print();
    }

    fn misspelled(lines: Stream<&str>) {
        lines.cuont().print();
    }

    fn mistyped(lines: Stream<&str>) {
        lines.map(|line| line.lenght()).print();
    }
);

fn main() {
    let _ = broken(queue([["a"]]));
    let _ = misspelled(queue([["a"]]));
    let _ = mistyped(queue([["a"]]));
}
