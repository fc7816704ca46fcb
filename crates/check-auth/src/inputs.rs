//! What rows are forged from beside the live token: keys, a listener, other tokens. Found once a run.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use gate_check::{Ctx, NoAltered};
use gate_exchange::{Altered, Credentials, Place};
use gate_model::{Cause, Undecided};
use token_forge::{Acceptance, Input, Jws, Need, OtherToken, PublicKey, Row};
use tokio::sync::OnceCell;

use crate::credentials::{altered, main, main_place};
use crate::keys;
use crate::listener::Listener;

/// What credentials were forged from: identity, generation, where the altered one stands, row.
type Origin = (String, u64, Option<Place>, &'static str);

/// Shared by all checks of a run.
#[derive(Default)]
pub(crate) struct Inputs {
    keys: OnceCell<Vec<PublicKey>>,
    listener: OnceCell<Option<Listener>>,
    /// Credentials, by identity and generation, whose re-signed form the target recognised.
    recognised: Mutex<HashSet<(String, u64)>>,
    /// What was forged, by identity, generation and row: the same rows are tried on many operations.
    forged: Mutex<HashMap<Origin, Vec<Altered>>>,
    /// The token that rows were last forged from: what their acceptance means depends on it.
    last: Mutex<Option<Jws>>,
}

/// What was found for one identity's credentials.
pub(crate) struct Given {
    keys: Vec<PublicKey>,
    listener: Option<String>,
    signing_key: Option<String>,
    others: Vec<(OtherToken, String)>,
}

impl Inputs {
    /// Finds what rows with these needs can be forged from.
    pub(crate) async fn gather(&self, ctx: &Ctx<'_>, live: &Credentials, needs: &[Need]) -> Result<Given, NoAltered> {
        let token = main(live).and_then(|main| Jws::parse(main.value));
        // A cookie beside the token says nothing of what the token is.
        if token.is_some() {
            self.last
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone_from(&token);
        }
        let tokens = &ctx.spec.settings.tokens;
        let text = |secret: &Option<gate_model::Secret<String>>| secret.as_ref().map(|secret| secret.expose().clone());
        let mut given = Given {
            keys: Vec::new(),
            listener: None,
            signing_key: text(&tokens.signing_key),
            others: Vec::new(),
        };
        let Some(token) = token else {
            return Ok(given);
        };
        if needs.contains(&Need::PublicKey) {
            given.keys = self.keys.get_or_init(|| keys::find(ctx, &token)).await.clone();
        }
        // Who is to fetch from this machine must run on it.
        if needs.contains(&Need::Listener) && ctx.spec.target.is_loopback() {
            let listener = self.listener.get_or_init(Listener::start).await;
            given.listener = listener.as_ref().map(|listener| listener.url().to_owned());
        }
        let others = [
            (OtherToken::Expired, text(&tokens.expired)),
            (OtherToken::OtherEnvironment, text(&tokens.other_environment)),
            (OtherToken::Id, text(&tokens.id_token)),
            (
                OtherToken::Id,
                live.other("id_token").map(|token| token.expose().clone()),
            ),
            (
                OtherToken::Refresh,
                live.other("refresh_token").map(|token| token.expose().clone()),
            ),
        ];
        given.others = others
            .into_iter()
            .filter_map(|(kind, token)| Some((kind, token?)))
            .collect();
        Ok(given)
    }

    /// The credentials of a row that were forged before.
    pub(crate) fn known(&self, live: &Credentials, row: &Row) -> Option<Vec<Altered>> {
        self.forged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(
                live.identity.to_string(),
                live.generation,
                main_place(live).cloned(),
                row.id,
            ))
            .cloned()
    }

    /// Keeps what was forged; what older credentials of the identity gave is no longer of use.
    pub(crate) fn keep(&self, live: &Credentials, row: &Row, made: &[Altered]) {
        let identity = live.identity.to_string();
        let mut forged = self.forged.lock().unwrap_or_else(PoisonError::into_inner);
        forged.retain(|(known, generation, ..), _| *known != identity || *generation == live.generation);
        forged.insert(
            (identity, live.generation, main_place(live).cloned(), row.id),
            made.to_vec(),
        );
    }

    /// Rows that are signed with the plan's key say something only where the target takes that key for the issuer's: it has
    /// to recognise the good token when it is signed again with one more claim.
    pub(crate) async fn must_be_recognised(
        &self,
        ctx: &Ctx<'_>,
        live: &Credentials,
        input: &Input<'_>,
        row: &Row,
    ) -> Result<(), NoAltered> {
        if row.need() != Some(Need::SigningKey) {
            return Ok(());
        }
        let known = (live.identity.to_string(), live.generation);
        if self
            .recognised
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&known)
        {
            return Ok(());
        }
        let open =
            |detail: String| {
                NoAltered::Undecided(Undecided::new(Cause::ControlFailed, detail).settled_by(
                    "tokens: { signing_key: \"${TEST_SIGNING_KEY}\" }   # the key of the target under test",
                ))
            };
        let control = input.control().and_then(|variant| altered(live, row, &variant));
        let Some(control) = control else {
            return Err(open("tokens.signing_key does not sign".to_owned()));
        };
        match ctx.sessions.recognised(&control).await {
            Ok(true) => {
                self.recognised
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(known);
                Ok(())
            }
            Ok(false) if ctx.sessions.alive(&live.identity).await.is_err() => {
                Err(NoAltered::Undecided(Undecided::new(
                    Cause::SessionLost,
                    format!("{}'s session was lost while credentials were made of it", live.identity),
                )))
            }
            Ok(false) => Err(open(format!(
                "{}'s token, signed again by tokens.signing_key with one more claim, was refused: rows that are signed with that \
                 key would prove nothing",
                live.identity
            ))),
            Err(reason) => Err(NoAltered::Undecided(reason)),
        }
    }

    /// Whether the target asked our listener for what a row names.
    pub(crate) fn fetched(&self, row: &str) -> bool {
        self.listener
            .get()
            .and_then(Option::as_ref)
            .is_some_and(|listener| listener.was_asked_for(row))
    }

    /// What it means that a row was accepted.
    pub(crate) fn acceptance(&self, row: &Row) -> Acceptance {
        match &*self.last.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(token) => row.acceptance_for(token),
            None => match row.acceptance {
                Acceptance::HoleIfTyped(_) | Acceptance::HoleIfClaimed(..) => Acceptance::Note,
                known => known,
            },
        }
    }
}

