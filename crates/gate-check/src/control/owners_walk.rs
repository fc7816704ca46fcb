//! The owner walks a list and finds his object in it, before and after.

use std::sync::Arc;

use gate_exchange::{Actor, BoxFuture, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, OperationId, Undecided};
use gate_objects::Object;
use serde_json::Value;

use super::{After, Attempt, Control, Kept, Means, sealed};
use crate::answer::{denied, is_unreadable, neither};
use crate::listed::find_item;
use crate::walk::{item_count, walk};
use crate::{Answer, Ctx, Marks, Probe, Refusal};

/// The control of a list or a search: the owner's identical walk shows his object. A 200 without it is then a refusal.
pub struct OwnersWalk {
    owner: IdentityName,
    operation: OperationId,
    request: Request,
    object: Arc<Object>,
    marks: Marks,
    item: Option<Value>,
    pages: Vec<Request>,
    shown: Vec<Kept>,
}

impl OwnersWalk {
    /// A walk that shall show an object.
    pub fn new(operation: &OperationId, request: Request, object: Arc<Object>) -> Self {
        Self {
            owner: object.owner.clone(),
            operation: operation.clone(),
            request,
            object,
            marks: Marks::default(),
            item: None,
            pages: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// The marks of the object on a page, and its item there.
    fn on_page(&self, ctx: &Ctx<'_>, page: &Exchange) -> (Marks, Option<Value>) {
        let mut marks = Marks::seen(ctx, Some(&self.object), page);
        // Only the object's own id is proof: other values of the item (a role, a tenant) may be shared by design.
        let item = page
            .json()
            .and_then(|json| find_item(&json, &self.object.id, 0, false).cloned());
        let id = self.object.id_text();
        marks.strong.retain(|value| *value == id);
        marks.answer = None;
        (marks, item)
    }

    async fn owners_walk(&self, ctx: &Ctx<'_>) -> Result<(Vec<Exchange>, Marks, Option<Value>), Undecided> {
        let mut found = (Marks::default(), None);
        let pages = walk(
            ctx,
            &Actor::identity(&self.owner),
            Purpose::Control,
            &self.operation,
            &self.request,
            |page| {
                let (marks, item) = self.on_page(ctx, page);
                let enough = marks.any() || item.is_some();
                if enough {
                    found = (marks, item);
                }
                enough
            },
        )
        .await?;
        Ok((pages, found.0, found.1))
    }

    fn read(&self, ctx: &Ctx<'_>, probe: &Probe, page: &Exchange) -> (Answer, Option<String>) {
        if let Some(shown) = self.marks.shown_to(ctx, &probe.actor, page) {
            return (Answer::Served(shown.what), Some(shown.span));
        }
        if let Some(said) = denied(&ctx.spec.settings.denial, probe.refusal, page) {
            return (Answer::Denied(said), None);
        }
        let who = probe.actor.to_string();
        if probe.refusal == Refusal::Wrong && page.is_success() && !is_unreadable(page) {
            // He may list, whatever of it is his to see.
            return (Answer::Accepted(format!("answered {}", page.status)), None);
        }
        if !page.is_success() || is_unreadable(page) {
            return (Answer::Neither(neither(&who, "", page)), None);
        }
        let Some(json) = page.json() else {
            return if self.marks.any() && !page.body.is_empty() {
                (
                    Answer::Denied(format!("answered {} without {}'s object", page.status, self.owner)),
                    None,
                )
            } else {
                (Answer::Neither(neither(&who, "without a list in it", page)), None)
            };
        };
        if !self.marks.any()
            && let Some(theirs) = find_item(&json, &self.object.id, 0, false)
            && self.item.as_ref().is_some_and(|own| equal_fields(own, theirs) >= 2)
        {
            return (Answer::Served(format!("the same item as {}", self.owner)), None);
        }
        match item_count(&json) {
            None => (Answer::Neither(neither(&who, "without a list in it", page)), None),
            Some(items) if items > 0 && probe.actor.is_anonymous() => {
                (Answer::Served("a list with items in it".to_owned()), None)
            }
            Some(_) => (
                Answer::Denied(format!(
                    "answered {} without the object that {}'s own walk shows",
                    page.status, self.owner
                )),
                None,
            ),
        }
    }
}

fn equal_fields(own: &Value, theirs: &Value) -> usize {
    match (own.as_object(), theirs.as_object()) {
        (Some(own), Some(theirs)) => own
            .iter()
            .filter(|(key, value)| (value.is_string() || value.is_number()) && theirs.get(*key) == Some(value))
            .count(),
        _ => 0,
    }
}

impl sealed::Sealed for OwnersWalk {}

impl Control for OwnersWalk {
    fn establish<'a>(&'a mut self, ctx: &'a Ctx<'a>) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(async move {
            let (pages, marks, item) = self.owners_walk(ctx).await?;
            let last = pages
                .last()
                .ok_or_else(|| Undecided::new(Cause::ControlFailed, "nothing was walked"))?;
            if !marks.any() && item.is_none() {
                let how = if last.is_success() {
                    format!(
                        "did not find the {} in {} page(s) of {}",
                        self.object.resource,
                        pages.len(),
                        self.operation
                    )
                } else {
                    format!("ought to be served {} and was answered {}", self.operation, last.status)
                };
                return Err(Undecided::new(Cause::ControlFailed, format!("{} {how}", self.owner))
                    .settled_by(self.settle(ctx))
                    .shown_by(ctx.target.evidence("control", last, None)));
            }
            let proof = marks.canaries.first().or(marks.strong.first()).cloned();
            self.shown = vec![Kept::new("control before", last, proof.as_deref())];
            self.pages = pages.iter().map(|page| page.sent.request.clone()).collect();
            self.marks = marks;
            self.item = item;
            Ok(())
        })
    }

