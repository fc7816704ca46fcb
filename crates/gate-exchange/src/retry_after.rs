//! How long a throttling answer asks to wait: `Retry-After` (RFC 9110 section 10.2.3), the RateLimit fields of the IETF
//! drafts, and their older cousins.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Numbers above this are points in time, not delays.
const EPOCH_FROM_SECS: u64 = 1_000_000_000;

/// The delay that the headers (names in lower case) ask for, if they do.
pub(crate) fn retry_after(headers: &[(String, String)], now: SystemTime) -> Option<Duration> {
    let find = |name: &str| {
        headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.trim())
    };
    let until = |point: SystemTime| point.duration_since(now).unwrap_or_default();
    let number = |text: &str| text.parse::<f64>().ok().filter(|secs| secs.is_finite() && *secs >= 0.0);
    let delay = |secs: f64| Duration::from_secs_f64(secs.min(1e11));
    if let Some(text) = find("retry-after") {
        if let Some(secs) = number(text) {
            return Some(delay(secs));
        }
        if let Ok(date) = httpdate::parse_http_date(text) {
            return Some(until(date));
        }
    }
    if let Some(secs) = find("ratelimit").and_then(|field| {
        field
            .split([';', ','])
            .filter_map(|part| part.trim().split_once('='))
            .find(|(key, _)| matches!(key.trim(), "t" | "reset"))
            .and_then(|(_, value)| number(value.trim()))
    }) {
        return Some(delay(secs));
    }
    for name in [
        "ratelimit-reset",
        "x-ratelimit-reset-after",
        "x-ratelimit-reset",
        "x-rate-limit-reset",
    ] {
        let Some(secs) = find(name).and_then(number) else {
            continue;
        };
        return Some(if secs as u64 >= EPOCH_FROM_SECS {
            // Some servers count milliseconds.
            let secs = if secs >= 1e12 { secs / 1000.0 } else { secs };
            until(UNIX_EPOCH + delay(secs))
        } else {
            delay(secs)
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(name: &str, value: &str) -> Option<u64> {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        retry_after(&[(name.to_owned(), value.to_owned())], now).map(|delay| delay.as_secs())
    }

    #[test]
    fn every_form_is_understood() {
        assert_eq!(asks("retry-after", "7"), Some(7));
        assert_eq!(asks("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
        assert_eq!(asks("retry-after", "Sun, 06 Nov 1994 08:49:27 GMT"), Some(0));
        assert_eq!(asks("ratelimit", "\"default\";r=0;t=12"), Some(12));
        assert_eq!(asks("ratelimit-reset", "3"), Some(3));
        assert_eq!(asks("x-ratelimit-reset", "4"), Some(4));
        assert_eq!(asks("retry-after", "soon"), None);
        assert_eq!(asks("retry-after", "-1"), None);
        assert_eq!(asks("retry-after", "1e400"), None);
    }

    #[test]
    fn points_in_time_are_told_from_delays() {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let header = |value: &str| vec![("x-ratelimit-reset".to_owned(), value.to_owned())];
        assert_eq!(retry_after(&header("1700000009"), now), Some(Duration::from_secs(9)));
        assert_eq!(retry_after(&header("1700000009000"), now), Some(Duration::from_secs(9)));
    }
}
