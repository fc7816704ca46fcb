//! From live credentials to the corpus and back: where a credential stands, and what a forged one looks like on the wire.

use gate_check::{Ctx, carriers};
use gate_exchange::{Altered, Credentials, Place};
use gate_model::{Secret, Undecided};
use token_forge::{Carrier, Jws, Row, Sent, Variant};

/// Ways into one session that are altered.
const MAX_WAYS: usize = 3;
/// Names of cookies that carry a session, as frameworks call them.
const SESSION_NAMES: [&str; 6] = ["sess", "sid", "auth", "token", "jwt", "login"];

/// The part of live credentials that the corpus alters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Main<'c> {
    pub(crate) index: usize,
    pub(crate) value: &'c str,
    pub(crate) carrier: Carrier,
}

/// Live credentials, one way in at a time: where several let somebody in by themselves (a session and a "remember me" cookie),
/// one of them is altered, and the others would let him in whatever became of it.
pub(crate) struct Ways {
    /// The session by each way alone, the one that says best who calls first; what is altered is the main credential of each.
    pub(crate) each: Vec<Credentials>,
    /// Ways that are left out so that the cost stays bounded, in words.
    pub(crate) untried: Vec<String>,
}

impl Ways {
    /// The ways into a live session; at least one.
    ///
    /// # Errors
    /// Where they could not be found out.
    pub(crate) async fn of(ctx: &Ctx<'_>, live: &Credentials) -> Result<Self, Undecided> {
        let mut ways = Self {
            each: Vec::new(),
            untried: Vec::new(),
        };
        if live.parts.len() < 2 {
            ways.each.push(live.clone());
            return Ok(ways);
        }
        let carriers = carriers(ctx, live).await?;
        let token = live.token.and_then(|index| live.parts.get(index));
        let mut left = live.clone();
        left.parts.retain(|(place, _)| carriers.carries(place));
        loop {
            left.token = token.and_then(|token| left.parts.iter().position(|part| part == token));
            let Some(main) = main(&left) else { break };
            let place = left.parts[main.index].0.clone();
            // Whoever needs a part of a way needs all of it: one that is altered stands for it.
            let ways_by = |at: &Place| {
                carriers
                    .ways()
                    .iter()
                    .any(|way| way.contains(at) && way.contains(&place))
            };
            left.parts.retain(|(at, _)| !ways_by(at));
            if ways.each.len() < MAX_WAYS {
                ways.each.push(carriers.only_by(live, &place));
            } else {
                ways.untried.push(place.to_string());
            }
        }
        if ways.each.is_empty() {
            ways.each.push(live.clone());
        }
        Ok(ways)
    }
}

/// Where the main credential stands.
pub(crate) fn main_place(live: &Credentials) -> Option<&Place> {
    main(live).map(|main| &live.parts[main.index].0)
}

/// The credential that says who calls: the token where one is known, a JWT, what stands in `Authorization`, a cookie named
/// like a session, the longest value.
pub(crate) fn main(live: &Credentials) -> Option<Main<'_>> {
    let rank = |index: usize, place: &Place, value: &str| {
        let by_place = match place {
            _ if live.token == Some(index) => 0,
            _ if Jws::parse(value).is_some() => 1,
            Place::Header { name, .. } if name.eq_ignore_ascii_case("authorization") => 2,
            Place::Cookie(name) if names_session(name) => 3,
            Place::Header { .. } | Place::Query(_) => 4,
            Place::Cookie(_) => 5,
        };
        (by_place, usize::MAX - value.len())
    };
    let (index, (place, value)) = live
        .parts
        .iter()
        .enumerate()
        .min_by_key(|(index, (place, value))| rank(*index, place, value.expose()))?;
    Some(Main {
        index,
        value: value.expose(),
        carrier: carrier(place),
    })
}

fn names_session(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SESSION_NAMES.iter().any(|known| name.contains(known)) && !name.contains("csrf") && !name.contains("xsrf")
}

fn carrier(place: &Place) -> Carrier {
    match place {
        Place::Header { name, scheme } if name.eq_ignore_ascii_case("authorization") => match scheme.as_deref() {
            Some(scheme) if scheme.eq_ignore_ascii_case("basic") => Carrier::Basic,
            Some(_) => Carrier::Bearer,
            None => Carrier::ApiKey,
        },
        Place::Header { .. } => Carrier::ApiKey,
        Place::Query(_) => Carrier::KeyInQuery,
        Place::Cookie(_) => Carrier::Cookie,
    }
}

/// A variant in the place of the main credential; `None` where it would change nothing.
pub(crate) fn altered(live: &Credentials, row: &Row, variant: &Variant) -> Option<Altered> {
    let main = main(live)?;
    let only = variant.label == "only";
    let id = if only {
        row.id.to_owned()
    } else {
        format!("{}:{}", row.id, variant.label)
    };
    let what = match (only, row.id) {
        (true, id) => format!("{}'s credential with {id}", live.identity),
        (false, id) => format!("{}'s credential with {id} ({})", live.identity, variant.label),
    };
    let others = || {
        let parts = live.parts.iter().enumerate().filter(|(index, _)| *index != main.index);
        parts.map(|(_, part)| part.clone()).collect::<Vec<_>>()
    };
    let with = |place: Place, value: String| {
        let mut parts = others();
        parts.insert(main.index.min(parts.len()), (place, Secret::new(value)));
        parts
    };
    let header = |value: String| {
        with(
            Place::Header {
                name: "Authorization".to_owned(),
                scheme: None,
            },
            value,
        )
    };
    let parts = match &variant.sent {
        Sent::Nothing => others(),
        Sent::Token(token) if token == main.value => return None,
        Sent::Token(token) => with(live.parts[main.index].0.clone(), token.clone()),
        Sent::Authorization(value) => header(value.clone()),
        Sent::Authorizations(values) => {
            let mut parts = others();
            parts.extend(values.iter().map(|value| {
                let place = Place::Header {
                    name: "Authorization".to_owned(),
                    scheme: None,
                };
                (place, Secret::new(value.clone()))
            }));
            parts
        }
        Sent::Query { name, value } => with(Place::Query((*name).to_owned()), value.clone()),
    };
    let mut altered = live.of_parts(&id, &what, parts);
    altered.beside_writes.clone_from(&live.beside_writes);
    Some(altered)
}
