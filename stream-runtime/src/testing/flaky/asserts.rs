//! What a test asserts of a flaky source.

use std::fmt::Debug;

use super::Flaky;

impl<T> Flaky<T> {
    /// Asserts that no record was acknowledged before it was committed, as
    /// [`committed_when`](Self::committed_when) tells; and none that was not sent; and that none was
    /// asked for after it was acknowledged.
    ///
    /// # Panics
    ///
    /// With the first mistake.
    #[track_caller]
    pub fn assert_nothing_acknowledged_early(&self) {
        if let Some(mistake) = self.state().mistakes.first() {
            panic!("{mistake}");
        }
    }

    /// Asserts that each record that was acknowledged is in `came_out`: the others are still here.
    ///
    /// # Panics
    ///
    /// With the first record that is lost.
    #[track_caller]
    pub fn assert_nothing_lost(&self, came_out: impl IntoIterator<Item = T>)
    where
        T: PartialEq + Debug,
    {
        let came_out: Vec<T> = came_out.into_iter().collect();
        for (number, record) in self.records_below(self.acknowledged()).enumerate() {
            let (had, has) = (
                count(&self.records[..=number], record),
                count(&came_out, record),
            );
            assert!(has >= had, "record {number} is lost: {record:?}");
        }
    }

    /// Asserts that nothing is lost, and that no record is in `came_out` more often than it is here.
    ///
    /// # Panics
    ///
    /// With the first record that is lost or came out too often.
    #[track_caller]
    pub fn assert_exactly_once(&self, came_out: impl IntoIterator<Item = T>)
    where
        T: PartialEq + Debug,
    {
        let came_out: Vec<T> = came_out.into_iter().collect();
        for record in &came_out {
            let (had, has) = (count(&self.records, record), count(&came_out, record));
            assert!(
                has <= had,
                "{record:?} came out {has} times instead of {had}"
            );
        }
        self.assert_nothing_lost(came_out);
    }

    fn records_below(&self, number: u64) -> impl Iterator<Item = &T> {
        self.records[..number as usize].iter()
    }
}

fn count<T: PartialEq>(records: &[T], record: &T) -> usize {
    records.iter().filter(|other| *other == record).count()
}
