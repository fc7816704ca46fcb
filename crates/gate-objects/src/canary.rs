//! Canaries: values that nobody can guess, planted in what the run creates and looked for in what others are shown.
//!
//! A canary reads `lgh` + handle + `-` + `lgc` + secret. The handle may be sent by anybody, for searching; the secret
//! is proof against whoever never sent it. All are lower case and start with fixed letters, so that one pass over a
//! body finds every canary of the run, however many there are.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use gate_exchange::ObjectKey;
use gate_model::{IdentityName, ResourceName};
use rand::Rng as _;

use crate::search::{self, Found, Odd};

/// Letters and digits that survive every alphabet and case folding; 5 bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// What a secret begins with.
pub(crate) const SECRET_PREFIX: &str = "lgc";
/// Characters of a secret after its prefix: 80 bits.
pub(crate) const SECRET_LENGTH: usize = 16;
/// Characters of a short secret after its prefix: 50 bits, the least that counts as proof.
pub(crate) const SHORT_LENGTH: usize = 10;
/// Ends a short secret's prefix, so that the two lengths cannot be confused.
pub(crate) const SHORT_PREFIX: &str = "lgs";

/// The room that a field has for a canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Handle and secret, 30 characters: `lgh…-lgc…`.
    Full,
    /// The secret alone, 19 letters and digits.
    Word,
    /// A short secret, 13 letters and digits.
    Short,
    /// 17 digits, for fields that take digits only.
    Digits,
    /// A version 4 UUID.
    Uuid,
}

/// A planted value and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    /// The whole planted text.
    pub text: String,
    /// The part that is proof: the secret.
    pub secret: String,
    /// The part that may be sent in a search; the whole where there is no handle.
    pub handle: String,
    /// Whose private value it is.
    pub owner: IdentityName,
    /// The kind of object that it was planted in.
    pub resource: Option<ResourceName>,
    /// The object that it was planted in, once there is one.
    pub object: Option<ObjectKey>,
}

/// All canaries of the run.
#[derive(Debug, Default)]
pub struct Canaries {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_secret: HashMap<String, Known>,
    odd: Odd,
}

/// A canary and what became of it.
#[derive(Debug)]
struct Known {
    canary: Arc<Canary>,
    sent_by: Vec<Option<IdentityName>>,
    owner_saw: bool,
}

impl Canaries {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a new canary for an owner and remembers it.
    pub fn mint(&self, owner: &IdentityName, resource: Option<&ResourceName>, shape: Shape) -> Canary {
        let (text, secret, handle) = match shape {
            Shape::Full => {
                let handle = format!("lgh{}", letters(7));
                let secret = format!("{SECRET_PREFIX}{}", letters(SECRET_LENGTH));
                (format!("{handle}-{secret}"), secret, handle)
            }
            Shape::Word => alone(format!("{SECRET_PREFIX}{}", letters(SECRET_LENGTH))),
            Shape::Short => alone(format!("{SHORT_PREFIX}{}", letters(SHORT_LENGTH))),
            Shape::Digits => alone(digits(17)),
            Shape::Uuid => alone(uuid()),
        };
        let canary = Canary {
            text,
            secret,
            handle,
            owner: owner.clone(),
            resource: resource.cloned(),
            object: None,
        };
        let mut inner = self.write();
        if matches!(shape, Shape::Digits | Shape::Uuid) {
            inner.odd.add(&canary.secret);
        }
        let known = Known {
            canary: Arc::new(canary.clone()),
            sent_by: Vec::new(),
            owner_saw: false,
        };
        inner.by_secret.insert(canary.secret.clone(), known);
        canary
    }

    /// Says which object a canary was planted in.
    pub fn planted(&self, secret: &str, object: ObjectKey) {
        if let Some(known) = self.write().by_secret.get_mut(secret) {
            Arc::make_mut(&mut known.canary).object = Some(object);
        }
    }

    /// Remembers that somebody sent a canary himself: it is no proof against him any more.
    pub fn sent_by(&self, sender: Option<&IdentityName>, secret: &str) {
        if let Some(known) = self.write().by_secret.get_mut(secret)
            && !known.sent_by.iter().any(|known| known.as_ref() == sender)
        {
            known.sent_by.push(sender.cloned());
        }
    }

