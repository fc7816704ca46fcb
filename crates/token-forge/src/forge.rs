//! What goes into the making of a row and what comes out.

use std::fmt;

use crate::algorithm::Algorithm;
use crate::format::Format;
use crate::jws::{Jws, Members, compact, payload, signing_input};
use crate::key::{KeyError, PublicKey, SigningKey};
use crate::row::{Family, Need};

/// How the good credential is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `Authorization: Bearer TOKEN` (RFC 6750 section 2.1).
    Bearer,
    /// `Authorization: Basic CREDENTIALS` (RFC 7617); the token is the base64 text.
    Basic,
    /// A header of the API's own.
    ApiKey,
    /// A parameter of the address.
    KeyInQuery,
    /// A cookie; the token is its value.
    Cookie,
}

/// A real token that is not the access token of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OtherToken {
    /// The refresh token of the same login.
    Refresh,
    /// The ID token of the same login.
    Id,
    /// An access token whose `exp` passed.
    Expired,
    /// An access token of another environment, such as staging.
    OtherEnvironment,
}

/// Everything that rows are made from. Only the good token has to be there.
#[derive(Clone)]
pub struct Input<'a> {
    pub(crate) token: &'a str,
    pub(crate) carrier: Carrier,
    pub(crate) now: u64,
    pub(crate) jws: Option<Jws>,
    signer: Option<Result<Signer, String>>,
    public_keys: Vec<PublicKey>,
    listener: Option<&'a str>,
    others: Vec<(OtherToken, &'a str)>,
    pub(crate) hints: Vec<&'a str>,
}

