//! `auth/token-lifetime`: does an access token end as soon as the plan says?

use std::time::Duration;

use gate_model::{IdentityName, Missing};
use gate_spec::Spec;
use token_forge::Jws;

use crate::offline::{Said, TokenCheck};

/// The check.
pub(crate) fn check() -> TokenCheck {
    TokenCheck::new(include_str!("check.md"), needs, read)
}

fn needs(spec: &Spec) -> Option<Missing> {
    spec.settings.auth.max_lifetime.is_none().then(|| Missing {
        what: "the plan does not say how long an access token may live".to_owned(),
        add: Some("checks: { auth: { max_lifetime: 1h } }".to_owned()),
    })
}

fn read(spec: &Spec, name: &IdentityName, token: &Jws) -> Said {
    let most = spec.settings.auth.max_lifetime.unwrap_or(Duration::MAX);
    if token.exp().is_none() {
        return Said::Violated(format!("{name}'s access token never ends: it has no `exp`"));
    }
    let Some(lives) = token.lifetime_seconds() else {
        return Said::DoesNotApply(format!("{name}'s token does not say when it was issued (`iat`)"));
    };
    let shown = humantime::format_duration(Duration::from_secs_f64(lives.clamp(0.0, 1e11).round()));
    let bound = humantime::format_duration(most);
    if lives > most.as_secs_f64() {
        Said::Violated(format!("{name}'s access token lives {shown}; the plan allows {bound}"))
    } else {
        Said::Holds(format!("{name}'s access token lives {shown}; the plan allows {bound}"))
    }
}
