//! The guards that every route names in its first lines: who asks, what the role allows, whose object it is.

mod asked;
mod bearer;
mod browser;
mod identify;
mod key;

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{Method, header, request::Parts},
};
use uuid::Uuid;

pub(crate) use asked::{Asked, cookies};
pub(crate) use identify::identify;

use crate::{
    Hole,
    problem::Problem,
    state::{App, Shared},
    tables::{Role, Tenant, User},
    tokens,
};

/// Somebody who asks.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub user: Uuid,
    pub email: String,
    pub tenant: Tenant,
    pub role: Role,
    pub session: Uuid,
    /// Set on routes whose guard was forgotten: nobody was identified, and nothing is compared.
    everywhere: bool,
}

impl Actor {
    /// A user in a session.
    pub fn of(user: &User, session: Uuid) -> Self {
        let (email, tenant, role) = (user.email.clone(), user.tenant, user.role);
        Self {
            user: user.id,
            email,
            tenant,
            role,
            session,
            everywhere: false,
        }
    }

    /// May this actor see objects of that tenant?
    pub fn sees(&self, tenant: Tenant) -> bool {
        self.everywhere || self.tenant == tenant
    }

    /// Asks for a role.
    pub fn at_least(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            Ok(())
        } else {
            Err(Problem::role())
        }
    }

    /// Asks for the right to write.
    pub fn may_write(&self) -> Result<(), Problem> {
        self.at_least(Role::Member)
    }

    /// The refusal of an object that does not fit the path: foreign to this actor, or simply not there.
    pub fn hidden(&self, tenant: Tenant) -> Problem {
        if self.sees(tenant) {
            Problem::missing()
        } else {
            Problem::foreign()
        }
    }
}

/// What a request brought to identify itself; a route decides what it makes of it.
pub(crate) struct Login {
    actor: Result<Actor, Problem>,
    header_sent: bool,
}

impl Login {
    /// The guard of every route: a valid login, or 401.
    pub fn required(self) -> Result<Actor, Problem> {
        self.actor
    }

    /// What a route does whose guard was forgotten: whoever has no valid login is let through, and sees everything.
    pub fn unguarded(self) -> Actor {
        self.actor.unwrap_or_else(|_| Actor {
            user: Uuid::nil(),
            email: "nobody".to_owned(),
            tenant: Tenant::Acme,
            role: Role::Owner,
            session: Uuid::nil(),
            everywhere: true,
        })
    }

    /// A bad design: without a header the first user is meant, with a wrong one nobody.
    pub fn or_first_user(self, app: &App) -> Result<Actor, Problem> {
        if self.header_sent {
            return self.required();
        }
        identify::first_user(app)
    }
}

impl FromRequestParts<Shared> for Login {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Infallible> {
        let asked = Asked::of(parts);
        let fetched = match identify::sent_token(app, &asked) {
            Some(token) => tokens::fetch(app, &token).await,
            None => None,
        };
        let mut actor = identify(app, &asked, fetched.as_ref());
        if let (Ok(actor), Some(named)) = (&mut actor, asked.tenant())
            && names_tenant(app, &asked)
        {
            actor.tenant = named;
        }
        Ok(Self {
            header_sent: asked.headers.contains_key(header::AUTHORIZATION),
            actor,
        })
    }
}

/// Whether a request may say under which tenant it is: never, where the server is sound.
fn names_tenant(app: &App, asked: &Asked) -> bool {
    let reads_invoice = asked.method == Method::GET && asked.is_under("/invoices") && asked.path != "/invoices";
    app.hole(Hole::TenantHeaderBelieved) || (app.hole(Hole::TenantHeaderOnInvoiceRead) && reads_invoice)
}
