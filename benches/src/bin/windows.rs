//! Windows that slide by one batch, of 30 and of 3,600 batches: microseconds a slide on a core, beside the
//! hand-written loop of the same algorithm and beside the short window. `windows [SLIDES]`.

use std::time::Duration;

use stream_benches::windows::{LINES, Run, Slides, WindowWay, windows};

/// Lengths in batches; the second is compared with the first.
const LENGTHS: [usize; 2] = [30, 3_600];
const ROUNDS: usize = 1;

fn main() {
    let slides = std::env::args().nth(1);
    let slides = slides.map_or(400, |slides| slides.parse().expect("a number of slides"));
    println!("{LINES} lines a batch, {slides} slides, {ROUNDS} rounds");
    for (name, ways) in windows() {
        let [short, long] = LENGTHS.map(|length| measure(&ways, Slides { length, slides }));
        for (way, name_of_way) in ways.iter().map(|way| way.name).enumerate() {
            for (times, length, hand) in [
                (&short[way], LENGTHS[0], short.last()),
                (&long[way], LENGTHS[1], long.last()),
            ] {
                let hand = hand.expect("there is a hand-written way");
                println!(
                    "{name:<19} {name_of_way:<25} window {length:>5}: {:>8.1} us a slide, longest {:>5.1} x median; {:>5.2} x the speed by hand, {:>5.2} x that of window {}",
                    micros(times.slide),
                    times.longest,
                    times.speed_beside(hand),
                    times.speed_beside(&short[way]),
                    LENGTHS[0],
                );
            }
        }
    }
}

/// What was measured of one way.
struct Times {
    /// On a core, on average.
    slide: Duration,
    /// On the wall, in medians.
    longest: f64,
}

impl Times {
    fn speed_beside(&self, other: &Self) -> f64 {
        other.slide.as_secs_f64() / self.slide.as_secs_f64()
    }
}

/// Runs all ways in turn, and checks that they agree.
fn measure(ways: &[WindowWay], slides: Slides) -> Vec<Times> {
    let mut runs: Vec<Vec<Run>> = ways.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (way, runs) in ways.iter().zip(&mut runs) {
            runs.push((way.run)(slides));
        }
    }
    let sums: Vec<u64> = runs.iter().flatten().map(|run| run.sum).collect();
    assert!(sums.windows(2).all(|pair| pair[0] == pair[1]), "{sums:x?}");
    runs.iter().map(|runs| summed_up(runs)).collect()
}

fn summed_up(runs: &[Run]) -> Times {
    let busy: Duration = runs.iter().map(|run| run.busy).sum();
    let mut times: Vec<f64> = runs
        .iter()
        .flat_map(|run| &run.times)
        .map(Duration::as_secs_f64)
        .collect();
    times.sort_by(f64::total_cmp);
    Times {
        slide: busy / times.len() as u32,
        longest: times[times.len() - 1] / times[times.len() / 2],
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
