//! Other spellings of the body: of the account's name, which a handler may take for the same account and a limiter for another
//! key, and of the form as a whole.

use gate_exchange::{Outgoing, Request};
use serde_json::Value;

use crate::account::Account;
use crate::body::{Fields, Which};
use crate::guess;

use super::{Same, Variant};

/// A spelling of an account's name, with how it is called.
type Spelling = (&'static str, fn(&str) -> Option<String>);

/// Spellings that some handlers fold into one name.
const SPELLINGS: [Spelling; 7] = [
    ("the account's name in other letter case", |name| {
        let upper = name.to_ascii_uppercase();
        Some(if upper == name {
            name.to_ascii_lowercase()
        } else {
            upper
        })
        .filter(|other| other != name)
    }),
    ("a space before the account's name", |name| Some(format!(" {name}"))),
    ("a space after the account's name", |name| Some(format!("{name} "))),
    ("a tag in the account's address", |name| {
        let (local, domain) = name.rsplit_once('@')?;
        Some(format!("{local}+lg@{domain}"))
    }),
    ("a dot in the account's address", |name| {
        let (local, domain) = name.rsplit_once('@')?;
        let (first, rest) = local.split_at_checked(1).filter(|(_, rest)| !rest.is_empty())?;
        Some(format!("{first}.{rest}@{domain}"))
    }),
    ("a letter of the account's name in its wide form", |name| {
        // Compatibility forms fold under NFKC (Unicode Standard Annex 15).
        let first = name.chars().next().filter(char::is_ascii_lowercase)?;
        let wide = char::from_u32(u32::from(first) + 0xFEE0)?;
        Some(format!("{wide}{}", &name[1..]))
    }),
    ("a NUL after the account's name", |name| Some(format!("{name}\0"))),
];

/// All variants of the body.
pub(super) fn variants(account: &Account) -> Vec<Variant> {
    let mut variants = Vec::new();
    if account.fields.is_none() {
        return variants;
    }
    if let Some(name) = account.name() {
        for (words, spell) in SPELLINGS {
            let Some(spelt) = spell(&name) else { continue };
            let other = account.renamed(account.identity.as_ref(), &|_| spelt.clone());
            variants.push(Variant {
                name: words.to_owned(),
                outgoing: other.attempt(),
                proof: Same::Account(other.right().map(Box::new)),
            });
        }
        variants.extend(doubled(account, &name));
    }
    if let Some(outgoing) = listed(account, account.attempted()) {
        let right = account.right().and_then(|_| listed(account, account.request.clone()));
        variants.push(Variant {
            name: "the account's name as a list".to_owned(),
            outgoing,
            proof: Same::Account(right.map(Box::new)),
        });
    }
    let attempted = account.attempted();
    if let Some(form) = Fields::of(&attempted).and_then(|fields| fields.as_form()) {
        let mut request = attempted;
        request.body = Some(form);
        variants.push(Variant {
            name: "a form instead of JSON".to_owned(),
            outgoing: account.outgoing(request),
            proof: Same::Request,
        });
    }
    variants
}

/// The account's field twice: one reader takes the first, another the last (RFC 8259 section 4).
fn doubled(account: &Account, name: &str) -> Vec<Variant> {
    let other = guess::account(name);
    let double = |request: &Request, other_first: bool| -> Option<Outgoing> {
        let text = std::str::from_utf8(request.body_bytes()).ok()?;
        let Some(Fields::Json(Value::Object(fields))) = Fields::of(request) else {
            return None;
        };
        let (key, _) = fields.iter().find(|(_, value)| value.as_str() == Some(name))?;
        let (key, other) = (Value::from(key.as_str()), Value::from(other.as_str()));
        let inner = text.strip_prefix('{')?.strip_suffix('}')?;
        let doubled = if other_first {
            format!("{{{key}:{other},{inner}}}")
        } else {
            format!("{{{inner},{key}:{other}}}")
        };
        let mut request = request.clone();
        if let Some(body) = &mut request.body {
            body.bytes = doubled.into();
        }
        Some(account.outgoing(request))
    };
    [
        ("another account's name before its own", true),
        ("another account's name after its own", false),
    ]
    .into_iter()
    .filter_map(|(words, first)| {
        let right = account.right().and_then(|_| double(&account.request, first));
        Some(Variant {
            name: words.to_owned(),
            outgoing: double(&account.attempted(), first)?,
            proof: Same::Account(right.map(Box::new)),
        })
    })
    .collect()
}

/// The account's name in a list of one.
fn listed(account: &Account, mut request: Request) -> Option<Outgoing> {
    let fields = Fields::of(&request)?;
    let name = fields.first(Which::Account)?;
    let Fields::Json(Value::Object(mut plain)) = fields else {
        return None;
    };
    let value = plain.values_mut().find(|value| value.as_str() == Some(name.as_str()))?;
    *value = Value::from(vec![name]);
    Fields::Json(Value::Object(plain)).put_into(&mut request);
    Some(account.outgoing(request))
}
