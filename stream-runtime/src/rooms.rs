//! How large the tables of a batch are made to begin with: as large as those of the batch before became.
//! So they need not grow, and what they need is not more than it would have come to.

use std::cell::RefCell;

use crate::engine::Bucket;

/// What the tables of each operator came to, by its number.
#[derive(Debug, Default)]
pub(crate) struct Rooms(RefCell<Vec<Room>>);

/// What one table of an operator came to, on the average.
#[derive(Debug, Clone, Copy, Default)]
struct Room {
    /// The records that waited for its task.
    records: usize,
    keys: usize,
}

impl Rooms {
    /// How many keys there is room for in a table for whose task so many records wait. Fewer records than
    /// last time have at most their share of the keys; more may have no more keys.
    pub(crate) fn of(&self, operator: usize, records: usize) -> usize {
        let rooms = self.0.borrow();
        let Some(last) = rooms.get(operator) else {
            return 0;
        };
        match records < last.records {
            true => (last.keys as u128 * records as u128 / last.records as u128) as usize,
            false => last.keys,
        }
    }

    /// The tables of an operator have been dealt out. What was none, since no record came, tells nothing.
    pub(crate) fn note<B: Bucket>(&self, operator: usize, records: usize, tables: &[Vec<B>]) {
        let keys: usize = tables.iter().flatten().map(Bucket::records).sum();
        if records == 0 || keys == 0 {
            return;
        }
        let mut rooms = self.0.borrow_mut();
        if rooms.len() <= operator {
            rooms.resize(operator + 1, Room::default());
        }
        let keys = keys.div_ceil(tables.len());
        rooms[operator] = Room { records, keys };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_given_what_the_last_ones_needed() {
        let rooms = Rooms::default();
        assert_eq!(rooms.of(3, 1_000), 0);
        rooms.note(
            3,
            1_000,
            &[vec![vec![0; 40], vec![0; 20]], vec![vec![0; 10]]],
        );
        assert_eq!(rooms.of(3, 1_000), 35);
        assert_eq!(rooms.of(3, 10_000), 35);
        assert_eq!(rooms.of(3, 100), 3);
        assert_eq!(rooms.of(2, 1_000), 0);
        rooms.note(3, 0, &[vec![Vec::<u8>::new()]]);
        assert_eq!(rooms.of(3, 1_000), 35);
    }
}
