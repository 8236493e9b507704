//! Events: what became of an ad that was shown.

use serde::Deserialize;

use super::ADS;
use crate::data::{Rng, key64};

/// What became of an ad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// It was seen.
    View,
    /// It was clicked.
    Click,
    /// Something was bought.
    Purchase,
}

/// An event, of 40 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) ad_id: u64,
    pub(crate) user_id: u64,
    /// In milliseconds.
    pub(crate) event_time: u64,
    pub(crate) page_id: u32,
    pub(crate) ip: u32,
    pub(crate) event_type: Kind,
    pub(crate) ad_type: u8,
}

/// What is needed of an event that comes as JSON.
#[derive(Debug, Deserialize)]
pub(crate) struct JsonEvent<'l> {
    pub(crate) ad_id: u64,
    pub(crate) event_type: &'l str,
    pub(crate) event_time: u64,
}

impl<'l> JsonEvent<'l> {
    #[inline]
    pub(crate) fn parse(line: &'l str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

pub(super) fn ad_id(ad: u64) -> u64 {
    key64(0x30_0000_0000 + ad)
}

pub(super) fn campaign_id(campaign: u64) -> u64 {
    key64(0x20_0000_0000 + campaign)
}

/// Seven seconds of events, a million of them or as many as asked.
pub(super) fn batch(number: u64, records: usize) -> Vec<Event> {
    let mut rng = Rng::new(0x79_7362_0000_0000 + number);
    let event = |index: u64| {
        let seen = number * records as u64 + index;
        Event {
            ad_id: ad_id(rng.below(ADS)),
            event_type: [Kind::View, Kind::Click, Kind::Purchase][rng.below(3) as usize],
            user_id: rng.below(100_000),
            page_id: rng.below(1_000) as u32,
            ad_type: rng.below(5) as u8,
            ip: rng.draw() as u32,
            event_time: 1_700_000_000_000 + seen * 7_000 / records as u64,
        }
    };
    (0..records as u64).map(event).collect()
}

impl Event {
    /// As a line of JSON.
    pub(super) fn to_json(self) -> String {
        let Self {
            ad_id,
            user_id,
            event_time,
            page_id,
            ad_type,
            ..
        } = self;
        let [a, b, c, d] = self.ip.to_be_bytes();
        let event_type = match self.event_type {
            Kind::View => "view",
            Kind::Click => "click",
            Kind::Purchase => "purchase",
        };
        let ad_type =
            ["banner", "modal", "sponsored-search", "mail", "mobile"][usize::from(ad_type)];
        format!(
            r#"{{"user_id":{user_id},"page_id":{page_id},"ad_id":{ad_id},"ad_type":"{ad_type}","event_type":"{event_type}","event_time":{event_time},"ip_address":"{a}.{b}.{c}.{d}"}}"#
        )
    }
}
