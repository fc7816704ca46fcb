//! The story of one kind of token: what is asked for, what is tried with it, and what came of each.
//!
//! It is told once a run, whichever check asks first. The tries that must fail come before the one use that must work, so that
//! each of them had a token that was good a moment later; the password is set back at the end.

use std::time::Duration;

use gate_check::{Ctx, alike, logged_in};
use gate_exchange::Exchange;
use gate_model::{Cause, Secret, Undecided};
use gate_spec::{Identity, RecoveryFlow, RecoveryKind};

use crate::ask::{Account, Asked, Hosts, ask};
use crate::mailbox::Message;
use crate::present::{Used, logs_in, present};
use crate::values::unguessable;

/// The longest life of a token that is waited for.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(60);
/// What passes beyond the life of a token before it is tried.
const MARGIN: Duration = Duration::from_secs(2);

/// What came of something that must not work.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    /// What was seen, as the predicate of a sentence.
    pub(crate) said: String,
    /// Whether it worked all the same.
    pub(crate) worked: bool,
    /// Whether it did what it does for its own account, although another one was named.
    pub(crate) for_its_own: bool,
    /// The exchange.
    pub(crate) exchange: Exchange,
}

/// A try, or why it could not be made.
pub(crate) type Try = Result<Tried, Undecided>;

/// What happened.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// Requests for tokens, in order; the last one was sent after a token had been used.
    pub(crate) asked: Vec<Asked>,
    /// The use that worked, and the exchange that shows it.
    pub(crate) control: Exchange,
    /// A token after a newer one had been sent.
    pub(crate) superseded: Try,
    /// A token that had run out.
    pub(crate) expired: Option<Try>,
    /// A token with another account.
    pub(crate) foreign: Option<Try>,
    /// A token once more.
    pub(crate) reused: Try,
}

/// Tells the story.
///
/// # Errors
/// Where not even the good token works, or none can be had.
pub(crate) async fn tell(ctx: &Ctx<'_>, flow: &RecoveryFlow) -> Result<Story, Undecided> {
    let recovery = &ctx.spec.settings.recovery;
    let subject = recovery.subject.as_ref().and_then(|name| ctx.spec.identities.get(name));
    let subject = subject.ok_or_else(|| Undecided::new(Cause::IdentityUnproven, "nobody's tokens may be asked for"))?;
    let other = recovery.other.as_ref().and_then(|name| ctx.spec.identities.get(name));
    let teller = Teller {
        ctx,
        flow,
        subject,
        other,
    };
    let told = teller.tell().await;
    if flow.kind == RecoveryKind::PasswordReset {
        for identity in [Some(subject), other].into_iter().flatten() {
            teller.settle_password(identity).await;
        }
        // A new password ends sessions; whoever comes next finds a live one.
        logged_in(ctx, &subject.name).await?;
    }
    told
}

/// Whether something that must not work did.
fn worked(tried: &Try) -> bool {
    tried.as_ref().is_ok_and(|tried| tried.worked)
}

/// Who tells a story, and about whom.
pub(crate) struct Teller<'a> {
    pub(crate) ctx: &'a Ctx<'a>,
    pub(crate) flow: &'a RecoveryFlow,
    subject: &'a Identity,
    other: Option<&'a Identity>,
}

