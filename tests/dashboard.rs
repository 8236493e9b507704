//! The page of a running job, over HTTP as a browser speaks it: what it answers, to whom, and that
//! it can stop the job.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use stream_runtime::monitor::{Monitor, RETAINED_BATCHES};
use stream_runtime::prelude::*;
use stream_runtime::testing::TestRun;
use stream_runtime::{Dashboard, OpenDashboard, Result, Summary};

stream!(
    #[batch(10ms)]
    fn counted(words: Stream<&str>, counts: Sink<(&str, u64)>) {
        let counted = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counted.to(counts);
    }
);

const TOKEN: &str = "0123456789abcdef";

/// A job that runs until it is stopped, and its page.
struct Running {
    dashboard: OpenDashboard,
    words: stream_runtime::receiver::Sender<String>,
    job: JoinHandle<Result<Summary>>,
}

fn running() -> Running {
    let (words, input) = channel::<String>(1_000);
    let sink = stream_runtime::sink::from_fn(|_: BatchTime, _: &[Vec<(&str, u64)>]| Ok(()));
    let job = counted(input, sink);
    let dashboard = local().token(TOKEN).open(&job).unwrap();
    let job = std::thread::spawn(move || job.run());
    Running {
        dashboard,
        words,
        job,
    }
}

fn local() -> Dashboard {
    Dashboard::at(SocketAddr::from(([127, 0, 0, 1], 0)))
}

/// An answer: its status, its head and its body.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    connection
}

