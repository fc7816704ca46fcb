//! Looks messages up: in a mail catcher's API, or in what the target writes to a log. What comes back is hostile input.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use gate_check::Ctx;
use gate_exchange::{Actor, Exchange, Purpose};
use gate_model::{Cause, Undecided};
use gate_spec::{MailLookUp, MailPlace, RecoveryFlow, RequestTemplate};
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::message::{readable, spoken, texts, tokens};
use crate::values::Values;

/// Bytes of a log that are read behind the point where looking began.
const MAX_LOG_BYTES: u64 = 1 << 20;
/// Messages of one list.
const MAX_MESSAGES: usize = 500;
/// Messages that are fetched one by one in one look.
const MAX_FETCHED: usize = 10;
/// Between two looks: the first pause and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// A mailbox of one address.
pub(crate) struct Mailbox<'a> {
    flow: &'a RecoveryFlow,
    look_up: &'a MailLookUp,
    address: &'a str,
    /// The file of the log, where there is one.
    log: Option<&'a str>,
}

/// How a mailbox was at one moment.
pub(crate) enum Before {
    /// Tokens and how often each is there.
    Tokens(HashMap<String, usize>),
    /// Ids of messages and how often each is there.
    Ids(HashMap<String, usize>),
    /// Bytes of the log.
    Length(u64),
}

/// A message with its token.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The token.
    pub(crate) token: String,
    /// Everything that was new in the mailbox.
    pub(crate) text: String,
    /// The exchange that shows it, where it came by HTTP.
    pub(crate) exchange: Option<Exchange>,
}

/// What one look gave.
struct Look {
    texts: Vec<String>,
    exchange: Option<Exchange>,
}

impl<'a> Mailbox<'a> {
    /// The mailbox of an address, where the flow says how to look.
    pub(crate) fn new(ctx: &Ctx<'a>, flow: &'a RecoveryFlow, address: &'a str) -> Option<Self> {
        let look_up = flow.mail.as_ref()?;
        let log = match &look_up.place {
            MailPlace::Log(Some(file)) => Some(file.as_str()),
            MailPlace::Log(None) => ctx.spec.settings.output_log.as_deref(),
            MailPlace::Http { .. } => None,
        };
        Some(Self {
            flow,
            look_up,
            address,
            log,
        })
    }

    /// How it is now.
    ///
    /// # Errors
    /// Where it cannot be looked at.
    pub(crate) async fn before(&self, ctx: &Ctx<'_>) -> Result<Before, Undecided> {
        match &self.look_up.place {
            MailPlace::Log(_) => self.log_length().map(Before::Length),
            MailPlace::Http {
                request,
                each: Some(each),
                then: Some(_),
            } => {
                let (units, _) = self.units(ctx, request, Some(each)).await?;
                Ok(Before::Ids(counted(units.iter().map(id_of))))
            }
            MailPlace::Http { request, each, .. } => {
                let (units, _) = self.units(ctx, request, each.as_deref()).await?;
                let texts: Vec<String> = units.iter().map(text_of).collect();
                Ok(Before::Tokens(counted(self.tokens(&texts)?.into_iter())))
            }
        }
    }

    /// Waits for a message that was not there before.
    ///
    /// # Errors
    /// Where none comes in time, it holds no token or several, or it cannot be looked up.
    pub(crate) async fn wait(&self, ctx: &Ctx<'_>, before: &Before) -> Result<Message, Undecided> {
        let ends = ctx.clock.now() + self.look_up.within;
        let mut pause = PAUSES.0;
        loop {
            let look = self.look(ctx, before).await?;
            let mut found = self.tokens(&look.texts)?;
            if let Before::Tokens(known) = before {
                let mut left = known.clone();
                found.retain(|token| match left.get_mut(token) {
                    Some(count) if *count > 0 => {
                        *count -= 1;
                        false
                    }
                    _ => true,
                });
            }
            found.dedup();
            let first = found.first().cloned();
            match first {
                Some(token) if found.iter().all(|other| *other == token) => {
                    ctx.target.keep_secret(&token);
                    return Ok(Message {
                        token,
                        text: look.texts.join("\n"),
                        exchange: look.exchange,
                    });
                }
                Some(_) => {
                    let what = format!(
                        "a message of {} holds {} texts that may be the token",
                        self.address,
                        found.len()
                    );
                    return Err(Undecided::new(Cause::NothingSeen, what).settled_by(self.pattern()));
                }
                None => {}
            }
            if ctx.clock.now() >= ends {
                let seconds = self.look_up.within.as_secs();
                if !look.texts.iter().all(|text| text.trim().is_empty()) && matches!(before, Before::Ids(_)) {
                    let what = format!(
                        "a message came for {} within {seconds} s, and no token was found in it",
                        self.address
                    );
                    return Err(Undecided::new(Cause::NothingSeen, what).settled_by(self.pattern()));
                }
                return Err(self.trouble(format!(
                    "no message with a token came for {} within {seconds} s",
                    self.address
                )));
            }
            ctx.clock.sleep(pause).await;
            pause = (pause * 3 / 2).min(PAUSES.1);
        }
    }

    /// What is in the mailbox now, as far as it may be new.
    async fn look(&self, ctx: &Ctx<'_>, before: &Before) -> Result<Look, Undecided> {
        match (&self.look_up.place, before) {
            (MailPlace::Log(_), Before::Length(from)) => Ok(Look {
                texts: vec![self.log_since(*from)?],
                exchange: None,
            }),
            (
                MailPlace::Http {
                    request,
                    each,
                    then: Some(then),
                },
                Before::Ids(known),
            ) => self.fetch_new(ctx, request, each.as_deref(), then, known).await,
            (MailPlace::Http { request, each, .. }, _) => {
                let (units, exchange) = self.units(ctx, request, each.as_deref()).await?;
                Ok(Look {
                    texts: units.iter().map(text_of).collect(),
                    exchange: Some(exchange),
                })
            }
            (MailPlace::Log(_), _) => Err(self.trouble("the log was looked at as something else".to_owned())),
        }
    }

