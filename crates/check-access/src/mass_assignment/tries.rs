//! One request with fields that nobody may send, and what is read back after it.

use std::sync::Arc;

use gate_check::{ClosingProof, Ctx};
use gate_exchange::Exchange;
use gate_model::{Cause, Evidence, Undecided};
use gate_objects::{Bindings, Object};
use gate_spec::{Effect, Operation};
use serde_json::{Map, Value};

use super::decide::{Ground, fields_of, names};
use super::fields::{Extra, Meaning, alike, object_of};
use crate::bodies;
use crate::own_writes::{Sent, View, Writer, no_id, view};

/// Everything that a try needs.
pub(super) struct Try<'t, 'c> {
    pub(super) ctx: &'c Ctx<'c>,
    pub(super) ground: &'t Ground<'c>,
    pub(super) operation: &'t Operation,
    pub(super) writer: &'t mut Writer<'c>,
    /// An object that a try made and that nothing stuck to, with its fields.
    pub(super) clean: &'t mut Option<(Arc<Object>, Map<String, Value>)>,
}

/// What came of a try.
pub(super) enum Came {
    /// The fields were ignored.
    Clean(Exchange),
    /// The request was refused, and nothing was stored: how, and with which session.
    Refused(String, u64),
    /// A field was stored, or the object went to somebody else.
    Stored { words: String, evidence: Vec<Evidence> },
}

impl Try<'_, '_> {
    /// Sends these fields beside what the operation takes, and reads back.
    pub(super) async fn send(&mut self, extras: &[Extra]) -> Result<Came, Undecided> {
        let members = extras.iter().map(|extra| (extra.name.as_str(), &extra.value));
        let template = bodies::extended(&self.operation.request, members)
            .ok_or_else(|| Undecided::new(Cause::NoVerdict, "the request has no body of fields"))?;
        let (target, bindings) = self.aim().await?;
        let making = target.is_none().then_some(&self.ground.resource.name);
        let (probe, refused) = self.writer.probe(self.operation, &template, &bindings, making).await?;
        let (object, before) = match (target, &refused) {
            (Some((object, before)), _) => (object, before),
            // A handler that refuses may have made it all the same.
            (None, Some(said)) => {
                let resource = self.ground.resource;
                match self.writer.in_list(resource, &bindings, &probe.marks).await? {
                    None => return Ok(Came::Refused(said.clone(), probe.exchange.generation)),
                    Some((id, _)) => (self.writer.holds(resource, id, &probe, &bindings, &[]), Map::new()),
                }
            }
            (None, None) => {
                let made = self.writer.made(self.ground.resource, &probe, &bindings, &[]);
                let made = made.ok_or_else(|| no_id(self.ctx, self.ground.resource, &probe.exchange))?;
                (made, Map::new())
            }
        };
        let seen = view(
            self.ctx,
            &self.ground.who,
            self.ground.resource,
            &object,
            refused.is_none(),
        )
        .await?;
        let (json, read) = match seen {
            Some(View::Shown { json, exchange }) => (json, exchange),
            Some(View::Hidden(said, _)) if refused.is_some() => {
                return Err(self.unread(&format!("the request was refused, and its maker was {said}")));
            }
            Some(View::Hidden(said, exchange)) => return self.moved(extras, &object, &probe, &said, &exchange).await,
            None => return Err(self.unread("nothing reads it")),
        };
        let now = object_of(&json, &object.id_text()).cloned().unwrap_or_default();
        let stuck: Vec<Extra> = extras
            .iter()
            .filter(|extra| {
                let is = |fields: &Map<String, Value>| {
                    fields.get(&extra.name).is_some_and(|value| alike(value, &extra.value))
                };
                is(&now) && !is(&before)
            })
            .cloned()
            .collect();
        let stuck = self.not_by_itself(stuck).await?;
        if stuck.is_empty() {
            let came = match refused {
                Some(said) => Came::Refused(said, probe.exchange.generation),
                None => Came::Clean(probe.exchange),
            };
            *self.clean = Some((object, now));
            return Ok(came);
        }
        let evidence = vec![
            self.ctx.target.evidence("probe", &probe.exchange, None),
            self.ctx.target.evidence("read back", &read, None),
        ];
        let words = format!(
            "{} sent {} and was answered {}; the object has it when it is read back, and one that was written without does not",
            self.ground.who,
            names(&stuck),
            probe.exchange.status
        );
        *self.clean = None;
        Ok(Came::Stored { words, evidence })
    }

    /// The same request without any of the fields, which has to be served.
    pub(super) async fn plain(&mut self) -> Result<Exchange, Undecided> {
        Ok(self.write_plain().await?.0)
    }

