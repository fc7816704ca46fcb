//! Counts failures per key within a sliding window: logins, one-time codes and requests for mail.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

/// Keys kept at once; while there are that many with fresh failures, unknown keys are refused rather than let through.
const MAX_KEYS: usize = 20_000;

/// Failures by key.
#[derive(Debug)]
pub(crate) struct Throttle {
    limit: usize,
    window: Duration,
    failures: HashMap<String, VecDeque<Instant>>,
}

impl Throttle {
    /// Allows `limit` failures per key within `window`.
    pub fn new((limit, window): (usize, Duration)) -> Self {
        Self {
            limit,
            window,
            failures: HashMap::new(),
        }
    }

    /// Seconds until the key is heard again, if it is not heard now.
    pub fn blocked(&mut self, key: &str) -> Option<u64> {
        let now = Instant::now();
        if self.failures.len() >= MAX_KEYS {
            self.failures
                .retain(|_, times| times.back().is_some_and(|time| now < *time + self.window));
            if self.failures.len() >= MAX_KEYS && !self.failures.contains_key(key) {
                return Some(self.window.as_secs().max(1));
            }
        }
        let times = self.failures.get_mut(key)?;
        while times.front().is_some_and(|time| now >= *time + self.window) {
            times.pop_front();
        }
        if times.len() < self.limit {
            return None;
        }
        let free = *times.front()? + self.window - now;
        Some(free.as_secs_f64().ceil() as u64)
    }

    /// Counts a failure.
    pub fn fail(&mut self, key: &str) {
        self.failures
            .entry(key.to_owned())
            .or_default()
            .push_back(Instant::now());
    }

    /// Forgets the failures of a key, after it succeeded.
    pub fn clear(&mut self, key: &str) {
        self.failures.remove(key);
    }
}
