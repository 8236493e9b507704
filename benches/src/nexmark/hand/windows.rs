//! Windows by event time: what is in them is added up by key and pane, and they are put out after the
//! batch in which the watermark passes their end.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::join::{ByKey, Parts};
use super::{Hand, by_parts, for_each_bid, in_halves, in_parts, part_of, put};
use crate::by_hand::Map;
use crate::nexmark::Blocks;
use crate::nexmark::queries::event::{Bid, DISORDER, Event, bid};
use crate::nexmark::queries::q07::Best;
use crate::nexmark::queries::q08::{self, Activity, user};

const WINDOW: u64 = 10_000;
const SLIDE: u64 = 2_000;

/// The bids of each half in a table, and the watermark after them.
fn by_pane<K, V: Send>(
    blocks: &'static Blocks,
    threads: usize,
    insert: impl Fn(&mut Map<K, V>, &'static Bid) + Sync,
) -> (Vec<Map<K, V>>, u64)
where
    K: std::hash::Hash + Eq + Send,
{
    let halves = in_halves(blocks, threads, |blocks| {
        let (mut table, mut latest) = (Map::default(), 0);
        for_each_bid(blocks, |bid| {
            latest = bid.date_time.max(latest);
            insert(&mut table, bid);
        });
        (table, latest)
    });
    let (tables, latest): (Vec<_>, Vec<u64>) = halves.into_iter().unzip();
    (tables, watermark(latest))
}

fn watermark(latest: impl IntoIterator<Item = u64>) -> u64 {
    let latest = latest.into_iter().max().unwrap_or(0);
    latest.saturating_sub(DISORDER.as_millis() as u64)
}

/// The number of bids and the auction: the greatest is the hottest.
type Heat = (u64, Reverse<usize>);

/// The panes of some auctions, and the window that slides over them.
#[derive(Default)]
struct Panes {
    panes: BTreeMap<u64, Map<usize, u64>>,
    window: Map<usize, u64>,
    passed: Option<u64>,
}

impl Panes {
    fn add(&mut self, table: Map<(u64, usize), u64>) {
        for ((pane, auction), count) in table {
            let pane = self.panes.entry(pane).or_default();
            put(pane, (auction, count), |total, count| *total += count);
        }
    }

    /// The hottest auctions of the windows that end until the watermark, with their starts.
    fn slide(&mut self, watermark: u64) -> Vec<(u64, Heat)> {
        let mut rows = Vec::new();
        let Some(first) = self.panes.keys().next() else {
            return rows;
        };
        let mut passed = self.passed.unwrap_or(*first);
        while passed + SLIDE <= watermark {
            self.enter_and_leave(passed);
            passed += SLIDE;
            let counts = self.window.iter();
            let hottest = counts
                .map(|(auction, count)| (*count, Reverse(*auction)))
                .max();
            rows.extend(hottest.map(|hottest| (passed - WINDOW, hottest)));
        }
        self.passed = Some(passed);
        rows
    }

    fn enter_and_leave(&mut self, pane: u64) {
        for (auction, count) in self.panes.get(&pane).into_iter().flatten() {
            *self.window.entry(*auction).or_insert(0) += count;
        }
        for (auction, count) in self.panes.remove(&(pane - WINDOW)).into_iter().flatten() {
            let total = self.window.entry(auction).or_insert(0);
            *total -= count;
            if *total == 0 {
                self.window.remove(&auction);
            }
        }
    }
}

/// q5.
#[derive(Default)]
pub(in crate::nexmark) struct HotItems([Panes; 2]);

impl Hand for HotItems {
    type Row = (u64, u64, usize);

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<Self::Row>> {
        let add = |total: &mut u64, count| *total += count;
        let (tables, watermark) = by_pane(blocks, threads, |table, bid| {
            let pane = bid.date_time / SLIDE * SLIDE;
            put(table, ((pane, bid.auction), 1), add);
        });
        let tables = by_parts(tables, |(_, auction)| part_of(auction), add);
        let windows = in_parts(&mut self.0, tables, |panes, table| {
            panes.add(table);
            panes.slide(watermark)
        });
        let mut hottest: BTreeMap<u64, Heat> = BTreeMap::new();
        for (start, heat) in windows.into_iter().flatten() {
            let most = hottest.entry(start).or_insert(heat);
            *most = heat.max(*most);
        }
        let rows = hottest.into_iter();
        vec![
            rows.map(|(start, (count, Reverse(auction)))| (start, count, auction))
                .collect(),
        ]
    }
}

/// q7.
#[derive(Default)]
pub(in crate::nexmark) struct HighestBid(BTreeMap<u64, Best>);

impl Hand for HighestBid {
    type Row = (u64, Best);

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<Self::Row>> {
        let add = |best: &mut Best, other: Best| *best = other.max(*best);
        let (tables, watermark) = by_pane(blocks, threads, |table, bid| {
            let start = bid.date_time / WINDOW * WINDOW;
            put(table, (start, Best::from(bid)), add);
        });
        for (start, best) in tables.into_iter().flatten() {
            let highest = self.0.entry(start).or_insert(best);
            *highest = best.max(*highest);
        }
        let open = self.0.split_off(&(watermark + 1).saturating_sub(WINDOW));
        vec![std::mem::replace(&mut self.0, open).into_iter().collect()]
    }
}

/// What the users of a part do, by window.
#[derive(Default)]
pub(in crate::nexmark) struct Users {
    windows: Map<(u64, usize), Activity>,
    latest: u64,
}

impl ByKey for Users {
    type Entry = &'static Event;
    type Row = q08::Row;

    #[inline(always)]
    fn entry(event: &'static Event) -> Option<(usize, &'static Event)> {
        bid(event).is_none().then(|| (user(event), event))
    }

    fn take(&mut self, user: usize, event: &'static Event, _: &mut Vec<q08::Row>) {
        let time = event.timestamp();
        self.latest = time.max(self.latest);
        let window = self
            .windows
            .entry((time / WINDOW * WINDOW, user))
            .or_default();
        *window = std::mem::take(window).merge(event.into());
    }
}

/// q8.
#[derive(Default)]
pub(in crate::nexmark) struct NewUsers(Parts<Users>);

impl Hand for NewUsers {
    type Row = q08::Row;

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<Self::Row>> {
        self.0.rows(blocks, threads);
        let parts = self.0.both();
        let watermark = watermark(parts.iter().map(|part| part.latest));
        in_parts(parts, vec![(); threads], |part, ()| {
            let ended = part
                .windows
                .extract_if(|(start, _), _| start + WINDOW <= watermark);
            ended
                .flat_map(|((_, user), activity)| activity.rows(user))
                .collect()
        })
    }
}

/// Bids without a pause: from when to when, and how many.
#[derive(Clone, Copy)]
struct Session {
    start: u64,
    end: u64,
    bids: u64,
}

impl Session {
    fn of(time: u64) -> Self {
        Self {
            start: time,
            end: time + WINDOW,
            bids: 1,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    fn with(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
            bids: self.bids + other.bids,
        }
    }
}

/// The sessions of each bidder that have not ended: the last one, and those before.
#[derive(Default)]
pub(in crate::nexmark) struct Bidders {
    open: Map<usize, (Session, Vec<Session>)>,
    latest: u64,
}

impl ByKey for Bidders {
    type Entry = u64;
    type Row = (usize, u64, (u64, u64));

    #[inline(always)]
    fn entry(event: &'static Event) -> Option<(usize, u64)> {
        bid(event).map(|bid| (bid.bidder, bid.date_time))
    }

    #[inline(always)]
    fn take(&mut self, bidder: usize, time: u64, _: &mut Vec<Self::Row>) {
        self.latest = time.max(self.latest);
        let new = Session::of(time);
        match self.open.entry(bidder) {
            hashbrown::hash_map::Entry::Occupied(mut sessions) => join(sessions.get_mut(), new),
            hashbrown::hash_map::Entry::Vacant(place) => {
                place.insert((new, Vec::new()));
            }
        }
    }
}

#[inline(always)]
fn join((last, before): &mut (Session, Vec<Session>), new: Session) {
    if last.meets(&new) && before.is_empty() {
        *last = last.with(new);
    } else {
        join_all(last, before, new);
    }
}

/// Where there are several sessions: they are put in order, and those that meet become one.
fn join_all(last: &mut Session, before: &mut Vec<Session>, new: Session) {
    before.extend([*last, new]);
    before.sort_by_key(|session| session.start);
    let mut joined: Vec<Session> = Vec::with_capacity(before.len());
    for session in before.drain(..) {
        match joined.last_mut().filter(|open| open.meets(&session)) {
            Some(open) => *open = open.with(session),
            None => joined.push(session),
        }
    }
    *last = joined.pop().unwrap_or(new);
    *before = joined;
}

impl Bidders {
    fn ended(&mut self, watermark: u64) -> Vec<(usize, u64, (u64, u64))> {
        let mut rows = Vec::new();
        self.open.retain(|bidder, (last, before)| {
            let mut end = |session: &Session| {
                let has_ended = session.end <= watermark;
                if has_ended {
                    rows.push((*bidder, session.bids, (session.start, session.end)));
                }
                !has_ended
            };
            before.retain(&mut end);
            end(last) || !before.is_empty()
        });
        rows
    }
}

/// q11.
#[derive(Default)]
pub(in crate::nexmark) struct UserSessions(Parts<Bidders>);

impl Hand for UserSessions {
    type Row = (usize, u64, (u64, u64));

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<Self::Row>> {
        self.0.rows(blocks, threads);
        let parts = self.0.both();
        let watermark = watermark(parts.iter().map(|part| part.latest));
        in_parts(parts, vec![(); threads], |part, ()| part.ended(watermark))
    }
}
