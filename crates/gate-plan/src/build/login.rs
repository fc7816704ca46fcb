//! The `logins` section, and the parts that identities share with it.

use gate_spec::{CredentialSlot, Extract, Login, LoginKind, LoginStep, Match, Template, Whoami};
use gate_yaml::join;

use super::cx::Cx;
use super::request::{self, Planned};
use super::values::{equals, extract, must, statuses, template};
use crate::derive::Routes;
use crate::raw;

/// A recipe and the requests that it makes.
pub(crate) struct Built {
    pub(crate) login: Login,
    pub(crate) requests: Vec<Planned>,
}

/// One recipe.
pub(crate) fn login(cx: &mut Cx<'_>, name: &str, raw: &raw::Login, routes: &Routes<'_>) -> Built {
    let place = join("/logins", name);
    let mut requests = Vec::new();
    let ways = [raw.request.is_some(), raw.steps.is_some(), raw.oauth.is_some()];
    let given = ways.iter().filter(|given| **given).count();
    let fixed = given == 0 && raw.send.is_some();
    if given != 1 && !fixed && !cx.broken(&place) {
        cx.error_key(
            &place,
            "a login is exactly one of `request`, `steps` and `oauth`",
            Some(
                "write such as `request: { post: /login, json: { email: \"{{email}}\", password: \"{{password}}\" } }`"
                    .to_owned(),
            ),
        );
    }
    let kind = if fixed {
        LoginKind::Static
    } else if let Some(oauth) = &raw.oauth {
        grant(cx, &join(&place, "oauth"), oauth)
    } else {
        let mut steps = Vec::new();
        if let Some(map) = &raw.request
            && let Some(planned) = request::from_map(cx, &join(&place, "request"), &map.request, routes)
        {
            requests.push(planned.clone());
            steps.push(LoginStep {
                request: planned.request,
                expect: Vec::new(),
                must: Match::default(),
                capture: Vec::new(),
            });
        }
        for (position, raw) in raw.steps.iter().flatten().enumerate() {
            if let Some((planned, step)) = step(cx, &join(&join(&place, "steps"), &position.to_string()), raw, routes) {
                requests.push(planned);
                steps.push(step);
            }
        }
        finish(cx, &place, raw, &mut steps);
        LoginKind::Steps(steps)
    };
    let send = slots(cx, &join(&place, "send"), raw.send.as_ref()).unwrap_or_else(|| default_send(&kind));
    let refresh = raw.refresh.as_ref().and_then(|raw| {
        let (planned, step) = step(cx, &join(&place, "refresh"), raw, routes)?;
        requests.push(planned);
        Some(step)
    });
    let whoami = raw
        .whoami
        .as_ref()
        .and_then(|raw| whoami(cx, &join(&place, "whoami"), raw, routes));
    Built {
        login: Login {
            name: name.to_owned(),
            kind,
            send,
            whoami,
            refresh,
            source: cx.at(&place),
        },
        requests,
    }
}

/// What stands beside the steps belongs to the last of them.
fn finish(cx: &mut Cx<'_>, place: &str, raw: &raw::Login, steps: &mut [LoginStep]) {
    let expect = statuses(cx, &join(place, "expect"), raw.expect.as_ref());
    let must = must(cx, &join(place, "must"), raw.must.as_ref());
    let capture = captures(cx, place, raw.token.as_ref(), raw.refresh_token.as_ref(), &raw.capture);
    if let Some(last) = steps.last_mut() {
        if !expect.is_empty() {
            last.expect = expect;
        }
        if !must.is_empty() {
            last.must = must;
        }
        last.capture.extend(capture);
    }
}

/// Without a token there is nothing but cookies to send.
fn default_send(kind: &LoginKind) -> Vec<CredentialSlot> {
    match kind {
        LoginKind::Steps(steps)
            if !steps
                .iter()
                .flat_map(|step| &step.capture)
                .any(|(name, _)| name == "token") =>
        {
            vec![CredentialSlot::Jar]
        }
        _ => Vec::new(),
    }
}

fn step(cx: &mut Cx<'_>, place: &str, raw: &raw::Step, routes: &Routes<'_>) -> Option<(Planned, LoginStep)> {
    let planned = match &raw.request {
        Some(map) => request::from_map(cx, &join(place, "request"), &map.request, routes)?,
        None => request::from_map(cx, place, &raw.flat, routes)?,
    };
    let step = LoginStep {
        request: planned.request.clone(),
        expect: statuses(cx, &join(place, "expect"), raw.expect.as_ref()),
        must: must(cx, &join(place, "must"), raw.must.as_ref()),
        capture: captures(cx, place, raw.token.as_ref(), raw.refresh_token.as_ref(), &raw.capture),
    };
    Some((planned, step))
}

fn captures(
    cx: &mut Cx<'_>,
    place: &str,
    token: Option<&raw::Extractor>,
    refresh: Option<&raw::Extractor>,
    more: &indexmap::IndexMap<String, raw::Extractor>,
) -> Vec<(String, Extract)> {
    let mut out = Vec::new();
    for (name, raw) in [("token", token), ("refresh_token", refresh)] {
        if let Some(found) = raw.and_then(|raw| extract(cx, &join(place, name), raw, false)) {
            out.push((name.to_owned(), found));
        }
    }
    for (name, raw) in more {
        if let Some(found) = extract(cx, &join(&join(place, "capture"), name), raw, false) {
            out.push((name.clone(), found));
        }
    }
    out
}