impl Given {
    /// The input of the corpus.
    pub(crate) fn input<'a>(&'a self, live: &'a Credentials) -> Option<Input<'a>> {
        let main = main(live)?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_secs());
        let mut input = Input::new(main.value, main.carrier, now).public_keys(self.keys.iter().cloned());
        if let Some(key) = &self.signing_key {
            // A text that is no key is as good as none; the rows say so.
            input = match input.clone().signing_key(key) {
                Ok(with_key) => with_key,
                Err(_) => input,
            };
        }
        if let Some(listener) = &self.listener {
            input = input.listener(listener);
        }
        for (kind, token) in &self.others {
            input = input.other(*kind, token);
        }
        Some(input)
    }

    /// The plan line that gives what a row needs.
    pub(crate) fn line_for(&self, need: Need) -> Option<String> {
        let line = match need {
            Need::SigningKey => {
                "tokens: { signing_key: \"${TEST_SIGNING_KEY}\" }   # of a test environment only: PEM, JWK or HMAC secret"
            }
            Need::PublicKey => "tokens: { public_key: \"${PUBLIC_KEY}\" }   # PEM, JWK or JWKS of the issuer",
            Need::Other(OtherToken::Expired) => {
                "tokens: { expired: \"${OLD_TOKEN}\" }   # an access token whose time has passed"
            }
            Need::Other(OtherToken::OtherEnvironment) => "tokens: { other_environment: \"${STAGING_TOKEN}\" }",
            Need::Other(OtherToken::Id | OtherToken::Refresh) => "tokens: { id_token: \"${ID_TOKEN}\" }",
            Need::Listener => {
                "target: { url: http://127.0.0.1:… }   # a target on this machine can be seen fetching keys"
            }
        };
        Some(line.to_owned())
    }
}