    /// Messages whose ids were not there before, each fetched by itself.
    async fn fetch_new(
        &self,
        ctx: &Ctx<'_>,
        request: &RequestTemplate,
        each: Option<&str>,
        then: &RequestTemplate,
        known: &HashMap<String, usize>,
    ) -> Result<Look, Undecided> {
        let (units, exchange) = self.units(ctx, request, each).await?;
        let new = units.iter().map(id_of).filter(|id| !known.contains_key(id));
        let mut look = Look {
            texts: Vec::new(),
            exchange: Some(exchange),
        };
        for id in new.take(MAX_FETCHED) {
            let values = Values {
                address: self.address,
                message: Some(&id),
                ..Values::default()
            };
            let exchange = self.get(ctx, then, &values).await?;
            look.texts.push(readable(&spoken(&exchange.text())));
            look.exchange = Some(exchange);
        }
        Ok(look)
    }

    /// The messages of an answer, or their ids.
    async fn units(
        &self,
        ctx: &Ctx<'_>,
        request: &RequestTemplate,
        each: Option<&str>,
    ) -> Result<(Vec<Value>, Exchange), Undecided> {
        let values = Values {
            address: self.address,
            ..Values::default()
        };
        let exchange = self.get(ctx, request, &values).await?;
        let Some(each) = each else {
            let whole = Value::from(spoken(&exchange.text()));
            return Ok((vec![whole], exchange));
        };
        let json = exchange.json().map(Cow::into_owned).ok_or_else(|| {
            self.trouble("the look-up of messages was answered with something else than JSON".to_owned())
        })?;
        let path = JsonPath::parse(each).map_err(|error| self.trouble(format!("`{each}` cannot be read: {error}")))?;
        let found = path
            .query(&json)
            .iter()
            .take(MAX_MESSAGES)
            .map(|unit| (*unit).clone())
            .collect();
        Ok((found, exchange))
    }

    async fn get(&self, ctx: &Ctx<'_>, request: &RequestTemplate, values: &Values<'_>) -> Result<Exchange, Undecided> {
        let outgoing = values.fill(request, None, &Actor::anonymous(), Purpose::LookUp)?;
        let exchange = ctx.target.send(outgoing).await?;
        if exchange.is_success() && !exchange.truncated {
            return Ok(exchange);
        }
        let what = if exchange.truncated {
            "with more than may be read".to_owned()
        } else {
            exchange.status.to_string()
        };
        Err(self
            .trouble(format!("the look-up of messages was answered {what}"))
            .shown_by(ctx.target.evidence("look-up", &exchange, None)))
    }

    fn tokens(&self, texts: &[String]) -> Result<Vec<String>, Undecided> {
        let mut all = Vec::new();
        for text in texts {
            all.extend(tokens(text, self.flow.token.as_deref()).map_err(|error| self.trouble(error))?);
        }
        Ok(all)
    }

    fn log_length(&self) -> Result<u64, Undecided> {
        let path = self.log_path()?;
        std::fs::metadata(path)
            .map(|file| file.len())
            .map_err(|error| self.trouble(format!("the log {path} cannot be read: {error}")))
    }

    /// What was written behind a point; from the beginning where the file became shorter.
    fn log_since(&self, from: u64) -> Result<String, Undecided> {
        let path = self.log_path()?;
        let read = || -> std::io::Result<String> {
            let mut file = std::fs::File::open(path)?;
            let length = file.metadata()?.len();
            let from = if length < from { 0 } else { from };
            file.seek(SeekFrom::Start(from.max(length.saturating_sub(MAX_LOG_BYTES))))?;
            let mut bytes = Vec::new();
            file.take(MAX_LOG_BYTES).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().map_err(|error| self.trouble(format!("the log {path} cannot be read: {error}")))
    }

    fn log_path(&self) -> Result<&str, Undecided> {
        self.log
            .ok_or_else(|| self.trouble("nothing started the target, so that what it prints is not known".to_owned()))
    }

    /// The line that says what a token looks like.
    fn pattern(&self) -> String {
        format!(
            "recovery: {{ {}: {{ token: \"[?&]token=([^&\\\\s]+)\" }} }}   # with what stands before it in the message",
            self.flow.kind.word()
        )
    }

    /// Why there is no token, with the line to put right.
    fn trouble(&self, detail: String) -> Undecided {
        Undecided::new(Cause::NothingSeen, detail).settled_by(format!(
            "recovery: {{ {}: {{ token: \"[?&]token=([^&\\\\s]+)\", mail: {{ get: \"http://127.0.0.1:8025/api/v2/search?kind=to&query={{{{email}}}}\", \
             each: \"$.items[*].Raw.Data\", within: 30s }} }} }}",
            self.flow.kind.word()
        ))
    }
}

fn counted(items: impl Iterator<Item = String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_insert(0) += 1;
    }
    counts
}

fn id_of(unit: &Value) -> String {
    match unit {
        Value::String(id) => id.clone(),
        other => other.to_string(),
    }
}

fn text_of(unit: &Value) -> String {
    match unit {
        Value::String(text) => readable(text),
        other => readable(&texts(other)),
    }
}
