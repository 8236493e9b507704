//! What an inbox holds, without locks and threads.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::block::BlockSize;
use crate::clock::Clock;
use crate::metrics::ReceiverStatus;
use crate::rate::RateLimit;
use crate::receiver::codec::{Codec, Entry};
use crate::time::BatchTime;

use super::rules::{Bound, Rules, Ticks};
use super::unwritten::Unwritten;

pub(super) struct State<B, P> {
    rules: Rules,
    pub(super) limit: RateLimit,
    ticks: Option<Ticks>,
    /// The block that single records are added to.
    open: Option<Open<B, P>>,
    /// Whole blocks that no batch has taken yet, by batch.
    stored: VecDeque<Stored<B, P>>,
    /// What batches have taken and not committed.
    given: VecDeque<Given<P>>,
    /// Positions whose batches are committed.
    pub(super) done: Vec<P>,
    pub(super) status: ReceiverStatus,
    /// The number of the next block, counted from zero over all runs of the job.
    next: u64,
    /// Where the last batch ends.
    mark: Mark,
    /// What is to be written to the log; none without a log.
    unwritten: Option<Unwritten<B, P>>,
}

struct Open<B, P> {
    batch: BatchTime,
    since: BatchTime,
    weight: usize,
    position: Option<P>,
    block: B,
}

struct Stored<B, P> {
    number: u64,
    batch: BatchTime,
    weight: usize,
    position: Option<P>,
    block: B,
}

struct Given<P> {
    batch: BatchTime,
    weight: usize,
    positions: Vec<P>,
    /// The number after its last block.
    end: u64,
}

/// Where a batch ends: the position of an input with a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::receiver) struct Mark {
    /// The number after the last block.
    pub(in crate::receiver) next: u64,
    /// The last position in the source up to there, as it is written.
    pub(in crate::receiver) position: Option<Vec<u8>>,
}

impl<B: BlockSize, P> State<B, P> {
    pub(super) fn new(rules: Rules) -> Self {
        let mut limit = RateLimit::default();
        limit.set_most(rules.max_rate);
        Self {
            rules,
            limit,
            ticks: None,
            open: None,
            stored: VecDeque::new(),
            given: VecDeque::new(),
            done: Vec::new(),
            status: ReceiverStatus::default(),
            next: 0,
            mark: Mark::default(),
            unwritten: None,
        }
    }

