//! What the demo is started with. The default is sound.

use std::{collections::BTreeSet, time::Duration};

use crate::{Hole, Sabotage, Tokens, throttle::Counting};

/// The life of an access token behind [`Hole::JwtLongLived`], in seconds.
const TEN_YEARS: u64 = 10 * 365 * 24 * 3600;

/// How the demo behaves; [`Config::default`] is sound and throttled.
#[derive(Debug, Clone)]
pub struct Config {
    /// What a login gives. A hole that makes sense with other tokens only brings these instead.
    pub tokens: Tokens,
    /// Whether refresh tokens are JWTs too, where access tokens are.
    pub signed_refresh: bool,
    /// Security holes that are open.
    pub holes: BTreeSet<Hole>,
    /// Ways in which the server is broken or odd without a hole.
    pub sabotage: BTreeSet<Sabotage>,
    /// How many operations under `/synthetic` are served and documented besides the real ones.
    pub synthetic_operations: usize,
    /// Added to every answer.
    pub delay: Duration,
    /// How long an access token lives; counted in whole seconds, at least one.
    pub access_token_lifetime: Duration,
    /// Requests per window for everybody together; more are answered 429.
    pub global_limit: Option<(u32, Duration)>,
    /// How many items a list holds if the caller does not say (`limit`), 50 if unset.
    pub page_size: Option<usize>,
    /// Failed logins per account and window before the account is answered 429. The window is short, so that whoever tries
    /// the demo sees it pass.
    pub login_limit: (usize, Duration),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tokens: Tokens::default(),
            signed_refresh: false,
            holes: BTreeSet::new(),
            sabotage: BTreeSet::new(),
            synthetic_operations: 0,
            delay: Duration::ZERO,
            access_token_lifetime: Duration::from_secs(15 * 60),
            global_limit: None,
            page_size: None,
            login_limit: (5, Duration::from_secs(5)),
        }
    }
}

impl Config {
    /// Opens one more hole.
    #[must_use]
    pub fn with_hole(mut self, hole: Hole) -> Self {
        self.holes.insert(hole);
        self
    }

    /// Adds one more oddity.
    #[must_use]
    pub fn with_sabotage(mut self, sabotage: Sabotage) -> Self {
        self.sabotage.insert(sabotage);
        self
    }

    /// What a login gives, with the holes taken into account; the last one decides.
    #[must_use]
    pub fn kind_of_tokens(&self) -> Tokens {
        self.holes.iter().fold(self.tokens, |tokens, hole| hole.with(tokens))
    }

    /// How failed logins are counted.
    pub(crate) fn counting(&self) -> Counting {
        if self.holes.contains(&Hole::LoginNeverUnlocked) {
            return Counting::ForGood;
        }
        let odd = self.sabotage.iter().find_map(|sabotage| match sabotage {
            Sabotage::FixedWindow => Some(Counting::FixedWindow),
            Sabotage::TokenBucket => Some(Counting::TokenBucket),
            Sabotage::Lockout => Some(Counting::Lockout),
            _ => None,
        });
        odd.unwrap_or(Counting::SlidingWindow)
    }

    /// Whether refresh tokens are signed.
    pub(crate) fn has_signed_refresh(&self) -> bool {
        self.signed_refresh || self.holes.contains(&Hole::JwtRefreshTokenAccepted)
    }

    /// The delay before every answer, [`Sabotage::Slow`] included.
    pub(crate) fn whole_delay(&self) -> Duration {
        let slow = self.sabotage.iter().filter_map(|sabotage| match sabotage {
            Sabotage::Slow(millis) => Some(Duration::from_millis(*millis)),
            _ => None,
        });
        self.delay + slow.sum::<Duration>()
    }

    /// Life of an access token in seconds, [`Sabotage::ShortTokens`] included.
    pub(crate) fn token_seconds(&self) -> u64 {
        if self.holes.contains(&Hole::JwtLongLived) {
            return TEN_YEARS;
        }
        let short = self.sabotage.iter().find_map(|sabotage| match sabotage {
            Sabotage::ShortTokens(seconds) => Some(*seconds),
            _ => None,
        });
        short.unwrap_or(self.access_token_lifetime.as_secs()).max(1)
    }

    /// The limit for everybody together, [`Sabotage::GlobalLimiter`] included.
    pub(crate) fn limit_for_all(&self) -> Option<(u32, Duration)> {
        let limiter = self.sabotage.iter().find_map(|sabotage| match sabotage {
            Sabotage::GlobalLimiter(requests) => Some((*requests, Duration::from_secs(1))),
            _ => None,
        });
        limiter.or(self.global_limit)
    }
}
