//! Whether answers are alike, once what differs in every answer is taken out.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use gate_exchange::Exchange;
use regex::Regex;

/// Bytes of a body that are compared.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Pairs that a difference in time needs.
const MIN_TIMED: usize = 8;
/// Pairs of all pairs of ranks that may go against the rest: one in 32, which chance reaches less than once in a thousand runs.
const MOST_AGAINST: usize = 32;
/// The least difference in time: as a part of the faster, and in milliseconds.
const LEAST_RATIO: f64 = 1.5;
const LEAST_MS: f64 = 5.0;

/// What varies from answer to answer whatever was asked: identifiers, moments, numbers.
static VARIES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27}|\b[0-9A-Fa-f]{16,}\b|eyJ[\w-]+(?:\.[\w-]*)*|[0-9]+").expect("fixed")
});

/// An answer as it is compared.
#[derive(Clone, Debug)]
pub(super) struct Look {
    status: u16,
    body: String,
    headers: BTreeSet<String>,
    took: Duration,
}

/// What differs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Difference {
    /// The status: for an account that exists, and for one that does not.
    Status(u16, u16),
    /// The text.
    Body,
    /// A header that only one of them has.
    Header(String),
    /// The time in milliseconds: the medians.
    Time(u64, u64),
}

impl Look {
    /// An answer about an address; the address and its parts are taken out.
    pub(super) fn of(address: &str, exchange: &Exchange) -> Self {
        let body = exchange.text();
        let end = (0..=MAX_BODY_BYTES.min(body.len()))
            .rev()
            .find(|at| body.is_char_boundary(*at))
            .unwrap_or(0);
        let local = address.split('@').next().unwrap_or(address);
        let plain = body[..end].replace(address, "@").replace(local, "@");
        Self {
            status: exchange.status,
            body: VARIES.replace_all(&plain, "#").into_owned(),
            headers: exchange
                .headers
                .iter()
                .map(|(name, _)| name.clone())
                .filter(|name| !name.contains("ratelimit") && !name.contains("rate-limit"))
                .collect(),
            took: exchange.duration,
        }
    }
}

/// What tells the two sides of all pairs apart. A side that is not like itself tells nothing.
pub(super) fn difference(pairs: &[(Look, Look)]) -> Option<Difference> {
    let same = |of: &dyn Fn(&Look) -> String| {
        let known: BTreeSet<String> = pairs.iter().map(|(known, _)| of(known)).collect();
        let unknown: BTreeSet<String> = pairs.iter().map(|(_, unknown)| of(unknown)).collect();
        known.len() != 1 || unknown.len() != 1 || known == unknown
    };
    let (known, unknown) = pairs.first()?;
    if !same(&|look| look.status.to_string()) {
        return Some(Difference::Status(known.status, unknown.status));
    }
    if !same(&|look| look.body.clone()) {
        return Some(Difference::Body);
    }
    if !same(&|look| look.headers.iter().cloned().collect::<Vec<_>>().join("\n")) {
        let name = known.headers.symmetric_difference(&unknown.headers).next().cloned();
        return Some(Difference::Header(name.unwrap_or_default()));
    }
    timed(pairs)
}

/// A test of ranks (Mann and Whitney): nearly every answer of one side took longer than nearly every one of the other, and by
/// enough to be told over a network.
fn timed(pairs: &[(Look, Look)]) -> Option<Difference> {
    if pairs.len() < MIN_TIMED {
        return None;
    }
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let mut known: Vec<f64> = pairs.iter().map(|(known, _)| ms(known.took)).collect();
    let mut unknown: Vec<f64> = pairs.iter().map(|(_, unknown)| ms(unknown.took)).collect();
    let longer = known
        .iter()
        .map(|known| unknown.iter().filter(|unknown| known > unknown).count())
        .sum::<usize>();
    let all = known.len() * unknown.len();
    let against = longer.min(all - longer);
    known.sort_by(f64::total_cmp);
    unknown.sort_by(f64::total_cmp);
    let (known, unknown) = (known[known.len() / 2], unknown[unknown.len() / 2]);
    let (slower, faster) = (known.max(unknown), known.min(unknown));
    let clear = slower >= faster * LEAST_RATIO && slower - faster >= LEAST_MS;
    (against * MOST_AGAINST <= all && clear).then(|| Difference::Time(known.round() as u64, unknown.round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(status: u16, body: &str, ms: u64) -> Look {
        Look {
            status,
            body: VARIES.replace_all(body, "#").into_owned(),
            headers: BTreeSet::from(["date".to_owned()]),
            took: Duration::from_millis(ms),
        }
    }

    #[test]
    fn what_varies_anyway_is_no_difference() {
        let pair = |n: u64| {
            (
                look(
                    401,
                    &format!("no (request {n}, 3f0c4b7e-6a53-4c0b-9d3e-0a4f8b1f2c6d)"),
                    10 + n,
                ),
                look(
                    401,
                    &format!("no (request {}, a91d2e7c-04bf-4d18-8c5a-7be3f6021d94)", n + 9),
                    11 + n,
                ),
            )
        };
        let pairs: Vec<_> = (0..8).map(pair).collect();
        assert_eq!(difference(&pairs), None);
        // A side that answers now this and now that says nothing.
        let pairs = [
            (look(401, "a", 1), look(401, "b", 1)),
            (look(401, "b", 1), look(401, "a", 1)),
        ];
        assert_eq!(difference(&pairs), None);
    }

    #[test]
    fn differences_are_told() {
        let twice = |known: Look, unknown: Look| vec![(known.clone(), unknown.clone()), (known, unknown)];
        let status = twice(look(202, "", 1), look(404, "", 1));
        assert_eq!(difference(&status), Some(Difference::Status(202, 404)));
        let body = twice(look(401, "wrong password", 1), look(401, "no such account", 1));
        assert_eq!(difference(&body), Some(Difference::Body));
    }

    #[test]
    fn only_a_clear_difference_in_time_counts() {
        let pairs = |known: [u64; 8], unknown: [u64; 8]| -> Vec<(Look, Look)> {
            known
                .iter()
                .zip(unknown)
                .map(|(known, unknown)| (look(401, "", *known), look(401, "", unknown)))
                .collect()
        };
        let slow = [61, 65, 70, 62, 80, 64, 63, 66];
        let fast = [4, 6, 5, 9, 4, 5, 7, 6];
        assert_eq!(difference(&pairs(slow, fast)), Some(Difference::Time(65, 6)));
        assert_eq!(difference(&pairs(fast, slow)), Some(Difference::Time(6, 65)));
        // Often slower, not always; always, but by little.
        assert_eq!(difference(&pairs([61, 5, 70, 6, 80, 4, 63, 5], fast)), None);
        assert_eq!(
            difference(&pairs([8, 8, 8, 9, 8, 8, 8, 8], [4, 4, 4, 4, 4, 4, 4, 4])),
            None
        );
        assert_eq!(difference(&pairs(slow, fast)[..4]), None);
    }
}
