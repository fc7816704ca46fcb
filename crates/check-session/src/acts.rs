//! What is done to sessions and users, as requests.

use gate_check::{ClosingProof, Ctx, Debt, Person, action_request, ask};
use gate_exchange::{Actor, Exchange, Outgoing};
use gate_model::{Cause, Undecided};
use gate_objects::JournalEntry;
use gate_spec::Action;

use crate::script::Stop;

/// An action as a request of an actor; `user` is whom it is done to, where that is somebody else.
///
/// # Errors
/// Where a placeholder has no value.
pub(crate) fn request(
    ctx: &Ctx<'_>,
    action: &Action,
    actor: &Actor,
    user: Option<&Person>,
    fixed: &[(&str, &str)],
) -> Result<Outgoing, Stop> {
    Ok(action_request(ctx.spec, ctx.life, action, actor, user, fixed)?)
}

/// Does it, and wants it to succeed. A redirect is what browsers get.
///
/// # Errors
/// Where it was refused, or nothing came back.
pub(crate) async fn done(ctx: &Ctx<'_>, action: &Action, outgoing: Outgoing) -> Result<Exchange, Undecided> {
    let exchange = ask(ctx, outgoing).await?;
    succeeded(ctx, action, exchange)
}

/// Does what an action of another kind takes back, and notes that before. What was plainly refused was not done; where nothing is
/// known of it, because no answer came or the server broke, it is taken back when the run ends.
///
/// # Errors
/// Where it was refused, or nothing came back.
pub(crate) async fn done_to(
    ctx: &Ctx<'_>,
    (there, outgoing): (&Action, Outgoing),
    (back, undo): (&Action, &Outgoing),
    person: &Person,
) -> Result<(Exchange, Debt), Undecided> {
    let debt = ctx.undo.note(|key| JournalEntry::Action {
        key,
        action: back.kind.word().to_owned(),
        user: person.name.to_string(),
        id: person.id.clone(),
    });
    ctx.undo.taken_back_by(debt, undo.clone());
    let exchange = ask(ctx, outgoing).await?;
    ctx.undo.answered(debt, &exchange);
    Ok((succeeded(ctx, there, exchange)?, debt))
}

fn succeeded(ctx: &Ctx<'_>, action: &Action, exchange: Exchange) -> Result<Exchange, Undecided> {
    let failed = match exchange.status {
        300..=399 => return Ok(exchange),
        _ => match ClosingProof::answered(ctx, &exchange) {
            Ok(_) => return Ok(exchange),
            Err(failed) => failed,
        },
    };
    let word = action.kind.word();
    let place = match &action.operation {
        Some(operation) => operation.to_string(),
        None => format!("{} {}", action.request.method, action.request.path),
    };
    Err(Undecided {
        cause: match failed.cause {
            Cause::NeitherAnswer => Cause::ControlFailed,
            cause => cause,
        },
        detail: format!("`{word}` did not succeed: {place}: {}", failed.detail),
        ..failed
    }
    .settled_by(format!(
        "actions: {{ {word}: {{ {}: \"{}\" }} }}   # with what the server accepts",
        action.request.method.as_str().to_ascii_lowercase(),
        action.request.path
    ))
    .shown_by(ctx.target.evidence(word, &exchange, None)))
}
