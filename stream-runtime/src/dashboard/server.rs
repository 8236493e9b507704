//! The server: one thread, and bounds for everything that others can make it do.

use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::events::pause;
use crate::error::{Error, Result};

/// How many connections there may be; more have to wait.
const CONNECTIONS: usize = 64;

/// How many of them may be people who watch.
pub(super) const VIEWERS: usize = 16;

/// How long the head of a request may be, and how much of an answer is kept ready.
const BUFFER: usize = 16 * 1024;
const HEADERS: usize = 64;

/// How long the head of a request may take, and a whole request.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// For how long one may watch without connecting anew.
const WATCH_FOR: Duration = Duration::from_secs(60 * 60);

/// How long those who watch have to take the last event, when the job has ended.
const LAST_WITHIN: Duration = Duration::from_secs(1);

/// The thread that serves.
#[derive(Debug)]
pub(super) struct Server {
    end: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Begins to serve.
    ///
    /// # Errors
    ///
    /// When there is no thread to be had.
    pub(super) fn start(
        listener: StdListener,
        end: watch::Sender<bool>,
        router: Router,
    ) -> Result<Self> {
        let ending = end.subscribe();
        let thread = std::thread::Builder::new().name("stream-dashboard".to_owned());
        let thread = thread.spawn(move || {
            if let Err(error) = run(listener, ending, router) {
                tracing::warn!(%error, "the web page cannot be served");
            }
        });
        let thread = thread.map_err(|error| Error::io("starting the web page's thread", error))?;
        Ok(Self {
            end,
            thread: Some(thread),
        })
    }
}

/// Sends the last events and ends.
impl Drop for Server {
    fn drop(&mut self) {
        self.end.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // It has no result, and its panic was printed.
            let _ = thread.join();
        }
    }
}

fn run(listener: StdListener, end: watch::Receiver<bool>, router: Router) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut ending = end.clone();
        tokio::select! {
            () = accept(&listener, &places, &router) => {}
            // An error says that the one who ends it is gone.
            _ = ending.wait_for(|end| *end) => {}
        }
        let all = places.acquire_many(CONNECTIONS as u32);
        // Those that do not end in time are cut off.
        let _ = timeout(LAST_WITHIN, all).await;
        Ok(())
    })
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>, router: &Router) {
    // Nobody closes the semaphore.
    while let Ok(place) = Arc::clone(places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, router.clone(), place))),
            // There may be too many open files for now.
            Err(_) => pause().await,
        }
    }
}

/// Answers one request. A connection serves no second one, so that none can be held for nothing.
async fn connection(stream: TcpStream, router: Router, place: OwnedSemaphorePermit) {
    let watches = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&watches);
    let service = service_fn(move |request: Request<Incoming>| {
        seen.store(request.uri().path() == "/api/events", Ordering::Relaxed);
        answer(router.clone(), request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_headers(HEADERS)
        .max_buf_size(BUFFER)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let limit = async {
        sleep(ANSWER_WITHIN).await;
        if watches.load(Ordering::Relaxed) {
            sleep(WATCH_FOR).await;
        }
    };
    tokio::select! {
        // What goes wrong on a connection concerns only the one who has it.
        _ = connection => {}
        () = limit => {}
    }
    drop(place);
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
) -> std::result::Result<axum::response::Response, std::convert::Infallible> {
    use hyper_util::service::TowerToHyperService;
    hyper::service::Service::call(&TowerToHyperService::new(router), request).await
}
