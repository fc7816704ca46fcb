//! A new session of the account that is used up: a limit that is meant to count accounts may count tokens.

use gate_check::Ctx;
use gate_model::Undecided;

use crate::board::Used;
use crate::reading::Read;

use super::{Same, Variant};

/// The request with a session that nobody used so far. None for nobody, for credentials that never change, and where a new
/// login ends the older session.
pub(super) async fn another(ctx: &Ctx<'_>, used: &Used) -> Option<Variant> {
    let identity = used.account.actor.identity.as_ref()?;
    let actor = ctx.sessions.private(identity).await.ok()?;
    let mut account = used.account.clone();
    account.actor = actor;
    Some(Variant {
        name: "a new session of the same account".to_owned(),
        outgoing: account.attempt(),
        proof: Same::Request,
    })
}

/// What a limit that is declared to count sessions makes of a new one.
///
/// # Errors
/// Where there was no answer.
pub(super) async fn remark(ctx: &Ctx<'_>, used: &Used, variant: &Variant) -> Result<Option<String>, Undecided> {
    let exchange = ctx.target.send(variant.outgoing.clone()).await?;
    Ok(match used.reading.read(&exchange) {
        Read::Handled => Some(
            "a new session of the same account was served, as `key: token` says: whoever logs in again begins anew, which \
             `key: account` rules out"
                .to_owned(),
        ),
        Read::Limited => Some("a new session of the same account was refused too".to_owned()),
        Read::Other => None,
    })
}
