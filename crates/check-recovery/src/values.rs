//! Fills the requests of a flow.

use gate_exchange::{Actor, Outgoing, Purpose, Request};
use gate_model::{Cause, OperationId, Undecided};
use gate_spec::{Identity, RequestTemplate};
use rand::Rng as _;
use serde_json::Value;

/// What one request is filled with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values<'a> {
    /// The account that it is about.
    pub(crate) account: Option<&'a Identity>,
    /// Its address.
    pub(crate) address: &'a str,
    /// The token.
    pub(crate) token: Option<&'a str>,
    /// The password that the account is to have.
    pub(crate) new_password: Option<&'a str>,
    /// The message, where one is fetched by its id.
    pub(crate) message: Option<&'a str>,
}

impl Values<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        let text = |text: Option<&str>| text.map(Value::from);
        match name {
            "email" => text(Some(self.address)),
            "token" => text(self.token),
            "new_password" => text(self.new_password),
            "message" => text(self.message),
            "unique" | "canary" => text(Some(&unguessable())),
            "password" if self.account.is_none() => text(self.new_password),
            name => text(self.account?.field(name).map(|field| field.expose().as_str())),
        }
    }

    /// The request, ready to go.
    ///
    /// # Errors
    /// Where a placeholder has no value.
    pub(crate) fn fill(
        &self,
        template: &RequestTemplate,
        operation: Option<&OperationId>,
        actor: &Actor,
        purpose: Purpose,
    ) -> Result<Outgoing, Undecided> {
        let request = Request::fill(template, &|name: &str| self.get(name))
            .map_err(|error| Undecided::new(Cause::ControlFailed, error.to_string()))?;
        let outgoing = Outgoing::new(actor, purpose, request);
        Ok(match operation {
            Some(operation) => outgoing.of(operation),
            None => outgoing,
        })
    }
}

/// Sixty-four random bits as a lower-case word that begins with a letter.
pub(crate) fn unguessable() -> String {
    format!("lg{:016x}", rand::rng().random::<u64>())
}
