//! Which cookies carry a session: those without which it is refused.

use std::collections::HashMap;

use gate_check::{Ctx, Standing, standing};
use gate_exchange::{Actor, Altered, Credentials, Place};
use gate_model::{IdentityName, Secret};
use tokio::sync::Mutex;

use crate::script::{Scene, Stop};

/// Cookies of one session that are tried.
const MAX_COOKIES: usize = 6;

/// What was found out, by identity; asked once a run.
#[derive(Default)]
pub(crate) struct Carriers {
    known: Mutex<HashMap<IdentityName, Vec<String>>>,
}

/// A session with the names of the cookies that carry it.
pub(crate) struct Carried {
    /// What it presents.
    pub(crate) credentials: Credentials,
    /// The cookies without which it is refused, at least one.
    pub(crate) cookies: Vec<String>,
}

impl Carriers {
    /// The session of an actor, taken apart.
    ///
    /// # Errors
    /// [`Stop::Missing`] where no cookie carries it.
    pub(crate) async fn of(&self, ctx: &Ctx<'_>, scene: &Scene, actor: &Actor) -> Result<Carried, Stop> {
        let credentials = ctx.sessions.credentials(actor).await?;
        let mut known = self.known.lock().await;
        let cookies = match known.get(&credentials.identity) {
            Some(cookies) => cookies.clone(),
            None => {
                let found = find(ctx, &credentials).await?;
                known.insert(credentials.identity.clone(), found.clone());
                found
            }
        };
        if cookies.is_empty() {
            let what = format!("no cookie carries the session of {}", scene.who);
            return Err(Stop::missing(what, None));
        }
        Ok(Carried { credentials, cookies })
    }
}

async fn find(ctx: &Ctx<'_>, credentials: &Credentials) -> Result<Vec<String>, Stop> {
    let cookies: Vec<&str> = credentials
        .parts
        .iter()
        .filter_map(|(place, _)| cookie(place))
        .collect();
    // What stands alone carries everything.
    if credentials.parts.len() == 1 {
        return Ok(cookies.into_iter().map(str::to_owned).collect());
    }
    let mut carriers = Vec::new();
    for name in cookies.into_iter().take(MAX_COOKIES) {
        let without = with_cookie(
            credentials,
            name,
            None,
            "no-cookie",
            &format!("the session without the cookie {name}"),
        );
        if let Standing::Refused(..) = standing(ctx, &Actor::altered(without)).await? {
            carriers.push(name.to_owned());
        }
    }
    Ok(carriers)
}

/// The name of a cookie.
pub(crate) fn cookie(place: &Place) -> Option<&str> {
    match place {
        Place::Cookie(name) => Some(name),
        Place::Header { .. } | Place::Query(_) => None,
    }
}

/// Credentials with another value of a cookie, or without it.
pub(crate) fn with_cookie(
    credentials: &Credentials,
    name: &str,
    value: Option<&str>,
    row: &str,
    what: &str,
) -> Altered {
    let parts = credentials.parts.iter().filter_map(|(place, old)| {
        if cookie(place) != Some(name) {
            return Some((place.clone(), old.clone()));
        }
        value.map(|value| (place.clone(), Secret::new(value.to_owned())))
    });
    let mut altered = credentials.of_parts(row, what, parts.collect());
    altered.secrets.extend(value.map(|value| Secret::new(value.to_owned())));
    altered
}
