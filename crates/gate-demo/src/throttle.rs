//! Counts failures per key within a window: logins, one-time codes and requests for mail.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

/// Keys kept at once; while there are that many with fresh failures, unknown keys are refused rather than let through.
const MAX_KEYS: usize = 20_000;

/// How failures are counted. All of them are sound but the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Counting {
    /// Those of the last window, whenever one asks.
    #[default]
    SlidingWindow,
    /// Those since the window began, by the clock.
    FixedWindow,
    /// As many as a bucket holds that fills up steadily.
    TokenBucket,
    /// Until a window has passed since the last one.
    Lockout,
    /// For ever.
    ForGood,
}

/// Failures by key.
#[derive(Debug)]
pub(crate) struct Throttle {
    limit: usize,
    window: Duration,
    counting: Counting,
    began: Instant,
    failures: HashMap<String, VecDeque<Instant>>,
}

impl Throttle {
    /// Allows `limit` failures per key within `window`.
    pub fn new((limit, window): (usize, Duration)) -> Self {
        Self {
            limit,
            window,
            counting: Counting::default(),
            began: Instant::now(),
            failures: HashMap::new(),
        }
    }

    /// Counts in another way.
    pub fn counting(mut self, counting: Counting) -> Self {
        self.counting = counting;
        self
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
        let (limit, window, began) = (self.limit, self.window, self.began);
        let times = self.failures.get_mut(key)?;
        let free = match self.counting {
            Counting::SlidingWindow => {
                while times.front().is_some_and(|time| now >= *time + window) {
                    times.pop_front();
                }
                (times.len() >= limit).then(|| times.front().map(|first| *first + window - now))??
            }
            Counting::FixedWindow => {
                let passed = now.duration_since(began).as_millis() % window.as_millis().max(1);
                let left = window.saturating_sub(Duration::from_millis(passed as u64));
                let edge = now + left;
                times.retain(|time| *time + window >= edge);
                (times.len() >= limit).then_some(left)?
            }
            Counting::TokenBucket => {
                // Each failure takes one; what was taken is back after its share of the window.
                let share = window / u32::try_from(limit).unwrap_or(1).max(1);
                let mut level = limit as f64;
                let mut last = *times.front()?;
                for time in times.iter() {
                    level =
                        (level + time.duration_since(last).as_secs_f64() / share.as_secs_f64()).min(limit as f64) - 1.0;
                    last = *time;
                }
                level += now.duration_since(last).as_secs_f64() / share.as_secs_f64();
                (level < 1.0).then(|| share.mul_f64(1.0 - level))?
            }
            Counting::Lockout => {
                if times.back().is_some_and(|last| now >= *last + window) {
                    times.clear();
                }
                (times.len() >= limit).then(|| times.back().map(|last| *last + window - now))??
            }
            Counting::ForGood => (times.len() >= limit).then_some(window)?,
        };
        Some(free.as_secs_f64().ceil() as u64)
    }

    /// Counts a failure.
    pub fn fail(&mut self, key: &str) {
        let times = self.failures.entry(key.to_owned()).or_default();
        times.push_back(Instant::now());
        // No way of counting looks further back.
        while times.len() > self.limit * 4 {
            times.pop_front();
        }
    }

    /// Forgets the failures of a key, after it succeeded.
    pub fn clear(&mut self, key: &str) {
        self.failures.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    /// Attempts that are heard at once, and after a while.
    async fn heard(counting: Counting, pause: Duration) -> (usize, usize) {
        let mut throttle = Throttle::new((5, WINDOW)).counting(counting);
        let mut burst = || {
            let mut heard = 0;
            while heard < 20 && throttle.blocked("key").is_none() {
                throttle.fail("key");
                heard += 1;
            }
            heard
        };
        let first = burst();
        tokio::time::advance(pause).await;
        (first, burst())
    }

    #[tokio::test(start_paused = true)]
    async fn each_way_of_counting_lets_as_many_through_as_it_says() {
        for counting in [
            Counting::SlidingWindow,
            Counting::FixedWindow,
            Counting::TokenBucket,
            Counting::Lockout,
        ] {
            assert_eq!(
                heard(counting, WINDOW + Duration::from_millis(1)).await,
                (5, 5),
                "{counting:?}"
            );
        }
        assert_eq!(heard(Counting::SlidingWindow, WINDOW / 2).await, (5, 0));
        assert_eq!(heard(Counting::TokenBucket, WINDOW / 2).await, (5, 2));
        assert_eq!(heard(Counting::ForGood, WINDOW * 100).await, (5, 0));
    }
}
