//! What proves that an answer holds somebody's object: canaries, and where there are none, values that a server made.

use std::borrow::Cow;
use std::cell::LazyCell;

use gate_exchange::{Actor, Exchange};
use gate_objects::Object;
use gate_spec::Spec;
use serde_json::Value;

use crate::Ctx;

/// At most this many server-made values are kept of an answer.
const MAX_STRONG: usize = 16;

/// The values in an owner's answer that nobody else can know.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Secrets of canaries that the owner was shown.
    pub canaries: Vec<String>,
    /// Whether they were planted in the object itself.
    pub planted: bool,
    /// Server-made values of at least 64 random bits that the owner was shown.
    pub strong: Vec<String>,
    /// The owner's answer, for comparing where there is nothing better.
    pub answer: Option<Exchange>,
}

/// What shows that somebody was given what is another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// In words.
    pub what: String,
    /// The value, for cutting the evidence around it.
    pub span: String,
}

impl Marks {
    /// The marks of an object in its owner's answer. Values that stand in the request itself are none.
    pub fn seen(ctx: &Ctx<'_>, object: Option<&Object>, answer: &Exchange) -> Self {
        let sent = LazyCell::new(|| sent_text(answer));
        let json = answer.json();
        let mut marks = Self {
            answer: json.is_some().then(|| answer.clone()),
            ..Self::default()
        };
        let mut beside = Vec::new();
        for (canary, _) in ctx.canaries.find(&answer.body) {
            if sent.contains(&canary.secret) {
                continue;
            }
            if object.is_some_and(|object| object.canaries.iter().any(|own| own.secret == canary.secret)) {
                marks.canaries.push(canary.secret.clone());
            } else if object.is_none_or(|object| canary.owner == object.owner) {
                beside.push(canary.secret.clone());
            } else {
                continue;
            }
            ctx.canaries.owner_saw(&canary.secret);
        }
        // Marks of the owner's other objects come and go with those; they count where the object has none of its own.
        marks.planted = !marks.canaries.is_empty();
        if !marks.planted {
            marks.canaries = beside;
        }
        if let Some(json) = &json {
            let mut found = Vec::new();
            strong_values(json, &mut found);
            let request = LazyCell::new(|| sent.to_ascii_lowercase());
            marks.strong = found
                .into_iter()
                .filter(|value| !request.contains(&value.to_ascii_lowercase()))
                .take(MAX_STRONG)
                .collect();
        }
        marks
    }

    /// Whether the owner's answer held anything that is proof.
    pub fn any(&self) -> bool {
        !self.canaries.is_empty() || !self.strong.is_empty()
    }

    /// Whether an answer to somebody else holds a mark, or any canary of another tenant that he never sent himself.
    pub fn shown_to(&self, ctx: &Ctx<'_>, actor: &Actor, exchange: &Exchange) -> Option<Shown> {
        let planted = || foreign_canary(ctx, actor, exchange).or_else(|| self.planted_shown(ctx, actor, exchange));
        planted().or_else(|| {
            let sent = LazyCell::new(|| sent_text(exchange).to_ascii_lowercase());
            let text = exchange.text();
            // A value that both answers share may be shared by design (the id of a role); it proves something only where
            // the answers as a whole are alike.
            self.strong
                .iter()
                .find(|value| text.contains(value.as_str()) && !sent.contains(&value.to_ascii_lowercase()))
                .filter(|_| self.is_alike(exchange))
                .map(|value| Shown {
                    what: "a value that only the owner's answer holds".to_owned(),
                    span: value.clone(),
                })
        })
    }

    fn owners_json(&self) -> Option<Cow<'_, Value>> {
        self.answer.as_ref().and_then(Exchange::json)
    }

    /// Whether an answer to somebody of the owner's own tenant holds what was planted in this very object. Of other objects of
    /// the tenant he may see what he likes.
    fn planted_shown(&self, ctx: &Ctx<'_>, actor: &Actor, exchange: &Exchange) -> Option<Shown> {
        if !self.planted || actor.identity.is_none() {
            return None;
        }
        let sent = sent_text(exchange);
        let (canary, _) = ctx.canaries.find(&exchange.body).into_iter().find(|(canary, _)| {
            self.canaries.contains(&canary.secret)
                && actor.identity.as_ref() != Some(&canary.owner)
                && !sent.contains(&canary.secret)
                && !ctx.canaries.was_sent_by(actor.identity.as_ref(), &canary.secret)
        })?;
        Some(Shown {
            what: format!("what {} put into it", canary.owner),
            span: canary.secret.clone(),
        })
    }

    /// Whether at least half of the owner's scalars stand in an answer too.
    fn is_alike(&self, exchange: &Exchange) -> bool {
        let (Some(own), Some(theirs)) = (self.owners_json(), exchange.json()) else {
            return true;
        };
        let (mut equal, mut all) = (0, 0);
        compare(&own, &theirs, &mut |left, right| {
            all += 1;
            equal += usize::from(left == right);
        });
        equal * 2 >= all
    }

    /// Whether an answer says the same as the owner's: every scalar of at least two, the id aside, is equal. A weaker
    /// proof, used where the owner's answer holds no mark.
    pub fn same_answer(&self, exchange: &Exchange) -> bool {
        let (Some(own), Some(theirs)) = (self.owners_json(), exchange.json()) else {
            return false;
        };
        let sent = sent_text(exchange);
        let (mut equal, mut different) = (0, 0);
        compare(&own, &theirs, &mut |left, right| {
            let informative = match left {
                Value::String(text) => text.len() >= 3 && !sent.contains(text.as_str()),
                Value::Number(_) => !sent.contains(&left.to_string()),
                _ => false,
            };
            if left != right {
                different += 1;
            } else if informative {
                equal += 1;
            }
        });
        equal >= 2 && different <= equal / 8
    }
}

