//! The part of structured fields (RFC 9651) that limiters use: lists of items with parameters, and plain pairs. Lenient: an item
//! that cannot be read is left out, and the others stand.

use std::time::Duration;

/// Items of one field that are looked at, and parameters of one item.
const MAX_ITEMS: usize = 16;

/// `"name";q=5;w=60`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item<'t> {
    /// The value before the parameters, without its quotation marks.
    pub(super) bare: &'t str,
    /// Whether it had some.
    pub(super) quoted: bool,
    parameters: Vec<(&'t str, &'t str)>,
}

impl Item<'_> {
    /// A parameter that is a whole number.
    pub(super) fn whole(&self, key: &str) -> Option<u64> {
        let found = self.parameters.iter().find(|(name, _)| *name == key);
        found.and_then(|(_, value)| value.parse().ok())
    }

    /// A parameter that is a number of seconds.
    pub(super) fn seconds(&self, key: &str) -> Option<Duration> {
        self.whole(key).map(|secs| super::seconds(secs as f64))
    }
}

/// The items of a list.
pub(super) fn items(text: &str) -> Vec<Item<'_>> {
    apart(text, ',').filter_map(item).collect()
}

/// `limit=5, remaining=0; reset=12`.
pub(super) fn pairs(text: &str) -> Vec<(&str, &str)> {
    text.split([',', ';'])
        .take(MAX_ITEMS)
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect()
}

fn item(text: &str) -> Option<Item<'_>> {
    let mut parts = apart(text, ';');
    let bare = parts.next()?;
    let inner = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let bare_value = inner.unwrap_or(bare);
    if bare_value.is_empty() {
        return None;
    }
    let parameters = parts
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    Some(Item {
        bare: bare_value,
        quoted: inner.is_some(),
        parameters,
    })
}

/// Splits where no quotation marks are open.
fn apart(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut quoted, mut escaped) = (false, false);
        for (at, c) in text.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                c if c == separator && !quoted => {
                    rest = Some(&text[at + c.len_utf8()..]);
                    return Some(text[..at].trim());
                }
                _ => {}
            }
        }
        rest = None;
        Some(text.trim())
    })
    .take(MAX_ITEMS)
}
