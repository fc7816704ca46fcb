//! Reads an answer to an attempt: refused by the limit, answered by the handler, or something else.

use gate_exchange::{Exchange, LimiterFields};
use gate_model::{Cause, Undecided};
use gate_spec::RateLimit;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::shape::Shape;

/// Answers of the handler that are kept for comparison.
const KEPT: usize = 4;

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The limit refused.
    Limited,
    /// The handler answered as it answers such requests.
    Handled,
    /// Neither: another route, a validation, a failure.
    Other,
}

/// How answers are read, with what the handler answered so far.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    limit: Option<RateLimit>,
    handled: Vec<Shape>,
    /// Whether every answer 2xx is the handler's, whatever it holds.
    by_status: bool,
    /// Whether right secrets are sent: what a wrong one is answered is then the refusal.
    of_right_secrets: bool,
}

impl Reading {
    /// Nothing is known yet. `by_status` for reads, whose bodies differ.
    pub(crate) fn new(limit: Option<&RateLimit>, by_status: bool) -> Self {
        Self {
            limit: limit.cloned(),
            handled: Vec::new(),
            by_status,
            of_right_secrets: false,
        }
    }

    /// How answers to right secrets are read, once those to wrong ones are known: a lock that is answered like a wrong password
    /// shows by nothing else.
    pub(crate) fn of_right_secrets(&self) -> Self {
        Self {
            of_right_secrets: true,
            ..self.clone()
        }
    }

    /// How answers to wrong secrets are read.
    pub(crate) fn of_wrong_secrets(&self) -> Self {
        Self {
            of_right_secrets: false,
            ..self.clone()
        }
    }

    /// Whether an answer is that of a login which worked: success, and not what the handler answers to a wrong secret.
    pub(crate) fn is_login(&self, exchange: &Exchange) -> bool {
        (200..400).contains(&exchange.status) && !self.is_limited(exchange) && !self.is_handled(exchange)
    }

    /// Reads an answer.
    pub(crate) fn read(&self, exchange: &Exchange) -> Read {
        if self.of_right_secrets {
            return if self.is_limited(exchange) || self.is_handled(exchange) {
                Read::Limited
            } else if self.is_login(exchange) {
                Read::Handled
            } else {
                Read::Other
            };
        }
        if self.is_limited(exchange) {
            Read::Limited
        } else if self.is_handled(exchange) {
            Read::Handled
        } else {
            Read::Other
        }
    }

    /// Remembers an answer of the handler.
    pub(crate) fn learn(&mut self, exchange: &Exchange) {
        if self.handled.len() < KEPT {
            self.handled.push(Shape::of(exchange));
        }
    }

    /// Whether an answer may be the second of the handler: of its one answer so far it is not known what varies, such as a repetition
    /// of what was sent.
    pub(crate) fn is_second(&self, exchange: &Exchange) -> bool {
        match self.handled.as_slice() {
            [first] => Shape::of(exchange).has_form_of(first),
            _ => false,
        }
    }

    /// Whether nothing was learnt yet.
    pub(crate) fn is_new(&self) -> bool {
        self.handled.is_empty()
    }

    /// Whether the limit refused.
    pub(crate) fn is_limited(&self, exchange: &Exchange) -> bool {
        if exchange.status == 429 {
            return true;
        }
        let Some(limit) = &self.limit else {
            // Without a word of the plan: locked accounts, and proxies that say when to come back.
            return exchange.status == 423 || (exchange.status == 503 && LimiterFields::of(exchange).wait().is_some());
        };
        if limit.slowed.is_some_and(|slowed| exchange.duration >= slowed) {
            return true;
        }
        let refused = &limit.refused;
        refused.statuses.iter().any(|status| status.matches(exchange.status)) && holds(&refused.json, exchange)
    }

    /// An answer that is neither, with the line that would make it the limit's.
    pub(crate) fn neither(&self, what: &str, exchange: &Exchange) -> Undecided {
        let status = exchange.status;
        let undecided = Undecided::new(
            Cause::NeitherAnswer,
            format!("{what} was answered {status}, which is neither the limit nor what the handler answered before"),
        );
        let Some((limit, refused)) = self.limit.as_ref().zip(self.would_be(exchange)) else {
            return undecided;
        };
        undecided.settled_by(format!(
            "checks: {{ rate_limits: [ {{ operation: \"{}\", limit: {}, per: {}s, refused: {{ {refused} }} }} ] }}   # if this is its \
             refusal",
            limit.operation,
            limit.limit,
            limit.window.as_secs().max(1)
        ))
    }

    /// What tells an answer from the handler's, as the plan says it: a status that the handler has too, or success, tells nothing.
    fn would_be(&self, exchange: &Exchange) -> Option<String> {
        let status = exchange.status;
        let first = self.handled.first()?;
        if first.status() != status && !(200..300).contains(&status) {
            return matches!(status, 400 | 401 | 403 | 409 | 423 | 503).then(|| format!("status: {status}"));
        }
        let shape = Shape::of(exchange);
        let (name, value) = shape.told_from(first)?;
        Some(format!("status: {status}, json: {{ $.{name}: {value} }}"))
    }

    fn is_handled(&self, exchange: &Exchange) -> bool {
        if self.by_status && exchange.is_success() {
            return true;
        }
        Shape::of(exchange).is_of_handler(&self.handled)
    }
}

/// What an exchange says of its limiter, by the clock on the wall.
pub(crate) trait FieldsOf: Sized {
    /// Reads it.
    fn of(exchange: &Exchange) -> Self;
}

impl FieldsOf for LimiterFields {
    fn of(exchange: &Exchange) -> Self {
        Self::read(&exchange.headers, std::time::SystemTime::now())
    }
}

fn holds(wanted: &[(String, Value)], exchange: &Exchange) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let Some(json) = exchange.json() else { return false };
    wanted.iter().all(|(path, wanted)| {
        JsonPath::parse(path).is_ok_and(|path| {
            path.query(&json).iter().any(|found| match wanted {
                Value::String(any) if any == "*" => !found.is_null(),
                wanted => *found == wanted,
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::tests::answer;

    #[test]
    fn only_429_and_what_the_plan_names_is_the_limit() {
        let mut reading = Reading::new(None, false);
        reading.learn(&answer(401, r#"{"error":"bad"}"#));
        assert_eq!(reading.read(&answer(429, "")), Read::Limited);
        assert_eq!(reading.read(&answer(401, r#"{"error":"bad"}"#)), Read::Handled);
        assert_eq!(reading.read(&answer(403, r#"{"error":"bad"}"#)), Read::Other);
        assert_eq!(reading.read(&answer(503, "")), Read::Other);
        assert_eq!(reading.read(&answer(200, r#"{"ok":true}"#)), Read::Other);
        let status = Reading::new(None, false).would_be(&answer(403, "{}"));
        assert_eq!(status, None);
        let settle = |status, body| reading.would_be(&answer(status, body));
        assert_eq!(settle(403, "{}").as_deref(), Some("status: 403"));
        assert_eq!(settle(404, "{}"), None);
        assert_eq!(settle(200, "{}"), None);
        assert_eq!(
            settle(200, r#"{"captcha":true}"#).as_deref(),
            Some("status: 200, json: { $.captcha: \"*\" }")
        );
        assert_eq!(
            settle(401, r#"{"error":"locked"}"#).as_deref(),
            Some("status: 401, json: { $.error: \"locked\" }")
        );
        assert_eq!(Reading::new(None, true).read(&answer(200, "[]")), Read::Handled);
    }
}
