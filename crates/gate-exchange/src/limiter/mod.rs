//! What a limiter says of itself in an answer: `Retry-After` (RFC 9110 section 10.2.3), the RateLimit fields of the IETF
//! drafts (draft-ietf-httpapi-ratelimit-headers-03 to -11), and the `X-RateLimit` ones that came before them.
//!
//! All of it is foreign text. What cannot be read is named and otherwise ignored, as the drafts ask for.

mod item;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use self::item::{Item, items, pairs};

/// Numbers above this are points in time, not delays.
const EPOCH_FROM_SECS: f64 = 1e9;
/// Numbers above this are points in time in milliseconds.
const EPOCH_FROM_MILLIS: f64 = 1e12;
/// The longest delay that is represented, in seconds.
const MAX_SECS: f64 = 1e11;
/// Bytes of a field that are looked at.
const MAX_FIELD: usize = 4096;

/// In which of its published shapes a limiter speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// `Retry-After`.
    RetryAfter,
    /// `RateLimit: "name";r=0;t=12` and `RateLimit-Policy: "name";q=5;w=60` (drafts 08 to 11).
    List,
    /// `RateLimit: limit=5, remaining=0, reset=12` (draft 07).
    Single,
    /// `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` (drafts 03 to 06).
    Split,
    /// `X-RateLimit-…` in its many spellings.
    Legacy,
}

/// What `Retry-After` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Whole seconds.
    Delay(Duration),
    /// A date, as the time until then; zero where it has passed.
    Date(Duration),
    /// A number that is not one of the two forms, such as `1.5`.
    Odd(Duration),
    /// Something else.
    Malformed,
}

/// A quota that a limiter announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// How much is served within the window.
    pub quota: u64,
    /// The window, where it is said.
    pub window: Option<Duration>,
}

/// What is left of a quota.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// The quota, where it is said here.
    pub limit: Option<u64>,
    /// How much is left.
    pub remaining: Option<u64>,
    /// How long until there is more.
    pub reset: Option<Duration>,
}

/// What the fields of one answer say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimiterFields {
    /// `Retry-After`.
    pub retry_after: Option<RetryAfter>,
    /// The quotas.
    pub quotas: Vec<Quota>,
    /// What is left of them.
    pub states: Vec<State>,
    /// The shapes that were met, each once.
    pub shapes: Vec<Shape>,
    /// Names of fields that could not be read.
    pub malformed: Vec<&'static str>,
}

impl LimiterFields {
    /// Reads the fields of an answer; names are in lower case. `now` is the time by the clock on the wall, for dates.
    pub fn read(headers: &[(String, String)], now: SystemTime) -> Self {
        let mut fields = Self::default();
        let find = |name: &str| {
            let mut all = headers.iter().filter(|(header, _)| header == name);
            all.next().map(|(_, value)| start_of(value.trim()))
        };
        if let Some(text) = find("retry-after") {
            fields.met(Shape::RetryAfter);
            fields.retry_after = Some(retry_after(text, now));
        }
        fields.policy(find("ratelimit-policy"));
        if let Some(text) = find("ratelimit") {
            fields.state(text);
        }
        fields.split(&find);
        fields.legacy(&find, now);
        fields
    }

    /// How long the answer asks to wait: `Retry-After` goes before everything else.
    pub fn wait(&self) -> Option<Duration> {
        match self.retry_after {
            Some(RetryAfter::Delay(delay) | RetryAfter::Date(delay) | RetryAfter::Odd(delay)) => Some(delay),
            Some(RetryAfter::Malformed) | None => self.reset(),
        }
    }

    /// How long until there is more, by the fields beside `Retry-After`. Of several quotas, the one that is used up counts.
    pub fn reset(&self) -> Option<Duration> {
        let used_up = self.states.iter().find(|state| state.remaining == Some(0));
        used_up
            .and_then(|state| state.reset)
            .or_else(|| self.states.iter().find_map(|state| state.reset))
    }

    /// How much is left of the quota that is nearest to its end.
    pub fn remaining(&self) -> Option<u64> {
        self.states.iter().filter_map(|state| state.remaining).min()
    }

    /// Whether nothing at all is said.
    pub fn is_silent(&self) -> bool {
        self.shapes.is_empty()
    }

    /// The limiter by its name and quota, where it tells one: `the limiter "burst" (5 per 60 s)`.
    pub fn name(&self) -> Option<String> {
        let used_up = self.states.iter().find(|state| state.remaining == Some(0));
        let name = used_up
            .and_then(|state| state.name.clone())
            .or_else(|| self.quotas.first().and_then(|quota| quota.name.clone()));
        let quota = self
            .quotas
            .iter()
            .find(|quota| name.is_none() || quota.name == name)
            .map(|quota| (quota.quota, quota.window))
            .or_else(|| used_up.and_then(|state| Some((state.limit?, None))));
        let quota = quota.map(|(quota, window)| match window {
            Some(window) => format!("{quota} per {} s", window.as_secs()),
            None => format!("limit {quota}"),
        });
        match (name, quota) {
            (Some(name), Some(quota)) => Some(format!("the limiter \"{name}\" ({quota})")),
            (Some(name), None) => Some(format!("the limiter \"{name}\"")),
            (None, Some(quota)) => Some(format!("a limiter ({quota})")),
            (None, None) => None,
        }
    }

    fn met(&mut self, shape: Shape) {
        if !self.shapes.contains(&shape) {
            self.shapes.push(shape);
        }
    }

