//! A check whose question is decided by deliveries that must be refused, between two that must be taken.

use std::sync::Arc;
use std::time::Duration;

use gate_check::{
    Check, ClosingProof, Contribution, Ctx, FindingText, Group, Judgement, Lane, Procedure, Refusal, Standing, Verdict,
    alike, standing_as,
};
use gate_exchange::{Actor, Exchange, Purpose};
use gate_model::{Case, Cause, CheckPage, Evidence, Finding, Fingerprint, Missing, SkipReason, Undecided};
use gate_spec::{SignedCaller, Spec};

use crate::delivery::Delivery;

/// A delivery with something wrong in it.
pub(crate) struct Row {
    /// Its name, kebab-case, as the page of the check has it.
    pub(crate) id: &'static str,
    /// The same in words, as the subject of a sentence.
    pub(crate) what: &'static str,
    /// Whether it can be made of this scheme.
    pub(crate) fits: fn(&SignedCaller) -> bool,
    /// Makes it of a delivery that was just taken; `None` where that has nothing to alter.
    pub(crate) make: for<'a> fn(&Ctx<'_>, &'a SignedCaller, Delivery<'a>) -> Result<Option<Delivery<'a>>, Undecided>,
}

/// A check of this family.
pub(crate) struct RowCheck {
    page: Arc<CheckPage>,
    rows: &'static [Row],
    /// What the plan lacks where no row fits.
    lacks: fn(&SignedCaller) -> Missing,
}

impl RowCheck {
    /// A check with its page and its rows.
    pub(crate) fn new(page: &'static str, rows: &'static [Row], lacks: fn(&SignedCaller) -> Missing) -> Self {
        Self {
            page: Arc::new(CheckPage::parse(page).expect("the page of the check is complete")),
            rows,
            lacks,
        }
    }
}

impl Check for RowCheck {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        for caller in &spec.settings.signed {
            let case = Case::new(&self.page.id)
                .with_operation(&caller.operation)
                .with_source(caller.source.clone());
            if let Some(reason) = skipped(spec, caller) {
                contribution.skipped.push((case, reason));
                continue;
            }
            let fitting = self.rows.iter().filter(|row| (row.fits)(caller)).count();
            if fitting == 0 {
                contribution.not_testable.push((case, (self.lacks)(caller)));
                continue;
            }
            let (caller, page, rows) = (caller.clone(), Arc::clone(&self.page), self.rows);
            contribution.groups.push(Group {
                cases: vec![case.clone()],
                lane: Lane::Shared,
                requests: fitting as u64 + 2,
                run: Arc::new(move |ctx| {
                    let (case, caller, page) = (case.clone(), caller.clone(), Arc::clone(&page));
                    Box::pin(async move { vec![decide(ctx, &case, &caller, &page, rows).await] })
                }),
            });
        }
        contribution
    }
}

fn skipped(spec: &Spec, caller: &SignedCaller) -> Option<SkipReason> {
    let operation = spec.operations.get(&caller.operation);
    if let Some(reason) = operation.and_then(|operation| operation.skip.clone()) {
        return Some(SkipReason::Plan(reason));
    }
    (!spec.writes_allowed()).then(|| {
        SkipReason::WritesNotAllowed(format!(
            "{} takes what is delivered, and the target is not on loopback without `writes: true`",
            caller.operation
        ))
    })
}

async fn decide(ctx: &Ctx<'_>, case: &Case, caller: &SignedCaller, page: &Arc<CheckPage>, rows: &[Row]) -> Verdict {
    let procedure = Procedure::begin(case);
    let (genuine, control) = match control(ctx, caller).await {
        Ok(taken) => taken,
        Err(reason) => return Verdict::undecided(&case.id, reason),
    };
    let (mut findings, mut open, mut proofs) = (Vec::new(), None, Vec::new());
    for row in rows.iter().filter(|row| (row.fits)(caller)) {
        match try_row(ctx, caller, row, &genuine).await {
            Ok(None) => {}
            Ok(Some(Standing::Served(exchange))) if !alike(&exchange, &control) => {
                let what = format!(
                    "{} was answered {}, unlike a genuine one ({}): whether it was taken cannot be told",
                    row.what, exchange.status, control.status
                );
                let reason = Undecided::new(Cause::NeitherAnswer, what)
                    .settled_by("denied: { json: { $.error: \"*\" } }   # if this answer is a refusal")
                    .shown_by(ctx.target.evidence("probe", &exchange, None));
                open = open.or(Some(reason));
            }
            Ok(Some(Standing::Refused(said, _))) => proofs.push(format!("{} was {said}", row.what)),
            Ok(Some(Standing::Served(exchange))) => {
                let text = FindingText {
                    page: Arc::clone(page),
                    verb: "deliver",
                };
                findings.push(finding(ctx, case, &text, row, &exchange, &control));
            }
            Err(reason) => open = open.or(Some(reason)),
        }
    }
    if !findings.is_empty()
        && let Some(reason) = answers_anything(ctx, &genuine, &control).await
    {
        return procedure.close(Err(reason.clone()), Judgement::Undecided(reason));
    }
    let judgement = match (findings.is_empty(), open) {
        (false, _) => Judgement::Violated(findings),
        (true, Some(reason)) => Judgement::Undecided(reason),
        (true, None) if proofs.is_empty() => {
            Judgement::Undecided(Undecided::new(Cause::NoVerdict, "no delivery could be altered"))
        }
        (true, None) => Judgement::Holds(format!("a genuine delivery was taken; {}", proofs.join(", "))),
    };
    let closing = match Delivery::genuine(ctx, caller, Duration::ZERO) {
        Ok(delivery) => ClosingProof::request_served(ctx, delivery.outgoing(Purpose::Control))
            .await
            .map_err(|reason| Undecided {
                detail: format!("a second genuine delivery was not taken: {}", reason.detail),
                ..reason
            }),
        Err(reason) => Err(reason),
    };
    procedure.close(closing, judgement)
}

