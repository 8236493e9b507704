//! Where log lines go: to standard error, above the status line.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::screen::Screen;

/// What is logged when the command line does not say.
pub(super) fn default() -> Targets {
    Targets::new().with_default(LevelFilter::WARN)
}

/// Reads `LEVEL` and `MODULE=LEVEL`, with commas between.
pub(super) fn parse(text: &str) -> Result<Targets, String> {
    text.split(',').try_fold(Targets::new(), |targets, part| {
        Ok(match part.split_once('=') {
            Some((module, text)) => targets.with_target(module.trim(), level(text)?),
            None => targets.with_default(level(part)?),
        })
    })
}

fn level(text: &str) -> Result<LevelFilter, String> {
    LevelFilter::from_str(text.trim())
        .map_err(|_| format!("`{text}` is none of off, error, warn, info, debug, trace"))
}

/// Starts logging, unless the program has set up its own.
pub(super) fn start(targets: Targets, screen: &Screen) {
    let screen = screen.clone();
    let lines = fmt::layer()
        .with_ansi(screen.is_terminal())
        .with_writer(move || screen.errors());
    // An error says that the program has a subscriber, which then gets the events.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(targets))
        .try_init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn a_level_for_all_and_levels_by_module() {
        let targets = parse("error, my_app=debug").unwrap();
        assert!(targets.would_enable("other", &Level::ERROR));
        assert!(!targets.would_enable("other", &Level::WARN));
        assert!(targets.would_enable("my_app::input", &Level::DEBUG));
    }

    #[test]
    fn a_slip_is_named() {
        let error = parse("wran").unwrap_err();
        assert_eq!(
            error,
            "`wran` is none of off, error, warn, info, debug, trace"
        );
    }
}
