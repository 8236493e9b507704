//! Live events: what has changed, as server-sent events, ten times a second at most.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep, timeout};

use super::guard::parameter;
use super::routes::{App, problem, rows};
use crate::monitor::{BatchRow, Live, RETAINED_BATCHES};

/// The time between two events at least; what happens meanwhile comes in one.
const APART: Duration = Duration::from_millis(100);

/// The time between two events at most, since elapsed times go on when nothing else happens.
const AT_MOST: Duration = Duration::from_secs(1);

/// How many batches an event has at most, but for the first: of more, the newest.
const ROWS: usize = 100;

/// What has changed.
#[derive(Serialize)]
struct Change {
    live: Live,
    rows: Vec<BatchRow>,
}

/// Somebody who watches.
struct Viewer {
    app: Arc<App>,
    end: watch::Receiver<bool>,
    /// The last batch that was sent.
    number: u64,
    limit: usize,
    version: Option<u64>,
    is_last: bool,
    /// Given back when the viewer goes.
    _place: OwnedSemaphorePermit,
}

/// Sends the state now, with the batches after the number `after`, and then each change.
pub(super) async fn events(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let Ok(place) = Arc::clone(&app.viewers).try_acquire_owned() else {
        let text = "as many as there may be are watching already";
        return problem(StatusCode::SERVICE_UNAVAILABLE, text);
    };
    let after = parameter(&uri, "after").and_then(|it| it.parse().ok());
    let viewer = Viewer {
        end: app.end.clone(),
        app,
        number: after.unwrap_or(0),
        limit: RETAINED_BATCHES,
        version: None,
        is_last: false,
        _place: place,
    };
    Sse::new(stream::unfold(viewer, next)).into_response()
}

async fn next(mut viewer: Viewer) -> Option<(Result<Event, Infallible>, Viewer)> {
    if viewer.is_last {
        return None;
    }
    if viewer.version.is_some() {
        viewer.wait().await;
    }
    let event = viewer.event();
    Some((Ok(event), viewer))
}

impl Viewer {
    /// Waits until there is something to send.
    async fn wait(&mut self) {
        let begun = Instant::now();
        loop {
            // When the one who ends it is gone, it has ended.
            let ended = timeout(APART, self.end.wait_for(|end| *end)).await;
            if ended.is_ok() {
                self.is_last = true;
                return;
            }
            let is_new = self.version != Some(self.app.monitor.version());
            if is_new || begun.elapsed() >= AT_MOST {
                return;
            }
        }
    }

    fn event(&mut self) -> Event {
        let monitor = &self.app.monitor;
        // Asked for first: what changes now is sent with the next event once more.
        self.version = Some(monitor.version());
        let change = Change {
            rows: rows(monitor, self.number, self.limit),
            live: monitor.live(),
        };
        self.limit = ROWS;
        if let Some(row) = change.rows.last() {
            self.number = row.number;
        }
        let name = if self.is_last { "end" } else { "change" };
        let json = serde_json::to_string(&change).unwrap_or_default();
        Event::default().event(name).data(json)
    }
}

/// Waits a moment: for a listener that cannot accept now.
pub(super) async fn pause() {
    sleep(APART).await;
}