    /// `"name";q=5;w=60`, or `5;w=60` as drafts 03 to 07 had it.
    fn policy(&mut self, text: Option<&str>) {
        let Some(text) = text else { return };
        let mut found = false;
        for item in items(text) {
            let (shape, quota) = match item.bare.parse::<u64>() {
                Ok(quota) if !item.quoted => (Shape::Split, Some(quota)),
                _ => (Shape::List, item.whole("q")),
            };
            let Some(quota) = quota else { continue };
            found = true;
            self.met(shape);
            self.quotas.push(Quota {
                name: name_of(&item, shape),
                quota,
                window: item.seconds("w"),
            });
        }
        if !found {
            self.malformed.push("RateLimit-Policy");
        }
    }

    fn state(&mut self, text: &str) {
        let single = pairs(text);
        let value = |key: &str| {
            let found = single.iter().find(|(name, _)| *name == key);
            found.and_then(|(_, value)| value.parse::<u64>().ok())
        };
        if value("remaining").is_some() || value("reset").is_some() {
            self.met(Shape::Single);
            self.states.push(State {
                name: None,
                limit: value("limit"),
                remaining: value("remaining"),
                reset: value("reset").map(|secs| seconds(secs as f64)),
            });
            return;
        }
        let mut found = false;
        for item in items(text) {
            let (remaining, reset) = (item.whole("r"), item.seconds("t"));
            if remaining.is_none() && reset.is_none() {
                continue;
            }
            found = true;
            self.states.push(State {
                name: name_of(&item, Shape::List),
                limit: None,
                remaining,
                reset,
            });
        }
        if found {
            self.met(Shape::List);
        } else {
            self.malformed.push("RateLimit");
        }
    }

    fn split<'t>(&mut self, find: &impl Fn(&str) -> Option<&'t str>) {
        let limit = find("ratelimit-limit");
        let state = State {
            name: None,
            // The limit may be followed by the policies that it comes from: `10, 10;w=1, 50;w=60`.
            limit: limit.and_then(|text| items(text).first().and_then(|item| item.bare.parse().ok())),
            remaining: find("ratelimit-remaining").and_then(|text| text.parse().ok()),
            reset: find("ratelimit-reset").and_then(number).map(seconds),
        };
        if state == State::default() {
            return;
        }
        self.met(Shape::Split);
        let policies = limit.map(items).unwrap_or_default();
        for item in policies {
            if let (Ok(quota), Some(window)) = (item.bare.parse(), item.seconds("w")) {
                self.quotas.push(Quota {
                    name: None,
                    quota,
                    window: Some(window),
                });
            }
        }
        self.states.push(state);
    }

    fn legacy<'t>(&mut self, find: &impl Fn(&str) -> Option<&'t str>, now: SystemTime) {
        let first = |names: &[&str]| names.iter().find_map(|name| find(name));
        let state = State {
            name: None,
            limit: first(&["x-ratelimit-limit", "x-rate-limit-limit"]).and_then(|text| text.parse().ok()),
            remaining: first(&["x-ratelimit-remaining", "x-rate-limit-remaining"]).and_then(|text| text.parse().ok()),
            reset: first(&["x-ratelimit-reset-after", "x-ratelimit-reset", "x-rate-limit-reset"])
                .and_then(number)
                .map(|number| delay_or_point(number, now)),
        };
        if state != State::default() {
            self.met(Shape::Legacy);
            self.states.push(state);
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RetryAfter => "Retry-After",
            Self::List => "RateLimit as a list (drafts 08 to 11)",
            Self::Single => "RateLimit in one field (draft 07)",
            Self::Split => "RateLimit-Limit, -Remaining and -Reset (drafts 03 to 06)",
            Self::Legacy => "X-RateLimit",
        })
    }
}

/// The names that limiters give are shown in reports: short, and of plain letters.
fn name_of(item: &Item<'_>, shape: Shape) -> Option<String> {
    let plain = |c: &char| c.is_ascii_graphic() || *c == ' ';
    let name: String = item.bare.chars().filter(plain).take(40).collect();
    (shape == Shape::List && !name.is_empty()).then_some(name)
}

/// The beginning of a field, cut where it is longer than anything sensible.
fn start_of(value: &str) -> &str {
    if value.len() <= MAX_FIELD {
        return value;
    }
    let mut end = MAX_FIELD;
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    &value[..end]
}

fn retry_after(text: &str, now: SystemTime) -> RetryAfter {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(text).map_or(RetryAfter::Malformed, |secs| RetryAfter::Delay(seconds(secs)));
    }
    if let Some(secs) = number(text) {
        return RetryAfter::Odd(seconds(secs));
    }
    match httpdate::parse_http_date(text) {
        Ok(date) => RetryAfter::Date(date.duration_since(now).unwrap_or_default()),
        Err(_) => RetryAfter::Malformed,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|secs| secs.is_finite() && *secs >= 0.0)
}

fn seconds(secs: f64) -> Duration {
    Duration::from_secs_f64(secs.min(MAX_SECS))
}

/// Some servers say for how long, some until when, some of these in milliseconds.
fn delay_or_point(number: f64, now: SystemTime) -> Duration {
    if number < EPOCH_FROM_SECS {
        return seconds(number);
    }
    let secs = if number >= EPOCH_FROM_MILLIS {
        number / 1000.0
    } else {
        number
    };
    (UNIX_EPOCH + seconds(secs)).duration_since(now).unwrap_or_default()
}

#[cfg(test)]
mod tests;
