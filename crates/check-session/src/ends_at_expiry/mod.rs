//! `session/ends-at-expiry`: is a token refused whose time has really passed?

use std::time::Duration;

use gate_check::{ClosingProof, Ctx, Judgement, Standing, standing_on};
use gate_exchange::{Actor, Outgoing, Purpose};
use token_forge::Jws;

use crate::cast::one_for_each_login;
use crate::ending::{Question, served};
use crate::script::{Ending, Scene, SessionCheck, Stop};

/// Lives longer than this are not waited for.
const LONGEST: Duration = Duration::from_secs(30);
/// What passes after the end before the first look: clocks count whole seconds.
const AFTER: Duration = Duration::from_secs(2);
/// Between two looks after that.
const PAUSE: Duration = Duration::from_secs(5);
/// The leeway for clocks that servers commonly have; what is served after it is served for good.
const LEEWAY: Duration = Duration::from_secs(65);

/// The check.
pub(crate) fn check() -> SessionCheck {
    SessionCheck::new(include_str!("check.md"), one_for_each_login, 8, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .beside_others()
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    // The shared session tells how long tokens live; nothing is opened that nobody can wait for.
    let lives = lifetime(ctx, &scene.shared()).await?;
    let Ok(session) = ctx.sessions.private(&scene.who).await else {
        let what = format!(
            "{} can have no second session whose token could be left to run out",
            scene.who
        );
        return Err(Stop::missing(what, None));
    };
    let frozen = ctx.life.freeze(&session).await?;
    let whoami = served(ctx, &frozen, &Question::Whose).await?;
    let mut outgoing = Outgoing::new(&frozen, Purpose::Probe, whoami.sent.request.clone());
    outgoing.operation.clone_from(&whoami.sent.operation);
    pass(ctx, lives + AFTER).await;
    let mut beyond = AFTER;
    let judgement = loop {
        match standing_on(ctx, outgoing.clone()).await? {
            Standing::Refused(said, _) => {
                break Judgement::Holds(format!(
                    "{}'s token lives {}; {} after its end it was {said}",
                    scene.who,
                    humantime::format_duration(lives),
                    humantime::format_duration(beyond)
                ));
            }
            Standing::Served(exchange) if beyond >= LEEWAY => {
                break scene.violated(
                    format!("a token of {} outlives its own end", scene.who),
                    format!(
                        "it lives {} by its own word, and is still served {} after its end",
                        humantime::format_duration(lives),
                        humantime::format_duration(beyond)
                    ),
                    vec![
                        ctx.target.evidence("within its time", &whoami, None),
                        ctx.target.evidence("after its time", &exchange, None),
                    ],
                );
            }
            Standing::Served(_) => {
                let pause = PAUSE.min(LEEWAY - beyond);
                pass(ctx, pause).await;
                beyond += pause;
            }
        }
    };
    Ok(Ending {
        judgement,
        proof: ClosingProof::logged_in(ctx, &scene.who).await,
    })
}

/// Lets time pass; others go on meanwhile.
async fn pass(ctx: &Ctx<'_>, time: Duration) {
    let until = ctx.clock.now() + time;
    ctx.turns.wait(ctx.clock, until).await;
}

/// How long the tokens of a session live by their own word.
///
/// # Errors
/// [`Stop::Missing`] where they do not say, or longer than a run waits.
async fn lifetime(ctx: &Ctx<'_>, session: &Actor) -> Result<Duration, Stop> {
    let credentials = ctx.sessions.credentials(session).await?;
    let tokens = credentials.parts.iter();
    let lives = tokens
        .filter_map(|(_, value)| Jws::parse(value.expose()))
        .find_map(|token| token.lifetime_seconds());
    let line = || {
        Some(
            "tokens: { expired: \"${OLD_TOKEN}\" }   # an access token whose time has passed, for auth/expired-token"
                .to_owned(),
        )
    };
    let Some(lives) = lives.filter(|lives| *lives >= 0.0) else {
        return Err(Stop::missing(
            format!("what {session} presents does not say when it ends"),
            line(),
        ));
    };
    let lives = Duration::from_secs_f64(lives.min(1e9).ceil());
    if lives > LONGEST {
        let what = format!(
            "the token of {session} lives {}, longer than a run waits ({})",
            humantime::format_duration(lives),
            humantime::format_duration(LONGEST)
        );
        return Err(Stop::missing(what, line()));
    }
    Ok(lives)
}