impl Teller<'_> {
    async fn tell(&self) -> Result<Story, Undecided> {
        let address = self.address(self.subject)?;
        let account = Account {
            identity: self.subject,
            address: &address,
        };
        let mut asked = vec![ask(self.ctx, self.flow, account, Hosts::True).await?];
        asked.push(ask(self.ctx, self.flow, account, Hosts::ForwardedAndPage).await?);
        // A foreign page may be refused for being one, which says nothing of the other headers.
        if asked.iter().any(|asked| asked.message.is_none()) {
            asked.push(ask(self.ctx, self.flow, account, Hosts::Forwarded).await?);
        }
        asked.push(ask(self.ctx, self.flow, account, Hosts::Host).await?);
        if asked.iter().filter(|asked| asked.message.is_some()).count() < 2 {
            asked.push(ask(self.ctx, self.flow, account, Hosts::True).await?);
        }
        let tokens: Vec<&str> = tokens(&asked).collect();
        let (first, mut live) = match tokens.as_slice() {
            [first, .., last] => ((*first).to_owned(), (*last).to_owned()),
            _ => return Err(Undecided::new(Cause::NothingSeen, "fewer than two tokens came")),
        };
        let mut current = self
            .subject
            .field("password")
            .map_or_else(String::new, |field| field.expose().clone());
        let superseded = if first == live {
            // The same token again: it is not an older one.
            Ok(Tried {
                said: "is the same as the newer one".to_owned(),
                worked: false,
                for_its_own: false,
                exchange: asked[0].exchange.clone(),
            })
        } else {
            self.refused(account, &first, &mut current).await
        };
        let mut expired = match &self.flow.expired {
            Some(old) => Some(self.refused(account, old.expose(), &mut current).await),
            None => None,
        };
        if expired.is_none()
            && let Some(lifetime) = self.flow.lifetime.filter(|lifetime| *lifetime <= MAX_WAIT)
        {
            self.ctx.clock.sleep(lifetime + MARGIN).await;
            expired = Some(self.refused(account, &live, &mut current).await);
            live = self.another(account, &mut asked).await?;
        }
        let foreign = match self.other.filter(|_| self.flow.names_account()) {
            Some(other) => {
                let (tried, used) = self.with_another_account(account, other, &live, &mut current).await;
                if used {
                    live = self.another(account, &mut asked).await?;
                }
                Some(tried)
            }
            None => None,
        };
        let control = match self.works(account, &live, &mut current).await {
            // Tokens that are bound to the password end with it, and one that had to be refused has set another.
            Err(_) if worked(&superseded) || expired.as_ref().is_some_and(worked) => {
                live = self.another(account, &mut asked).await?;
                self.works(account, &live, &mut current).await?
            }
            other => other?,
        };
        let reused = self.refused(account, &live, &mut current).await;
        if self.flow.kind != RecoveryKind::PasswordReset
            && ([&superseded, &reused].into_iter().chain(&expired).chain(&foreign)).any(worked)
        {
            self.refuses_anything(account, &live, &control).await?;
        }
        self.restore(account, &mut asked).await?;
        Ok(Story {
            asked,
            superseded: self.like_the_good_one(superseded, &control),
            expired: expired.map(|tried| self.like_the_good_one(tried, &control)),
            foreign: foreign.map(|tried| self.answered_alike(tried, &control)),
            reused: self.like_the_good_one(reused, &control),
            control,
        })
    }

    /// A new password. Where it may be set it can be found again if the run is killed before the plan's own is back, whichever of
    /// the accounts a broken target sets it for.
    pub(crate) fn new_password(&self) -> Secret<String> {
        let others: Vec<_> = self.other.iter().map(|other| &other.name).collect();
        let noted = (self.flow.kind == RecoveryKind::PasswordReset)
            .then(|| self.ctx.undo.passing_password(self.ctx.target, self.subject, &others))
            .flatten();
        noted.unwrap_or_else(|| self.ctx.life.new_password())
    }

    /// Shows that a token of nobody is not answered like a good one: where answers are all there is to see, a target that
    /// answers everything alike says nothing.
    async fn refuses_anything(&self, account: Account<'_>, live: &str, control: &Exchange) -> Result<(), Undecided> {
        let nobodys: String = live
            .chars()
            .map(|letter| {
                if letter.is_ascii_digit() {
                    rand::random_range('0'..='9')
                } else {
                    letter
                }
            })
            .rev()
            .collect();
        let new = self.new_password();
        match present(self.ctx, self.flow, account, &nobodys, new.expose()).await? {
            Used::Taken(exchange) if alike(&exchange, control) => Err(Undecided::new(
                Cause::NeitherAnswer,
                format!(
                    "a {} that nobody was sent is answered like a good one ({})",
                    self.flow.kind.noun(),
                    exchange.status
                ),
            )
            .shown_by(self.ctx.target.evidence("a token of nobody", &exchange, None))),
            _ => Ok(()),
        }
    }

    /// What was taken by its answer alone counts only where the good token was answered alike: a server may tell a refusal by
    /// its body.
    fn like_the_good_one(&self, tried: Try, control: &Exchange) -> Try {
        let tried = tried?;
        let by_answer = tried.worked && self.flow.kind != RecoveryKind::PasswordReset;
        if !by_answer || alike(&tried.exchange, control) {
            return Ok(tried);
        }
        let what = format!(
            "a {} that must be refused {}, with another answer than a good one",
            self.flow.kind.noun(),
            tried.said
        );
        Err(Undecided::new(Cause::NeitherAnswer, what)
            .settled_by("denied: { json: { $.error: \"*\" } }   # if this answer is a refusal")
            .shown_by(self.ctx.target.evidence("probe", &tried.exchange, None)))
    }

    /// What the answer alone shows of another account counts where the good token was answered alike.
    fn answered_alike(&self, tried: Try, control: &Exchange) -> Try {
        match self.flow.kind {
            RecoveryKind::Verification | RecoveryKind::Invitation => self.like_the_good_one(tried, control),
            RecoveryKind::PasswordReset | RecoveryKind::OneTimeCode => tried,
        }
    }

    /// The address that tokens for an account go to.
    pub(crate) fn address(&self, identity: &Identity) -> Result<String, Undecided> {
        let value = |name: &str| match name {
            "unique" => Some(unguessable().into()),
            name => identity.field(name).map(|field| field.expose().as_str().into()),
        };
        match &self.flow.to {
            Some(template) => template
                .fill(&value)
                .map_err(|error| Undecided::new(Cause::ControlFailed, error.to_string())),
            None => identity
                .field("email")
                .map(|field| field.expose().clone())
                .ok_or_else(|| {
                    Undecided::new(Cause::ControlFailed, format!("{} has no e-mail address", identity.name))
                }),
        }
    }

    /// One more token.
    async fn another(&self, account: Account<'_>, asked: &mut Vec<Asked>) -> Result<String, Undecided> {
        let more = ask(self.ctx, self.flow, account, Hosts::True).await?;
        let token = more.message.as_ref().map(|message| message.token.clone());
        asked.push(more);
        token.ok_or_else(|| Undecided::new(Cause::NothingSeen, "no token came"))
    }

    /// Uses a token that must be refused. What counts is whether the password is still what it was.
    async fn refused(&self, account: Account<'_>, token: &str, current: &mut String) -> Try {
        let new = self.new_password();
        let used = present(self.ctx, self.flow, account, token, new.expose()).await?;
        let (said, exchange, taken) = match used {
            Used::Refused(said, exchange) => (format!("was {said}"), exchange, false),
            Used::Taken(exchange) => (format!("was taken ({})", exchange.status), exchange, true),
        };
        if self.flow.kind != RecoveryKind::PasswordReset {
            return Ok(Tried {
                said,
                worked: taken,
                for_its_own: false,
                exchange,
            });
        }
        if logs_in(self.ctx, &account.identity.name, current).await? {
            return Ok(Tried {
                said: format!("{said}, and the password stayed what it was"),
                worked: false,
                for_its_own: false,
                exchange,
            });
        }
        new.expose().clone_into(current);
        Ok(Tried {
            said: format!("{said}, and the password was another one afterwards"),
            worked: true,
            for_its_own: false,
            exchange,
        })
    }

    /// Uses the good token: the control.
    async fn works(&self, account: Account<'_>, token: &str, current: &mut String) -> Result<Exchange, Undecided> {
        let new = self.new_password();
        let noun = self.flow.kind.noun();
        let failed = |what: String, exchange: &Exchange| {
            Undecided::new(Cause::ControlFailed, what).shown_by(self.ctx.target.evidence("control", exchange, None))
        };
        let exchange = match present(self.ctx, self.flow, account, token, new.expose()).await? {
            Used::Taken(exchange) => exchange,
            Used::Refused(said, exchange) => return Err(failed(format!("a good {noun} was {said}"), &exchange)),
        };
        if self.flow.kind == RecoveryKind::PasswordReset
            && !logs_in(self.ctx, &account.identity.name, new.expose()).await?
        {
            let what = format!(
                "a good {noun} was taken, but the new password does not log {} in",
                account.identity.name
            );
            return Err(failed(what, &exchange));
        }
        new.expose().clone_into(current);
        Ok(exchange)
    }

    /// Asks for one more token; where a password was set, sets it back with that.
    async fn restore(&self, account: Account<'_>, asked: &mut Vec<Asked>) -> Result<(), Undecided> {
        if self.flow.to.is_some() {
            let address = self.address(account.identity)?;
            let fresh = Account {
                address: &address,
                ..account
            };
            return self.another(fresh, asked).await.map(|_| ());
        }
        let token = self.another(account, asked).await?;
        if self.flow.kind == RecoveryKind::PasswordReset {
            self.set_back(account, &token).await;
        }
        Ok(())
    }

    /// Sets the password of another account back, which a broken target changed.
    pub(crate) async fn give_back(&self, account: Account<'_>) {
        if let Ok(asked) = ask(self.ctx, self.flow, account, Hosts::True).await
            && let Some(Message { token, .. }) = asked.message
        {
            self.set_back(account, &token).await;
        }
    }

    /// The password that the plan has logs in, after one more reset where a story ended early; or what is in place stays noted.
    async fn settle_password(&self, identity: &Identity) {
        let Some(password) = identity
            .field("password")
            .filter(|_| self.ctx.undo.owes_password(&identity.name))
        else {
            return;
        };
        let is_back = || async {
            logs_in(self.ctx, &identity.name, password.expose())
                .await
                .unwrap_or(false)
        };
        let mut back = is_back().await;
        if !back && let Ok(address) = self.address(identity) {
            self.give_back(Account {
                identity,
                address: &address,
            })
            .await;
            back = is_back().await;
        }
        if back {
            self.ctx.undo.password_is_back(&identity.name);
        }
    }

    /// Sets the plan's password. Where that fails it is told as left behind.
    async fn set_back(&self, account: Account<'_>, token: &str) {
        let Some(password) = account.identity.field("password") else {
            return;
        };
        let set = present(self.ctx, self.flow, account, token, password.expose()).await;
        let works = matches!(set, Ok(Used::Taken(_)))
            && logs_in(self.ctx, &account.identity.name, password.expose())
                .await
                .unwrap_or(false);
        if !works && let Ok(Used::Taken(exchange) | Used::Refused(_, exchange)) = set {
            self.ctx.undo.owe((*exchange.sent).clone());
        }
    }
}

/// The tokens that came, in order.
pub(crate) fn tokens(asked: &[Asked]) -> impl Iterator<Item = &str> {
    asked
        .iter()
        .filter_map(|asked| asked.message.as_ref())
        .map(|message| message.token.as_str())
}
