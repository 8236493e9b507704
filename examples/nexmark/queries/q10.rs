//! q10, log to a file system: all bids, in a directory for each minute.
//!
//! ```sql
//! CREATE TABLE fs_sink (auction BIGINT, bidder BIGINT, price BIGINT, dateTime TIMESTAMP, extra VARCHAR, dt STRING, hm STRING)
//! PARTITIONED BY (dt, hm) WITH ('connector' = 'filesystem', 'format' = 'csv', …);
//! INSERT INTO fs_sink
//! SELECT auction, bidder, price, dateTime, extra, DATE_FORMAT(dateTime, 'yyyy-MM-dd'), DATE_FORMAT(dateTime, 'HH:mm')
//! FROM bid
//! ```
//!
//! `save_as_text_files` has a directory for each batch. Directories by a column are a sink of one's
//! own, [`Directories`]. It is exactly once, since its files are named after the batch: a batch that
//! is run again writes over them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use stream_runtime::prelude::*;
use stream_runtime::sink::BatchWriter;
use stream_runtime::{Ref, Val};

use super::calendar::{Minute, minute};
use super::event::{Bid, Event, bid, bids};
use super::{Query, in_order};

/// The minute, and the bid.
type Row = (u64, Bid);

stream!(
    /// The texts of `dt` and `hm` are made once for each directory, not for each bid.
    pub fn log(events: Stream<&Event>, out: Sink<(u64, &Bid)>) {
        events
            .filter_map(bid)
            .map(|bid| (minute(bid.date_time), bid))
            .to(out);
    }
);

/// Writes the bids of each batch as `ROOT/dt=2023-11-14/hm=22:13/TIME.csv`.
#[derive(Debug)]
pub struct Directories(pub PathBuf);

impl BatchWriter<(Val<u64>, Ref<Bid>)> for Directories {
    fn write(&mut self, time: BatchTime, partitions: &[Vec<(u64, &Bid)>]) -> io::Result<()> {
        let mut files = BTreeMap::new();
        for (minute, bid) in partitions.iter().flatten() {
            let file = match files.get_mut(minute) {
                Some(file) => file,
                None => {
                    let created = self.create(Minute(*minute), time)?;
                    files.entry(*minute).or_insert(created)
                }
            };
            let Bid {
                auction,
                bidder,
                price,
                date_time,
                extra,
                ..
            } = bid;
            writeln!(file, "{auction},{bidder},{price},{date_time},{extra}")?;
        }
        files.into_values().try_for_each(|mut file| file.flush())
    }
}

impl Directories {
    fn create(&self, minute: Minute, time: BatchTime) -> io::Result<BufWriter<fs::File>> {
        let directory = self.0.join(format!("dt={}/hm={minute}", minute.day()));
        fs::create_dir_all(&directory)?;
        let path = directory.join(format!("{}.csv", time.as_millis()));
        fs::File::create(path).map(BufWriter::new)
    }
}

fn reference(events: &[Event]) -> Vec<Row> {
    bids(events)
        .map(|bid| (bid.date_time / 60_000, bid.clone()))
        .collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q10",
    title: "log to a file system",
    job: log,
    answer: in_order,
    reference,
};