/// Whether the target answers what it does not have as it answers a genuine delivery: then its answers say nothing.
async fn answers_anything(ctx: &Ctx<'_>, genuine: &Delivery<'_>, control: &Exchange) -> Option<Undecided> {
    let mut nowhere = genuine.outgoing(Purpose::Probe);
    let path = nowhere.request.path.split('?').next().unwrap_or_default();
    nowhere.request.path = format!("{}/{}", path.trim_end_matches('/'), genuine.id());
    nowhere.operation = None;
    match ctx.target.send(nowhere).await {
        Ok(exchange) if !alike(&exchange, control) => None,
        Ok(exchange) => {
            let what = format!(
                "the target answers {} to what it does not have as well, so that its answers to deliveries say nothing",
                exchange.status
            );
            let reason = Undecided::new(Cause::NeitherAnswer, what);
            Some(reason.shown_by(ctx.target.evidence("not there", &exchange, None)))
        }
        Err(reason) => Some(reason),
    }
}

/// A genuine delivery is taken.
async fn control<'a>(ctx: &Ctx<'_>, caller: &'a SignedCaller) -> Result<(Delivery<'a>, Exchange), Undecided> {
    let delivery = Delivery::genuine(ctx, caller, Duration::ZERO)?;
    let settle = || {
        if caller.refuses_duplicates && !varies(ctx, caller) {
            return format!(
                "signed: {{ \"{}\": {{ secret: \"${{WEBHOOK_SECRET}}\", duplicates: refused, sample: {{ json: {{ id: \"{{{{unique}}}}\" }} }} }} }}   # a body \
                 that is another one each time",
                caller.operation
            );
        }
        format!(
            "signed: {{ \"{}\": {{ secret: \"${{WEBHOOK_SECRET}}\", scheme: stripe, sample: {{ json: {{ type: ping }} }} }} }}   # the scheme and a body \
             that the target takes",
            caller.operation
        )
    };
    match standing_as(ctx, delivery.outgoing(Purpose::Control), Refusal::Ordinary).await {
        Ok(Standing::Served(exchange)) => Ok((delivery, exchange)),
        Ok(Standing::Refused(said, exchange)) => Err(Undecided::new(
            Cause::ControlFailed,
            format!("a delivery signed as the plan says was {said}: {}", caller.operation),
        )
        .settled_by(settle())
        .shown_by(ctx.target.evidence("control", &exchange, None))),
        Err(reason) if reason.cause == Cause::NeitherAnswer => Err(Undecided {
            cause: Cause::ControlFailed,
            detail: format!("a delivery signed as the plan says: {}", reason.detail),
            settle: Some(settle()),
            ..reason
        }),
        Err(reason) => Err(reason),
    }
}

/// Whether no two deliveries have the same body.
fn varies(ctx: &Ctx<'_>, caller: &SignedCaller) -> bool {
    let own = ctx
        .spec
        .operations
        .get(&caller.operation)
        .map(|operation| &operation.request);
    let holes = caller.sample.as_ref().or(own).map(gate_spec::RequestTemplate::holes);
    holes.is_some_and(|holes| holes.iter().any(|hole| hole == "unique" || hole.starts_with("canary")))
}

/// Sends a row; `None` where there is nothing to alter.
async fn try_row(
    ctx: &Ctx<'_>,
    caller: &SignedCaller,
    row: &Row,
    genuine: &Delivery<'_>,
) -> Result<Option<Standing>, Undecided> {
    let Some(delivery) = (row.make)(ctx, caller, genuine.clone())? else {
        return Ok(None);
    };
    // The genuine one was taken a moment ago, so that 400 is a refusal too.
    standing_as(ctx, delivery.outgoing(Purpose::Probe), Refusal::Credential)
        .await
        .map(Some)
        .map_err(|reason| Undecided {
            detail: format!("{}: {}", row.what, reason.detail),
            ..reason
        })
}

fn finding(ctx: &Ctx<'_>, case: &Case, text: &FindingText, row: &Row, probe: &Exchange, control: &Exchange) -> Finding {
    let evidence: Vec<Evidence> = vec![
        ctx.target.evidence("probe", probe, None),
        ctx.target.evidence("control", control, None),
    ];
    let detail = format!(
        "{} was answered {}, as a genuine delivery was ({})",
        row.what, probe.status, control.status
    );
    let mut finding = text.finding(case, &Actor::anonymous(), None, "", detail, evidence);
    let operation = case.operation.as_ref().map(ToString::to_string).unwrap_or_default();
    finding.title = format!("{} is taken: {operation}", row.what);
    finding.root_cause = format!("{} {operation} {}", case.check, row.id);
    finding.fingerprint = Fingerprint::of(&[case.check.as_str(), case.id.as_str(), row.id]);
    finding
}
