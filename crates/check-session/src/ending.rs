//! Whether a session is over after it was ended, and how long one goes on that is not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gate_check::{Ctx, Standing, standing, standing_on};
use gate_exchange::{Actor, Exchange, Outgoing};
use gate_model::{Cause, Undecided};
use token_forge::Jws;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest that is waited for caches; a plan that allows more is held to the token's own end.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of a session.
pub(crate) enum Fate {
    /// It is refused; the text says how.
    Over(String),
    /// It is still served.
    Served(Exchange),
}

/// What is asked of the session.
#[derive(Clone)]
pub(crate) enum Question {
    /// Whose it is.
    Whose,
    /// To be served this.
    This(Box<Outgoing>),
}

impl Question {
    /// Asks it of a session, once.
    ///
    /// # Errors
    /// Where the answer is neither, or none came.
    pub(crate) async fn ask(&self, ctx: &Ctx<'_>, session: &Actor) -> Result<Standing, Undecided> {
        match self {
            Self::Whose => standing(ctx, session).await,
            Self::This(outgoing) => {
                let mut outgoing = (**outgoing).clone();
                outgoing.actor = session.clone();
                standing_on(ctx, outgoing).await
            }
        }
    }
}

/// Shows that a session is served before it is ended.
///
/// # Errors
/// Where it is not, which leaves nothing to end.
pub(crate) async fn served(ctx: &Ctx<'_>, session: &Actor, question: &Question) -> Result<Exchange, Undecided> {
    match question.ask(ctx, session).await? {
        Standing::Served(exchange) => Ok(exchange),
        Standing::Refused(said, exchange) => Err(Undecided::new(
            Cause::ControlFailed,
            format!("{session} was {said} before anything was ended"),
        )
        .shown_by(ctx.target.evidence("before", &exchange, None))),
    }
}

/// Looks at a session that was ended until it is refused, for as long as caches may have it by what the plan says.
///
/// # Errors
/// Where the answers are neither.
pub(crate) async fn fate(ctx: &Ctx<'_>, session: &Actor, question: &Question) -> Result<Fate, Undecided> {
    let patience = ctx.spec.settings.auth.ends_within.min(PATIENCE);
    let (mut waited, mut last) = (Duration::ZERO, None);
    loop {
        match question.ask(ctx, session).await {
            Ok(Standing::Refused(said, _)) => return Ok(Fate::Over(said)),
            Ok(Standing::Served(exchange)) => last = Some(exchange),
            // It was served after its end, and its own time is over now.
            Err(lost) if lost.cause == Cause::SessionLost && last.is_some() => {}
            Err(reason) => return Err(reason),
        }
        if waited >= patience {
            break;
        }
        let pause = PAUSE.min(patience - waited);
        ctx.clock.sleep(pause).await;
        waited += pause;
    }
    last.map(Fate::Served)
        .ok_or_else(|| Undecided::new(Cause::NothingSeen, format!("nothing shows what became of {session}")))
}

/// How long a session that is still served goes on by its token's own end, where the plan allows that much.
pub(crate) async fn allowed(ctx: &Ctx<'_>, session: &Actor) -> Option<String> {
    let bound = ctx.spec.settings.auth.ends_within;
    if bound <= PATIENCE {
        return None;
    }
    let left = left(ctx, session).await?;
    (left <= bound).then(|| {
        format!(
            "it is still served, for {} at most by its own end (`exp`); the plan allows {}",
            humantime::format_duration(left),
            humantime::format_duration(bound)
        )
    })
}

/// What is left of the life of a session's token, by its own word.
async fn left(ctx: &Ctx<'_>, session: &Actor) -> Option<Duration> {
    let credentials = ctx.sessions.credentials(session).await.ok()?;
    let token = credentials
        .parts
        .iter()
        .find_map(|(_, value)| Jws::parse(value.expose()))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
    Some(Duration::from_secs_f64((token.exp()? - now).clamp(0.0, 1e11).ceil()))
}

/// How long was looked.
pub(crate) fn patience(ctx: &Ctx<'_>) -> humantime::FormattedDuration {
    humantime::format_duration(ctx.spec.settings.auth.ends_within.min(PATIENCE))
}
