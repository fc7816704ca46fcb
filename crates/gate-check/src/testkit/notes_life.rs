//! The sessions of the fake API of notes: they never end.

use gate_exchange::{
    Actor, BoxFuture, Entry, Exchange, Look, Outgoing, Purpose, Request, SessionLife, Sessions as _, Target as _, Trade,
};
use gate_model::{Cause, IdentityName, Secret, Undecided};
use gate_spec::Method;
use serde_json::Value;

use super::FakeApi;

impl SessionLife for FakeApi {
    fn enter<'a>(&'a self, identity: &'a IdentityName, _entry: &'a Entry) -> BoxFuture<'a, Result<Actor, Undecided>> {
        self.private(identity)
    }

    fn freeze<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Actor, Undecided>> {
        Box::pin(async move { Ok(actor.clone()) })
    }

    fn look<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Look, Undecided>> {
        Box::pin(async move {
            let request = Request::new(Method::Get, "/me");
            let exchange = self.send(Outgoing::new(actor, Purpose::Alive, request)).await?;
            let shown = if exchange.is_success() {
                Ok(())
            } else {
                Err(Undecided::new(
                    Cause::SessionLost,
                    format!("answered {}", exchange.status),
                ))
            };
            Ok(Look { exchange, shown })
        })
    }

    fn refresh<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Trade, Undecided>> {
        Box::pin(async move {
            Err(Undecided::new(
                Cause::ControlFailed,
                format!("{actor} has no refresh token"),
            ))
        })
    }

    fn value(&self, _actor: &Actor, _name: &str) -> Option<Value> {
        None
    }

    fn new_password(&self) -> Secret<String> {
        Secret::new("another-password".to_owned())
    }

    fn cookie_answers(&self, _actor: &Actor) -> Vec<Exchange> {
        Vec::new()
    }
}
