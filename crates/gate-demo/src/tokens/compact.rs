//! Takes a JWT apart: the compact form of RFC 7515, and nothing else.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::{Hole, state::App};

/// Characters of a token that is looked at.
const MAX_LENGTH: usize = 16 * 1024;

/// A token in its parts, none of which is believed yet.
pub(crate) struct Token {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    /// Every `alg` of the header; more than one only where duplicates are let through.
    pub algorithms: Vec<String>,
    /// What the signature is over.
    pub message: String,
    /// The signature as it was sent; none only where two segments are let through.
    pub signature: Option<String>,
}

impl Token {
    /// Reads a token; nothing if it is none.
    pub fn read(app: &App, text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        if text.starts_with('{') && app.hole(Hole::JwtJsonSerialization) {
            return from_json(text);
        }
        let mut parts = text.split('.');
        let (header, claims) = (parts.next()?, parts.next()?);
        let signature = parts.next();
        if parts.next().is_some() || (signature.is_none() && !app.hole(Hole::JwtTwoSegments)) {
            return None;
        }
        let twice = app.hole(Hole::JwtDuplicateAlg);
        let (header, algorithms) = header_of(&decoded(header)?, twice)?;
        let Members(claims) = serde_json::from_slice(&decoded(claims)?).ok()?;
        Some(Self {
            header,
            algorithms,
            claims: once(claims)?,
            message: text
                .rsplit_once('.')
                .filter(|_| signature.is_some())
                .map_or(text, |(message, _)| message)
                .to_owned(),
            signature: signature.map(str::to_owned),
        })
    }

    /// A text of the header.
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// Whether the header names this algorithm, and no other.
    pub fn is_signed_with(&self, algorithm: &str) -> bool {
        self.algorithms == [algorithm]
    }
}

/// Strict: no padding, and no spare bits.
fn decoded(segment: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(segment).ok()
}

/// A header with every algorithm that it names.
fn header_of(text: &[u8], twice: bool) -> Option<(Map<String, Value>, Vec<String>)> {
    let Members(members) = serde_json::from_slice(text).ok()?;
    let named = members.iter().filter(|(name, _)| name == "alg");
    let algorithms = named
        .filter_map(|(_, value)| value.as_str().map(str::to_owned))
        .collect();
    let header = if twice {
        members.into_iter().collect()
    } else {
        once(members)?
    };
    Some((header, algorithms))
}

/// An object in which no name is twice: readers differ on which one counts (RFC 7515, section 4; RFC 8725, 2.6).
fn once(members: Vec<(String, Value)>) -> Option<Map<String, Value>> {
    let count = members.len();
    let object: Map<String, Value> = members.into_iter().collect();
    (object.len() == count).then_some(object)
}

/// What a library does that reads the JSON serialization too (RFC 7515, 7.2): it checks the signature of one form, and
/// takes the claims of the other if the text holds both (CVE-2022-39227).
fn from_json(text: &str) -> Option<Token> {
    let whole: Value = serde_json::from_str(text).ok()?;
    let signed = whole.get("signatures").map_or(&whole, |all| &all[0]);
    let (protected, signature) = (signed["protected"].as_str()?, signed["signature"].as_str()?);
    let payload = whole["payload"].as_str()?;
    let (header, algorithms) = header_of(&decoded(protected)?, false)?;
    let shown = text.split('.').nth(1).unwrap_or(payload);
    let Members(claims) = serde_json::from_slice(&decoded(shown)?).ok()?;
    Some(Token {
        header,
        algorithms,
        claims: once(claims)?,
        message: format!("{protected}.{payload}"),
        signature: Some(signature.to_owned()),
    })
}

/// The members of an object in their order, with those that are there twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}
