//! `session/fixation`: is the session after a login another one than the browser was in before it?

use gate_check::{ClosingProof, Ctx, Judgement, Standing, standing};
use gate_exchange::{Actor, Entry, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, Secret, Undecided};
use gate_spec::{LoginKind, Method, Spec};

use crate::carriers::{Carried, with_cookie};
use crate::cast::one_for_each_login;
use crate::ending::{Question, served};
use crate::script::{Ending, Scene, SessionCheck, Stop};

/// Pages that a visitor is sent to in the search for one that gives him a cookie.
const MAX_VISITS: usize = 4;
/// Ways into the session that are planted.
const MAX_WAYS: usize = 2;

/// The check.
pub(crate) fn check() -> SessionCheck {
    SessionCheck::new(include_str!("check.md"), one_for_each_login, 18, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let carried = Carried::of(ctx, scene, &scene.shared()).await?;
    let mut names: Vec<String> = carried
        .ways()
        .into_iter()
        .filter_map(|way| way.into_iter().next())
        .collect();
    let more = names.split_off(names.len().min(MAX_WAYS));
    let given = visitors(ctx, &names).await?;
    let mut planted = Vec::new();
    for (name, given) in names.into_iter().zip(given) {
        let invented = ctx.life.new_password().expose().replace(['-', '!'], "");
        planted.push((name.clone(), "that the attacker made up", invented));
        planted.extend(given.map(|given| (name, "that the server gave to a visitor", given)));
    }
    let mut proofs = Vec::new();
    for (name, whose, value) in &planted {
        match plant(ctx, scene, &carried, (name, whose, value)).await? {
            Ok(proof) => proofs.push(proof),
            Err(found) => {
                return Ok(Ending {
                    judgement: found,
                    proof: ClosingProof::logged_in(ctx, &scene.who).await,
                });
            }
        }
    }
    if !more.is_empty() {
        proofs.push(format!("not tried: `{}`", more.join("`, `")));
    }
    Ok(Ending {
        judgement: Judgement::Holds(proofs.join("; ")),
        proof: ClosingProof::logged_in(ctx, &scene.who).await,
    })
}

/// Logs in with a cookie that the browser holds already; what is wrong with the session that comes of it, if anything.
async fn plant(
    ctx: &Ctx<'_>,
    scene: &Scene,
    carried: &Carried,
    (name, whose, value): (&str, &str, &str),
) -> Result<Result<String, Judgement>, Stop> {
    let entry = Entry {
        cookies: vec![(name.to_owned(), Secret::new(value.to_owned()))],
        ..Entry::default()
    };
    let session = ctx.life.enter(&scene.who, &entry).await?;
    let exchange = served(ctx, &session, &Question::Whose).await?;
    let credentials = ctx.sessions.credentials(&session).await?;
    let what = format!("the cookie `{name}` {whose} before the login of {}", scene.who);
    // What else lets somebody in would be served whatever became of the cookie.
    let credentials = carried.only_by(&credentials, name);
    let old = with_cookie(&credentials, name, value, "cookie-before-login", &what);
    let evidence = |shown: &Exchange| {
        vec![
            ctx.target.evidence("session after the login", &exchange, None),
            ctx.target.evidence("the cookie from before", shown, None),
        ]
    };
    Ok(match standing(ctx, &Actor::altered(old)).await? {
        Standing::Refused(said, _) => Ok(format!(
            "{} logged in with the cookie `{name}` {whose}, was served by another, and the old one was {said}",
            scene.who
        )),
        Standing::Served(shown) => Err(scene.violated(
            format!("a login goes on with a session {whose}"),
            format!(
                "{what} is served as {} after it: whoever planted it is logged in too",
                scene.who
            ),
            evidence(&shown),
        )),
    })
}

/// The cookies of these names that a visitor is given before any login, where he is given them.
async fn visitors(ctx: &Ctx<'_>, names: &[String]) -> Result<Vec<Option<String>>, Undecided> {
    let mut found = vec![None; names.len()];
    for path in pages(ctx.spec).into_iter().take(MAX_VISITS) {
        let request = Request::new(Method::Get, path);
        let outgoing = Outgoing::new(&Actor::anonymous(), Purpose::Setup, request);
        let exchange = match ctx.target.send(outgoing).await {
            Ok(exchange) => exchange,
            // A page that cannot be had gives no cookie.
            Err(reason) if reason.cause == Cause::Transport => continue,
            Err(reason) => return Err(reason),
        };
        for (name, value) in names.iter().zip(&mut found) {
            *value = value.take().or_else(|| given(&exchange, name));
        }
        // One is enough to go on: who gives the session's own cookie here gives others after the login.
        if found.iter().any(Option::is_some) {
            break;
        }
    }
    Ok(found)
}

fn given(exchange: &Exchange, name: &str) -> Option<String> {
    let lines = exchange.headers.iter().filter(|(header, _)| header == "set-cookie");
    lines
        .filter_map(|(_, line)| line.split(';').next()?.split_once('='))
        .find(|(cookie, value)| cookie.trim() == name && !value.trim().is_empty())
        .map(|(_, value)| value.trim().to_owned())
}

/// Where a visitor comes to: the pages of the login, what is open to everybody, the front page.
fn pages(spec: &Spec) -> Vec<String> {
    let mut pages: Vec<String> = Vec::new();
    for login in spec.logins.values() {
        if let LoginKind::Steps(steps) = &login.kind {
            let first = steps.first().map(|step| &step.request);
            pages.extend(
                first
                    .filter(|request| request.method == Method::Get && request.holes().is_empty())
                    .map(|request| request.path.to_string()),
            );
        }
    }
    let open = spec.operations.values().filter(|operation| {
        operation.method() == Method::Get
            && operation.public.is_some()
            && operation.skip.is_none()
            && operation.request.holes().is_empty()
    });
    let mut open: Vec<String> = open.map(|operation| operation.id.path().to_owned()).collect();
    // What is named like a session or a login most often gives one.
    open.sort_by_key(|path| {
        !["session", "csrf", "login", "auth"]
            .iter()
            .any(|word| path.contains(word))
    });
    pages.extend(open);
    pages.push("/".to_owned());
    pages.dedup();
    pages
}
