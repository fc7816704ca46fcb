//! Judges what a try with a foreign reference left behind.

use std::sync::Arc;

use gate_check::{Ctx, Judgement, foreign_canary};
use gate_exchange::Actor;
use gate_model::{Cause, Evidence, IdentityName, Undecided};
use gate_objects::Object;
use gate_spec::{Reference, Resource};

use super::Wanted;
use super::decide::{known, places};
use crate::own_writes::{Sent, View, text, view};

/// One try, with what is known of it.
pub(super) struct Tried<'t> {
    pub(super) wanted: &'t Wanted,
    pub(super) reference: &'t Reference,
    pub(super) resource: &'t Resource,
    /// Who tried.
    pub(super) who: &'t IdentityName,
    /// The object of his own that the control named.
    pub(super) own: &'t Arc<Object>,
    /// The one of another tenant.
    pub(super) foreign: &'t Arc<Object>,
    pub(super) probe: &'t Sent,
    /// How it was refused, where it was.
    pub(super) refused: Option<&'t str>,
    /// What the control made or changed.
    pub(super) control: &'t Arc<Object>,
    /// It, as its maker saw it after the control, where it was changed since.
    pub(super) shown: Option<View>,
    /// What the try made or changed, where there is anything.
    pub(super) stored: Option<Arc<Object>>,
}

/// Judges it: a foreign reference is a breach where it gives something away, or is stored although its maker may not see
/// what it names.
pub(super) async fn judge(ctx: &Ctx<'_>, tried: &Tried<'_>) -> Result<Judgement, Undecided> {
    let actor = Actor::identity(tried.who);
    let probe = &tried.probe.exchange;
    if let Some(shown) = foreign_canary(ctx, &actor, probe) {
        let evidence = vec![ctx.target.evidence("probe", probe, Some(&shown.span))];
        return Ok(tried.violated(&format!("the answer shows {}", shown.what), evidence));
    }
    let Some(stored) = &tried.stored else {
        return match tried.refused {
            Some(said) => Ok(tried.holds(&format!("was {said}"))),
            None => Err(tried.unseen(ctx, "nothing in the answer says what was made")),
        };
    };
    let Some(seen) = view(ctx, tried.who, tried.resource, stored, tried.refused.is_none()).await? else {
        return match tried.refused {
            Some(said) => Ok(tried.holds(&format!("was {said}"))),
            None => Err(tried.unseen(ctx, "nothing reads it back")),
        };
    };
    let (View::Shown { exchange, .. } | View::Hidden(_, exchange)) = &seen;
    let mut evidence = vec![
        ctx.target.evidence("probe", probe, None),
        ctx.target.evidence("read back", exchange, None),
    ];
    if let Some(shown) = foreign_canary(ctx, &actor, exchange) {
        evidence[1] = ctx.target.evidence("read back", exchange, Some(&shown.span));
        return Ok(tried.violated(&format!("what was stored shows {}", shown.what), evidence));
    }
    if let View::Hidden(said, _) = &seen {
        return match (tried.by_owner(ctx, stored).await?, tried.refused) {
            (Some(more), _) => {
                evidence.push(more);
                let words = format!("it is {}'s now: its maker is {said}", tried.foreign.owner);
                Ok(tried.violated(&words, evidence))
            }
            (None, Some(refused)) => Ok(tried.holds(&format!("was {refused}"))),
            (None, None) => Err(tried.unseen(ctx, &format!("its maker is {said}"))),
        };
    }
    let control = match &tried.shown {
        Some(_) => None,
        None => view(ctx, tried.who, tried.resource, tried.control, true).await?,
    };
    let own_places = tried
        .shown
        .as_ref()
        .or(control.as_ref())
        .map(|control| places(control, &tried.own.id_text()))
        .unwrap_or_default();
    let foreign_places = places(&seen, &tried.foreign.id_text());
    if let Some(place) = own_places.iter().find(|place| foreign_places.contains(place)) {
        return tried.names_it(ctx, place, evidence).await;
    }
    match (tried.refused, own_places.first()) {
        (Some(said), _) => Ok(tried.holds(&format!("was {said}, and nothing that was stored names it"))),
        (None, Some(place)) => Ok(tried.holds(&format!(
            "was answered {}, and what was stored does not name it at {place}, where one's own stands",
            probe.status
        ))),
        // It was its maker's own before, so that the other owner's view of it says nothing.
        (None, None) if tried.is_changed() => Err(tried.unseen(ctx, "what is read back shows no reference at all")),
        (None, None) => match tried.by_owner(ctx, stored).await? {
            Some(more) => {
                evidence.push(more);
                let words = format!("{} is shown what {} made", tried.foreign.owner, tried.who);
                Ok(tried.violated(&words, evidence))
            }
            None => Err(tried.unseen(ctx, "what is read back shows no reference at all")),
        },
    }
}

