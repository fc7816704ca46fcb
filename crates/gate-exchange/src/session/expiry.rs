//! When credentials run out: `expires_in` of the login's answer (RFC 6749 section 5.1), or `exp` of a JWT (RFC 7519).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::time::Instant;

/// The most that credentials are renewed ahead of time.
const MARGIN: Duration = Duration::from_secs(5);
/// Lifetimes beyond this do not end within a run.
const LONG: Duration = Duration::from_secs(30 * 24 * 3600);

/// A token that was issued this long ago at most was issued just now, by a clock that goes like ours.
const IN_STEP: Duration = Duration::from_secs(2);

/// The claims of a JWT, unverified: enough to see whose it is and how long it lives.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (header, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !header.starts_with("eyJ") || payload.len() > 64 * 1024 {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice::<Value>(&payload).ok().filter(Value::is_object)
}

/// How long fresh credentials live, by the answer that brought them or by the token itself.
pub(crate) fn lifetime(answer: Option<&Value>, token: Option<&str>, now: SystemTime) -> Option<Duration> {
    let stated = answer.and_then(|answer| {
        ["expires_in", "expiresIn"]
            .iter()
            .find_map(|key| answer.get(*key).or_else(|| answer.get("data")?.get(*key)))
            .and_then(seconds)
    });
    let told = token.and_then(|token| by_claims(token, now));
    match (stated, told) {
        (Some(stated), Some(told)) => Some(stated.min(told)),
        (stated, told) => stated.or(told),
    }
}

/// How long a token lives from now on, by its claims. Those count whole seconds: a token for one second that was made at
/// the end of a second is over at once.
fn by_claims(token: &str, now: SystemTime) -> Option<Duration> {
    let claims = claims(token)?;
    let exp = claims.get("exp").and_then(seconds)?;
    let now = now.duration_since(UNIX_EPOCH).ok()?;
    match claims.get("iat").and_then(seconds) {
        // Measured by the issuer's own clock where it says when it issued the token just now, unless both go alike.
        Some(iat) if iat <= exp && iat.abs_diff(now) < Duration::from_secs(3600) => {
            let in_step = now >= iat && now - iat < IN_STEP;
            Some(exp - if in_step { now.min(exp) } else { iat })
        }
        _ => Some(exp.saturating_sub(now)),
    }
}

/// When to renew credentials that were got now and live so long.
pub(crate) fn renew_at(lifetime: Duration) -> Option<Instant> {
    if lifetime > LONG {
        return None;
    }
    let margin = (lifetime / 5).min(MARGIN);
    Some(Instant::now() + (lifetime - margin))
}

/// A number of seconds, as a number or as text.
fn seconds(value: &Value) -> Option<Duration> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    (number.is_finite() && (0.0..1e11).contains(&number)).then(|| Duration::from_secs_f64(number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jwt(claims: &Value) -> String {
        format!("eyJhbGciOiJub25lIn0.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn the_answer_or_the_token_says_it() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let secs = |answer: Option<Value>, token: Option<&str>| {
            lifetime(answer.as_ref(), token, now).map(|lifetime| lifetime.as_secs())
        };
        assert_eq!(secs(Some(json!({"expires_in": "30"})), None), Some(30));
        assert_eq!(secs(None, Some(&jwt(&json!({"exp": 1_000_060})))), Some(60));
        // The issuer's clock is 100 seconds ahead.
        assert_eq!(
            secs(None, Some(&jwt(&json!({"exp": 1_000_160, "iat": 1_000_100})))),
            Some(60)
        );
        // Both clocks go alike: half of the only second is over.
        let half = now + Duration::from_millis(500);
        let token = jwt(&json!({"exp": 1_000_001, "iat": 1_000_000}));
        let left = lifetime(Some(&json!({"expires_in": 1})), Some(&token), half);
        assert_eq!(left, Some(Duration::from_millis(500)));
        assert_eq!(secs(None, Some(&jwt(&json!({"exp": -5})))), None);
        assert_eq!(secs(None, Some("opaque")), None);
        assert_eq!(secs(Some(json!([])), Some("eyJ.!!.x")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_margin_is_small_beside_a_short_life() {
        let now = Instant::now();
        assert_eq!(renew_at(Duration::from_secs(10)), Some(now + Duration::from_secs(8)));
        assert_eq!(
            renew_at(Duration::from_secs(1000)),
            Some(now + Duration::from_secs(995))
        );
        assert_eq!(renew_at(Duration::MAX), None);
    }
}