    fn attempt<'a>(&'a mut self, ctx: &'a Ctx<'a>, probe: &'a Probe) -> BoxFuture<'a, Result<Attempt, Undecided>> {
        Box::pin(async move {
            let pages = walk(
                ctx,
                &probe.actor,
                Purpose::Probe,
                &self.operation,
                &self.request,
                |page| self.marks.shown_to(ctx, &probe.actor, page).is_some(),
            )
            .await?;
            let mut pages = pages;
            for request in self.pages.iter().filter(|_| probe.refusal != Refusal::Wrong) {
                // The same pages as the owner's, also where the stranger's own walk ended sooner.
                if pages.last().is_some_and(Exchange::is_success)
                    && !pages.iter().any(|page| page.sent.request.path == request.path)
                {
                    let outgoing = Outgoing::new(&probe.actor, Purpose::Probe, request.clone()).of(&self.operation);
                    pages.push(ctx.target.send(outgoing).await?);
                }
            }
            let mut denial = None;
            for page in &pages {
                let (answer, span) = self.read(ctx, probe, page);
                match answer {
                    Answer::Denied(said) if probe.refusal != Refusal::Wrong => {
                        denial = denial.or(Some((said, page.generation)))
                    }
                    other => {
                        let evidence = vec![Kept::new("probe", page, span.as_deref())];
                        return Ok(Attempt {
                            answer: other,
                            evidence,
                            generation: page.generation,
                        });
                    }
                }
            }
            let (said, generation) =
                denial.ok_or_else(|| Undecided::new(Cause::NoVerdict, "a walk without pages was judged"))?;
            Ok(Attempt {
                answer: Answer::Denied(said),
                evidence: Vec::new(),
                generation,
            })
        })
    }

    fn reask<'a>(&'a mut self, ctx: &'a Ctx<'a>, _answered: &'a [(&'a Actor, &'a Answer)]) -> BoxFuture<'a, After> {
        Box::pin(async move {
            match self.owners_walk(ctx).await {
                Err(reason) => After::Unreachable(reason),
                Ok((pages, marks, item)) => {
                    if marks.any() || item.is_some() {
                        return After::Intact {
                            effect: true,
                            proof: format!(
                                "{}'s own walk shows the {} before and after",
                                self.owner, self.object.resource
                            ),
                        };
                    }
                    let last = pages.last().map_or(0, |page| page.status);
                    let cause = if last == 429 {
                        Cause::Throttled
                    } else {
                        Cause::ControlLost
                    };
                    After::Unreachable(Undecided::new(
                        cause,
                        format!(
                            "{}'s walk showed the {} before the probes and not after them ({last})",
                            self.owner, self.object.resource
                        ),
                    ))
                }
            }
        })
    }

    fn accepted(&self, _effect: bool) -> Means {
        Means::Unknown
    }

    fn asked_by(&self) -> Option<&IdentityName> {
        Some(&self.owner)
    }

    fn owner(&self) -> Option<&IdentityName> {
        Some(&self.owner)
    }

    fn evidence(&self) -> &[Kept] {
        &self.shown
    }

    fn settle(&self, ctx: &Ctx<'_>) -> String {
        format!(
            "{}   # what makes it show {}, or skip",
            ctx.spec.stub_request(&self.operation),
            self.object.resource.with_article()
        )
    }
}