impl<'a> Input<'a> {
    /// Starts with a good credential, as it is sent but without a scheme, and the time in seconds since 1970.
    pub fn new(token: &'a str, carrier: Carrier, now: u64) -> Self {
        Self {
            token,
            carrier,
            now,
            jws: Jws::parse(token),
            signer: None,
            public_keys: Vec::new(),
            listener: None,
            others: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Adds the issuer's signing key as PEM, JWK, or the text of a shared secret. The reading of the text that made the good token
    /// is the one that counts.
    ///
    /// # Errors
    ///
    /// Where the text is no key.
    pub fn signing_key(mut self, text: &str) -> Result<Self, KeyError> {
        let readings = SigningKey::readings(text)?;
        self.signer = self.jws.as_ref().map(|token| Signer::find(readings, token));
        if let Some(Ok(signer)) = &self.signer {
            self.public_keys.extend(signer.key.public());
        }
        Ok(self)
    }

    /// Adds keys that the issuer publishes. The one that verifies the good token is the one that counts.
    pub fn public_keys(mut self, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        self.public_keys.extend(keys);
        self
    }

    /// Adds a listener of ours: an `http` address without a slash at its end. See [`crate::listener`] for what it has to answer.
    pub fn listener(mut self, url: &'a str) -> Self {
        self.listener = Some(url);
        self
    }

    /// Adds another real token.
    pub fn other(mut self, kind: OtherToken, token: &'a str) -> Self {
        self.others.push((kind, token));
        self
    }

    /// Adds a name around the application (its title, its host) that may be its secret as well.
    pub fn hint(mut self, name: &'a str) -> Self {
        self.hints.push(name);
        self
    }

    /// The good token taken apart, if it is a signed JWT.
    pub fn jws(&self) -> Option<&Jws> {
        self.jws.as_ref()
    }

    /// The good token signed anew with the plan's key and one more claim, which no server minds. Rows that are signed by the
    /// issuer's own key say something only where this one is accepted.
    pub fn control(&self) -> Option<Variant> {
        let token = self.jws.as_ref()?;
        let signer = self.signer.as_ref()?.as_ref().ok()?;
        Some(Variant::token(
            "re-signed",
            signer.sign_claims(token, &with_new_claim(token))?,
        ))
    }

    /// The good token with other claims, signed anew with the plan's key; `None` where no key is given that made the token.
    pub fn signed_with(&self, claims: &Members) -> Option<Variant> {
        let token = self.jws.as_ref()?;
        let signer = self.signer.as_ref()?.as_ref().ok()?;
        Some(Variant::token("only", signer.sign_claims(token, claims)?))
    }

    fn signer(&self) -> Result<&Signer, Forged> {
        match &self.signer {
            Some(Ok(signer)) => Ok(signer),
            Some(Err(why)) => Err(Forged::lacks(Need::SigningKey, why.clone())),
            None => Err(Forged::lacks(Need::SigningKey, "no signing key is given")),
        }
    }

    /// The public key that made the token.
    fn public_key(&self, token: &Jws) -> Result<&PublicKey, Forged> {
        if self.public_keys.is_empty() {
            return Err(Forged::lacks(Need::PublicKey, "no public key is given"));
        }
        let found = self.public_keys.iter().find(|key| key.verifies(token));
        found.ok_or_else(|| Forged::lacks(Need::PublicKey, "none of the public keys verifies the good token"))
    }
}

/// Shows what is there, never its value.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Input")
            .field("carrier", &self.carrier)
            .field("jws", &self.jws)
            .field("public_keys", &self.public_keys.len())
            .field("listener", &self.listener)
            .field("others", &self.others.iter().map(|(kind, _)| kind).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The issuer's key with the algorithm of the good token.
#[derive(Clone)]
pub(crate) struct Signer {
    pub key: SigningKey,
    algorithm: Algorithm,
}

impl Signer {
    fn find(readings: Vec<SigningKey>, token: &Jws) -> Result<Self, String> {
        let named = token.alg().unwrap_or("none");
        let algorithm = token
            .algorithm()
            .ok_or_else(|| format!("no signature of the algorithm {named:?} can be made"))?;
        let key = readings.into_iter().find(|key| key.made(token));
        let key = key.ok_or_else(|| "the signing key did not make the good token".to_owned())?;
        Ok(Self { key, algorithm })
    }

    /// A token with this header and payload text.
    pub fn sign(&self, header: &Members, payload_segment: &str) -> Option<String> {
        self.sign_input(&signing_input(header, payload_segment))
    }

    /// A token of text that stands already as it is signed.
    pub fn sign_input(&self, input: &str) -> Option<String> {
        Some(compact(input, &self.key.sign(self.algorithm, input.as_bytes())?))
    }

    /// The token with other claims.
    pub fn sign_claims(&self, token: &Jws, claims: &Members) -> Option<String> {
        self.sign(token.header(), &payload(claims))
    }
}

/// The claims with one that no server knows, so that the token says the same and is another.
pub(crate) fn with_new_claim(token: &Jws) -> Members {
    let mut claims = token.claims().clone();
    let name = ["x_test", "x_test_1", "x_test_2"]
        .into_iter()
        .find(|name| !claims.contains_key(*name));
    claims.insert(name.unwrap_or("x_test_3").to_owned(), true.into());
    claims
}

/// What came of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forged {
    /// Variants to send. Each has to be refused; one that is accepted is enough.
    Variants(Vec<Variant>),
    /// The row makes no sense for this credential.
    NotApplicable(String),
    /// Something has to be added to the plan.
    Lacks {
        /// What.
        need: Need,
        /// Why what is there does not do.
        why: String,
    },
    /// The attack was tried without a request and failed: as good as a refusal.
    Refuted(String),
    /// The attack was tried without a request and succeeded: as bad as an acceptance. The text names no secret.
    Proven(String),
}

impl Forged {
    pub(crate) fn lacks(need: Need, why: impl Into<String>) -> Self {
        Self::Lacks { need, why: why.into() }
    }

    pub(crate) fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable(why.into())
    }

    /// Variants of tokens that may not have come about.
    pub(crate) fn tokens(tokens: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Self {
        let tokens = tokens.into_iter();
        let made = tokens.filter_map(|(label, token)| Some(Variant::token(label, token?)));
        Self::variants(made)
    }

    pub(crate) fn variants(variants: impl IntoIterator<Item = Variant>) -> Self {
        let variants: Vec<Variant> = variants.into_iter().collect();
        if variants.is_empty() {
            return Self::not_applicable("this credential has nothing to change in this way");
        }
        Self::Variants(variants)
    }

    pub(crate) fn token(token: Option<String>) -> Self {
        Self::tokens([("only", token)])
    }
}

/// One hostile credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Variant {
    /// What tells it from the others of its row; kebab-case.
    pub label: String,
    /// What is sent in the place of the good credential.
    pub sent: Sent,
}

impl Variant {
    pub(crate) fn token(label: impl Into<String>, token: String) -> Self {
        Self {
            label: label.into(),
            sent: Sent::Token(token),
        }
    }

    pub(crate) fn sent(label: &str, sent: Sent) -> Self {
        Self {
            label: label.to_owned(),
            sent,
        }
    }
}

/// Shows the label alone: a variant may be a working credential.
impl fmt::Debug for Variant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Variant({})", self.label)
    }
}