    /// Takes other rules, before it has begun.
    pub(super) fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
        self.limit.set_most(rules.max_rate);
    }

    pub(super) fn begin(&mut self, ticks: Ticks) {
        self.limit.begin(ticks.clock.now(), ticks.interval);
        self.ticks = Some(ticks);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.ticks.is_some()
    }

    /// Puts the blocks that the log has, from `mark` on, before those that came already, which are
    /// logged behind them.
    pub(super) fn log(&mut self, codec: Codec<B, P>, mark: Mark, logged: Vec<Entry<B, P>>) {
        self.seal();
        let came = std::mem::take(&mut self.stored);
        self.next = mark.next;
        self.mark = mark;
        for Entry {
            number,
            position,
            block,
        } in logged
        {
            let weight = self.weigh(&block);
            self.status.in_flight += weight;
            self.next = number + 1;
            self.stored.push_back(Stored {
                number,
                batch: BatchTime::ZERO,
                weight,
                position,
                block,
            });
        }
        self.unwritten = Some(Unwritten::new(codec));
        for mut stored in came {
            stored.number = self.number();
            self.write(&stored);
            self.stored.push_back(stored);
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    fn write(&mut self, stored: &Stored<B, P>) {
        if let Some(unwritten) = &mut self.unwritten {
            unwritten.add(Entry {
                number: stored.number,
                position: stored.position.as_ref(),
                block: &stored.block,
            });
        }
    }

    /// The number of the next block.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Where the last batch ends.
    pub(super) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// What is to be written to the log.
    pub(super) fn unwritten(&mut self) -> Option<&mut Unwritten<B, P>> {
        self.unwritten.as_mut()
    }

    /// The job's clock, when it has started.
    pub(super) fn clock(&self) -> Option<Arc<dyn Clock>> {
        let ticks = self.ticks.as_ref()?;
        Some(Arc::clone(&ticks.clock))
    }

    /// The job's time; zero before it has started.
    pub(super) fn now(&self) -> BatchTime {
        let ticks = self.ticks.as_ref();
        ticks.map_or(BatchTime::ZERO, |ticks| ticks.clock.now())
    }

    fn batch_of(&self, time: BatchTime) -> BatchTime {
        let ticks = self.ticks.as_ref();
        ticks.map_or(BatchTime::ZERO, |ticks| ticks.batch_of(time))
    }

    /// How much of the bound a block takes up.
    pub(super) fn weigh(&self, block: &B) -> usize {
        match self.rules.bound {
            Bound::Bytes(_) => block.bytes(),
            Bound::Records(_) => block.records_hint(),
        }
    }

    /// How much of the bound some records take up.
    pub(super) fn weigh_records<T>(&self, records: usize) -> usize {
        match self.rules.bound {
            Bound::Bytes(_) => (records * size_of::<T>()).max(1),
            Bound::Records(_) => records,
        }
    }

    /// Whether something of this weight may come in. What is larger than the bound may come in
    /// alone.
    pub(super) fn has_room(&self, weight: usize) -> bool {
        let in_flight = self.status.in_flight;
        in_flight == 0 || in_flight.saturating_add(weight) <= self.rules.bound.most()
    }

    pub(super) fn has_double_room(&self) -> bool {
        self.status.in_flight / 2 <= self.rules.bound.most()
    }

    /// Puts a whole block, which came now, behind all that came before it.
    pub(super) fn store(&mut self, now: BatchTime, block: B, position: Option<P>) {
        self.seal();
        let weight = self.weigh(&block);
        self.status.in_flight += weight;
        let batch = self.batch_of(now);
        self.keep(batch, weight, position, block);
    }

    /// Adds what came now to the open block, or to a new one if the open one is full, old, or of
    /// another batch. The block ends at `position` then, if there is one.
    pub(super) fn grow(
        &mut self,
        now: BatchTime,
        position: Option<P>,
        new: impl FnOnce() -> B,
        add: impl FnOnce(&mut B),
    ) {
        if self.is_over(now) {
            self.seal();
        }
        let mut open = self.open.take().unwrap_or_else(|| Open {
            batch: self.batch_of(now),
            since: now,
            weight: 0,
            position: None,
            block: new(),
        });
        add(&mut open.block);
        let weight = self.weigh(&open.block);
        self.status.in_flight += weight - open.weight;
        open.weight = weight;
        open.position = position.or(open.position);
        self.open = Some(open);
    }

    fn is_over(&self, now: BatchTime) -> bool {
        self.open.as_ref().is_some_and(|open| {
            now > open.batch
                || now.since(open.since) >= self.rules.block_interval
                || open.block.bytes() >= self.rules.block_bytes
        })
    }

    /// Closes the open block.
    pub(super) fn seal(&mut self) {
        if let Some(open) = self.open.take() {
            self.keep(open.batch, open.weight, open.position, open.block);
        }
    }

    fn keep(&mut self, batch: BatchTime, weight: usize, position: Option<P>, block: B) {
        self.status.blocks += 1;
        let stored = Stored {
            number: self.number(),
            batch,
            weight,
            position,
            block,
        };
        self.write(&stored);
        self.stored.push_back(stored);
    }

    /// Takes what came in up to `time`.
    pub(super) fn take(&mut self, time: BatchTime) -> Vec<B> {
        if self.open.as_ref().is_some_and(|open| open.batch <= time) {
            self.seal();
        }
        // The clock never goes back, so the blocks lie in the order of their batches.
        let due = self.stored.partition_point(|stored| stored.batch <= time);
        self.give(time, due)
    }

    /// Takes the blocks that the batch at `time` had when it was planned; `None` when they are not
    /// there.
    pub(super) fn take_again(&mut self, time: BatchTime, end: &Mark) -> Option<Vec<B>> {
        let blocks = usize::try_from(end.next.checked_sub(self.mark.next)?).ok()?;
        if blocks > self.stored.len() {
            return None;
        }
        let blocks = self.give(time, blocks);
        self.mark = end.clone();
        Some(blocks)
    }

    fn give(&mut self, time: BatchTime, count: usize) -> Vec<B> {
        let mut given = Given {
            batch: time,
            weight: 0,
            positions: Vec::new(),
            end: self.mark.next,
        };
        let mut blocks = Vec::with_capacity(count);
        for stored in self.stored.drain(..count) {
            given.weight += stored.weight;
            given.end = stored.number + 1;
            given.positions.extend(stored.position);
            blocks.push(stored.block);
        }
        self.mark.next = given.end;
        if let (Some(unwritten), Some(position)) = (&mut self.unwritten, given.positions.last()) {
            self.mark.position = unwritten.position(position);
        }
        self.given.push_back(given);
        blocks
    }

    /// Makes room: the blocks of the batches up to `time` are not in memory any more.
    pub(super) fn release(&mut self, time: BatchTime) {
        for given in self.given.iter_mut().filter(|given| given.batch <= time) {
            self.status.in_flight -= std::mem::take(&mut given.weight);
        }
    }

    /// Makes room, and notes the positions of the batches up to `time`; the number of the first block
    /// that was not committed.
    pub(super) fn commit(&mut self, time: BatchTime) -> u64 {
        self.release(time);
        let mut end = 0;
        while self.given.front().is_some_and(|given| given.batch <= time) {
            let given = self.given.pop_front().expect("there is a first");
            self.done.extend(given.positions);
            end = given.end;
        }
        end
    }

    /// Whether all that came in was taken.
    pub(super) fn is_drained(&self) -> bool {
        self.open.is_none() && self.stored.is_empty()
    }

    /// Whether all that came in was taken and committed.
    pub(super) fn is_idle(&self) -> bool {
        self.is_drained() && self.given.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::block::Rows;
    use crate::clock::ManualClock;
    use crate::time::BatchEnds;

    fn state(clock: &ManualClock) -> State<Rows<u64>, u32> {
        let mut state = State::new(Rules {
            bound: Bound::Bytes(64),
            block_interval: Duration::from_millis(4),
            block_bytes: 24,
            max_rate: None,
        });
        state.begin(Ticks {
            clock: Arc::new(clock.clone()),
            interval: Duration::from_millis(10),
            ends: BatchEnds::default(),
        });
        state
    }

    fn push(state: &mut State<Rows<u64>, u32>, record: u64) {
        let now = state.now();
        let new = || Rows(Vec::new());
        state.grow(now, None, new, |rows| rows.0.push(record));
    }

    fn store(state: &mut State<Rows<u64>, u32>, rows: Vec<u64>, position: Option<u32>) {
        let now = state.now();
        state.store(now, Rows(rows), position);
    }

    fn take(state: &mut State<Rows<u64>, u32>, ms: u64) -> Vec<Vec<u64>> {
        let blocks = state.take(BatchTime::from_millis(ms));
        blocks.into_iter().map(|rows| rows.0).collect()
    }

    #[test]
    fn a_late_driver_gets_each_batch_as_it_came() {
        let clock = ManualClock::new();
        let mut state = state(&clock);
        for record in [0, 5, 10, 15, 20, 25, 30] {
            push(&mut state, record);
            clock.advance(Duration::from_millis(5));
        }
        // A batch includes its end and not its beginning; zero is before the first.
        assert_eq!(take(&mut state, 10), [[0], [5], [10]]);
        assert_eq!(take(&mut state, 20), [[15], [20]]);
        assert_eq!(take(&mut state, 30), [[25], [30]]);
        assert!(state.is_drained());
    }

    #[test]
    fn what_comes_before_the_told_end_belongs_to_one_batch() {
        let clock = ManualClock::new();
        let mut state = state(&clock);
        let ends = state
            .ticks
            .as_ref()
            .map(|ticks| ticks.ends.clone())
            .unwrap();
        clock.advance(Duration::from_millis(5));
        ends.tell(BatchTime::from_millis(40));
        for record in [5, 15, 25, 35, 45] {
            push(&mut state, record); // blocks are four milliseconds long
            clock.advance(Duration::from_millis(10));
        }
        assert_eq!(take(&mut state, 30), [[0; 0]; 0]);
        assert_eq!(take(&mut state, 40), [[5], [15], [25], [35]]);
        assert_eq!(take(&mut state, 50), [[45]]);
    }

    #[test]
    fn an_open_block_is_sealed_by_age_size_batch_and_by_a_whole_block() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_millis(1));
        let mut state = state(&clock);
        (1..=4).for_each(|record| push(&mut state, record)); // 24 bytes are a block
        clock.advance(Duration::from_millis(4));
        push(&mut state, 5);
        store(&mut state, vec![6, 7], None);
        push(&mut state, 8);
        clock.advance(Duration::from_millis(6));
        push(&mut state, 9);
        let expected: [&[u64]; 5] = [&[1, 2, 3], &[4], &[5], &[6, 7], &[8]];
        assert_eq!(take(&mut state, 10), expected);
        assert_eq!(take(&mut state, 20), [[9]]);
        assert_eq!(state.status.blocks, 6);
    }

    #[test]
    fn room_and_positions_come_back_when_a_batch_is_committed() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_millis(5));
        let mut state = state(&clock);
        assert!(state.has_room(1_000), "an empty inbox takes any block");
        store(&mut state, vec![0; 4], Some(1));
        store(&mut state, vec![0; 4], Some(2));
        assert!(!state.has_room(1));
        clock.advance(Duration::from_millis(10));
        store(&mut state, vec![0], Some(3));
        assert_eq!(state.status.in_flight, 72);
        assert_eq!(take(&mut state, 10).len(), 2);
        assert!(!state.has_room(1), "given, but not committed");
        state.release(BatchTime::from_millis(10));
        assert!(state.has_room(1), "done, but not committed");
        assert!(state.done.is_empty());
        state.commit(BatchTime::from_millis(10));
        assert_eq!((state.status.in_flight, &state.done[..]), (8, &[1, 2][..]));
        assert!(!state.is_idle());
        take(&mut state, 20);
        state.commit(BatchTime::from_millis(20));
        assert!(state.is_idle());
    }
}