fn grant(cx: &mut Cx<'_>, place: &str, raw: &raw::OAuth) -> LoginKind {
    let (grant, name) = match (&raw.client_credentials, &raw.password) {
        (Some(grant), None) => (grant, "client_credentials"),
        (None, Some(grant)) => (grant, "password"),
        _ => {
            cx.error_key(
                place,
                "exactly one of `client_credentials` and `password` is wanted",
                None,
            );
            return LoginKind::Steps(Vec::new());
        }
    };
    let place = join(place, name);
    let token_url = template(cx, &join(&place, "token_url"), &grant.token_url).unwrap_or_default();
    let mut extra = request::texts(cx, &join(&place, "extra"), Some(&grant.extra));
    if let Some(audience) = &grant.audience {
        extra.push(("audience".to_owned(), Template::literal(audience.clone())));
    }
    if name == "password" {
        LoginKind::Password {
            token_url,
            scope: grant.scope.clone(),
            extra,
        }
    } else {
        LoginKind::ClientCredentials {
            token_url,
            scope: grant.scope.clone(),
            extra,
        }
    }
}

/// Where credentials go; `None` where the plan does not say.
pub(crate) fn slots(cx: &mut Cx<'_>, place: &str, raw: Option<&raw::Send>) -> Option<Vec<CredentialSlot>> {
    let hole = |text: &str| Template::parse(text).unwrap_or_default();
    let map = match raw? {
        raw::Send::Word(word) => {
            return Some(vec![match word {
                raw::SendWord::Bearer => CredentialSlot::Bearer(hole("{{token}}")),
                raw::SendWord::Cookies => CredentialSlot::Jar,
                raw::SendWord::Basic => CredentialSlot::Basic {
                    username: hole("{{username}}"),
                    password: hole("{{password}}"),
                },
            }]);
        }
        raw::Send::Map(map) => map,
    };
    let mut out = Vec::new();
    if let Some(raw::CookieSlot::All) = map.cookies {
        out.push(CredentialSlot::Jar);
    }
    if let Some(text) = &map.bearer {
        out.extend(template(cx, &join(place, "bearer"), text).map(CredentialSlot::Bearer));
    }
    if let Some(basic) = &map.basic {
        let username = template(cx, &join(place, "basic"), &basic.username.0);
        let password = template(cx, &join(place, "basic"), &basic.password.0);
        if let (Some(username), Some(password)) = (username, password) {
            out.push(CredentialSlot::Basic { username, password });
        }
    }
    let mut each = |cx: &mut Cx<'_>,
                    key: &str,
                    list: &indexmap::IndexMap<String, String>,
                    make: fn(String, Template) -> CredentialSlot| {
        for (name, text) in list {
            if let Some(value) = template(cx, &join(&join(place, key), name), text) {
                out.push(make(name.clone(), value));
            }
        }
    };
    each(cx, "header", &map.header, |name, value| CredentialSlot::Header {
        name,
        value,
    });
    each(cx, "headers", &map.headers, |name, value| CredentialSlot::Header {
        name,
        value,
    });
    each(cx, "unsafe_headers", &map.unsafe_headers, |name, value| {
        CredentialSlot::UnsafeHeader { name, value }
    });
    each(cx, "query", &map.query, |name, value| CredentialSlot::Query {
        name,
        value,
    });
    each(cx, "cookie", &map.cookie, |name, value| CredentialSlot::Cookie {
        name,
        value,
    });
    if out.is_empty() {
        cx.error_key(
            place,
            "says nothing about what to send",
            Some("write such as `send: bearer`".to_owned()),
        );
    }
    Some(out)
}

/// The request that proves who a session is.
pub(crate) fn whoami(cx: &mut Cx<'_>, place: &str, raw: &raw::Whoami, routes: &Routes<'_>) -> Option<Whoami> {
    match raw {
        raw::Whoami::Text(text) => Some(Whoami {
            request: request::from_text(cx, place, text, routes)?.request,
            must: Match::default(),
        }),
        raw::Whoami::Map(map) => Some(Whoami {
            request: request::from_map(cx, place, &map.request, routes)?.request,
            must: Match {
                equals: equals(cx, &join(place, "equals"), &map.must.equals),
                contains: map
                    .must
                    .contains
                    .as_ref()
                    .and_then(|text| template(cx, &join(place, "contains"), text)),
                lacks: map
                    .must
                    .lacks
                    .as_ref()
                    .and_then(|text| template(cx, &join(place, "lacks"), text)),
            },
        }),
    }
}

/// The names that a recipe's requests need and that it does not capture itself, each with the request that needs it.
pub(crate) fn needs(login: &Login) -> Vec<(String, Option<gate_model::Location>)> {
    let LoginKind::Steps(steps) = &login.kind else {
        return Vec::new();
    };
    let mut known: Vec<&str> = vec!["unique", "canary", "tenant"];
    let mut out: Vec<(String, Option<gate_model::Location>)> = Vec::new();
    for step in steps {
        for name in step.request.holes() {
            if !known.contains(&name.as_str()) && !out.iter().any(|(seen, _)| *seen == name) {
                out.push((name, step.request.source.clone()));
            }
        }
        known.extend(step.capture.iter().map(|(name, _)| name.as_str()));
    }
    out
}
