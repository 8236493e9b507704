//! The page, and the one that asks for the token.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::token::random_hex;

const PAGE: &str = include_str!("page/index.html");
const SIGN_IN: &str = include_str!("page/sign_in.html");
const STYLE: &str = include_str!("page/style.css");
/// Each file uses only those before it.
const SCRIPTS: [&str; 6] = [
    include_str!("page/format.js"),
    include_str!("page/charts.js"),
    include_str!("page/plan.js"),
    include_str!("page/tables.js"),
    include_str!("page/batch.js"),
    include_str!("page/app.js"),
];
const SIGN_IN_SCRIPT: &str = include_str!("page/sign_in.js");

/// The page, in one piece: there is nothing that a browser would have to ask for without the token.
pub(super) fn page() -> Response {
    whole(StatusCode::OK, PAGE, &SCRIPTS.concat())
}

/// A page that asks for the token. It says nothing of the job.
pub(super) fn sign_in() -> Response {
    whole(StatusCode::UNAUTHORIZED, SIGN_IN, SIGN_IN_SCRIPT)
}

/// Puts style and script into a page. They are run because they have a number that only this
/// answer knows, and nothing else is.
fn whole(status: StatusCode, page: &str, script: &str) -> Response {
    let Ok(nonce) = random_hex() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let html = page
        .replace("{{nonce}}", &nonce)
        .replace("{{style}}", STYLE)
        .replace("{{script}}", script);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let mut headers = HeaderMap::new();
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(CONTENT_TYPE, html_type);
    match HeaderValue::from_str(&policy) {
        Ok(policy) => headers.insert(CONTENT_SECURITY_POLICY, policy),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    (status, headers, html).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_small_and_whole() {
        let script = SCRIPTS.concat();
        let size = PAGE.len() + STYLE.len() + script.len();
        assert!(size < 60_000, "{size} bytes");
        for part in [&script, SIGN_IN_SCRIPT, STYLE] {
            assert!(!part.contains("</script") && !part.contains("</style"));
            assert!(!part.contains("{{"));
        }
    }

    #[test]
    fn the_page_asks_nobody_else_for_anything() {
        for part in SCRIPTS
            .iter()
            .chain([&PAGE, &SIGN_IN, &STYLE, &SIGN_IN_SCRIPT])
        {
            let own = part.replace("http://www.w3.org/2000/svg", "");
            assert!(!own.contains("http:") && !own.contains("https:"), "{own}");
            assert!(!own.contains("innerHTML"), "text of a job is never HTML");
        }
    }
}