    /// Whether somebody sent a canary himself.
    pub fn was_sent_by(&self, sender: Option<&IdentityName>, secret: &str) -> bool {
        let inner = self.read();
        let known = inner.by_secret.get(secret);
        known.is_some_and(|known| known.sent_by.iter().any(|known| known.as_ref() == sender))
    }

    /// Remembers that its owner was shown a canary: only then does its absence elsewhere mean anything.
    pub fn owner_saw(&self, secret: &str) {
        if let Some(known) = self.write().by_secret.get_mut(secret) {
            known.owner_saw = true;
        }
    }

    /// Whether its owner was shown a canary.
    pub fn owner_has_seen(&self, secret: &str) -> bool {
        self.read().by_secret.get(secret).is_some_and(|known| known.owner_saw)
    }

    /// All canaries in a text, each once: plain in any case, and in up to two of the encodings that [`crate::Encoding`] names.
    pub fn find(&self, bytes: &[u8]) -> Vec<(Arc<Canary>, Found)> {
        let inner = self.read();
        let mut hits: Vec<(Arc<Canary>, Found)> = Vec::new();
        for found in search::find(bytes, &inner.odd) {
            if let Some(Known { canary, .. }) = inner.by_secret.get(&found.secret)
                && !hits.iter().any(|(known, _)| known.secret == canary.secret)
            {
                hits.push((Arc::clone(canary), found));
            }
        }
        hits
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value that is new in this run and may be seen by anybody.
pub(crate) fn unique() -> String {
    format!("lgu{}", letters(10))
}

fn alone(text: String) -> (String, String, String) {
    (text.clone(), text.clone(), text)
}

/// At most 25: a letter takes five of 128 random bits.
fn letters(count: usize) -> String {
    let mut bits: u128 = rand::rng().random();
    (0..count)
        .map(|_| {
            let letter = ALPHABET[(bits & 31) as usize];
            bits >>= 5;
            char::from(letter)
        })
        .collect()
}

fn digits(count: usize) -> String {
    let mut rng = rand::rng();
    (0..count)
        .map(|place| char::from(b'0' + rng.random_range(u8::from(place == 0)..10)))
        .collect()
}

fn uuid() -> String {
    let mut bytes: [u8; 16] = rand::rng().random();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn a_canary_is_found_in_every_form() {
        let canaries = Canaries::new();
        let owner = IdentityName::new("alice");
        for shape in [Shape::Full, Shape::Word, Shape::Short, Shape::Digits, Shape::Uuid] {
            let canary = canaries.mint(&owner, None, shape);
            let other = canaries.mint(&owner, None, shape);
            let texts = [
                format!("{{\"name\":\"{}\"}}", canary.text),
                format!("x={}&y", canary.text.to_uppercase()),
                base64::engine::general_purpose::STANDARD.encode(format!("ab{{\"name\":\"{}\"}}", canary.text)),
                format!(
                    "a.{}.b",
                    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("a{}?>", canary.text))
                ),
            ];
            for text in texts {
                let found = canaries.find(text.as_bytes());
                assert_eq!(found.len(), 1, "{shape:?}: {text}");
                assert_eq!(found[0].0.secret, canary.secret);
            }
            assert!(
                canaries
                    .find(&canary.text.as_bytes()[..canary.text.len() - 1])
                    .is_empty()
            );
            assert_ne!(canary.secret, other.secret);
        }
    }

    #[test]
    fn what_somebody_sent_is_remembered() {
        let canaries = Canaries::new();
        let (alice, mallory) = (IdentityName::new("alice"), IdentityName::new("mallory"));
        let canary = canaries.mint(&alice, None, Shape::Full);
        assert!(!canaries.was_sent_by(Some(&mallory), &canary.secret));
        canaries.sent_by(Some(&mallory), &canary.secret);
        assert!(canaries.was_sent_by(Some(&mallory), &canary.secret));
        assert!(!canaries.was_sent_by(None, &canary.secret));
    }
}
