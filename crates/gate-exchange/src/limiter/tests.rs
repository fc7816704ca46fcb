//! Every published shape, and whatever else a server may send.

use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;

fn read(headers: &[(&str, &str)]) -> LimiterFields {
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    LimiterFields::read(&headers, UNIX_EPOCH + Duration::from_secs(784_111_777))
}

fn asks(name: &str, value: &str) -> Option<u64> {
    read(&[(name, value)]).wait().map(|delay| delay.as_secs())
}

#[test]
fn every_form_of_a_wait_is_understood() {
    assert_eq!(asks("retry-after", "7"), Some(7));
    assert_eq!(asks("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
    assert_eq!(asks("retry-after", "Sunday, 06-Nov-94 08:49:47 GMT"), Some(10));
    assert_eq!(asks("retry-after", "Sun, 06 Nov 1994 08:49:27 GMT"), Some(0));
    assert_eq!(asks("ratelimit", "\"default\";r=0;t=12"), Some(12));
    assert_eq!(asks("ratelimit", "limit=5, remaining=0, reset=9"), Some(9));
    assert_eq!(asks("ratelimit-reset", "3"), Some(3));
    assert_eq!(asks("x-ratelimit-reset", "4"), Some(4));
    assert_eq!(asks("x-ratelimit-reset-after", "0.5"), Some(0));
    assert_eq!(asks("retry-after", "soon"), None);
    assert_eq!(asks("retry-after", "-1"), None);
    assert_eq!(asks("retry-after", "1e400"), None);
}

#[test]
fn what_retry_after_holds_is_told_apart() {
    let of = |text| read(&[("retry-after", text)]).retry_after;
    assert_eq!(of("7"), Some(RetryAfter::Delay(Duration::from_secs(7))));
    assert_eq!(of("1.5"), Some(RetryAfter::Odd(Duration::from_millis(1500))));
    assert_eq!(
        of("Sun, 06 Nov 1994 08:49:47 GMT"),
        Some(RetryAfter::Date(Duration::from_secs(10)))
    );
    for wrong in ["", "soon", "-1", "7 s", "0x7", "2 minutes"] {
        assert_eq!(of(wrong), Some(RetryAfter::Malformed), "{wrong}");
    }
}

#[test]
fn the_list_of_the_newest_drafts_is_read() {
    let fields = read(&[
        (
            "ratelimit-policy",
            "\"burst\";q=100;w=60,\"daily, all\";q=1000;w=86400;qu=\"requests\"",
        ),
        ("ratelimit", "\"burst\";r=0;t=50, \"daily, all\";r=900;t=4000"),
    ]);
    assert_eq!(fields.shapes, [Shape::List]);
    assert_eq!(fields.quotas.len(), 2);
    assert_eq!(fields.quotas[1].name.as_deref(), Some("daily, all"));
    assert_eq!(fields.quotas[0].window, Some(Duration::from_secs(60)));
    assert_eq!(
        (fields.remaining(), fields.wait()),
        (Some(0), Some(Duration::from_secs(50)))
    );
    assert_eq!(fields.name().as_deref(), Some("the limiter \"burst\" (100 per 60 s)"));
}

#[test]
fn the_older_drafts_are_read() {
    let seventh = read(&[
        ("ratelimit", "limit=100, remaining=50, reset=5"),
        ("ratelimit-policy", "100;w=10"),
    ]);
    assert_eq!(seventh.remaining(), Some(50));
    assert_eq!(seventh.quotas[0].quota, 100);
    assert!(seventh.shapes.contains(&Shape::Single));
    let third = read(&[
        ("ratelimit-limit", "10, 10;w=1, 50;w=60"),
        ("ratelimit-remaining", "0"),
        ("ratelimit-reset", "1"),
    ]);
    assert_eq!(third.shapes, [Shape::Split]);
    assert_eq!(third.quotas.len(), 2);
    assert_eq!(third.states[0].limit, Some(10));
    assert_eq!(third.name().as_deref(), Some("a limiter (10 per 1 s)"));
}

#[test]
fn points_in_time_are_told_from_delays() {
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for text in ["1700000009", "1700000009000"] {
        let headers = [("x-ratelimit-reset".to_owned(), text.to_owned())];
        assert_eq!(LimiterFields::read(&headers, now).wait(), Some(Duration::from_secs(9)));
    }
}

#[test]
fn what_cannot_be_read_is_named_and_harms_nothing() {
    let fields = read(&[
        ("ratelimit", "???"),
        ("ratelimit-policy", ";;;"),
        ("x-ratelimit-limit", "5"),
    ]);
    assert_eq!(fields.malformed, ["RateLimit-Policy", "RateLimit"]);
    assert_eq!(fields.states[0].limit, Some(5));
    assert!(read(&[]).is_silent());
    let long = format!("\"{}\";r=0;t=5", "x".repeat(100_000));
    assert!(read(&[("ratelimit", &long)]).name().is_none_or(|name| name.len() < 100));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(retry in "\\PC{0,60}", state in "[\"a-z;=,0-9\\\\ é-]{0,80}", reset in "[0-9e.+-]{0,30}") {
        let fields = read(&[
            ("retry-after", &retry),
            ("ratelimit", &state),
            ("ratelimit-policy", &state),
            ("ratelimit-limit", &state),
            ("x-ratelimit-reset", &reset),
        ]);
        let _ = (fields.wait(), fields.remaining(), fields.name());
        prop_assert!(fields.quotas.len() <= 64 && fields.states.len() <= 64);
    }

    #[test]
    fn what_is_written_is_read(name in "[a-z]{1,12}", quota in 0u64..1_000_000, left in 0u64..1000, wait in 0u64..100_000) {
        let fields = read(&[
            ("ratelimit-policy", &format!("\"{name}\"; q={quota} ;w=60")),
            ("ratelimit", &format!("\"{name}\";r={left};t={wait}")),
        ]);
        prop_assert_eq!(fields.quotas[0].quota, quota);
        prop_assert_eq!(fields.remaining(), Some(left));
        prop_assert_eq!(fields.wait(), Some(Duration::from_secs(wait)));
    }
}
