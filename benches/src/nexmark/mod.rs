//! The queries of the Nexmark suite: the very pipelines of the example, and the loops by hand.
//!
//! A run is over at most five batches of a million events, made once in memory: each is of a hundred
//! seconds of event time, and goes on where the one before ended, since most of the queries remember.

mod digest;
mod hand;
mod pipeline;
#[path = "../../../examples/nexmark/queries/mod.rs"]
pub mod queries;

use std::sync::{Arc, OnceLock};

use stream_runtime::{Job, Rows};

use self::digest::Digests;
use self::hand::{Hand, join, narrow, statistics, totals, windows};
use self::queries::event::{Event, generate};
use crate::contest::{Who, Workload, way};
use crate::data::records;
use crate::source::Cycle;

/// Blocks of a batch.
const BLOCKS: usize = 16;

/// Different batches. There are no more in a run.
const BATCHES: u64 = 5;

/// Events of a batch, in blocks.
type Blocks = [Arc<Rows<Event>>];

/// The batches.
fn batches() -> &'static [Vec<Arc<Rows<Event>>>] {
    static BLOCKS: OnceLock<Vec<Vec<Arc<Rows<Event>>>>> = OnceLock::new();
    BLOCKS.get_or_init(|| {
        let mut events = generate(10_000);
        let mut block = |_| Arc::new(Rows(events.by_ref().take(records() / 16).collect()));
        (0..BATCHES)
            .map(|_| (0..16).map(&mut block).collect())
            .collect()
    })
}

/// A query that is measured.
trait Asked {
    /// From `nexmark_q0` to `nexmark_q22`.
    const NAME: &'static str;
    /// What is asked, in a line.
    const QUESTION: &'static str;
    /// Whether it remembers from batch to batch.
    const REMEMBERS: bool;
    /// Of how many rows one is looked into: see [`digest`].
    const EVERY: usize = 1;
    /// The loops by hand.
    type Hand: Hand;

    /// The pipeline.
    fn job(events: Cycle<Rows<Event>>, out: Digests) -> Job;
}

fn workload<Q: Asked>() -> Workload {
    let mut ways = vec![
        way(Who::Stream, 1, |batches| pipeline::run::<Q>(batches, 1)),
        way(Who::Stream, 2, |batches| pipeline::run::<Q>(batches, 2)),
        way(Who::Hand, 1, |batches| hand::run::<Q>(batches, 1)),
        way(Who::Hand, 2, |batches| hand::run::<Q>(batches, 2)),
    ];
    if Q::REMEMBERS {
        let checkpointed = way(Who::Stream, 2, |batches| {
            pipeline::checkpointed::<Q>(batches, 2)
        });
        ways.push(checkpointed.variant("checkpointed"));
    }
    Workload {
        name: Q::NAME,
        question: Q::QUESTION,
        records: (records() / BLOCKS * BLOCKS) as u64,
        batches: BATCHES,
        ways,
    }
}

/// Each line is a query: its name, its module, the pipeline, the loops by hand, whether it remembers, and
/// [`Asked::EVERY`].
macro_rules! asked {
    ($($query:ident: $name:literal, $module:ident, $job:expr, $hand:ty, $remembers:literal, $every:literal;)+) => {
        $(
            struct $query;

            impl Asked for $query {
                const NAME: &'static str = $name;
                const QUESTION: &'static str = queries::$module::QUERY.title;
                const REMEMBERS: bool = $remembers;
                const EVERY: usize = $every;
                type Hand = $hand;

                fn job(events: Cycle<Rows<Event>>, out: Digests) -> Job {
                    use queries::*;
                    let job: fn(_, _) -> _ = $job;
                    job(events, out)
                }
            }
        )+

        /// The workloads, a query each.
        pub fn workloads() -> Vec<Workload> {
            vec![$(workload::<$query>()),+]
        }
    };
}

asked!(
    Q0: "nexmark_q0", q00, q00::pass_through, narrow::Narrow<narrow::PassThrough>, false, 61;
    Q1: "nexmark_q1", q01, q01::currency_conversion, narrow::Narrow<narrow::Currency>, false, 61;
    Q2: "nexmark_q2", q02, q02::selection, narrow::Narrow<narrow::Selection>, false, 1;
    Q3: "nexmark_q3", q03, q03::local_items, join::Parts<join::Sellers>, true, 1;
    Q4: "nexmark_q4", q04, q04::category_prices, join::Averages, true, 1;
    Q5: "nexmark_q5", q05, q05::hot_items, windows::HotItems, true, 1;
    Q6: "nexmark_q6", q06, q06::seller_prices, join::SellerPrices, true, 1;
    Q7: "nexmark_q7", q07, q07::highest_bid, windows::HighestBid, true, 1;
    Q8: "nexmark_q8", q08, q08::new_users, windows::NewUsers, true, 1;
    Q9: "nexmark_q9", q09, q09::winning_bids, join::Parts<join::Auctions<join::Winning>>, true, 1;
    Q10: "nexmark_q10", q10, q10::log, narrow::Narrow<narrow::Log>, false, 61;
    Q11: "nexmark_q11", q11, q11::user_sessions, windows::UserSessions, true, 1;
    Q12: "nexmark_q12", q12, q12::windows_of_the_clock, totals::ClockWindows, true, 1;
    Q13: "nexmark_q13", q13, |events, out| q13::side_input_join(events, q13::side_input().into(), out), narrow::Narrow<narrow::SideInput>, false, 61;
    Q14: "nexmark_q14", q14, q14::calculation, narrow::Narrow<narrow::Calculation>, false, 61;
    Q15: "nexmark_q15", q15, q15::bidding_statistics, statistics::Counts<statistics::ByDay>, true, 1;
    Q16: "nexmark_q16", q16, q16::channel_statistics, statistics::Counts<statistics::ByChannel>, true, 1;
    Q17: "nexmark_q17", q17, q17::auction_statistics, totals::Totals<totals::PricesByAuction>, true, 1;
    Q18: "nexmark_q18", q18, q18::last_bids, totals::Totals<totals::LastByBidder>, true, 1;
    Q19: "nexmark_q19", q19, q19::top_ten, totals::Totals<totals::HighestByAuction>, true, 1;
    Q20: "nexmark_q20", q20, q20::expanded_bids, join::Parts<join::Wanted>, true, 1;
    Q21: "nexmark_q21", q21, q21::channel_ids, narrow::Narrow<narrow::ChannelIds>, false, 61;
    Q22: "nexmark_q22", q22, q22::directories, narrow::Narrow<narrow::Directories>, false, 61;
);