/// What is sent in the place of the good credential. It may be a working credential: keep it out of logs.
#[derive(Clone, PartialEq, Eq)]
pub enum Sent {
    /// No credential at all.
    Nothing,
    /// A token where the good one was, with the good one's scheme, header or cookie.
    Token(String),
    /// The whole value of the `Authorization` header.
    Authorization(String),
    /// Several `Authorization` headers, in this order.
    Authorizations(Vec<String>),
    /// A query parameter, and no header.
    Query {
        /// Its name.
        name: &'static str,
        /// Its value, not yet percent-encoded.
        value: String,
    },
}

/// How a row is made; says what it needs, so that the two cannot disagree.
#[derive(Clone, Copy)]
pub(crate) enum Maker {
    /// From any credential of the family.
    Any(fn(&Input<'_>) -> Forged),
    /// From a signed JWT.
    Jwt(fn(&Input<'_>, &Jws) -> Forged),
    /// From a signed JWT, signed again by its issuer's key.
    Signed(fn(&Input<'_>, &Jws, &Signer) -> Forged),
    /// From a signed JWT whose public key is known.
    Public(fn(&Input<'_>, &Jws, &PublicKey) -> Forged),
    /// From a signed JWT, with the address of the listener.
    Listener(fn(&Jws, &str) -> Forged),
    /// Another real token in the place of the good one.
    Other(OtherToken),
}

impl Maker {
    pub fn need(self) -> Option<Need> {
        match self {
            Self::Any(_) | Self::Jwt(_) => None,
            Self::Signed(_) => Some(Need::SigningKey),
            Self::Public(_) => Some(Need::PublicKey),
            Self::Listener(_) => Some(Need::Listener),
            Self::Other(kind) => Some(Need::Other(kind)),
        }
    }

    pub fn forge(self, input: &Input<'_>, family: Family) -> Forged {
        let made = match self {
            Self::Any(make) => applies(input, family).map(|()| make(input)),
            Self::Jwt(make) => jwt(input).map(|token| make(input, token)),
            Self::Signed(make) => jwt(input).and_then(|token| Ok(make(input, token, input.signer()?))),
            Self::Public(make) => jwt(input).and_then(|token| {
                asymmetric(token)?;
                Ok(make(input, token, input.public_key(token)?))
            }),
            Self::Listener(make) => jwt(input).and_then(|token| {
                let listener = input
                    .listener
                    .ok_or_else(|| Forged::lacks(Need::Listener, "no listener is given"))?;
                Ok(make(token, listener))
            }),
            Self::Other(kind) => other(input, kind),
        };
        made.unwrap_or_else(|why| why)
    }
}

fn jwt<'a>(input: &'a Input<'_>) -> Result<&'a Jws, Forged> {
    input
        .jws
        .as_ref()
        .ok_or_else(|| Forged::not_applicable(format!("the token is {}", Format::of(input.token).describe())))
}

fn asymmetric(token: &Jws) -> Result<(), Forged> {
    match token.algorithm() {
        Some(algorithm) if algorithm.key_kind() == crate::KeyKind::Hmac => Err(Forged::not_applicable(
            "the token is signed with a shared secret, there is no public key",
        )),
        Some(_) => Ok(()),
        None => Err(Forged::not_applicable("the algorithm of the token is not known")),
    }
}

fn other(input: &Input<'_>, kind: OtherToken) -> Result<Forged, Forged> {
    let found = input.others.iter().filter(|(known, _)| *known == kind);
    let tokens: Vec<Variant> = found
        .filter(|(_, token)| *token != input.token)
        .map(|(_, token)| Variant::token("only", (*token).to_owned()))
        .collect();
    if tokens.is_empty() {
        return Err(Forged::lacks(Need::Other(kind), "no such token is given"));
    }
    Ok(Forged::Variants(tokens))
}

fn applies(input: &Input<'_>, family: Family) -> Result<(), Forged> {
    let carrier = input.carrier;
    let applies = match family {
        // Which of them stand in other places says each row itself.
        Family::Scheme => true,
        Family::Opaque => input.jws.is_none() && carrier != Carrier::Basic,
        Family::Basic => carrier == Carrier::Basic,
        Family::Jwt => true,
    };
    if applies {
        return Ok(());
    }
    Err(Forged::not_applicable(match family {
        Family::Scheme => "the credential is not sent in the Authorization header",
        Family::Basic => "the credential is no user name with a password",
        Family::Opaque if carrier == Carrier::Basic => "the credential is a user name with a password",
        Family::Opaque | Family::Jwt => "the token is a signed JWT, which has rows of its own",
    }))
}
