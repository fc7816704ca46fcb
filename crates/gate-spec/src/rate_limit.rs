//! Limits that the target promises, and how far the checks go to prove them.

use std::fmt;
use std::time::Duration;

use gate_model::{IdentityName, Location, OperationId};
use serde_json::Value;

use crate::StatusMatch;

/// A limit of one operation.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// The operation.
    pub operation: OperationId,
    /// How many requests are served within the window.
    pub limit: u32,
    /// The window.
    pub window: Duration,
    /// Whose requests are counted together.
    pub key: LimitKey,
    /// What is counted.
    pub counts: Counts,
    /// What becomes of the right password while the limit is reached.
    pub while_locked: WhileLocked,
    /// What a refusal looks like.
    pub refused: LimitRefusal,
    /// Answers are slowed down to at least this instead of being refused.
    pub slowed: Option<Duration>,
    /// How much more than the limit may be served, in percent of it.
    pub tolerance_percent: u32,
    /// Processes that count each for themselves.
    pub replicas: u32,
    /// Whose account or session is used up; must be expendable.
    pub identity: Option<IdentityName>,
    /// Where it stands.
    pub source: Option<Location>,
}

/// Whose requests are counted together. None of the parts: everybody's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitKey {
    /// Those for one account, whoever sends them.
    pub account: bool,
    /// Those from one address.
    pub ip: bool,
    /// Those with one session or token.
    pub token: bool,
}

impl LimitKey {
    /// Whether all requests are counted together.
    pub fn is_global(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = [(self.account, "account"), (self.ip, "ip"), (self.token, "token")]
            .into_iter()
            .filter_map(|(is, word)| is.then_some(word))
            .collect();
        if words.is_empty() {
            f.write_str("global")
        } else {
            f.write_str(&words.join("+"))
        }
    }
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Attempts that failed.
    Failures,
    /// Every request.
    All,
}

/// What becomes of the right password while the limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhileLocked {
    /// It is refused like the wrong ones.
    Refused,
    /// It logs in: wrong ones alone are held back.
    Accepted,
}

/// What a refusal by the limit looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitRefusal {
    /// Its status; never empty.
    pub statuses: Vec<StatusMatch>,
    /// JSONPath and the value there; `*` is any value. All of them must hold.
    pub json: Vec<(String, Value)>,
}

impl Default for LimitRefusal {
    fn default() -> Self {
        Self {
            // RFC 6585 section 4.
            statuses: vec![StatusMatch::Exact(429)],
            json: Vec::new(),
        }
    }
}

/// How far the checks go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitProbe {
    /// The longest wait for one limit to be lifted. What takes longer is left to a run that may wait.
    pub wait: Duration,
    /// Requests to an operation that ought to be limited and of which the plan says nothing.
    pub requests: u32,
    /// Requests that one declared limit may cost at most.
    pub most: u32,
    /// Whether operations without a declared limit are tried at all.
    pub undeclared: bool,
}

impl Default for LimitProbe {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            requests: 20,
            most: 300,
            undeclared: true,
        }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.counts {
            Counts::Failures => "failures",
            Counts::All => "requests",
        };
        let window = words(self.window);
        match self.key.is_global() {
            true => write!(f, "{} {what} of everybody per {window}", self.limit),
            false => write!(f, "{} {what} per {} and {window}", self.limit, self.key),
        }
    }
}

/// A duration as the plan would have it.
fn words(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        _ if millis.is_multiple_of(3_600_000) => format!("{}h", millis / 3_600_000),
        _ if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1000) => format!("{}s", millis / 1000),
        _ => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_says_what_it_is() {
        let mut limit = RateLimit {
            operation: OperationId::of("POST", "/login"),
            limit: 5,
            window: Duration::from_secs(90),
            key: LimitKey {
                account: true,
                ip: true,
                token: false,
            },
            counts: Counts::Failures,
            while_locked: WhileLocked::Refused,
            refused: LimitRefusal::default(),
            slowed: None,
            tolerance_percent: 10,
            replicas: 1,
            identity: None,
            source: None,
        };
        assert_eq!(limit.to_string(), "5 failures per account+ip and 90s");
        limit.key = LimitKey::default();
        limit.counts = Counts::All;
        limit.window = Duration::from_secs(3600);
        assert_eq!(limit.to_string(), "5 requests of everybody per 1h");
    }
}
