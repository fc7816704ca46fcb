//! The owner makes an object, before and after; in between strangers try to make one in his place.

use std::sync::Arc;

use gate_exchange::{Actor, BoxFuture, Exchange, ObjectKey, Outgoing, Purpose, Request};
use gate_model::{Cause, Evidence, IdentityName, Undecided};
use gate_objects::{Bindings, CallerLookup, Object, Origin, extract, object_ids};
use gate_spec::{Extract, Operation, Resource};
use serde_json::Value;

use super::{After, Attempt, Control, Kept, Means, Suspects, sealed, send_probe};
use crate::answer::{denied, neither};
use crate::marks::foreign_canary;
use crate::walk::walk;
use crate::{Answer, Ctx, Probe, Refusal, ask};

/// The control of an operation that makes objects of a kind, under its owner's parents where it has any.
pub struct MadeByOwner<'p> {
    operation: &'p Operation,
    resource: &'p Resource,
    made: Option<Arc<Object>>,
    tried: Vec<Tried>,
    looked: bool,
}

struct Tried {
    actor: Actor,
    marks: Vec<String>,
    id: Option<Value>,
    /// Whether the plan lets him.
    may: bool,
    /// Whether it is known whose it is, and who removes it.
    read_back: bool,
}

impl<'p> MadeByOwner<'p> {
    /// A control for the operation that the plan makes objects of this kind with; `made` is one that was made just now.
    pub fn new(operation: &'p Operation, resource: &'p Resource, made: Option<Arc<Object>>) -> Self {
        Self {
            operation,
            resource,
            made,
            tried: Vec::new(),
            looked: false,
        }
    }

    /// Hands over to the clean-up what could not be read back any more, as its maker's own.
    fn hand_over(&self, ctx: &Ctx<'_>) {
        let Some(made) = &self.made else { return };
        for tried in self.tried.iter().filter(|tried| tried.may && !tried.read_back) {
            if let (Some(id), Some(owner)) = (&tried.id, &tried.actor.identity) {
                ctx.objects.adopt(Arc::new(Object {
                    id: id.clone(),
                    owner: owner.clone(),
                    canaries: Vec::new(),
                    key: ObjectKey(0),
                    origin: Origin::Created,
                    ..(**made).clone()
                }));
            }
        }
    }

    /// Whether a page of the owner's list shows what the owner made before.
    fn shows_own(&self, ctx: &Ctx<'_>, made: &Object, page: &Exchange) -> bool {
        let marked = ctx
            .canaries
            .find(&page.body)
            .into_iter()
            .any(|(canary, _)| made.canaries.iter().any(|own| own.secret == canary.secret));
        // A list may write a number as text.
        let is_own = |id: &Value| id.as_str().map_or_else(|| id.to_string(), str::to_owned) == made.id_text();
        marked || object_ids(&self.resource.id, page).iter().any(|(id, _)| is_own(id))
    }

    /// What a stranger made in the owner's place, as the owner sees it.
    async fn appeared(
        &mut self,
        ctx: &Ctx<'_>,
        made: &Arc<Object>,
    ) -> Result<Option<(Actor, String, Vec<Evidence>)>, Undecided> {
        let owner = Actor::identity(&made.owner);
        let parents = Bindings {
            objects: made.ancestors.clone(),
            ..Bindings::default()
        };
        let mut first = None;
        for tried in &mut self.tried {
            if let (Some(id), Some(read)) = (&tried.id, &self.resource.read) {
                let ghost = Arc::new(Object {
                    id: id.clone(),
                    canaries: Vec::new(),
                    key: ObjectKey(0),
                    ..(**made).clone()
                });
                let bindings = Bindings {
                    objects: vec![Arc::clone(&ghost)],
                    params: read.params.clone(),
                    fixed: Vec::new(),
                };
                let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(&made.owner), &bindings);
                if let Ok(request) = Request::fill(&read.request, &lookup) {
                    let mut outgoing = Outgoing::new(&owner, Purpose::ReadBack, request);
                    outgoing.operation = read.operation.clone();
                    let exchange = ask(ctx, outgoing).await?;
                    tried.read_back = true;
                    let owner_sees = exchange.is_success() && !exchange.body.is_empty();
                    if tried.may && !owner_sees {
                        // His own, by right: he removes it himself.
                        if let Some(owner) = tried.actor.identity.clone() {
                            ctx.objects.adopt(Arc::new(Object {
                                owner,
                                origin: Origin::Created,
                                ..(*ghost).clone()
                            }));
                        }
                    }
                    if owner_sees {
                        ctx.objects.adopt(Arc::new(Object {
                            origin: Origin::Created,
                            ..(*ghost).clone()
                        }));
                        let evidence = vec![ctx.target.evidence("owner reads back", &exchange, None)];
                        let what = "an object that a stranger made is in it".to_owned();
                        first = first.or(Some((tried.actor.clone(), what, evidence)));
                    }
                }
            }
        }
        if first.is_some() {
            return Ok(first);
        }
        let marks: Vec<&String> = self.tried.iter().flat_map(|tried| &tried.marks).collect();
        let Some(list) = self.resource.lists.iter().find(|_| !marks.is_empty()) else {
            return Ok(None);
        };
        let bindings = Bindings {
            params: list.params.clone(),
            ..parents
        };
        let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(&made.owner), &bindings);
        let (Ok(request), Some(operation)) = (Request::fill(&list.request, &lookup), &list.operation) else {
            return Ok(None);
        };
        let marked = |page: &Exchange| {
            let found = ctx.canaries.find(&page.body);
            found.into_iter().find(|(canary, _)| marks.contains(&&canary.secret))
        };
        let pages = walk(ctx, &owner, Purpose::ReadBack, operation, &request, |page| {
            marked(page).is_some()
        })
        .await?;
        // That nothing else is in a list says something where the owner's own is.
        self.looked =
            pages.last().is_some_and(Exchange::is_success) && pages.iter().any(|page| self.shows_own(ctx, made, page));
        for page in &pages {
            if let Some((canary, _)) = marked(page)
                && let Some(tried) = self.tried.iter().find(|tried| tried.marks.contains(&canary.secret))
            {
                let evidence = vec![ctx.target.evidence("owner's list", page, Some(&canary.secret))];
                return Ok(Some((
                    tried.actor.clone(),
                    "an object that a stranger made is in the owner's list".to_owned(),
                    evidence,
                )));
            }
        }
        Ok(None)
    }
}

