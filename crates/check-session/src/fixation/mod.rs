//! `session/fixation`: is the session after a login another one than the browser was in before it?

use std::sync::Arc;

use gate_check::{ClosingProof, Ctx, Judgement, Standing, standing};
use gate_exchange::{Actor, Entry, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, Secret, Undecided};
use gate_spec::{LoginKind, Method, Spec};

use crate::carriers::{Carriers, with_cookie};
use crate::cast::one_for_each_login;
use crate::ending::{Question, served};
use crate::script::{Ending, Scene, SessionCheck, Stop};

/// Pages that a visitor is sent to in the search for one that gives him a cookie.
const MAX_VISITS: usize = 4;

/// The check.
pub(crate) fn check(carriers: &Arc<Carriers>) -> SessionCheck {
    let carriers = Arc::clone(carriers);
    SessionCheck::new(include_str!("check.md"), one_for_each_login, 12, move |ctx, scene| {
        let carriers = Arc::clone(&carriers);
        Box::pin(async move { script(ctx, scene, &carriers).await })
    })
}

async fn script(ctx: &Ctx<'_>, scene: &Scene, carriers: &Carriers) -> Result<Ending, Stop> {
    let carried = carriers.of(ctx, scene, &scene.shared()).await?;
    let name = carried.cookies[0].clone();
    let invented = ctx.life.new_password().expose().replace(['-', '!'], "");
    let mut planted = vec![("that the attacker made up", invented)];
    if let Some(given) = visitors(ctx, &name).await? {
        planted.push(("that the server gave to a visitor", given));
    }
    let mut proofs = Vec::new();
    for (whose, value) in &planted {
        match plant(ctx, scene, &name, whose, value).await? {
            Ok(proof) => proofs.push(proof),
            Err(found) => {
                return Ok(Ending {
                    judgement: found,
                    proof: ClosingProof::logged_in(ctx, &scene.who).await,
                });
            }
        }
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
    name: &str,
    whose: &str,
    value: &str,
) -> Result<Result<String, Judgement>, Stop> {
    let entry = Entry {
        cookies: vec![(name.to_owned(), Secret::new(value.to_owned()))],
        ..Entry::default()
    };
    let session = ctx.life.enter(&scene.who, &entry).await?;
    let exchange = served(ctx, &session, &Question::Whose).await?;
    let credentials = ctx.sessions.credentials(&session).await?;
    let what = format!("the cookie `{name}` {whose} before the login of {}", scene.who);
    let old = with_cookie(&credentials, name, Some(value), "cookie-before-login", &what);
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

/// A cookie that a visitor is given before any login.
async fn visitors(ctx: &Ctx<'_>, name: &str) -> Result<Option<String>, Undecided> {
    for path in pages(ctx.spec).into_iter().take(MAX_VISITS) {
        let request = Request::new(Method::Get, path);
        let outgoing = Outgoing::new(&Actor::anonymous(), Purpose::Setup, request);
        let exchange = match ctx.target.send(outgoing).await {
            Ok(exchange) => exchange,
            // A page that cannot be had gives no cookie.
            Err(reason) if reason.cause == Cause::Transport => continue,
            Err(reason) => return Err(reason),
        };
        if let Some(value) = given(&exchange, name) {
            return Ok(Some(value));
        }
    }
    Ok(None)
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
