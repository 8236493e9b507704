//! How a receiver is asked to stop, even while it waits for its peer.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Signal;

/// A request to stop, with what is to be done at once when it comes.
#[derive(Clone, Default)]
pub(super) struct Stop {
    pub(super) signal: Signal,
    hooks: Arc<Mutex<Hooks>>,
}

#[derive(Default)]
struct Hooks {
    next: u64,
    waiting: BTreeMap<u64, Box<dyn FnOnce() + Send>>,
}

impl Stop {
    /// Raises the request, and calls what waits for it.
    pub(super) fn raise(&self) {
        self.signal.raise();
        let waiting = std::mem::take(&mut self.hooks().waiting);
        waiting.into_values().for_each(|hook| hook());
    }

    /// Calls `hook` when the request comes, on the thread that makes it; at once if it has come.
    pub(super) fn on_raise(&self, hook: Box<dyn FnOnce() + Send>) -> OnStop {
        let mut hooks = self.hooks();
        // The signal is raised before the hooks are taken, so a hook that sees it low here is seen.
        if self.signal.is_raised() {
            drop(hooks);
            hook();
            return OnStop { hook: None };
        }
        let id = hooks.next;
        hooks.next += 1;
        hooks.waiting.insert(id, hook);
        OnStop {
            hook: Some((id, Arc::clone(&self.hooks))),
        }
    }

    fn hooks(&self) -> MutexGuard<'_, Hooks> {
        lock(&self.hooks)
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stop").field(&self.signal).finish()
    }
}

/// Keeps a function that is called when the receiver is stopped; forgets it when dropped.
#[must_use = "the function is forgotten when this is dropped"]
pub struct OnStop {
    hook: Option<(u64, Arc<Mutex<Hooks>>)>,
}

impl Drop for OnStop {
    fn drop(&mut self) {
        if let Some((id, hooks)) = self.hook.take() {
            lock(&hooks).waiting.remove(&id);
        }
    }
}

impl fmt::Debug for OnStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnStop")
    }
}

fn lock(hooks: &Mutex<Hooks>) -> MutexGuard<'_, Hooks> {
    hooks.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn hooks_are_called_once_unless_dropped_and_at_once_when_late() {
        let stop = Stop::default();
        let calls = Arc::new(AtomicU32::new(0));
        let hook = |value| {
            let calls = Arc::clone(&calls);
            Box::new(move || {
                calls.fetch_add(value, Ordering::Relaxed);
            })
        };
        let _kept = stop.on_raise(hook(1));
        drop(stop.on_raise(hook(10)));
        stop.raise();
        stop.raise();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        let _late = stop.on_raise(hook(100));
        assert_eq!(calls.load(Ordering::Relaxed), 101);
    }
}
