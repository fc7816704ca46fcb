//! What a token looks like and what it is probably for, from its text alone.

use serde_json::Value;

use crate::base64url;
use crate::jws::{Jws, MAX_TOKEN_BYTES, Members};

/// The format of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A signed JWT in compact form: rows for JWTs apply.
    Jws,
    /// An encrypted JWT (RFC 7516): five segments. Only its recipient can read it; rows for opaque tokens apply.
    Jwe,
    /// PASETO: `v4.public.…`. Named, not forged; rows for opaque tokens apply.
    Paseto,
    /// Nothing that can be read from outside.
    Opaque,
}

impl Format {
    /// The format of a token's text.
    pub fn of(token: &str) -> Self {
        if token.len() > MAX_TOKEN_BYTES {
            return Self::Opaque;
        }
        if Jws::parse(token).is_some() {
            return Self::Jws;
        }
        let segments: Vec<&str> = token.split('.').collect();
        let header = || serde_json::from_slice::<Members>(&base64url::decode(segments[0])?).ok();
        match segments.as_slice() {
            [_, _, _, _, _] if header().is_some_and(|header| header.contains_key("enc")) => Self::Jwe,
            [version, purpose, _] | [version, purpose, _, _]
                if matches!(*purpose, "local" | "public") && matches!(*version, "v1" | "v2" | "v3" | "v4") =>
            {
                Self::Paseto
            }
            _ => Self::Opaque,
        }
    }

    /// The format in words, for a reason why a row does not apply.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Jws => "a signed JWT",
            Self::Jwe => "an encrypted JWT, which only its recipient can read",
            Self::Paseto => "a PASETO token, whose version fixes the algorithm",
            Self::Opaque => "no JWT",
        }
    }
}

/// What a JWT was probably issued for. A guess from its `typ` and claims; names differ from server to server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To call an API (RFC 9068, or by the claims that say so).
    Access,
    /// To get new access tokens.
    Refresh,
    /// To tell a client who logged in (OpenID Connect Core section 2).
    Id,
    /// Nothing in the token says.
    Unknown,
}

/// Claims in which servers write what a token is for, and what they write.
const PURPOSE_CLAIMS: [&str; 6] = ["token_use", "token_type", "typ", "type", "use", "tokenType"];

impl Purpose {
    /// The purpose of a token.
    pub fn of(token: &Jws) -> Self {
        if token.is_typed_access_token() {
            return Self::Access;
        }
        let said = PURPOSE_CLAIMS
            .iter()
            .filter_map(|name| token.claims().get(*name))
            .chain(token.header().get("typ"))
            .filter_map(Value::as_str)
            .find_map(Self::said);
        said.unwrap_or_else(|| Self::by_claims(token.claims()))
    }

    fn said(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "access" | "access_token" | "bearer" | "accesstoken" => Some(Self::Access),
            "refresh" | "refresh_token" | "offline" | "refreshtoken" | "rt+jwt" => Some(Self::Refresh),
            "id" | "id_token" | "idtoken" => Some(Self::Id),
            _ => None,
        }
    }

    fn by_claims(claims: &Members) -> Self {
        let has = |name: &str| claims.contains_key(name);
        if has("at_hash") || has("c_hash") || has("nonce") {
            Self::Id
        } else if has("scope") || has("scp") || has("client_id") {
            Self::Access
        } else {
            Self::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        format!("{}.{}.c2ln", base64url::encode(header), base64url::encode(claims))
    }

    #[test]
    fn formats_are_told_apart() {
        let jwe = format!("{}.a.b.c.d", base64url::encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#));
        for (text, format) in [
            (token("{}", "{}"), Format::Jws),
            (jwe, Format::Jwe),
            ("v4.public.abc".into(), Format::Paseto),
            ("v2.local.abc.foot".into(), Format::Paseto),
            ("a.b.c".into(), Format::Opaque),
            ("0f8fad5b-d9cb-469f-a165-70867728950e".into(), Format::Opaque),
            (String::new(), Format::Opaque),
            ("x".repeat(MAX_TOKEN_BYTES + 1), Format::Opaque),
        ] {
            assert_eq!(Format::of(&text), format, "{}", &text[..text.len().min(40)]);
        }
    }

    #[test]
    fn purposes_are_guessed_from_type_and_claims() {
        for (header, claims, purpose) in [
            (r#"{"typ":"at+jwt"}"#, r#"{"nonce":"a"}"#, Purpose::Access),
            (r#"{"typ":"application/AT+JWT"}"#, "{}", Purpose::Access),
            (r#"{"typ":"JWT"}"#, r#"{"token_use":"id"}"#, Purpose::Id),
            (r#"{"typ":"JWT"}"#, r#"{"type":"refresh"}"#, Purpose::Refresh),
            (r#"{"typ":"JWT"}"#, r#"{"typ":"Bearer"}"#, Purpose::Access),
            ("{}", r#"{"nonce":"a","aud":"client"}"#, Purpose::Id),
            ("{}", r#"{"scope":"read"}"#, Purpose::Access),
            ("{}", r#"{"sub":"1"}"#, Purpose::Unknown),
        ] {
            let jws = Jws::parse(&token(header, claims)).expect("a token");
            assert_eq!(Purpose::of(&jws), purpose, "{header} {claims}");
        }
    }
}
