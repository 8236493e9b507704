//! The web page: `--ui` and `--ui-token`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::{Arg, ArgMatches};

use super::screen::Screen;
#[cfg(not(feature = "dashboard"))]
use crate::error::Error;
use crate::error::Result;
use crate::job::Job;

/// Where the page is when the command line does not say where: Spark's port.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4040);

/// The environment variable with the token: a command line can be seen by every user of the machine.
const TOKEN_VARIABLE: &str = "STREAM_UI_TOKEN";

/// What the command line says of the page.
#[derive(Debug)]
pub(super) struct Ui {
    address: Option<SocketAddr>,
    #[cfg_attr(
        not(feature = "dashboard"),
        expect(dead_code, reason = "there is no page that it could open")
    )]
    token: Option<String>,
}

pub(super) fn arguments() -> [Arg; 2] {
    [
        Arg::new("ui")
            .long("ui")
            .value_name("ADDR")
            .num_args(0..=1)
            .default_missing_value("127.0.0.1:4040")
            .value_parser(address)
            .help("Show the job on a web page while it runs [default address: 127.0.0.1:4040]"),
        Arg::new("ui-token")
            .long("ui-token")
            .value_name("TOKEN")
            .requires("ui")
            .help("The secret that stops the job from its page; for an address that other machines \
                can reach, also the one that shows it; better in the environment variable STREAM_UI_TOKEN"),
    ]
}

/// An address with its port, or one of both.
fn address(text: &str) -> Result<SocketAddr, String> {
    let local = |port| SocketAddr::new(ADDRESS.ip(), port);
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Ok(ip) = text.parse() {
        return Ok(SocketAddr::new(ip, ADDRESS.port()));
    }
    if let Ok(port) = text.parse() {
        return Ok(local(port));
    }
    let port = text.strip_prefix("localhost");
    match port.map(|rest| rest.strip_prefix(':').map(str::parse)) {
        Some(None) if text == "localhost" => Ok(ADDRESS),
        Some(Some(Ok(port))) => Ok(local(port)),
        _ => Err(format!(
            "it is an IP address, a port or both, such as {ADDRESS}; a command stands before '--ui'"
        )),
    }
}

impl Ui {
    pub(super) fn read(matches: &mut ArgMatches) -> Self {
        Self {
            address: matches.remove_one("ui"),
            token: matches.remove_one("ui-token"),
        }
    }

    /// Opens the page, if there is to be one: it closes when the result is dropped.
    #[cfg(feature = "dashboard")]
    pub(super) fn open(
        &self,
        job: &Job,
        screen: &Screen,
    ) -> Result<Option<crate::dashboard::OpenDashboard>> {
        let Some(address) = self.address else {
            return Ok(None);
        };
        let mut dashboard = crate::dashboard::Dashboard::at(address);
        let variable = || std::env::var(TOKEN_VARIABLE).ok();
        if let Some(token) = self.token.clone().or_else(variable) {
            dashboard = dashboard.token(token);
        }
        let open = dashboard.open(job)?;
        screen.note(&format!("web page: {}", open.url()));
        Ok(Some(open))
    }

    #[cfg(not(feature = "dashboard"))]
    pub(super) fn open(&self, _: &Job, _: &Screen) -> Result<Option<()>> {
        match self.address {
            None => Ok(None),
            Some(_) => Err(Error::Config(format!(
                "`--ui` and {TOKEN_VARIABLE} need a program that was built with the web page: add \
                 the feature `dashboard` of `stream-runtime` to its Cargo.toml"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_leave_out_the_half_that_is_usual() {
        let addresses = [
            ("127.0.0.1:4040", "127.0.0.1:4040"),
            ("8080", "127.0.0.1:8080"),
            ("localhost", "127.0.0.1:4040"),
            ("localhost:0", "127.0.0.1:0"),
            ("0.0.0.0", "0.0.0.0:4040"),
            ("::1", "[::1]:4040"),
            ("[::1]:80", "[::1]:80"),
        ];
        for (text, expected) in addresses {
            assert_eq!(address(text).unwrap(), expected.parse().unwrap(), "{text}");
        }
        for bad in [
            "run",
            "localhosts",
            "localhost:",
            "localhost:x",
            "1.2.3:4",
            "70000",
            "",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[cfg(not(feature = "dashboard"))]
    #[test]
    fn a_program_without_the_page_says_how_to_get_it() {
        let screen = Screen::of_process(false);
        let ui = |address| Ui {
            address,
            token: None,
        };
        let job = || {
            static PLAN: crate::plan::Plan = crate::plan::Plan::new("empty", &[]);
            Job::new(&PLAN, ("empty", "0.0.0"), Vec::new(), |_| Ok(()))
        };
        assert!(ui(None).open(&job(), &screen).is_ok());
        let error = ui(Some(ADDRESS)).open(&job(), &screen).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("add the feature `dashboard`"), "{error}");
    }
}
