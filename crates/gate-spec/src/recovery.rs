//! Recovery tokens: what is sent by mail to prove who somebody is, how it is asked for, fetched and used.

use std::time::Duration;

use gate_model::{IdentityName, Location, OperationId, Secret};

use crate::{RequestTemplate, Template};

/// What a mailed token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecoveryKind {
    /// Sets a new password.
    PasswordReset,
    /// Logs in.
    OneTimeCode,
    /// Shows that an address belongs to whoever reads it.
    Verification,
    /// Lets somebody new in.
    Invitation,
}

impl RecoveryKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::PasswordReset,
        Self::OneTimeCode,
        Self::Verification,
        Self::Invitation,
    ];

    /// The word in the plan.
    pub fn word(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::OneTimeCode => "one_time_code",
            Self::Verification => "verification",
            Self::Invitation => "invitation",
        }
    }

    /// What the token is called in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::PasswordReset => "reset token",
            Self::OneTimeCode => "one-time code",
            Self::Verification => "verification token",
            Self::Invitation => "invitation token",
        }
    }
}

/// How one kind of token is asked for, found and used.
#[derive(Clone, Debug)]
pub struct RecoveryFlow {
    /// What the token is good for.
    pub kind: RecoveryKind,
    /// Has a token mailed. `{{email}}` is the address, other placeholders are fields of the account.
    pub request: RequestTemplate,
    /// Its operation, where the document knows it.
    pub request_operation: Option<OperationId>,
    /// Who asks for it; nobody where none is named.
    pub by: Option<IdentityName>,
    /// The address that it goes to, with `{{unique}}` where each request needs a new one; the account's own where there is none.
    pub to: Option<Template>,
    /// Uses a token. `{{token}}` is the token, `{{new_password}}` a new password; whatever else names the account.
    pub confirm: RequestTemplate,
    /// Its operation, where the document knows it.
    pub confirm_operation: Option<OperationId>,
    /// Where the message is looked up.
    pub mail: Option<MailLookUp>,
    /// Finds the token in a message: first group, or the whole match.
    pub token: Option<String>,
    /// How long the plan says a token lives.
    pub lifetime: Option<Duration>,
    /// A token of this account whose time has passed.
    pub expired: Option<Secret<String>>,
    /// Where the plan says so; none where it was derived.
    pub source: Option<Location>,
}

/// Where messages are looked up.
#[derive(Clone, Debug)]
pub struct MailLookUp {
    /// The place.
    pub place: MailPlace,
    /// How long a message may take.
    pub within: Duration,
}

/// A place where messages can be read.
#[expect(clippy::large_enum_variant, reason = "a plan has a handful of them")]
#[derive(Clone, Debug)]
pub enum MailPlace {
    /// The API of a mail catcher.
    Http {
        /// Gets the messages, or a list of them. `{{email}}` is the address.
        request: RequestTemplate,
        /// JSONPath of each message, or of its id where `then` gets it; none where the whole answer is one text.
        each: Option<String>,
        /// Gets one message by `{{message}}`.
        then: Option<RequestTemplate>,
    },
    /// A file that the target writes to; none is what the target prints (`target.start`).
    Log(Option<String>),
}

/// Everything about recovery tokens.
#[derive(Clone, Debug, Default)]
pub struct Recovery {
    /// Whose tokens are asked for, and whose password may be set anew meanwhile.
    pub subject: Option<IdentityName>,
    /// The account on which the subject's token is tried.
    pub other: Option<IdentityName>,
    /// At most one of a kind.
    pub flows: Vec<RecoveryFlow>,
    /// A request that opens an account, and its operation: sent only where the plan names it, because it may leave accounts behind.
    pub signup: Option<(RequestTemplate, Option<OperationId>)>,
    /// Whether an answer that tells which accounts exist fails a run; else it is a note.
    pub enumeration_fails: bool,
}

impl RecoveryFlow {
    /// Whether the request that uses a token says for which account, so that it could say another one.
    pub fn names_account(&self) -> bool {
        self.confirm.holes().iter().any(|hole| {
            !matches!(
                hole.as_str(),
                "token" | "new_password" | "password" | "unique" | "canary"
            )
        })
    }
}

impl Recovery {
    /// Hosts that messages are looked up on, as `host:port`; never probed.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for flow in &self.flows {
            let Some(MailPlace::Http { request, then, .. }) = flow.mail.as_ref().map(|mail| &mail.place) else {
                continue;
            };
            for request in std::iter::once(request).chain(then) {
                let text = request.path.to_string();
                if let Some((_, rest)) = text.split_once("://") {
                    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                    if !hosts.iter().any(|known| known == host) {
                        hosts.push(host.to_owned());
                    }
                }
            }
        }
        hosts
    }
}
