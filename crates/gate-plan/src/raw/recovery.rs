//! The `recovery` section: tokens that are sent by mail.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Text;
use super::request::{Request, RequestMap, RequestOrText};

/// Tokens that are sent by mail: password resets, one-time codes, verifications, invitations. What is left out is taken from the
/// OpenAPI document where its names tell; where messages are looked up (`mail`) is for the plan to say.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Recovery {
    /// The identity whose tokens are asked for, and whose password is set anew and then back. Default: the first one with
    /// `throw_away: true`.
    #[serde(rename = "as")]
    pub(crate) identity: Option<String>,
    /// The identity on whose account the first one's token is tried. Default: another one with the same login.
    pub(crate) other: Option<String>,
    /// Where messages are looked up.
    pub(crate) mail: Option<Mail>,
    /// A request that opens an account, such as `{ post: /auth/signup }`: `{{email}}` and `{{password}}` are what somebody signs up
    /// with. It is sent for addresses that have an account and for new ones, which may leave accounts behind, so that it is
    /// sent only where it stands here.
    pub(crate) signup: Option<RequestMap>,
    /// What an answer is that tells which accounts exist. Default: `note`.
    pub(crate) enumeration: Option<EnumerationWord>,
    /// Sets a new password.
    pub(crate) password_reset: Option<RecoveryFlow>,
    /// Logs in with a code or a link.
    pub(crate) one_time_code: Option<RecoveryFlow>,
    /// Shows that an address belongs to whoever reads it.
    pub(crate) verification: Option<RecoveryFlow>,
    /// Lets somebody new in.
    pub(crate) invitation: Option<RecoveryFlow>,
}

/// What an answer is that tells which accounts exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EnumerationWord {
    /// It is shown and fails no run.
    Note,
    /// It fails a run.
    Failure,
}

/// Where messages are looked up: a GET request to the API of a mail catcher, or a `log`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Mail {
    #[serde(flatten)]
    pub(crate) request: Request,
    /// JSONPath of each message in the answer, or of its id where `then` gets it. Default: the whole answer is one text.
    pub(crate) each: Option<String>,
    /// Gets one message: `{{message}}` is what `each` found.
    pub(crate) then: Option<RequestOrText>,
    /// A file that the target writes messages to, or `output` for what it prints where `target.start` started it.
    pub(crate) log: Option<String>,
    /// How long a message may take, such as `10s`; at most `60s`.
    pub(crate) within: Option<String>,
}

/// How one kind of token is asked for, found in its message and used.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct RecoveryFlow {
    /// Has a token sent: `{{email}}` is the address, other placeholders are fields of the identity.
    pub(crate) request: Option<RequestMap>,
    /// Who asks for it. Default: nobody, without credentials.
    #[serde(rename = "as")]
    pub(crate) identity: Option<String>,
    /// The address that it goes to; with `{{unique}}` each request has one of its own. Default: the `email` of the identity.
    pub(crate) to: Option<String>,
    /// Uses a token: `{{token}}` is the token, `{{new_password}}` a new password.
    pub(crate) confirm: Option<RequestMap>,
    /// A regular expression that finds the token in a message: its first group, or the whole match.
    pub(crate) token: Option<String>,
    /// Where messages of this kind are looked up, where that differs.
    pub(crate) mail: Option<Mail>,
    /// How long a token lives, such as `15m`. Up to `60s` is waited for.
    pub(crate) lifetime: Option<String>,
    /// A token of the identity whose time has passed.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) expired: Option<Text>,
}