    async fn write_plain(&mut self) -> Result<(Exchange, Arc<Object>), Undecided> {
        let (target, bindings) = self.aim().await?;
        let making = target.is_none().then_some(&self.ground.resource.name);
        let operation = self.operation;
        let sent = self
            .writer
            .control(operation, &operation.request, &bindings, making)
            .await?;
        ClosingProof::answered(self.ctx, &sent.exchange).map_err(|reason| {
            reason
                .settled_by(format!(
                    "{}   # what the server accepts, or skip",
                    self.ctx.spec.stub_request(&operation.id)
                ))
                .shown_by(self.ctx.target.evidence("control", &sent.exchange, None))
        })?;
        let object = match target {
            Some((object, _)) => object,
            None => self
                .writer
                .made(self.ground.resource, &sent, &bindings, &[])
                .ok_or_else(|| no_id(self.ctx, self.ground.resource, &sent.exchange))?,
        };
        Ok((sent.exchange, object))
    }

    /// Of the fields that have what was sent, those that do not come to it by themselves.
    async fn not_by_itself(&mut self, stuck: Vec<Extra>) -> Result<Vec<Extra>, Undecided> {
        if stuck.is_empty() {
            return Ok(stuck);
        }
        // What was written to already tells nothing.
        *self.clean = None;
        let (_, object) = self.write_plain().await?;
        let fields = fields_of(self.ctx, &self.ground.who, self.ground.resource, &object).await?;
        let fields = fields.ok_or_else(|| self.unread("an object without the fields cannot be read back"))?;
        *self.clean = None;
        let by_itself = |extra: &Extra| fields.get(&extra.name).is_some_and(|value| alike(value, &extra.value));
        Ok(stuck.into_iter().filter(|extra| !by_itself(extra)).collect())
    }

    /// What the request is sent to: an object with its fields before, unless it makes one; and what fills it.
    async fn aim(&mut self) -> Result<(Option<(Arc<Object>, Map<String, Value>)>, Bindings), Undecided> {
        let resource = self.ground.resource;
        let mut bindings = self.writer.needed(resource, &self.operation.request).await?;
        bindings.params.clone_from(&self.operation.params);
        if self.operation.effect != Effect::Update {
            return Ok((None, bindings));
        }
        let (object, before) = match self.clean.take() {
            Some(clean) => clean,
            None => {
                let object = self.writer.fresh(resource, &[]).await?;
                let fields = fields_of(self.ctx, &self.ground.who, resource, &object).await?;
                (
                    object,
                    fields.ok_or_else(|| self.unread("a new one is not shown to its maker"))?,
                )
            }
        };
        bindings.objects.insert(0, Arc::clone(&object));
        Ok((Some((object, before)), bindings))
    }

    /// The object is gone from its maker's sight after the try: it may have gone to the tenant that was named.
    async fn moved(
        &mut self,
        extras: &[Extra],
        object: &Arc<Object>,
        probe: &Sent,
        said: &str,
        read: &Exchange,
    ) -> Result<Came, Undecided> {
        let (ctx, ground) = (self.ctx, self.ground);
        let given = extras.iter().any(|extra| {
            matches!(
                extra.meaning,
                Meaning::Named | Meaning::Tenant | Meaning::Person | Meaning::Reference(_)
            )
        });
        // It may be the session that is gone.
        if !given
            || fields_of(ctx, &ground.who, ground.resource, &ground.leased)
                .await?
                .is_none()
        {
            return Err(self.unread(&format!("its maker was {said}")));
        }
        let mut evidence = vec![
            ctx.target.evidence("probe", &probe.exchange, None),
            ctx.target.evidence("its maker reads", read, None),
        ];
        let mut words = format!(
            "{} sent {} and was answered {}; then the object was gone from its maker's sight ({said})",
            ground.who,
            names(extras),
            probe.exchange.status
        );
        let mut seen = false;
        if let Some(other) = &ground.other {
            ctx.objects.adopt(Arc::new(Object {
                owner: other.clone(),
                ..(**object).clone()
            }));
            if let Some(View::Shown { exchange, .. }) = view(ctx, other, ground.resource, object, false).await? {
                let mark = probe.marks.iter().find(|mark| exchange.text().contains(&mark.secret));
                evidence.push(ctx.target.evidence(
                    "the other tenant reads",
                    &exchange,
                    mark.map(|mark| mark.secret.as_str()),
                ));
                words = format!("{words}, and {other} of another tenant is shown it");
                seen = true;
            }
        }
        // What was there before and is no more was taken away by the try; what was made just now may only be late.
        if seen || self.operation.effect == Effect::Update {
            return Ok(Came::Stored { words, evidence });
        }
        Err(self.unread(&format!("its maker was {said}")))
    }

    fn unread(&self, why: &str) -> Undecided {
        Undecided::new(
            Cause::ReadBack,
            format!(
                "{} wrote fields that nobody may set with {}, and what was stored cannot be read back: {why}",
                self.ground.who, self.operation.id
            ),
        )
        .settled_by(self.ctx.spec.stub_read(&self.ground.resource.name))
    }
}