/// A canary of another tenant in an answer, which its receiver never sent himself.
pub fn foreign_canary(ctx: &Ctx<'_>, actor: &Actor, exchange: &Exchange) -> Option<Shown> {
    let mut hits = ctx.canaries.find(&exchange.body);
    for (_, value) in exchange.headers.iter() {
        hits.extend(ctx.canaries.find(value.as_bytes()));
    }
    if hits.is_empty() {
        return None;
    }
    // A control's own bytes may be repeated by a stranger: what stands in his request is no proof either.
    let sent = sent_text(exchange);
    // He may have sent it in another form than it comes back in.
    let own = ctx.canaries.find(sent.as_bytes());
    hits.into_iter()
        .find(|(canary, _)| {
            !own.iter().any(|(own, _)| own.secret == canary.secret)
                && is_foreign(ctx.spec, actor, &canary.owner)
                && !ctx.canaries.was_sent_by(actor.identity.as_ref(), &canary.secret)
        })
        .map(|(canary, _)| Shown {
            what: format!(
                "a private value of {}{}",
                canary.owner,
                canary
                    .resource
                    .as_ref()
                    .map(|resource| format!("'s {resource}"))
                    .unwrap_or_default()
            ),
            span: canary.secret.clone(),
        })
}

/// Whether an owner's private values are none of an actor's business: another tenant, or the actor is nobody.
pub(crate) fn is_foreign(spec: &Spec, actor: &Actor, owner: &gate_model::IdentityName) -> bool {
    let Some(owner) = spec.identities.get(owner) else {
        return false;
    };
    match actor.identity.as_ref().and_then(|name| spec.identities.get(name)) {
        Some(actor) => actor.tenant != owner.tenant,
        None => true,
    }
}

/// Path, query, headers and body of a request, as text: what its sender cannot be shown, because he sent it.
fn sent_text(exchange: &Exchange) -> String {
    let request = &exchange.sent.request;
    let mut text = percent_decoded(&request.path);
    text.push('\n');
    text.push_str(&request.path);
    for (_, value) in &request.headers {
        text.push('\n');
        text.push_str(value);
    }
    text.push('\n');
    text.push_str(&String::from_utf8_lossy(request.body_bytes()));
    text
}

fn percent_decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| {
                path.get(at + 1..at + 3)
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            })
            .flatten();
        out.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn strong_values(json: &Value, out: &mut Vec<String>) {
    match json {
        Value::String(text) if is_strong(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().take(64).for_each(|item| strong_values(item, out)),
        Value::Object(fields) => fields.values().for_each(|item| strong_values(item, out)),
        _ => {}
    }
}

/// Whether a text carries at least 64 random bits: a UUID of version 4, or a long run of mixed letters and digits.
/// Counters, timestamps and words do not.
pub(crate) fn is_strong(text: &str) -> bool {
    if !(16..=256).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    let bare: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    if text.len() == 36 && text.matches('-').count() == 4 && bare.len() == 32 && bare.iter().all(u8::is_ascii_hexdigit)
    {
        return bare[12] == b'4';
    }
    if text.contains("://") || text.contains('@') || text.contains('/') || text.contains(':') {
        return false;
    }
    let mut seen = [0_u32; 256];
    for byte in &bare {
        seen[usize::from(*byte)] += 1;
    }
    let total = bare.len() as f64;
    let entropy: f64 = seen
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum();
    let digits = bare.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bare.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    // Random text of n symbols shows about log2(n) bits of entropy each; words and numbers lack one of the two classes.
    digits >= 3 && letters >= 3 && entropy * total >= 64.0
}

fn compare(left: &Value, right: &Value, each: &mut dyn FnMut(&Value, &Value)) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            for (key, value) in left {
                compare(value, right.get(key).unwrap_or(&Value::Null), each);
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            for (index, value) in left.iter().enumerate().take(64) {
                compare(value, right.get(index).unwrap_or(&Value::Null), each);
            }
        }
        (left, right) => each(left, right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_timestamps_and_words_are_no_proof() {
        for weak in [
            "12345678901234567890",
            "2026-11-22T19:00:00.000000Z",
            "production-cluster-eu-central",
            "alice@acme.example.test",
            "aaaaaaaaaaaaaaaa1111",
            "00000000-0000-1000-8000-000000000001",
        ] {
            assert!(!is_strong(weak), "{weak}");
        }
        for strong in [
            "7d444840-9dc0-41d1-b245-5ffdce74fad2",
            "q8Zt3xLw0PfV5nRk7Yb2",
            "3f9a1c77e0b24d5f8a6c9e1d2b3a4f50",
        ] {
            assert!(is_strong(strong), "{strong}");
        }
    }
}
