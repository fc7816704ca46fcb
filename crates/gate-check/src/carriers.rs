//! What of a session's credentials carries it: the smallest sets of them that the target serves without the rest.
//!
//! A browser may hold more than one: the session's cookie and a "remember me" cookie, a token and a cookie. Each of them opens
//! the door by itself, so that altering one says nothing while the other is sent beside it. What belongs to none of
//! these sets, such as a cookie against forged requests, is not a way in.

use std::collections::HashMap;
use std::sync::Arc;

use gate_exchange::{Actor, Credentials, Place};
use gate_model::{Cause, IdentityName, Undecided};
use tokio::sync::Mutex;

use crate::{Ctx, Standing, standing};

/// Credentials of one session that are looked at.
const MAX_PLACES: usize = 32;
/// Questions that it may take.
const MAX_ASKED: usize = 48;

/// What was found out in a run, by identity.
#[derive(Debug, Default)]
pub struct CarrierBook {
    known: Mutex<HashMap<IdentityName, (Vec<Place>, Carriers)>>,
}

/// The ways into one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carriers {
    ways: Arc<[Vec<Place>]>,
}

impl Carriers {
    /// The smallest sets of credentials that are served without the rest; what they share is needed whatever the way.
    pub fn ways(&self) -> &[Vec<Place>] {
        &self.ways
    }

    /// Whether what stands there is needed on some way.
    pub fn carries(&self, place: &Place) -> bool {
        self.ways.iter().any(|way| way.contains(place))
    }

    /// Credentials of the session without those of the other ways than the one of a place, which is their main one from then on.
    /// What is on no way stays.
    pub fn only_by(&self, credentials: &Credentials, place: &Place) -> Credentials {
        let mut only = credentials.clone();
        only.parts.retain(|(at, _)| !self.is_aside(at, place));
        only.token = only.parts.iter().position(|(at, _)| at == place);
        only
    }

    /// Whether what stands at one place is needed on other ways alone than those of another.
    fn is_aside(&self, at: &Place, place: &Place) -> bool {
        self.carries(at) && !self.ways.iter().any(|way| way.contains(at) && way.contains(place))
    }
}

/// The ways into the session that everybody shares who acts as an identity. Asked once a run for each identity and set of
/// credentials, and not at all where the session presents a single one.
///
/// # Errors
/// Where an answer could not be had, the session was lost meanwhile, or it presents too much to be looked at.
pub async fn carriers(ctx: &Ctx<'_>, credentials: &Credentials) -> Result<Carriers, Undecided> {
    let mut places: Vec<Place> = Vec::new();
    for (place, _) in &credentials.parts {
        if !places.contains(place) {
            places.push(place.clone());
        }
    }
    if places.len() < 2 {
        let ways = places.into_iter().map(|place| vec![place]).collect();
        return Ok(Carriers { ways });
    }
    // Held while it is asked: two who asked at once would ask twice.
    let mut known = ctx.carriers.known.lock().await;
    if let Some((of, carriers)) = known.get(&credentials.identity)
        && *of == places
    {
        return Ok(carriers.clone());
    }
    let found = find(ctx, credentials, &places).await?;
    // Who lost the session on the way was refused for that.
    let alive = ctx.sessions.alive(&credentials.identity).await?;
    if alive.generation != credentials.generation {
        return Err(Undecided::new(
            Cause::SessionLost,
            format!(
                "{}'s session was renewed while parts of it were asked for",
                credentials.identity
            ),
        ));
    }
    known.insert(credentials.identity.clone(), (places, found.clone()));
    Ok(found)
}

async fn find(ctx: &Ctx<'_>, credentials: &Credentials, places: &[Place]) -> Result<Carriers, Undecided> {
    if places.len() > MAX_PLACES {
        return Err(too_much(credentials));
    }
    let all: Vec<usize> = (0..places.len()).collect();
    let mut search = Search {
        ctx,
        credentials,
        places,
        // The whole is shown alive by whoever asks, and again afterwards.
        known: HashMap::from([(all.clone(), true)]),
        asked: 0,
    };
    let (mut rest, mut ways) = (all.clone(), Vec::new());
    while search.serves(&rest).await? {
        let way = search.smallest(rest.clone()).await?;
        // Another way does without some of this one.
        let before = rest.len();
        for index in &way {
            let without: Vec<usize> = all.iter().copied().filter(|other| other != index).collect();
            if search.serves(&without).await? {
                rest.retain(|other| other != index);
            }
        }
        ways.push(way.into_iter().map(|index| places[index].clone()).collect());
        if rest.len() == before {
            break;
        }
    }
    tracing::debug!(identity = %credentials.identity, ?ways, asked = search.asked, "what carries the session");
    Ok(Carriers { ways: ways.into() })
}

/// Asks with less and less.
struct Search<'s> {
    ctx: &'s Ctx<'s>,
    credentials: &'s Credentials,
    places: &'s [Place],
    known: HashMap<Vec<usize>, bool>,
    asked: usize,
}

impl Search<'_> {
    /// A smallest set within one that is served: halves are left out first, then ever smaller parts.
    async fn smallest(&mut self, mut set: Vec<usize>) -> Result<Vec<usize>, Undecided> {
        let mut size = (set.len() / 2).max(1);
        loop {
            for part in set.clone().chunks(size) {
                let less: Vec<usize> = set.iter().copied().filter(|index| !part.contains(index)).collect();
                if self.serves(&less).await? {
                    set = less;
                }
            }
            if size == 1 {
                return Ok(set);
            }
            size /= 2;
        }
    }

    /// Whether the session is served with these alone. Nobody is nobody, and need not be asked.
    async fn serves(&mut self, set: &[usize]) -> Result<bool, Undecided> {
        if set.is_empty() {
            return Ok(false);
        }
        if let Some(known) = self.known.get(set) {
            return Ok(*known);
        }
        let parts = self.credentials.parts.iter();
        let parts = parts.filter(|(place, _)| set.iter().any(|index| self.places[*index] == *place));
        let what = format!(
            "the session of {} with a part of what it presents",
            self.credentials.identity
        );
        let actor = Actor::altered(self.credentials.of_parts("part", &what, parts.cloned().collect()));
        let served = match self.ask(&actor).await {
            // It may have been a moment's trouble. What breaks the server twice does not let anybody in.
            Err(neither) if neither.cause == Cause::NeitherAnswer => match self.ask(&actor).await {
                Err(again) if again.cause == Cause::NeitherAnswer => false,
                other => other?,
            },
            other => other?,
        };
        self.known.insert(set.to_vec(), served);
        Ok(served)
    }

    async fn ask(&mut self, actor: &Actor) -> Result<bool, Undecided> {
        self.asked += 1;
        if self.asked > MAX_ASKED {
            return Err(too_much(self.credentials));
        }
        Ok(matches!(standing(self.ctx, actor).await?, Standing::Served(_)))
    }
}

fn too_much(credentials: &Credentials) -> Undecided {
    let (name, count) = (&credentials.identity, credentials.parts.len());
    Undecided::new(
        Cause::NothingSeen,
        format!("the session of {name} presents {count} credentials, too many to find out which of them carry it"),
    )
    .settled_by("logins: { session: { send: { cookie: { session: \"{{session}}\" } } } }   # what carries it alone")
}
