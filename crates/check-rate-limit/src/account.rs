//! Whose requests use up a limit, and the requests themselves.

use gate_exchange::{Actor, Outgoing, Purpose, Request, Way};
use gate_model::{IdentityName, OperationId};

use crate::body::{Fields, Which};
use crate::guess;

/// An account with the request that is sent for it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// The identity, where it is one; else nobody has the account.
    pub(crate) identity: Option<IdentityName>,
    pub(crate) operation: OperationId,
    /// Who sends.
    pub(crate) actor: Actor,
    /// The request with the right secret, where the account exists.
    pub(crate) request: Request,
    /// Its fields.
    pub(crate) fields: Option<Fields>,
    /// Whether each attempt is wrong in its secret.
    pub(crate) wrong: bool,
}

impl Account {
    /// One attempt, over a connection of its own, so that every process behind the address gets its share.
    pub(crate) fn attempt(&self) -> Outgoing {
        self.outgoing(self.attempted())
    }

    /// The request of an attempt: a secret is guessed anew each time.
    pub(crate) fn attempted(&self) -> Request {
        let mut request = self.request.clone();
        if self.wrong
            && let Some(fields) = &self.fields
        {
            let mut fields = fields.clone();
            fields.change(Which::Secret, &guess::secret);
            fields.put_into(&mut request);
        }
        request
    }

    /// The request with the right secret; none for an account that nobody has.
    pub(crate) fn right(&self) -> Option<Outgoing> {
        let guesses = self.wrong && self.fields.as_ref().is_some_and(|f| f.first(Which::Secret).is_some());
        (self.identity.is_some() && guesses).then(|| self.outgoing(self.request.clone()))
    }

    /// The same account, asked for with its right secret each time.
    pub(crate) fn with_right_secret(&self) -> Self {
        Self {
            wrong: false,
            ..self.clone()
        }
    }

    /// The same account, guessed at, where its request holds a secret.
    pub(crate) fn guessed_at(&self) -> Self {
        let has_secret = self.fields.as_ref().is_some_and(|f| f.first(Which::Secret).is_some());
        Self {
            wrong: has_secret,
            ..self.clone()
        }
    }

    /// A request of this account's sender.
    pub(crate) fn outgoing(&self, request: Request) -> Outgoing {
        Outgoing::new(&self.actor, Purpose::Limit, request)
            .of(&self.operation)
            .by(Way::Fresh)
    }

    /// How the account is called in reports.
    pub(crate) fn words(&self) -> String {
        match (&self.identity, self.names_account()) {
            (Some(identity), _) => identity.to_string(),
            (None, true) => "an account that nobody has".to_owned(),
            (None, false) => "anybody".to_owned(),
        }
    }

    /// Whether the request names an account.
    pub(crate) fn names_account(&self) -> bool {
        self.fields
            .as_ref()
            .is_some_and(|fields| fields.first(Which::Account).is_some())
    }

    /// The account's name, where the request holds it.
    pub(crate) fn name(&self) -> Option<String> {
        self.fields.as_ref()?.first(Which::Account)
    }

    /// The same request for an account of another name.
    pub(crate) fn renamed(&self, identity: Option<&IdentityName>, name: &dyn Fn(&str) -> String) -> Self {
        let mut other = self.clone();
        if let Some(fields) = &mut other.fields {
            fields.change(Which::Account, name);
            fields.put_into(&mut other.request);
        }
        other.identity = identity.cloned();
        other
    }
}
