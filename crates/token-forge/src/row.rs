//! What a row of the corpus is: one hostile variant with its source, what it needs, and what it means if a server accepts it.

use crate::forge::{Forged, Input, Maker, OtherToken};
use crate::jws::Jws;

/// How often a row is worth sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// On every operation.
    Core,
    /// On a sample of the operations behind each guard.
    Full,
}

/// Which credentials a row is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// The `Authorization` header itself, whatever token is in it.
    Scheme,
    /// A signed JWT in compact form.
    Jwt,
    /// A token that says nothing to whoever carries it: session ids, API keys, reference tokens.
    Opaque,
    /// A user name with a password (RFC 7617).
    Basic,
}

/// What has to be there beside the good token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// The key that the server's issuer signs with, of a test environment.
    SigningKey,
    /// The public key that the server verifies with.
    PublicKey,
    /// A listener of ours that the server can reach.
    Listener,
    /// Another real token.
    Other(OtherToken),
}

/// How bad it is if a row is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing, seldom of use alone.
    Low,
    /// Helps an attacker who has something already.
    Medium,
    /// Opens an account or keeps one open, given one more thing that attackers often have.
    High,
    /// Anybody becomes anybody.
    Critical,
}

/// What it means that a row was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// A rule with a MUST was broken.
    Hole(Severity),
    /// No rule asks for refusal, or only for some servers: worth a line, never a failure.
    Note,
    /// A hole for tokens of the profile for access tokens (RFC 9068), whose rules are stricter; a note for others.
    HoleIfTyped(Severity),
    /// A hole where the good token has this claim, because the server's issuer then uses it; a note for others.
    HoleIfClaimed(&'static str, Severity),
}

/// One row of the corpus.
#[derive(Clone, Copy)]
pub struct Row {
    /// Kebab-case; never changes.
    pub id: &'static str,
    /// Which credentials it is made from.
    pub family: Family,
    /// How often it is worth sending.
    pub group: Group,
    /// What it means that it was accepted.
    pub acceptance: Acceptance,
    /// RFC sections, CVE, CWE and ASVS 5.0 ids.
    pub sources: &'static [&'static str],
    /// One sentence: what is sent, and why it has to be refused (or need not be).
    pub explanation: &'static str,
    pub(crate) maker: Maker,
}

impl Row {
    /// What the row needs beside the good token.
    pub fn need(&self) -> Option<Need> {
        self.maker.need()
    }

    /// Makes the variants of the row.
    pub fn forge(&self, input: &Input<'_>) -> Forged {
        self.maker.forge(input, self.family)
    }

    /// What acceptance means for this token: [`Acceptance::Hole`] or [`Acceptance::Note`].
    pub fn acceptance_for(&self, token: &Jws) -> Acceptance {
        match self.acceptance {
            Acceptance::HoleIfTyped(severity) if token.is_typed_access_token() => Acceptance::Hole(severity),
            Acceptance::HoleIfClaimed(claim, severity) if token.claims().contains_key(claim) => {
                Acceptance::Hole(severity)
            }
            Acceptance::HoleIfTyped(_) | Acceptance::HoleIfClaimed(..) => Acceptance::Note,
            Acceptance::Hole(_) | Acceptance::Note => self.acceptance,
        }
    }

    /// Whether a request to the listener is a finding even where the token is refused: the server asks whatever address a token
    /// names (CWE-918).
    pub fn fetch_is_a_finding(&self) -> bool {
        self.need() == Some(Need::Listener)
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Row({})", self.id)
    }
}
