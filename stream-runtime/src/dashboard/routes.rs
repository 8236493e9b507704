//! What can be asked for.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::{Semaphore, watch};

use super::export::Exporter;
use super::guard::{Guard, Refusal, parameter};
use super::{events, pages};
use crate::clock::Signal;
use crate::monitor::{BatchRow, Monitor, RETAINED_BATCHES, VerdictKind};
use crate::time::BatchTime;

/// What the routes work with.
#[derive(Debug)]
pub(super) struct App {
    pub(super) monitor: Monitor,
    pub(super) exporter: Exporter,
    pub(super) guard: Guard,
    /// Stops the job gracefully.
    pub(super) stop: Signal,
    /// Free places for those who watch.
    pub(super) viewers: Arc<Semaphore>,
    /// True when the dashboard is being closed.
    pub(super) end: watch::Receiver<bool>,
}

pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(async || pages::page()))
        .route("/api/job", get(job))
        .route("/api/batches", get(batches))
        .route("/api/batches/{time}", get(batch))
        .route("/api/receivers", get(receivers))
        .route("/api/plan", get(plan))
        .route("/api/metrics", get(metrics_json))
        .route("/api/events", get(events::events))
        .route("/api/stop", post(stop))
        .route("/metrics", get(metrics_text))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .fallback(async || problem(StatusCode::NOT_FOUND, "there is no such page"))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guarded))
        .with_state(app)
}

/// Refuses what is not allowed, and says to browsers what they may do with the answer.
async fn guarded(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method(), request.uri());
    let mut response = match app.guard.check(method, uri, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(Refusal::Token) if uri.path() == "/" => pages::sign_in(),
        Err(refusal) => refused(refusal),
    };
    let headers = response.headers_mut();
    let rules = [
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in rules {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Host => problem(
            StatusCode::FORBIDDEN,
            "this page is for this machine alone: ask for it by the name localhost",
        ),
        Refusal::Token => {
            let missing = problem(StatusCode::UNAUTHORIZED, "the token is missing or wrong");
            ([("www-authenticate", "Bearer")], missing).into_response()
        }
        Refusal::Stop => problem(StatusCode::FORBIDDEN, "the token is missing or wrong"),
    }
}

/// An answer that is a problem, as JSON.
pub(super) fn problem(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}

async fn job(State(app): State<Arc<App>>) -> Response {
    Json(app.monitor.live()).into_response()
}

async fn batches(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let number = |name| parameter(&uri, name).and_then(|it| it.parse::<u64>().ok());
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok());
    let after = number("after").unwrap_or(0);
    let live = app.monitor.live();
    Json(json!({
        "running": live.running,
        "waiting_us": live.waiting_us,
        "waiting": live.waiting,
        "completed": rows(&app.monitor, after, limit.unwrap_or(RETAINED_BATCHES)),
    }))
    .into_response()
}

/// The batches after a number, in one line each.
pub(super) fn rows(monitor: &Monitor, after: u64, limit: usize) -> Vec<BatchRow> {
    let batches = monitor.batches_after(after, limit);
    batches.iter().map(|batch| batch.row()).collect()
}

async fn batch(State(app): State<Arc<App>>, Path(time): Path<u64>) -> Response {
    if let Some(batch) = app.monitor.batch(BatchTime::from_micros(time)) {
        return Json(&*batch).into_response();
    }
    let running = app.monitor.live().running;
    match running.filter(|running| running.time_us == time) {
        Some(running) => Json(running).into_response(),
        None => problem(
            StatusCode::NOT_FOUND,
            "that batch is not under way, and not among the newest that are kept",
        ),
    }
}

async fn receivers(State(app): State<Arc<App>>) -> Response {
    Json(app.monitor.live().totals.inputs).into_response()
}

async fn plan(State(app): State<Arc<App>>) -> Response {
    Json(app.monitor.plan()).into_response()
}

async fn metrics_json(State(app): State<Arc<App>>) -> Response {
    Json(app.monitor.metrics()).into_response()
}

async fn metrics_text(State(app): State<Arc<App>>) -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    let text = app.exporter.text(&app.monitor.metrics());
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// Ready when the inputs are started and the job has not ended.
async fn ready(State(app): State<Arc<App>>) -> Response {
    let live = app.monitor.live();
    let is_ready = live.job.state == "active" && live.verdict.kind != VerdictKind::Failed;
    let status = match is_ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(live.verdict)).into_response()
}

async fn stop(State(app): State<Arc<App>>) -> Response {
    tracing::info!("the job is stopped from its web page");
    app.stop.raise();
    let text = json!({ "stopping": true });
    (StatusCode::ACCEPTED, Json(text)).into_response()
}