impl Tried<'_> {
    /// What was stored names the foreign object. That is a breach unless its maker may see that object anyway.
    async fn names_it(&self, ctx: &Ctx<'_>, place: &str, mut evidence: Vec<Evidence>) -> Result<Judgement, Undecided> {
        let kind = known(ctx.spec, &self.reference.kind)?;
        let (owner, name) = (&self.foreign.owner, &self.reference.kind);
        match view(ctx, self.who, kind, self.foreign, false).await? {
            Some(View::Hidden(said, exchange)) => {
                evidence.push(ctx.target.evidence("the object itself", &exchange, None));
                let words = format!("what was stored names it at {place}; the object itself was {said} to {}", self.who);
                Ok(self.violated(&words, evidence))
            }
            Some(View::Shown { .. }) => Ok(self.holds(&format!(
                "was served, and is shown {owner}'s {name} itself too, so that naming it gives nothing away (reads are judged by \
                 their own checks)"
            ))),
            None => Err(Undecided::new(
                Cause::ReadBack,
                format!("{} can name {owner}'s {name}, and nothing shows whether it may see it", self.who),
            )
            .settled_by(ctx.spec.stub_read(name))),
        }
    }

    /// The evidence that the foreign owner is shown what was stored, where he would not be shown what the control made.
    async fn by_owner(&self, ctx: &Ctx<'_>, stored: &Arc<Object>) -> Result<Option<Evidence>, Undecided> {
        let owner = &self.foreign.owner;
        let Some(View::Shown { exchange, json }) = view(ctx, owner, self.resource, stored, false).await? else {
            return Ok(None);
        };
        let marked = ctx.canaries.find(&exchange.body).into_iter().find(|(canary, _)| {
            let marks = &self.probe.marks;
            marks.iter().any(|mark| mark.secret == canary.secret) || canary.owner == *self.who
        });
        let identified = || {
            crate::bodies::scalars(&json)
                .iter()
                .any(|(_, value)| text(value) == stored.id_text())
        };
        if marked.is_none() && !identified() {
            return Ok(None);
        }
        if !self.is_changed()
            && let Some(View::Shown { .. }) = view(ctx, owner, self.resource, self.control, false).await?
        {
            return Ok(None);
        }
        ctx.objects.adopt(Arc::new(Object {
            owner: owner.clone(),
            ..(**stored).clone()
        }));
        let mark = marked.map(|(mark, _)| mark.secret.clone());
        Ok(Some(ctx.target.evidence(
            "the other owner reads",
            &exchange,
            mark.as_deref(),
        )))
    }

    /// Whether the try changed what the control had changed before, and made nothing.
    fn is_changed(&self) -> bool {
        self.stored
            .as_ref()
            .is_some_and(|stored| Arc::ptr_eq(stored, self.control))
    }

    fn holds(&self, said: &str) -> Judgement {
        Judgement::Holds(format!(
            "{} was served before and after with a {} of its own; with {}'s it {said}",
            self.who, self.reference.kind, self.foreign.owner
        ))
    }

    fn violated(&self, words: &str, evidence: Vec<Evidence>) -> Judgement {
        let although = if self.refused.is_some() {
            "although it was refused"
        } else {
            ""
        };
        let field = self.reference.pointer.trim_start_matches('/').replace('/', ".");
        let answer = match self.refused {
            Some(said) => said.to_owned(),
            None => format!("answered {}", self.probe.exchange.status),
        };
        let detail = format!(
            "{} sent the id of {}'s {} in `{field}` and was {answer}: {words}",
            self.who, self.foreign.owner, self.reference.kind
        );
        let mut finding = self.wanted.text.finding(
            &self.wanted.case,
            &Actor::identity(self.who),
            Some(&self.foreign.owner),
            although,
            detail,
            evidence,
        );
        if self.wanted.references.len() > 1 {
            finding.fingerprint = gate_model::Fingerprint::of(&[
                self.wanted.case.check.as_str(),
                self.wanted.case.id.as_str(),
                &self.reference.pointer,
            ]);
        }
        Judgement::Violated(vec![finding])
    }

    fn unseen(&self, ctx: &Ctx<'_>, why: &str) -> Undecided {
        Undecided::new(
            Cause::ReadBack,
            format!(
                "{}'s request with the id of {}'s {} was answered {}, and what it did cannot be seen: {why}",
                self.who, self.foreign.owner, self.reference.kind, self.probe.exchange.status
            ),
        )
        .settled_by(format!(
            "{}   # a read that shows what it refers to, or skip the operation",
            ctx.spec.stub_read(&self.resource.name)
        ))
        .shown_by(ctx.target.evidence("probe", &self.probe.exchange, None))
    }
}
