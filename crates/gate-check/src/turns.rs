//! Turns: how many groups run at once. A group that only waits for time to pass gives its turn to another meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::{Notify, Semaphore};

use crate::Clock;

/// The turns of a run.
#[derive(Debug)]
pub struct Turns {
    free: Semaphore,
    waiting: AtomicUsize,
    changed: Notify,
}

/// A turn, given back when it is dropped.
#[derive(Debug)]
pub struct Turn<'t>(&'t Turns);

impl Turns {
    /// So many groups at once, at least one.
    pub fn new(at_once: usize) -> Self {
        Self {
            free: Semaphore::new(at_once.clamp(1, 1_000)),
            waiting: AtomicUsize::new(0),
            changed: Notify::new(),
        }
    }

    /// Waits for a turn.
    pub async fn take(&self) -> Turn<'_> {
        // The semaphore is never closed, so that there is always a permit in the end.
        if let Ok(permit) = self.free.acquire().await {
            permit.forget();
        }
        Turn(self)
    }

    /// Groups that only wait for time to pass.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Comes back once a group began or ended such a wait.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Lets time pass for somebody who has a turn. Others have it meanwhile.
    pub async fn wait(&self, clock: &dyn Clock, until: Instant) {
        let left = until.saturating_duration_since(clock.now());
        if left.is_zero() {
            return;
        }
        let away = Away::of(self);
        clock.sleep(left).await;
        away.back().await;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.free.add_permits(1);
    }
}

/// Somebody who gave his turn away.
struct Away<'t> {
    turns: &'t Turns,
    is_back: bool,
}

impl<'t> Away<'t> {
    fn of(turns: &'t Turns) -> Self {
        turns.waiting.fetch_add(1, Ordering::SeqCst);
        turns.free.add_permits(1);
        turns.changed.notify_one();
        Self { turns, is_back: false }
    }

    /// Takes a turn again. Until there is one, he is away.
    async fn back(mut self) {
        if let Ok(permit) = self.turns.free.acquire().await {
            permit.forget();
            self.is_back = true;
        }
    }
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        if !self.is_back {
            // Called off: his turn is given back a second time by whoever holds it.
            self.turns.free.forget_permits(1);
        }
        self.turns.waiting.fetch_sub(1, Ordering::SeqCst);
        self.turns.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::SystemClock;

    #[tokio::test(start_paused = true)]
    async fn who_waits_lets_others_run() {
        let turns = Turns::new(1);
        let order = std::sync::Mutex::new(Vec::new());
        let say = |word: &'static str| order.lock().expect("not poisoned").push(word);
        let first = async {
            let _turn = turns.take().await;
            say("first tries");
            let until = SystemClock.now() + Duration::from_secs(2);
            turns.wait(&SystemClock, until).await;
            say("first reads back");
        };
        let second = async {
            let _turn = turns.take().await;
            assert_eq!(turns.waiting(), 1);
            tokio::time::sleep(Duration::from_secs(5)).await;
            say("second is done");
        };
        tokio::join!(first, second);
        assert_eq!(
            *order.lock().expect("not poisoned"),
            ["first tries", "second is done", "first reads back"]
        );
        assert_eq!((turns.waiting(), turns.free.available_permits()), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_called_off_while_away_takes_nothing_along() {
        let turns = Turns::new(1);
        let away = async {
            let _turn = turns.take().await;
            let until = SystemClock.now() + Duration::from_secs(60);
            turns.wait(&SystemClock, until).await;
        };
        let ended = tokio::time::timeout(Duration::from_secs(1), away).await;
        assert!(ended.is_err());
        assert_eq!((turns.waiting(), turns.free.available_permits()), (0, 1));
    }
}
