//! Which cookies carry a session: those that are needed on one of the ways into it.

use gate_check::{Carriers, Ctx, carriers};
use gate_exchange::{Actor, Altered, Credentials, Place};
use gate_model::Secret;

use crate::script::{Scene, Stop};

/// A session with the cookies that carry it.
pub(crate) struct Carried {
    /// What it presents.
    pub(crate) credentials: Credentials,
    /// What of it lets somebody in.
    carriers: Carriers,
}

impl Carried {
    /// The session of the actor that everybody shares who acts as an identity, taken apart.
    ///
    /// # Errors
    /// [`Stop::Missing`] where no cookie carries it.
    pub(crate) async fn of(ctx: &Ctx<'_>, scene: &Scene, actor: &Actor) -> Result<Self, Stop> {
        let credentials = ctx.sessions.credentials(actor).await?;
        let carriers = carriers(ctx, &credentials).await?;
        let carried = Self { credentials, carriers };
        if carried.ways().is_empty() {
            let what = format!("no cookie carries the session of {}", scene.who);
            return Err(Stop::missing(what, None));
        }
        Ok(carried)
    }

    /// The cookies of each way into the session that has any: more than one where, for instance, a "remember me" cookie is served
    /// without the session's own.
    pub(crate) fn ways(&self) -> Vec<Vec<String>> {
        let ways = self.carriers.ways().iter();
        let names = ways.map(|way| way.iter().filter_map(cookie).map(str::to_owned).collect::<Vec<_>>());
        names.filter(|way| !way.is_empty()).collect()
    }

    /// All cookies that carry the session, at least one.
    pub(crate) fn cookies(&self) -> Vec<String> {
        self.ways().concat()
    }

    /// Credentials of a session of the same user without the ways in that do not need a cookie.
    pub(crate) fn only_by(&self, credentials: &Credentials, name: &str) -> Credentials {
        self.carriers.only_by(credentials, &Place::Cookie(name.to_owned()))
    }
}

/// The name of a cookie.
pub(crate) fn cookie(place: &Place) -> Option<&str> {
    match place {
        Place::Cookie(name) => Some(name),
        Place::Header { .. } | Place::Query(_) => None,
    }
}

/// Credentials with another value of a cookie.
pub(crate) fn with_cookie(credentials: &Credentials, name: &str, value: &str, row: &str, what: &str) -> Altered {
    let parts = credentials.parts.iter().map(|(place, old)| {
        let value = if cookie(place) == Some(name) {
            Secret::new(value.to_owned())
        } else {
            old.clone()
        };
        (place.clone(), value)
    });
    let mut altered = credentials.of_parts(row, what, parts.collect());
    altered.secrets.push(Secret::new(value.to_owned()));
    altered
}
