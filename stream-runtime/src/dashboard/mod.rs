//! A live web page of a running job: the feature `dashboard`.
//!
//! | file | what is in it |
//! |---|---|
//! | `server` | the thread that serves, and what bounds it |
//! | `guard`, `token` | who may ask for what |
//! | `routes`, `events` | what can be asked for, and what is sent as it happens |
//! | `export` | the metrics as Prometheus scrapes them |
//! | `pages`, `page/` | the page, in one piece |

mod events;
mod export;
mod guard;
mod pages;
mod routes;
mod server;
mod token;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::error::{Error, Result};
use crate::job::Job;
use crate::monitor::Monitor;

use export::Exporter;
use guard::Guard;
use routes::App;
use server::{Server, VIEWERS};
use token::Token;

/// A web page that shows a job while it runs, with everything that it shows as JSON, and metrics for
/// Prometheus.
///
/// A program with a [`Launcher`](crate::Launcher) has it with `--ui`. Others open one for their job:
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use stream_runtime::Dashboard;
/// use stream_runtime::prelude::*;
///
/// stream!(
///     #[batch(1ms)]
///     fn show(words: Stream<&str>) {
///         words.print();
///     }
/// );
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let job = show(queue([["to", "be"]]));
/// // Port 0 is one that is free.
/// let dashboard = Dashboard::at("127.0.0.1:0".parse()?).open(&job)?;
/// println!("see {}", dashboard.url());
/// job.run()?;
///
/// let mut connection = TcpStream::connect(dashboard.address())?;
/// connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
/// let mut answer = String::new();
/// connection.read_to_string(&mut answer)?;
/// assert!(answer.contains("stream_records_processed_total{pipeline=\"show\"} 2\n"));
/// # Ok(())
/// # }
/// ```
///
/// # What can be asked for
///
/// | path | |
/// |---|---|
/// | `/` | the page; `#/batch/TIME` shows one batch |
/// | `/api/job` | the job: verdict, sums, the batch under way, states, watermarks, checkpoint |
/// | `/api/batches?after=N&limit=N` | the newest completed batches in one line each |
/// | `/api/batches/TIME` | one batch, by its time in microseconds |
/// | `/api/receivers` | the inputs with their receivers |
/// | `/api/plan` | the plan |
/// | `/api/metrics`, `/metrics` | the metrics as JSON, and as Prometheus scrapes them |
/// | `/api/events?after=N` | server-sent events: what has changed, at most ten a second |
/// | `/healthz` | 200 while the page is up |
/// | `/readyz` | 200 while the inputs are open and the job has not failed |
/// | `POST /api/stop` | stops the job gracefully |
///
/// # Who may see it
///
/// By default only this machine: bound to a loopback address it answers everybody who asks it by the
/// name `localhost` or by such an address, so pages of other servers cannot read it. To stop the job
/// takes the token, as `Authorization: Bearer TOKEN`; one is made up if none is given, and is part of
/// [`url`](OpenDashboard::url). Bound to any other address it needs a token that you choose, and every
/// request needs that; the page takes it as `/?token=TOKEN` once and keeps it in the browser's tab.
/// There is no TLS: for other machines use `ssh -L 4040:localhost:4040 HOST` and leave it on the
/// loopback address, or put a proxy before it that has TLS, and asks by the name `localhost`.
///
/// # Cost
///
/// One thread, which sleeps unless somebody looks; in the job itself less than a microsecond for each
/// batch. At most 16 people watch at once, on at most 64 connections.
#[derive(Debug)]
#[must_use = "it is open as long as what `open` gives lives"]
pub struct Dashboard {
    address: SocketAddr,
    token: Option<String>,
}

impl Dashboard {
    /// A page at this address.
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address,
            token: None,
        }
    }

    /// The secret that a request needs to stop the job, and any request that comes from another
    /// machine: 16 to 256 letters, digits or `-._~`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Opens the page for a job that has not been started.
    ///
    /// # Errors
    ///
    /// When the address is taken or is none of this machine, when it can be reached from other
    /// machines and there is no token, or when the token could be guessed.
    pub fn open(self, job: &Job) -> Result<OpenDashboard> {
        let is_local = self.address.ip().to_canonical().is_loopback();
        let is_made_up = self.token.is_none();
        let token = match self.token {
            Some(token) => Token::new(token)?,
            None if is_local => Token::make()?,
            None => return Err(needs_token(self.address)),
        };
        let listener = TcpListener::bind(self.address)
            .map_err(|error| Error::io(format!("opening a web page at {}", self.address), error))?;
        let address = listener
            .local_addr()
            .map_err(|error| Error::io("asking for the address of the web page", error))?;
        let url = match is_made_up {
            true => format!("http://{address}/?token={}", token.secret()),
            false => format!("http://{address}/"),
        };
        let monitor = Monitor::of(job);
        let (end, ending) = watch::channel(false);
        let app = App {
            monitor: monitor.clone(),
            exporter: Exporter::of(job)?,
            guard: Guard { token, is_local },
            stop: job.stop_signal(),
            viewers: Arc::new(Semaphore::new(VIEWERS)),
            end: ending,
        };
        let server = Server::start(listener, end, routes::router(Arc::new(app)))?;
        Ok(OpenDashboard {
            address,
            url,
            monitor,
            _server: server,
        })
    }
}

fn needs_token(address: SocketAddr) -> Error {
    Error::Config(format!(
        "a web page at {address} can be reached from other machines, so it needs a token: \
         `Dashboard::token`, or the environment variable STREAM_UI_TOKEN, or `--ui-token`"
    ))
}

/// A [`Dashboard`] that is open. It closes when this is dropped; those who watch see the end of the
/// job first.
#[derive(Debug)]
#[must_use = "the page closes when this is dropped"]
pub struct OpenDashboard {
    address: SocketAddr,
    url: String,
    monitor: Monitor,
    _server: Server,
}

impl OpenDashboard {
    /// The address that it listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where to point a browser. The token is part of it if it was made up: whoever has it may stop
    /// the job.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the page shows.
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }
}
