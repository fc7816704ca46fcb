//! Texts by format, name, pattern and length.

use serde_json::Value;

use super::build::{Unbuildable, shown};
use super::{Meaning, meaning};
use crate::model::SchemaSummary;
use crate::notice::NoticeKind;
use crate::schema::Context;

/// Longest text built.
const MAX_LENGTH: u64 = 20_000;

/// What looking for a text that follows a pattern costs, in steps of schema walking.
const PATTERN_STEPS: usize = 500;

/// Builds a text. A pattern nothing was found for costs a notice, not the body.
pub(super) fn text(cx: &Context<'_>, summary: &SchemaSummary, name: &str, salt: usize) -> Result<Value, Unbuildable> {
    let min = summary.min_length.unwrap_or(0);
    let max = summary.max_length.unwrap_or(u64::MAX);
    if min > max || min > MAX_LENGTH {
        return Err(Unbuildable::new(format!("it needs a text of {min} characters")));
    }
    let (min, max) = (min as usize, usize::try_from(max).unwrap_or(usize::MAX));
    let mut candidates: Vec<String> = Vec::new();
    if let Some(format) = &summary.format {
        candidates.extend(by_format(&format.to_ascii_lowercase(), min, max, salt));
    } else if let (Meaning::Formed { format, sample }, 0) = (meaning(name), salt) {
        candidates.extend(by_format(format, min, max, salt));
        candidates.push(sample.to_owned());
    }
    if let Some(found) = candidates.into_iter().find(|candidate| fits(cx, candidate, summary)) {
        return Ok(Value::String(found));
    }
    let plain = plain(min, max, salt);
    let Some(pattern) = &summary.pattern else {
        return Ok(Value::String(plain));
    };
    if !cx.charge(PATTERN_STEPS) {
        return Ok(Value::String(plain));
    }
    if salt == 0 && cx.patterns.matches(pattern, &plain) == Some(true) {
        return Ok(Value::String(plain));
    }
    if let Some(found) = cx.patterns.generate(pattern, min, max, salt) {
        return Ok(Value::String(found));
    }
    let shown_pattern: String = pattern.chars().take(100).collect();
    cx.notice(
        NoticeKind::Sample,
        format!(
            "no text was found that follows the pattern `{shown_pattern}` of `{}`; give a value in the plan",
            shown(name)
        ),
    );
    Ok(Value::String(plain))
}

/// Whether a text keeps the length, the pattern (when it can be judged) and the form of well-known formats.
pub(crate) fn fits(cx: &Context<'_>, text: &str, summary: &SchemaSummary) -> bool {
    let length = text.chars().count() as u64;
    summary.min_length.is_none_or(|min| length >= min)
        && summary.max_length.is_none_or(|max| length <= max)
        && summary
            .pattern
            .as_ref()
            .is_none_or(|pattern| cx.patterns.matches(pattern, text).unwrap_or(true))
        && summary.format.as_ref().is_none_or(|format| format_fits(format, text))
}

fn format_fits(format: &str, text: &str) -> bool {
    let digits_at = |places: &[usize]| {
        places
            .iter()
            .all(|at| text.as_bytes().get(*at).is_some_and(u8::is_ascii_digit))
    };
    let is = |at: usize, byte: u8| text.as_bytes().get(at) == Some(&byte);
    let date = || digits_at(&[0, 1, 2, 3, 5, 6, 8, 9]) && is(4, b'-') && is(7, b'-');
    match format {
        "uuid" => {
            text.len() == 36
                && text.bytes().enumerate().all(|(at, byte)| {
                    if matches!(at, 8 | 13 | 18 | 23) {
                        byte == b'-'
                    } else {
                        byte.is_ascii_hexdigit()
                    }
                })
        }
        "email" => text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@')),
        "date" => text.len() == 10 && date(),
        "date-time" => {
            text.len() >= 20 && date() && digits_at(&[11, 12, 14, 15, 17, 18]) && is(13, b':') && is(16, b':')
        }
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "uri" | "url" => {
            text.split_once(':')
                .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
                && !text.contains(char::is_whitespace)
        }
        "byte" => {
            text.len().is_multiple_of(4)
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        }
        _ => true,
    }
}

/// A text of a known format as long as needed, if the format can be that long.
fn by_format(format: &str, min: usize, max: usize, salt: usize) -> Option<String> {
    let tag = if salt == 0 { String::new() } else { salt.to_string() };
    let pad = |have: usize| "x".repeat(min.saturating_sub(have));
    Some(match format {
        "uuid" | "guid" => format!("3f2b8c1e-5a4d-4e6f-9b7a-{:012x}", 0x1c2d_3e4f_5a6b_u64 + salt as u64),
        "email" | "idn-email" => {
            let host = if max < 18 + tag.len() { "b.co" } else { "example.com" };
            let name = if max < 18 + tag.len() { "a" } else { "sample" };
            // The local part may hold 64 characters (RFC 5321, 4.5.3.1.1); longer addresses need a longer host.
            let missing = min.saturating_sub(name.len() + tag.len() + 1 + host.len());
            let in_name = missing.min(50);
            let in_host: String = (0..missing - in_name)
                .map(|n| if n % 40 == 39 { '.' } else { 'x' })
                .collect();
            let in_host = if in_host.ends_with('.') {
                format!("{}x", &in_host[..in_host.len() - 1])
            } else {
                in_host
            };
            format!("{name}{tag}{}@{in_host}{host}", "x".repeat(in_name))
        }
        "date" | "full-date" => format!("2030-01-{:02}", 1 + (14 + salt) % 28),
        "date-time" | "datetime" => format!("2030-01-{:02}T12:00:{:02}Z", 1 + (14 + salt) % 28, salt / 28 % 60),
        "time" => format!("12:{:02}:{:02}Z", salt / 60 % 60, salt % 60),
        "duration" => format!("P{}D", salt + 1),
        "uri" | "url" | "iri" | "uri-template" => {
            let base = if max < 26 + tag.len() {
                "http://a.co/"
            } else {
                "https://example.com/sample"
            };
            format!("{base}{tag}{}", pad(base.len() + tag.len()))
        }
        "uri-reference" | "iri-reference" => format!("/sample{tag}{}", pad(7 + tag.len())),
        "hostname" | "idn-hostname" | "fqdn" => format!("sample{tag}.example.com"),
        "ipv4" | "ip" => format!("192.0.2.{}", 1 + salt % 250),
        "ipv6" => format!("2001:db8::{:x}", 1 + salt),
        "byte" | "base64" => {
            let groups = min.div_ceil(4).max(2);
            let mut text = "c2Ft".repeat(groups);
            if salt > 0 {
                text.replace_range(0..4, &format!("{:04}", salt % 10_000));
            }
            text
        }
        "password" => {
            let text = format!("Sample-Passw0rd!{tag}");
            let padding = pad(text.len());
            text + &padding
        }
        "json-pointer" => format!("/sample{tag}"),
        "relative-json-pointer" => format!("{salt}"),
        "regex" => format!("sample{tag}.*"),
        "int64" | "int32" | "integer" => (salt + 1).to_string(),
        "decimal" | "float" | "double" | "number" | "money" => format!("{}.00", salt + 1),
        _ => return None,
    })
}

/// A plain text; the salt stays in when it must be cut.
fn plain(min: usize, max: usize, salt: usize) -> String {
    let tag = if salt == 0 { String::new() } else { salt.to_string() };
    let mut text = format!("sample{tag}");
    if text.len() > max {
        text = text[text.len() - max..].to_owned();
    }
    while text.len() < min {
        text.push('x');
    }
    text
}
