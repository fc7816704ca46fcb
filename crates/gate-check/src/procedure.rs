//! A procedure: a scripted sequence that ends with a closing proof of its own.

use gate_exchange::{Actor, Exchange, Outgoing, Purpose};
use gate_model::{Case, Cause, Undecided};

use crate::{Ctx, Judgement, Standing, Verdict, logged_in, standing, standing_on};

/// A running procedure. Its verdict needs a [`ClosingProof`].
pub struct Procedure {
    case: Case,
}

/// Shows that what a procedure saw was about its subject and not about a dead target. Only the constructors make one.
#[derive(Debug)]
pub struct ClosingProof(());

impl ClosingProof {
    /// Somebody whom the procedure did not touch is still served.
    ///
    /// # Errors
    /// Where he is not.
    pub async fn neighbour_served(ctx: &Ctx<'_>, neighbour: Outgoing) -> Result<Self, Undecided> {
        let who = neighbour.actor.clone();
        let exchange = ctx.target.send(neighbour).await?;
        if exchange.is_success() {
            Ok(Self(()))
        } else {
            Err(Undecided::new(
                Cause::ControlLost,
                format!("{who}, whom nothing was done to, was answered {}", exchange.status),
            ))
        }
    }

    /// A fresh login of the identity works, on an operation that it is granted.
    ///
    /// # Errors
    /// Where the login fails or the operation is refused.
    pub async fn fresh_login_works(
        ctx: &Ctx<'_>,
        identity: &gate_model::IdentityName,
        request: impl Fn(&Actor) -> Outgoing,
    ) -> Result<Self, Undecided> {
        let actor = ctx.sessions.private(identity).await?;
        let exchange = ctx.target.send(request(&actor)).await?;
        if exchange.is_success() {
            Ok(Self(()))
        } else {
            Err(Undecided::new(
                Cause::ControlLost,
                format!("a fresh login of {identity} was answered {}", exchange.status),
            ))
        }
    }

    /// A session is served when it is asked whose it is.
    ///
    /// # Errors
    /// Where it is refused.
    pub async fn session_served(ctx: &Ctx<'_>, actor: &Actor) -> Result<Self, Undecided> {
        match standing(ctx, actor).await? {
            Standing::Served(_) => Ok(Self(())),
            Standing::Refused(said, exchange) => Err(Undecided::new(
                Cause::ControlLost,
                format!("{actor}, who ought to be served, was {said}"),
            )
            .shown_by(ctx.target.evidence("control", &exchange, None))),
        }
    }

    /// The identity's own session works, renewed where something ended it.
    ///
    /// # Errors
    /// Where it cannot log in any more.
    pub async fn logged_in(ctx: &Ctx<'_>, identity: &gate_model::IdentityName) -> Result<Self, Undecided> {
        logged_in(ctx, identity)
            .await
            .map(|()| Self(()))
            .map_err(|reason| Undecided {
                detail: format!("{identity} cannot be shown logged in any more: {}", reason.detail),
                ..reason
            })
    }

    /// A request is served to whoever sends it.
    ///
    /// # Errors
    /// Where it is refused, or the answer is neither.
    pub async fn request_served(ctx: &Ctx<'_>, outgoing: Outgoing) -> Result<Self, Undecided> {
        let who = outgoing.actor.to_string();
        match standing_on(ctx, outgoing).await? {
            Standing::Served(_) => Ok(Self(())),
            Standing::Refused(said, exchange) => Err(Undecided::new(
                Cause::ControlLost,
                format!("{who}, who ought to be served, was {said}"),
            )
            .shown_by(ctx.target.evidence("control", &exchange, None))),
        }
    }

    /// The answer itself shows it: somebody was served.
    ///
    /// # Errors
    /// [`Cause::ControlFailed`] where he was refused; other causes where the answer is neither.
    pub fn answered(ctx: &Ctx<'_>, exchange: &Exchange) -> Result<Self, Undecided> {
        let who = exchange.sent.actor.to_string();
        let refused = crate::answer::denied(&ctx.spec.settings.denial, crate::Refusal::Ordinary, exchange);
        match refused {
            Some(said) => Err(Undecided::new(Cause::ControlFailed, format!("{who} was {said}"))),
            None if exchange.is_success() => Ok(Self(())),
            None => Err(crate::answer::neither(&who, "", exchange)),
        }
    }

    /// Everything that was planted on the way of what was looked at was found, so that finding nothing else means something.
    ///
    /// # Errors
    /// Where something was not found, or nothing was planted.
    pub fn plants_found(found: usize, planted: usize) -> Result<Self, Undecided> {
        if planted > 0 && found == planted {
            return Ok(Self(()));
        }
        Err(Undecided::new(
            Cause::ControlFailed,
            format!(
                "{found} of {planted} secrets that were planted on the same way were found, so that finding nothing means nothing"
            ),
        ))
    }

    /// Everybody whom the plan does not give away for it is still logged in, or can log in again.
    ///
    /// # Errors
    /// [`Cause::ControlLost`] where somebody cannot: a test that used up a limit did harm to him.
    pub async fn others_usable(ctx: &Ctx<'_>) -> Result<Self, Undecided> {
        for identity in ctx.spec.actors() {
            logged_in(ctx, &identity.name).await.map_err(|reason| Undecided {
                cause: Cause::ControlLost,
                detail: format!(
                    "{} cannot be shown logged in after a limit was used up: {}",
                    identity.name, reason.detail
                ),
                ..reason
            })?;
        }
        Ok(Self(()))
    }

    /// At least this many successful samples were taken, none of them sent late.
    ///
    /// # Errors
    /// Where there are fewer, or the sender could not keep up.
    pub fn enough_samples(successes: usize, needed: usize, late: usize) -> Result<Self, Undecided> {
        if successes < needed {
            return Err(Undecided::new(
                Cause::TooFewSamples,
                format!("{successes} successful samples of {needed} needed"),
            ));
        }
        if late * 100 > successes {
            return Err(Undecided::new(
                Cause::TooFewSamples,
                format!("{late} of {successes} samples were sent late"),
            ));
        }
        Ok(Self(()))
    }
}

impl Procedure {
    /// Begins a procedure for a case.
    pub fn begin(case: &Case) -> Self {
        Self { case: case.clone() }
    }

    /// The case.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Sends one step.
    ///
    /// # Errors
    /// Where no answer came.
    pub async fn step(&self, ctx: &Ctx<'_>, mut outgoing: Outgoing) -> Result<Exchange, Undecided> {
        if outgoing.purpose == Purpose::Control {
            outgoing.purpose = Purpose::Probe;
        }
        ctx.target.send(outgoing).await
    }

    /// Closes the procedure. Where the closing proof failed, nothing but a violation stands.
    pub fn close(self, proof: Result<ClosingProof, Undecided>, judgement: Judgement) -> Verdict {
        let judgement = match (proof, judgement) {
            (_, violated @ Judgement::Violated(_)) => violated,
            (_, undecided @ Judgement::Undecided(_)) => undecided,
            (Err(reason), Judgement::Holds(_)) => Judgement::Undecided(reason),
            (Ok(ClosingProof(())), holds) => holds,
        };
        Verdict::over(&self.case.id, vec![judgement])
    }
}
