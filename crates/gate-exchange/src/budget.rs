//! How much the run may still do: requests, wall time, and whether it was called off. Clean-up has a budget of its own.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gate_model::{Cause, Undecided};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::Options;

/// Which budget a request draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purse {
    /// The run's.
    Run,
    /// Clean-up's: goes on for a while after the deadline or a cancellation.
    Cleanup,
}

/// Requests, time and cancellation.
#[derive(Debug)]
pub(crate) struct Budget {
    sent: AtomicU64,
    spent: AtomicU64,
    cleaned: AtomicU64,
    requests: u64,
    cleanup_requests: u64,
    deadline: Instant,
    grace: Duration,
    cancelled: watch::Sender<bool>,
    cancelled_at: OnceLock<Instant>,
}

impl Budget {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            sent: AtomicU64::new(0),
            spent: AtomicU64::new(0),
            cleaned: AtomicU64::new(0),
            requests: options.requests,
            cleanup_requests: options.cleanup_requests,
            deadline: Instant::now() + options.deadline,
            grace: options.cleanup_grace,
            cancelled: watch::Sender::new(false),
            cancelled_at: OnceLock::new(),
        }
    }

    /// Takes one request out of a purse and gives its number.
    pub(crate) fn take(&self, purse: Purse) -> Result<u64, Undecided> {
        if let Some(stop) = self.stop(purse) {
            return Err(stop);
        }
        let (counter, limit) = match purse {
            Purse::Run => (&self.spent, self.requests),
            Purse::Cleanup => (&self.cleaned, self.cleanup_requests),
        };
        counter
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count < limit).then_some(count + 1)
            })
            .map_err(|_| {
                Undecided::new(
                    Cause::Budget,
                    format!("the run may send {limit} requests and has sent them"),
                )
            })?;
        Ok(self.sent.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Requests that were sent, of both purses.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Calls the run off.
    pub(crate) fn cancel(&self) {
        self.cancelled_at.get_or_init(Instant::now);
        self.cancelled.send_replace(true);
    }

    /// Whether the run was called off.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled_at.get().is_some()
    }

    /// When a purse closes by the clock.
    pub(crate) fn ends(&self, purse: Purse) -> Instant {
        match purse {
            Purse::Run => self.deadline,
            Purse::Cleanup => {
                let stop = self.cancelled_at.get().copied().unwrap_or(self.deadline);
                stop.min(self.deadline) + self.grace
            }
        }
    }

    /// Why nothing may be sent any more, if so.
    pub(crate) fn stop(&self, purse: Purse) -> Option<Undecided> {
        if purse == Purse::Run && self.is_cancelled() {
            return Some(Undecided::new(Cause::Interrupted, "the run was interrupted"));
        }
        (Instant::now() >= self.ends(purse)).then(|| match purse {
            Purse::Run => Undecided::new(Cause::Deadline, "the run's deadline passed"),
            Purse::Cleanup => Undecided::new(Cause::Deadline, "the time for clean-up passed"),
        })
    }

    /// Waits until a purse is closed by the clock or by cancellation.
    pub(crate) async fn stopped(&self, purse: Purse) -> Undecided {
        let mut cancelled = self.cancelled.subscribe();
        loop {
            if let Some(stop) = self.stop(purse) {
                return stop;
            }
            tokio::select! {
                () = tokio::time::sleep_until(self.ends(purse)) => {}
                _ = cancelled.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(requests: u64) -> Budget {
        Budget::new(&Options {
            requests,
            deadline: Duration::from_secs(10),
            cleanup_grace: Duration::from_secs(5),
            cleanup_requests: 1,
            ..Options::default()
        })
    }

    #[tokio::test]
    async fn clean_up_outlives_the_requests_and_the_cancellation() {
        let budget = budget(1);
        assert_eq!(budget.take(Purse::Run), Ok(1));
        assert_eq!(budget.take(Purse::Run).map_err(|u| u.cause), Err(Cause::Budget));
        budget.cancel();
        assert_eq!(budget.take(Purse::Run).map_err(|u| u.cause), Err(Cause::Interrupted));
        assert_eq!(budget.take(Purse::Cleanup), Ok(2));
        assert_eq!(budget.take(Purse::Cleanup).map_err(|u| u.cause), Err(Cause::Budget));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_stops_the_run_and_later_the_clean_up() {
        let budget = budget(9);
        assert_eq!(budget.stopped(Purse::Run).await.cause, Cause::Deadline);
        assert_eq!(budget.take(Purse::Cleanup), Ok(1));
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(budget.take(Purse::Cleanup).map_err(|u| u.cause), Err(Cause::Deadline));
    }
}
