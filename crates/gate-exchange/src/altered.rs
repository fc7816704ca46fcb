//! Credentials taken apart, and put together again with something wrong in them.

use std::fmt;

use gate_model::{IdentityName, Secret};

/// Where one credential stands in a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A header: its name, and the scheme before the value (`Bearer`, `Basic`), where there is one.
    Header {
        /// Its name.
        name: String,
        /// The scheme.
        scheme: Option<String>,
    },
    /// A query parameter of this name.
    Query(String),
    /// A cookie of this name.
    Cookie(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { name, .. } => write!(f, "the header `{name}`"),
            Self::Query(name) => write!(f, "the query parameter `{name}`"),
            Self::Cookie(name) => write!(f, "the cookie `{name}`"),
        }
    }
}

/// The credentials of a live session, taken apart.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Whose they are.
    pub identity: IdentityName,
    /// Which of his credentials; compare with [`crate::Exchange::generation`].
    pub generation: u64,
    /// What a read presents, in the order of sending.
    pub parts: Vec<(Place, Secret<String>)>,
    /// Which part is the token, where one of them is.
    pub token: Option<usize>,
    /// What the login gave beside the token, by its usual name: `refresh_token`, `id_token`.
    pub others: Vec<(String, Secret<String>)>,
    /// Headers that a write presents beside the parts, such as one with a token against forged requests.
    pub beside_writes: Vec<(String, Secret<String>)>,
}

/// Credentials with something wrong in them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Altered {
    /// The identity whose live credentials they were made of.
    pub of: IdentityName,
    /// Which of his credentials: a refusal counts only while those still work.
    pub generation: u64,
    /// What is wrong with them, kebab-case: `alg-none`.
    pub row: String,
    /// The same in words, as the subject of a sentence: `alice's token without a signature`.
    pub what: String,
    /// The headers that are sent; a name may be there twice.
    pub headers: Vec<(String, Secret<String>)>,
    /// The query parameters that are sent.
    pub query: Vec<(String, Secret<String>)>,
    /// Headers that are sent beside them where the request is no safe one. Without these a write is refused for want of them, whatever
    /// became of the credentials.
    pub beside_writes: Vec<(String, Secret<String>)>,
    /// The values among them that are still worth something: tokens, and what has much in common with the live ones.
    pub secrets: Vec<Secret<String>>,
}

/// Bytes that a value must share with a live credential to be worth something.
const SHARED: usize = 8;

impl Credentials {
    /// The token and where it stands, or the first part where no part is known to be the token.
    pub fn main(&self) -> Option<(&Place, &Secret<String>)> {
        let index = self.token.unwrap_or(0);
        self.parts.get(index).map(|(place, value)| (place, value))
    }

    /// What the login gave beside the token.
    pub fn other(&self, name: &str) -> Option<&Secret<String>> {
        self.others
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// These credentials with another value in the place of the main one.
    pub fn with_main(&self, row: &str, what: &str, value: String) -> Altered {
        let index = self.token.unwrap_or(0);
        let parts = self.parts.iter().enumerate().map(|(at, (place, old))| {
            let value = if at == index {
                Secret::new(value.clone())
            } else {
                old.clone()
            };
            (place.clone(), value)
        });
        self.of_parts(row, what, parts.collect())
    }

    /// Credentials of these parts.
    pub fn of_parts(&self, row: &str, what: &str, parts: Vec<(Place, Secret<String>)>) -> Altered {
        let mut altered = self.bare(row, what);
        let mut cookies = Vec::new();
        for (place, value) in parts {
            if self.is_worth_something(value.expose()) {
                altered.secrets.push(value.clone());
            }
            match place {
                Place::Header { name, scheme } => {
                    let value = match scheme {
                        Some(scheme) => Secret::new(format!("{scheme} {}", value.expose())),
                        None => value,
                    };
                    altered.headers.push((name, value));
                }
                Place::Query(name) => altered.query.push((name, value)),
                Place::Cookie(name) => cookies.push(format!("{name}={}", value.expose())),
            }
        }
        if !cookies.is_empty() {
            altered
                .headers
                .push(("Cookie".to_owned(), Secret::new(cookies.join("; "))));
        }
        altered
    }

    /// No credentials yet, for rows that set headers by hand.
    pub fn bare(&self, row: &str, what: &str) -> Altered {
        Altered {
            of: self.identity.clone(),
            generation: self.generation,
            row: row.to_owned(),
            what: what.to_owned(),
            headers: Vec::new(),
            query: Vec::new(),
            beside_writes: Vec::new(),
            secrets: Vec::new(),
        }
    }

    fn is_worth_something(&self, value: &str) -> bool {
        let alike = |live: &str| {
            live.len() >= SHARED
                && live
                    .as_bytes()
                    .windows(SHARED)
                    .any(|part| contains(value.as_bytes(), part))
        };
        value.contains("eyJ") || self.parts.iter().any(|(_, live)| alike(live.expose()))
    }

    /// Takes what goes onto a request apart; `token` is the token, where one is known.
    pub(crate) fn apart(
        identity: &IdentityName,
        generation: u64,
        headers: &[(String, Secret<String>)],
        query: &[(String, Secret<String>)],
        token: Option<&str>,
    ) -> Self {
        let mut parts: Vec<(Place, Secret<String>)> = Vec::new();
        for (name, value) in headers {
            if name.eq_ignore_ascii_case("cookie") {
                parts.extend(value.expose().split("; ").filter_map(|pair| {
                    let (name, value) = pair.split_once('=')?;
                    Some((Place::Cookie(name.to_owned()), Secret::new(value.to_owned())))
                }));
                continue;
            }
            let (scheme, value) = match value.expose().split_once(' ') {
                Some((scheme, rest)) if is_scheme(scheme) && !rest.is_empty() => {
                    (Some(scheme.to_owned()), Secret::new(rest.to_owned()))
                }
                _ => (None, value.clone()),
            };
            let name = name.clone();
            parts.push((Place::Header { name, scheme }, value));
        }
        parts.extend(
            query
                .iter()
                .map(|(name, value)| (Place::Query(name.clone()), value.clone())),
        );
        let token = token.and_then(|token| parts.iter().position(|(_, value)| value.expose() == token));
        Self {
            identity: identity.clone(),
            generation,
            parts,
            token,
            others: Vec::new(),
            beside_writes: Vec::new(),
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Whether a word before a space in a credential header is its scheme (RFC 9110 section 11.1).
fn is_scheme(word: &str) -> bool {
    word.len() <= 20 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn credentials() -> Credentials {
        let headers = [
            ("Authorization".to_owned(), secret("Bearer abc")),
            ("Cookie".to_owned(), secret("sid=1; csrf=2")),
        ];
        Credentials::apart(
            &"alice".into(),
            7,
            &headers,
            &[("key".to_owned(), secret("k"))],
            Some("abc"),
        )
    }

    #[test]
    fn credentials_come_apart_and_together_again() {
        let credentials = credentials();
        assert_eq!(credentials.parts.len(), 4);
        assert_eq!(
            credentials.main().map(|(_, value)| value.expose().as_str()),
            Some("abc")
        );
        let altered = credentials.with_main("row", "what", "xyz".to_owned());
        assert_eq!(altered.headers[0].1.expose(), "Bearer xyz");
        assert_eq!(altered.headers[1].1.expose(), "sid=1; csrf=2");
        assert_eq!(altered.query[0].1.expose(), "k");
        assert_eq!(altered.generation, 7);
        assert!(altered.secrets.is_empty(), "short words are no secrets");
    }
}
