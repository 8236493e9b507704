//! Who may ask for what.

use std::net::IpAddr;

use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderMap, Method, Uri};

use super::token::Token;

/// The rules of a dashboard.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) token: Token,
    /// Only this machine can reach it: seeing needs no token.
    pub(super) is_local: bool,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A page of another server makes its viewer's browser ask: DNS rebinding.
    Host,
    /// The token is not there, or is not the right one.
    Token,
    /// The same, for what changes something.
    Stop,
}

impl Guard {
    /// Whether a request may be answered.
    pub(super) fn check(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(), Refusal> {
        if self.is_local && !is_local_name(headers) {
            return Err(Refusal::Host);
        }
        let is_page = uri.path() == "/";
        if bearer(headers).is_some_and(|given| self.token.is(given)) {
            return Ok(());
        }
        if !(*method == Method::GET || *method == Method::HEAD) {
            return Err(Refusal::Stop);
        }
        if self.is_local || is_page && parameter(uri, "token").is_some_and(|it| self.token.is(it)) {
            return Ok(());
        }
        Err(Refusal::Token)
    }
}

/// Whether the request was meant for this machine by name. A name that somebody else's server has
/// made to point here is none of these.
fn is_local_name(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let name = host.to_str().ok().and_then(without_port);
    name.is_some_and(|name| {
        let is_local = |ip: IpAddr| ip.to_canonical().is_loopback();
        name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_local)
    })
}

/// The name or address in `name:port`, `name` or `[address]:port`. The port may be another one than
/// the dashboard's, when it comes through a tunnel.
fn without_port(host: &str) -> Option<&str> {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map(|(address, _)| address);
    }
    host.split(':').next()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// A parameter of the query, as it stands there.
pub(super) fn parameter<'u>(uri: &'u Uri, name: &str) -> Option<&'u str> {
    let pairs = uri.query()?.split('&').filter_map(|it| it.split_once('='));
    pairs
        .into_iter()
        .find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn guard(is_local: bool) -> Guard {
        Guard {
            token: Token::new(TOKEN.to_owned()).unwrap(),
            is_local,
        }
    }

    /// Asks with a host and a token.
    fn ask(guard: &Guard, what: &str, host: &str, token: Option<&str>) -> Result<(), Refusal> {
        let (method, uri) = what.split_once(' ').unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        guard.check(&method.parse().unwrap(), &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn on_this_machine_seeing_is_free_and_stopping_needs_the_token() {
        let guard = guard(true);
        let ask = |what: &str, token| ask(&guard, what, "localhost:4040", token);
        for path in ["/", "/api/job", "/metrics", "/no/such/page"] {
            assert_eq!(ask(&format!("GET {path}"), None), Ok(()));
        }
        let stop = "POST /api/stop";
        assert_eq!(ask(stop, Some(TOKEN)), Ok(()));
        for bad in [None, Some(""), Some("0123456789abcdeX")] {
            assert_eq!(ask(stop, bad), Err(Refusal::Stop));
        }
        let by_query = "POST /api/stop?token=0123456789abcdef";
        assert_eq!(ask(by_query, None), Err(Refusal::Stop));
    }

    #[test]
    fn from_other_machines_everything_needs_the_token() {
        let guard = guard(false);
        let ask = |what: &str, token| ask(&guard, what, "example.org", token);
        for path in ["/", "/api/job", "/metrics", "/healthz"] {
            let path = format!("GET {path}");
            assert_eq!(ask(&path, None), Err(Refusal::Token), "{path}");
            assert_eq!(ask(&path, Some("wrong")), Err(Refusal::Token), "{path}");
            assert_eq!(ask(&path, Some(TOKEN)), Ok(()), "{path}");
        }
        assert_eq!(ask("GET /?token=0123456789abcdef", None), Ok(()));
        assert_eq!(ask("GET /?x=1&token=0123456789abcdef", None), Ok(()));
        let no_page = "GET /api/job?token=0123456789abcdef";
        assert_eq!(ask(no_page, None), Err(Refusal::Token));
        assert_eq!(ask("POST /api/stop", None), Err(Refusal::Stop));
    }

    #[test]
    fn names_that_others_have_made_to_point_here_are_refused() {
        let guard = guard(true);
        for good in [
            "localhost",
            "LocalHost:1",
            "127.0.0.1:4040",
            "127.9.9.9",
            "[::1]:4040",
        ] {
            assert_eq!(ask(&guard, "GET /", good, None), Ok(()), "{good}");
        }
        for bad in [
            "example.org",
            "localhost.example.org:4040",
            "10.0.0.1",
            "[::2]:4040",
            "",
            "[",
        ] {
            for token in [None, Some(TOKEN)] {
                assert_eq!(
                    ask(&guard, "GET /", bad, token),
                    Err(Refusal::Host),
                    "{bad}"
                );
            }
        }
        let (method, uri) = (Method::GET, Uri::from_static("/"));
        let nobody = guard.check(&method, &uri, &HeaderMap::new());
        assert_eq!(nobody, Err(Refusal::Host));
    }
}