impl sealed::Sealed for MadeByOwner<'_> {}

impl Control for MadeByOwner<'_> {
    fn establish<'a>(&'a mut self, ctx: &'a Ctx<'a>) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(async move {
            if self.made.is_none() {
                self.made = Some(ctx.objects.make(&self.resource.name).await?);
            }
            Ok(())
        })
    }

    fn attempt<'a>(&'a mut self, ctx: &'a Ctx<'a>, probe: &'a Probe) -> BoxFuture<'a, Result<Attempt, Undecided>> {
        Box::pin(async move {
            let made = self
                .made
                .as_ref()
                .ok_or_else(|| Undecided::new(Cause::NoVerdict, "nothing was made before"))?;
            let create = self
                .resource
                .create
                .as_ref()
                .ok_or_else(|| Undecided::new(Cause::ObjectMissing, "the plan does not say how one is made"))?;
            let bindings = Bindings {
                objects: made.ancestors.clone(),
                params: create.params.clone(),
                fixed: Vec::new(),
            };
            let lookup = CallerLookup::new(ctx.spec, ctx.canaries, probe.actor.identity.as_ref(), &bindings);
            let request = Request::fill(&create.request, &lookup)
                .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
            let unique = lookup.unique().to_owned();
            let marks: Vec<String> = lookup.into_minted().into_iter().map(|canary| canary.secret).collect();
            let outgoing = Outgoing::new(&probe.actor, Purpose::Probe, request).of(&self.operation.id);
            let (exchange, generation) = send_probe(ctx, outgoing).await?;
            let mut tried = Tried {
                actor: probe.actor.clone(),
                marks,
                id: None,
                may: probe.refusal == Refusal::Wrong,
                read_back: false,
            };
            let mut span = None;
            let answer = if let Some(shown) = foreign_canary(ctx, &probe.actor, &exchange) {
                span = Some(shown.span);
                Answer::Served(shown.what)
            } else if let Some(said) = denied(&ctx.spec.settings.denial, probe.refusal, &exchange) {
                Answer::Denied(said)
            } else if exchange.is_success() {
                tried.id = self.resource.id.iter().find_map(|from| match from {
                    Extract::Named(template) => Some(Value::from(template.replace("{{unique}}", &unique))),
                    other => extract(other, &exchange),
                });
                if (probe.actor.is_anonymous() || tried.may) && tried.id.is_some() {
                    Answer::Served(format!("a new {} of its own", self.resource.name))
                } else {
                    Answer::Accepted(format!("answered {}", exchange.status))
                }
            } else {
                Answer::Neither(neither(&probe.actor.to_string(), "", &exchange))
            };
            self.tried.push(tried);
            let evidence = vec![Kept::new("probe", &exchange, span.as_deref())];
            Ok(Attempt {
                answer,
                evidence,
                generation,
            })
        })
    }

    fn reads_back(&self) -> bool {
        true
    }

    /// The owner makes another at once: what is made now can be leased to others while time passes.
    fn rest<'a>(&'a mut self, ctx: &'a Ctx<'a>) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(async move {
            let again = ctx.objects.make(&self.resource.name).await;
            if let Some(made) = &self.made {
                ctx.objects.spare(Arc::clone(made));
            }
            match again {
                Ok(object) => {
                    ctx.objects.spare(object);
                    Ok(())
                }
                Err(mut reason) => {
                    if reason.cause == Cause::ObjectMissing {
                        reason.cause = Cause::ControlLost;
                    }
                    self.hand_over(ctx);
                    Err(reason)
                }
            }
        })
    }

    fn reask<'a>(&'a mut self, ctx: &'a Ctx<'a>, _answered: &'a [(&'a Actor, &'a Answer)]) -> BoxFuture<'a, After> {
        Box::pin(async move {
            let Some(made) = self.made.clone() else {
                return After::Unreachable(Undecided::new(Cause::NoVerdict, "nothing was made before"));
            };
            match self.appeared(ctx, &made).await {
                Err(reason) => {
                    self.hand_over(ctx);
                    After::Unreachable(reason)
                }
                Ok(Some((by, words, evidence))) => After::Changed {
                    words,
                    by: Suspects::Known(vec![by]),
                    evidence,
                },
                Ok(None) => After::Intact {
                    // Where the owner's list was not looked at, nothing can be said of what was accepted.
                    effect: self.looked,
                    proof: format!(
                        "{} made {} before and after",
                        made.owner,
                        self.resource.name.with_article()
                    ),
                },
            }
        })
    }

    fn accepted(&self, effect: bool) -> Means {
        if effect { Means::NoEffect } else { Means::Unknown }
    }

    fn owner(&self) -> Option<&IdentityName> {
        self.made
            .as_ref()
            .filter(|made| !made.ancestors.is_empty())
            .map(|made| &made.owner)
    }

    fn evidence(&self) -> &[Kept] {
        &[]
    }

    fn settle(&self, ctx: &Ctx<'_>) -> String {
        format!(
            "{}   # a list in which the owner would see it",
            ctx.spec.stub_list(&self.resource.name)
        )
    }
}
