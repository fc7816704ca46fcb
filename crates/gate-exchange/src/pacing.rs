//! How fast requests go out: a fixed rate, or as fast as the target allows, slowed down by each 429.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gate_spec::Pace;
use tokio::time::Instant;

/// The longest single wait.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// A target that asks for more than this will not be served within a request's repeats.
const MAX_PATIENCE: Duration = Duration::from_secs(90);
/// Times that a throttled request is repeated.
pub(crate) const MAX_REPEATS: u32 = 3;
/// Requests in a row that an actor may lose to throttling before nobody waits for it any more.
const STUBBORN_FROM: u32 = 3;
/// The space between requests after a first 429, and the largest.
const FIRST_SPACE: Duration = Duration::from_millis(10);
const LARGEST_SPACE: Duration = Duration::from_millis(100);
/// Answers without a 429 after which the space is halved.
const EASE_AFTER: u32 = 10;

/// The pace of a run.
#[derive(Debug)]
pub(crate) struct Pacing {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Nobody sends before this.
    closed_until: Instant,
    /// When the next request may go.
    next: Instant,
    /// The space between requests.
    space: Duration,
    /// The space that the plan asks for; `space` never falls below it.
    least: Duration,
    calm: u32,
    exhausted: HashMap<String, u32>,
}

impl Pacing {
    pub(crate) fn new(pace: Pace) -> Self {
        let least = match pace {
            Pace::Auto => Duration::ZERO,
            Pace::PerSecond(rate) => Duration::from_secs(1) / rate.max(1),
        };
        let now = Instant::now();
        Self {
            state: Mutex::new(State {
                closed_until: now,
                next: now,
                space: least,
                least,
                calm: 0,
                exhausted: HashMap::new(),
            }),
        }
    }

    /// Waits for the turn of one request.
    pub(crate) async fn turn(&self) {
        loop {
            let turn = {
                let mut state = self.state();
                let now = Instant::now();
                if now < state.closed_until {
                    Err(state.closed_until)
                } else {
                    let turn = state.next.max(now);
                    state.next = turn + state.space;
                    Ok(turn)
                }
            };
            match turn {
                // The timer counts in milliseconds: even a wait for a moment that has passed would cost one.
                Ok(turn) if turn <= Instant::now() => return,
                Ok(turn) => return tokio::time::sleep_until(turn).await,
                Err(opens) => tokio::time::sleep_until(opens).await,
            }
        }
    }

    /// Waits for the turn of a request that uses up a limit: a rate that the plan asks for is kept, nothing else.
    pub(crate) async fn turn_of_limit(&self) {
        let turn = {
            let mut state = self.state();
            let turn = state.next.max(Instant::now());
            state.next = turn + state.least;
            turn
        };
        if turn > Instant::now() && !self.state().least.is_zero() {
            tokio::time::sleep_until(turn).await;
        }
    }

    /// An answer that was not throttled.
    pub(crate) fn served(&self, actor: &str) {
        let mut state = self.state();
        state.exhausted.remove(actor);
        if state.space > state.least {
            state.calm += 1;
            if state.calm >= EASE_AFTER {
                state.calm = 0;
                let halved = state.space / 2;
                state.space = if halved < FIRST_SPACE / 2 {
                    state.least
                } else {
                    halved.max(state.least)
                };
            }
        }
    }

    /// A throttled answer: whether the request shall be repeated, after everybody's pause.
    ///
    /// `repeats` is how often it has been already, `asked` what the answer asks for, `ends` when the run does.
    pub(crate) fn throttled(&self, actor: &str, repeats: u32, asked: Option<Duration>, ends: Instant) -> bool {
        let mut state = self.state();
        let wait = asked.unwrap_or(Duration::from_millis(500) * 2u32.saturating_pow(repeats));
        let stubborn = state.exhausted.get(actor).is_some_and(|count| *count >= STUBBORN_FROM);
        let pause = wait.min(MAX_WAIT);
        if stubborn || repeats >= MAX_REPEATS || wait > MAX_PATIENCE || Instant::now() + pause >= ends {
            *state.exhausted.entry(actor.to_owned()).or_default() += 1;
            return false;
        }
        state.calm = 0;
        // Requests that were under way together are throttled together: one reason to slow down, not several.
        if Instant::now() >= state.closed_until {
            state.space = (state.space * 2).clamp(FIRST_SPACE.max(state.least), LARGEST_SPACE.max(state.least));
        }
        state.closed_until = state.closed_until.max(Instant::now() + pause);
        tracing::debug!(actor, pause_ms = pause.as_millis() as u64, "throttled, pausing");
        true
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_fixed_rate_is_kept() {
        let pacing = Pacing::new(Pace::PerSecond(10));
        let start = Instant::now();
        for _ in 0..21 {
            pacing.turn().await;
        }
        let took = start.elapsed();
        assert!(
            took >= Duration::from_secs(2) && took < Duration::from_millis(2100),
            "{took:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_pauses_everybody_and_slows_down() {
        let pacing = Pacing::new(Pace::Auto);
        let start = Instant::now();
        let ends = start + Duration::from_secs(600);
        assert!(pacing.throttled("alice", 0, Some(Duration::from_secs(4)), ends));
        pacing.turn().await;
        assert!(start.elapsed() >= Duration::from_secs(4));
        let second = Instant::now();
        pacing.turn().await;
        assert!(second.elapsed() >= FIRST_SPACE);
    }

    #[tokio::test(start_paused = true)]
    async fn an_actor_that_is_always_throttled_is_given_up() {
        let pacing = Pacing::new(Pace::Auto);
        let ends = Instant::now() + Duration::from_secs(6000);
        for _ in 0..3 {
            assert!(pacing.throttled("mallory", 0, None, ends));
            assert!(!pacing.throttled("mallory", MAX_REPEATS, None, ends));
        }
        assert!(!pacing.throttled("mallory", 0, None, ends));
        assert!(pacing.throttled("alice", 0, None, ends));
        pacing.served("mallory");
        assert!(pacing.throttled("mallory", 0, None, ends));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_past_the_deadline_or_for_an_hour() {
        let pacing = Pacing::new(Pace::Auto);
        let soon = Instant::now() + Duration::from_secs(3);
        assert!(!pacing.throttled("alice", 0, Some(Duration::from_secs(5)), soon));
        let late = Instant::now() + Duration::from_secs(6000);
        assert!(!pacing.throttled("alice", 0, Some(Duration::from_secs(3600)), late));
    }
}