/// Sends a request as it is, and reads all that comes back.
fn raw(address: SocketAddr, request: &str) -> Answer {
    let mut text = String::new();
    // When the request is cut off, what was answered before that counts.
    let _ = send(address, request).read_to_string(&mut text);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

fn ask(address: SocketAddr, what: &str, headers: &str) -> Answer {
    let request = format!("{what} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    raw(address, &request)
}

fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, &format!("GET {path}"), "")
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

impl Running {
    fn address(&self) -> SocketAddr {
        self.dashboard.address()
    }

    /// Asks until the answer holds.
    fn wait_for(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..6_000 {
            let answer = get(self.address(), path).json();
            if holds(&answer) {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{path} never came to hold");
    }

    fn stop(self) {
        let answer = ask(self.address(), "POST /api/stop", &bearer(TOKEN));
        assert_eq!(answer.status, 202, "{answer:?}");
        self.job.join().unwrap().unwrap();
    }
}

#[test]
fn what_a_job_does_is_there_under_each_path() {
    let running = running();
    let address = running.address();
    for word in ["to", "be", "to"] {
        running.words.send(word.to_owned()).unwrap();
    }
    let job = running.wait_for("/api/job", |job| job["totals"]["processed"] == 3);
    assert_eq!(job["job"]["pipeline"], "counted");
    assert_eq!(job["job"]["batch_interval_us"], 10_000);
    assert_eq!(job["totals"]["inputs"][0]["name"], "words");
    assert_eq!(job["totals"]["inputs"][0]["records"], 3);
    assert_eq!(job["totals"]["outputs"][0]["name"], "to counts");
    assert_eq!(job["totals"]["outputs"][0]["records"], 2);

    let batches = get(address, "/api/batches").json();
    let batches = batches["completed"].as_array().unwrap().clone();
    let with_records = batches.iter().find(|batch| batch["records"] != 0).unwrap();
    assert_eq!(
        with_records["inputs"],
        serde_json::json!([with_records["records"]])
    );
    let last = batches.last().unwrap()["number"].as_u64().unwrap();
    let newer = get(address, &format!("/api/batches?after={last}&limit=2")).json();
    let newer = newer["completed"].as_array().unwrap();
    assert!(
        newer
            .iter()
            .all(|batch| batch["number"].as_u64().unwrap() > last)
    );
    assert!(newer.len() <= 2);

    let batch = get(
        address,
        &format!("/api/batches/{}", with_records["time_us"]),
    )
    .json();
    assert_eq!(batch["records"], with_records["records"]);
    assert_eq!(batch["outputs"][0]["site"]["operator"], "to");
    assert!(batch["stages"].as_array().unwrap().len() >= 2);
    assert_eq!(get(address, "/api/batches/1").status, 404);
    assert_eq!(get(address, "/api/batches/x").status, 400);

    let plan = get(address, "/api/plan").json();
    assert_eq!(plan["nodes"][0]["names"][0], "words");
    assert_eq!(
        get(address, "/api/receivers").json()[0]["receiver"]["phase"],
        "receiving"
    );
    let metrics = get(address, "/api/metrics").json();
    let names = metrics["families"].as_array().unwrap().iter();
    let names: Vec<&str> = names
        .map(|family| family["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"stream_batch_processing_seconds"));

    let text = get(address, "/metrics");
    assert!(
        text.head
            .contains("content-type: text/plain; version=0.0.4")
    );
    let line = "\nstream_input_records_total{pipeline=\"counted\",input=\"words\"} 3\n";
    assert!(text.body.contains(line), "{}", text.body);
    assert_eq!(get(address, "/healthz").body, "ok\n");
    assert_eq!(get(address, "/readyz").status, 200);
    assert_eq!(get(address, "/no/such/page").status, 404);
    assert_eq!(ask(address, "POST /api/job", &bearer(TOKEN)).status, 405);
    running.stop();
}

/// The numbers of the metrics, by their names with labels.
fn scraped(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// The same of the metrics as JSON.
fn listed(metrics: &Value) -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for family in metrics["families"].as_array().unwrap() {
        for sample in family["samples"].as_array().unwrap() {
            let labels = sample["labels"].as_array().unwrap().iter();
            let labels = labels.map(|label| format!("{}={}", label[0].as_str().unwrap(), label[1]));
            let labels: Vec<String> = labels.collect();
            let (name, suffix) = (family["name"].as_str(), sample["suffix"].as_str());
            let name = format!(
                "{}{}{{{}}}",
                name.unwrap(),
                suffix.unwrap(),
                labels.join(",")
            );
            all.insert(name, sample["value"].as_f64().unwrap());
        }
    }
    all
}

#[test]
fn prometheus_is_given_what_the_json_has() {
    let sink = stream_runtime::sink::from_fn(|_: BatchTime, _: &[Vec<(&str, u64)>]| Ok(()));
    let job = counted(queue((0..20).map(|_| ["to", "be"])), sink);
    let dashboard = local().open(&job).unwrap();
    let early = scraped(&get(dashboard.address(), "/metrics").body);
    assert_eq!(
        early["stream_verdict{pipeline=\"counted\",verdict=\"starting\"}"],
        1.0
    );
    TestRun::new().job(job, 20).unwrap();

    let text = get(dashboard.address(), "/metrics").body;
    let json = get(dashboard.address(), "/api/metrics").json();
    let (text, json) = (scraped(&text), listed(&json));
    assert!(text.keys().eq(json.keys()), "{text:#?}{json:#?}");
    for (name, value) in &json {
        // Sums of seconds are added up in another order.
        let error = (text[name] - value).abs();
        assert!(
            error <= value.abs() * 1e-9,
            "{name}: {} {value}",
            text[name]
        );
    }
    assert_eq!(
        text["stream_verdict{pipeline=\"counted\",verdict=\"starting\"}"],
        0.0
    );
    assert_eq!(
        text["stream_records_processed_total{pipeline=\"counted\"}"],
        40.0
    );
}

#[test]
fn the_page_is_whole_and_lets_nothing_else_in() {
    let running = running();
    let page = get(running.address(), "/");
    assert_eq!(page.status, 200);
    let policy = page
        .head
        .lines()
        .find(|line| line.starts_with("content-security-policy"));
    let policy = policy.unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert!(page.body.contains(&format!("<script nonce=\"{nonce}\">")));
    assert!(!page.body.contains("{{") && !page.body.contains("src="));
    assert!(!page.body.contains(TOKEN));
    let again = get(running.address(), "/");
    assert!(
        !again.head.contains(nonce),
        "each answer has a number of its own"
    );
    running.stop();
}

#[test]
fn stopping_takes_the_token_and_the_right_name() {
    let running = running();
    let address = running.address();
    for headers in [
        String::new(),
        bearer(""),
        bearer("0123456789abcdeg"),
        bearer("0123456789abcdef0"),
    ] {
        let answer = ask(address, "POST /api/stop", &headers);
        assert_eq!(answer.status, 403, "{headers}");
    }
    let by_query = ask(address, &format!("POST /api/stop?token={TOKEN}"), "");
    assert_eq!(by_query.status, 403);
    assert_eq!(ask(address, "GET /api/stop", &bearer(TOKEN)).status, 405);
    for host in ["example.org", "localhost.example.org", "10.1.2.3:4040"] {
        for what in ["GET /", "GET /api/job", "GET /metrics", "POST /api/stop"] {
            let request = format!("{what} HTTP/1.1\r\nHost: {host}\r\n{}\r\n", bearer(TOKEN));
            let answer = raw(address, &request);
            assert_eq!(answer.status, 403, "{host} {what}");
            assert!(!answer.body.contains("counted"), "{answer:?}");
        }
    }
    assert_eq!(raw(address, "GET / HTTP/1.0\r\n\r\n").status, 403);
    assert_eq!(get(address, "/api/job").json()["job"]["state"], "active");
    running.stop();
}

#[test]
fn what_other_machines_can_reach_needs_a_token_for_everything() {
    let (_words, input) = channel::<String>(1);
    let sink = stream_runtime::sink::from_fn(|_: BatchTime, _: &[Vec<(&str, u64)>]| Ok(()));
    let job = counted(input, sink);
    let everywhere = || Dashboard::at(SocketAddr::from(([0, 0, 0, 0], 0)));
    let refused = everywhere().open(&job).unwrap_err().to_string();
    assert!(refused.contains("it needs a token"), "{refused}");
    assert!(everywhere().token("guess me").open(&job).is_err());

    let open = everywhere().token(TOKEN).open(&job).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], open.address().port()));
    assert!(!open.url().contains(TOKEN), "who has chosen it knows it");
    for path in [
        "/api/job",
        "/api/events",
        "/metrics",
        "/healthz",
        "/readyz",
        "/no/such/page",
    ] {
        assert_eq!(get(address, path).status, 401, "{path}");
        let by_query = get(address, &format!("{path}?token={TOKEN}"));
        assert_eq!(by_query.status, 401, "{path}");
    }
    let sign_in = get(address, "/?token=0123456789abcdeg");
    assert_eq!(sign_in.status, 401);
    assert!(sign_in.body.contains("needs its token") && !sign_in.body.contains("counted"));
    assert_eq!(get(address, &format!("/?token={TOKEN}")).status, 200);
    // The job has not been started.
    assert_eq!(ask(address, "GET /readyz", &bearer(TOKEN)).status, 503);
    assert_eq!(ask(address, "GET /api/job", &bearer(TOKEN)).status, 200);
}

/// Server-sent events: the name and the data of each.
fn events(connection: TcpStream) -> impl Iterator<Item = (String, Value)> {
    let mut lines = BufReader::new(connection)
        .lines()
        .map_while(|line| line.ok());
    std::iter::from_fn(move || {
        let name = lines.find_map(|line| Some(line.strip_prefix("event: ")?.to_owned()))?;
        let data = lines.find_map(|line| Some(line.strip_prefix("data: ")?.to_owned()))?;
        Some((name, serde_json::from_str(&data).unwrap()))
    })
}

fn watch(address: SocketAddr, path: &str) -> TcpStream {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    send(address, &request)
}

#[test]
fn events_come_while_a_job_runs_and_the_last_one_says_that_it_has_ended() {
    let running = running();
    running.wait_for("/api/job", |job| {
        job["totals"]["batches"].as_u64() > Some(3)
    });
    let mut events = events(watch(running.address(), "/api/events?after=2"));
    let mut next = 3;
    for _ in 0..5 {
        let (name, change) = events.next().unwrap();
        assert_eq!(
            (&*name, &change["live"]["job"]["pipeline"]),
            ("change", &"counted".into())
        );
        let rows = change["rows"].as_array().unwrap();
        assert!(rows.len() <= RETAINED_BATCHES);
        for row in rows {
            assert_eq!(
                row["number"], next,
                "no batch is left out, and none comes twice"
            );
            next += 1;
        }
    }
    assert!(next > 4, "batches were completed meanwhile");
    running.stop();
    let (name, change) = events.last().unwrap();
    assert_eq!(
        (&*name, &change["live"]["verdict"]["kind"]),
        ("end", &"stopped".into())
    );
}

#[test]
fn those_who_watch_and_those_who_say_too_much_are_bounded() {
    let running = running();
    let address = running.address();
    let first = |connection: TcpStream| events(connection).next();
    let viewers: Vec<TcpStream> = (0..16).map(|_| watch(address, "/api/events")).collect();
    for viewer in &viewers {
        assert!(first(viewer.try_clone().unwrap()).is_some());
    }
    assert_eq!(get(address, "/api/events").status, 503);
    assert_eq!(
        get(address, "/api/job").status,
        200,
        "others are not kept out"
    );
    drop(viewers);
    let again = (0..6_000).find(|_| {
        std::thread::sleep(Duration::from_millis(5));
        first(watch(address, "/api/events")).is_some()
    });
    assert!(again.is_some(), "the places are given back");

    let long = format!("X-Long: {}\r\n", "x".repeat(100_000));
    assert_ne!(ask(address, "GET /api/job", &long).status, 200);
    let many = "X-Many: x\r\n".repeat(200);
    assert_ne!(ask(address, "GET /api/job", &many).status, 200);
    assert_eq!(get(address, "/healthz").status, 200);
    running.stop();
}

#[test]
fn a_hundred_thousand_batches_leave_a_monitor_small_and_quick() {
    const BATCHES: u64 = 100_000;
    let sink = stream_runtime::sink::from_fn(|_: BatchTime, _: &[Vec<(&str, u64)>]| Ok(()));
    let rows = queue((0..BATCHES).map(|batch| vec![if batch % 2 == 0 { "to" } else { "be" }]));
    let job = counted(rows, sink);
    let dashboard = local().open(&job).unwrap();
    let monitor = Monitor::of(&job);
    TestRun::new().job(job, BATCHES).unwrap();

    let seen = monitor.snapshot();
    assert_eq!(seen.live.totals.batches, BATCHES);
    assert_eq!(seen.live.totals.processed, BATCHES);
    assert_eq!(seen.live.totals.delays.processing.count(), BATCHES);
    assert_eq!(seen.batches.len(), RETAINED_BATCHES);
    assert_eq!(
        seen.batches[0].number,
        BATCHES - RETAINED_BATCHES as u64 + 1
    );
    let all = get(dashboard.address(), "/api/batches");
    assert_eq!(
        all.json()["completed"].as_array().unwrap().len(),
        RETAINED_BATCHES
    );
    assert!(all.body.len() < 400_000, "{} bytes", all.body.len());
    let (_, change) = events(watch(dashboard.address(), "/api/events"))
        .next()
        .unwrap();
    assert_eq!(change["rows"].as_array().unwrap().len(), RETAINED_BATCHES);
    let text = get(dashboard.address(), "/metrics").body;
    let count = "\nstream_batch_processing_seconds_count{pipeline=\"counted\"} 100000\n";
    assert!(text.contains(count), "{text}");
    let job = get(dashboard.address(), "/api/job").body;
    assert!(job.len() < 8_000, "{} bytes", job.len());
}

#[test]
fn a_page_whose_address_is_taken_is_an_error_that_names_it() {
    let running = running();
    let sink = stream_runtime::sink::from_fn(|_: BatchTime, _: &[Vec<(&str, u64)>]| Ok(()));
    let second = counted(queue([["to"]]), sink);
    let error = Dashboard::at(running.address()).open(&second).unwrap_err();
    assert!(
        error.to_string().contains(&running.address().to_string()),
        "{error}"
    );
    running.stop();
}

#[test]
fn a_page_ends_with_its_job_and_leaves_no_one_waiting() {
    let running = running();
    let connection = watch(running.address(), "/api/events");
    let (told, ended) = mpsc::channel();
    let viewer = std::thread::spawn(move || {
        let mut seen = events(connection);
        told.send(seen.next().is_some()).unwrap();
        seen.last()
    });
    assert!(ended.recv().unwrap());
    let address = running.address();
    running.stop();
    assert_eq!(viewer.join().unwrap().unwrap().0, "end");
    assert!(
        TcpStream::connect(address).is_err(),
        "nobody listens any more"
    );
}

#[test]
fn a_job_that_fails_for_good_is_shown_with_its_batch_and_its_reason() {
    let sink = stream_runtime::sink::from_fn(|_: BatchTime, _: &[Vec<(&str, u64)>]| {
        Err(std::io::Error::other("the disk is full"))
    });
    let job = counted(queue([["to"]]), sink);
    let dashboard = local().open(&job).unwrap();
    assert!(TestRun::new().attempts(2).job(job, 1).is_err());
    let address = dashboard.address();
    assert_eq!(get(address, "/readyz").status, 503);
    assert_eq!(get(address, "/healthz").status, 200);
    let job = get(address, "/api/job").json();
    assert_eq!(job["verdict"]["kind"], "failed");
    let reason = job["verdict"]["reason"].as_str().unwrap();
    assert!(reason.contains("the disk is full"), "{reason}");
    assert_eq!(job["totals"]["failed_attempts"], 2);
    assert_eq!(job["totals"]["outputs"][0]["failures"], 2);
    let batch = get(address, "/api/batches/1000000").json();
    assert_eq!(batch["has_failed"], true);
    assert_eq!(batch["failures"][0]["next"], "it is tried again");
    assert_eq!(batch["failures"][1]["next"], "the job ends");
    let failure = batch["outputs"][0]["failure"].as_str().unwrap();
    assert!(failure.contains("the disk is full"), "{failure}");
}
