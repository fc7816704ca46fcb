//! The sessions of the fake API of notes: they never end.

use std::sync::atomic::{AtomicU64, Ordering};

use gate_exchange::{
    Actor, BoxFuture, Entry, Exchange, Look, Outgoing, Purpose, Request, SessionLife, Sessions as _, Target as _, Trade,
};
use gate_model::{Cause, IdentityName, Secret, Undecided};
use gate_spec::Method;
use serde_json::Value;

use super::{FakeApi, Reply};

/// No two new passwords are the same.
static PASSWORDS: AtomicU64 = AtomicU64::new(1);

impl SessionLife for FakeApi {
    fn enter<'a>(&'a self, identity: &'a IdentityName, entry: &'a Entry) -> BoxFuture<'a, Result<Actor, Undecided>> {
        Box::pin(async move {
            let password = entry.fields.iter().find(|(field, _)| field == "password");
            let Some((_, password)) = password else {
                return self.private(identity).await;
            };
            // A hook may refuse it: the API of notes itself lets everybody in.
            let mut request = Request::new(Method::Post, "/login");
            request.body = Some(gate_exchange::RequestBody {
                media_type: "application/json".to_owned(),
                bytes: serde_json::json!({ "password": password.expose() }).to_string().into(),
            });
            let actor = Actor::identity(identity);
            let exchange = self.send(Outgoing::new(&actor, Purpose::Login, request)).await?;
            if exchange.is_success() {
                return self.private(identity).await;
            }
            Err(Undecided::new(
                Cause::LoginFailed,
                format!("{identity} cannot log in: answered {}", exchange.status),
            ))
        })
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
        let count = PASSWORDS.fetch_add(1, Ordering::Relaxed);
        Secret::new(format!("another-password-{count}"))
    }

    fn cookie_answers(&self, actor: &Actor) -> Vec<Exchange> {
        if self.sets.is_empty() {
            return Vec::new();
        }
        let mut reply = Reply::new(200, Value::Null);
        let lines = self.sets.iter().map(|line| ("set-cookie".to_owned(), line.clone()));
        reply.headers = lines.collect();
        let outgoing = Outgoing::new(actor, Purpose::Login, Request::new(Method::Post, "/login"));
        vec![self.exchange(outgoing, reply)]
    }
}
