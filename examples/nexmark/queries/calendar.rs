//! Days and minutes, as the queries write them.

use std::fmt;

/// A day, counted from the first one of 1970; shown as `2023-11-14`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u64);

/// A minute, counted from the first one of 1970; shown as `22:13`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(pub u64);

/// The day of a time in milliseconds.
#[inline(always)]
pub fn day(date_time: u64) -> u64 {
    date_time / 86_400_000
}

/// The minute of a time in milliseconds.
#[inline(always)]
pub fn minute(date_time: u64) -> u64 {
    date_time / 60_000
}

/// The hour of the day of a time in milliseconds.
#[inline(always)]
pub fn hour(date_time: u64) -> u64 {
    date_time / 3_600_000 % 24
}

impl Minute {
    /// The day that it is in.
    pub fn day(self) -> Day {
        Day(self.0 / (24 * 60))
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60 % 24, self.0 % 60)
    }
}

/// The algorithm is `civil_from_days` of Howard Hinnant's "chrono-compatible low-level date
/// algorithms": years begin in March, so that the leap day is the last one of a year.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0 + 719_468; // since the first of March of the year 0
        let (era, day) = (days / 146_097, days % 146_097);
        let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}
