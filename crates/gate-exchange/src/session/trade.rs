//! A refresh token is traded, and the session that it belonged to stays as it was, so that it can be traded again.

use std::borrow::Cow;

use gate_model::{Cause, Undecided};
use gate_spec::{ActionKind, Extract, Login, LoginKind, LoginStep, Match};

use super::flow::Flow;
use super::must;
use crate::budget::Purse;
use crate::{Actor, Client, Exchange, Request, Trade};

impl Client {
    pub(super) async fn trade(&self, actor: &Actor) -> Result<Trade, Undecided> {
        let (slot, old) = self.held(actor).await?;
        let identity = self.who(&slot)?;
        let missing = |why: &str| {
            Undecided::new(
                Cause::ControlFailed,
                format!("{} has nothing to refresh by: {why}", identity.name),
            )
        };
        let login = self.login_of(identity).ok_or_else(|| missing("it has no login"))?;
        let mut flow = Flow::new(self, identity, &slot, Purse::Run);
        flow.inherit(&old);
        let chain = match self.refresh_step(login) {
            Some(step) => {
                let request =
                    Request::fill(&step.request, &flow.values()).map_err(|error| missing(&error.to_string()))?;
                flow.wear_for_refresh(&step, &old)?;
                let chain = flow.follow(request, &step.expect).await?;
                flow.worn.clear();
                let refused = |last: &Exchange| !is_served(&step, last, &flow);
                if chain.last().is_none_or(refused) {
                    return only(chain);
                }
                for (name, from) in &step.capture {
                    if flow.capture(name, from, &chain).is_err() {
                        return only(chain);
                    }
                }
                if step.capture.is_empty() {
                    // Most answers to a refresh have the form of those to a login.
                    for (name, from) in usual_captures(login) {
                        let _ = flow.capture(name, from, &chain);
                    }
                }
                chain
            }
            None => {
                let request = flow
                    .refresh_request(login)?
                    .ok_or_else(|| missing("the plan knows no refresh, or the login gave no refresh token"))?;
                let chain = flow.follow(request, &[]).await?;
                if chain.last().is_none_or(|last| !last.is_success()) {
                    return only(chain);
                }
                chain
            }
        };
        let Some(last) = chain.into_iter().next_back() else {
            return Err(missing("nothing came back"));
        };
        flow.take_answer(last.json().map(Cow::into_owned));
        let keeps = old.vars.text("refresh_token");
        let gains = flow.gains();
        let session = match flow.finish(login) {
            Ok(mut live) if gains => {
                // Where the answer brings no new refresh token, the one before goes on (RFC 6749 section 6).
                if let (None, Some(token)) = (live.vars.text("refresh_token"), keeps) {
                    live.vars.set("refresh_token", token.into(), None);
                }
                let session = self.book().with_live(&slot, live);
                Some(self.private_actor(&slot.identity, session))
            }
            Ok(_) | Err(_) => None,
        };
        Ok(Trade {
            exchange: last,
            session,
        })
    }

    /// How a refresh token is traded here, unless by OAuth 2.0: the login's own way first.
    fn refresh_step(&self, login: &Login) -> Option<LoginStep> {
        let planned = login.refresh.clone();
        planned.or_else(|| {
            let action = self.spec().settings.actions.get(ActionKind::Refresh)?;
            Some(LoginStep {
                request: action.request.clone(),
                expect: Vec::new(),
                must: Match::default(),
                capture: Vec::new(),
            })
        })
    }
}

fn is_served(step: &LoginStep, last: &Exchange, flow: &Flow<'_>) -> bool {
    let status = if step.expect.is_empty() {
        last.is_success()
    } else {
        step.expect.iter().any(|expected| expected.matches(last.status))
    };
    status && must::check(&step.must, last, &flow.values()).is_ok()
}

/// Where a login's answer holds what a refresh gives anew.
fn usual_captures(login: &Login) -> impl Iterator<Item = (&str, &Extract)> {
    let last = match &login.kind {
        LoginKind::Steps(steps) => steps.last(),
        LoginKind::ClientCredentials { .. } | LoginKind::Password { .. } | LoginKind::Static => None,
    };
    last.into_iter()
        .flat_map(|step| &step.capture)
        .filter(|(name, _)| matches!(name.as_str(), "token" | "refresh_token" | "id_token"))
        .map(|(name, from)| (name.as_str(), from))
}

/// An answer that gave no session.
fn only(chain: Vec<Exchange>) -> Result<Trade, Undecided> {
    let last = chain.into_iter().next_back();
    let exchange = last.ok_or_else(|| Undecided::new(Cause::Transport, "nothing came back to a refresh"))?;
    Ok(Trade {
        exchange,
        session: None,
    })
}
