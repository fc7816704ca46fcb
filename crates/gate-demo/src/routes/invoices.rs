//! Invoices of a tenant. Their ids are numbers that count up over all tenants, so that they are easily guessed.

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{created, shown};
use crate::{
    Hole,
    guard::{Actor, Login},
    input::{Check, Sent, length, length_if},
    openapi::{Operation, delete, get, patch, post},
    paging::{Paging, page},
    problem::{Answer, Problem},
    state::{App, Shared},
    tables::{Currency, Invoice, InvoiceStatus, Tables, now},
};

const MAX_CENTS: u64 = 100_000_000;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("/invoices", list)
            .named("listInvoices", "invoices", "Invoices of the tenant.")
            .paged()
            .query(
                "q",
                false,
                "A word in the customer or the note; case does not matter.",
                json!({ "type": "string", "maxLength": 200 }),
            )
            .answers(200, "Invoices, newest first.", "InvoicePage"),
        post("/invoices", create)
            .named("createInvoice", "invoices", "Write an invoice.")
            .restricted()
            .takes("InvoiceDraft")
            .answers(201, "The new invoice.", "Invoice"),
        get("/invoices/{invoiceId}", read)
            .named("getInvoice", "invoices", "One invoice.")
            .answers(200, "The invoice.", "Invoice"),
        patch("/invoices/{invoiceId}", change)
            .named("updateInvoice", "invoices", "Change an invoice that is not paid.")
            .restricted()
            .takes("InvoicePatch")
            .answers(200, "The invoice.", "Invoice")
            .fails(409, "Conflict"),
        delete("/invoices/{invoiceId}", remove)
            .named("deleteInvoice", "invoices", "Delete an invoice.")
            .restricted()
            .answers(200, "The invoice as it was.", "Invoice"),
        post("/invoices/{invoiceId}/pay", pay)
            .named("payInvoice", "invoices", "Pay an invoice, once.")
            .restricted()
            .answers(200, "The invoice.", "Invoice")
            .fails(409, "Conflict"),
    ]
}

fn amount(cents: u64) -> Result<(), String> {
    if (1..=MAX_CENTS).contains(&cents) {
        Ok(())
    } else {
        Err(format!("amount_cents is from 1 to {MAX_CENTS}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvoiceDraft {
    customer: String,
    amount_cents: u64,
    currency: Currency,
    #[serde(default)]
    note: String,
    #[serde(default)]
    project_id: Option<Uuid>,
}

impl Check for InvoiceDraft {
    fn check(&self) -> Result<(), String> {
        length("customer", &self.customer, 1, 120)?;
        amount(self.amount_cents)?;
        length("note", &self.note, 0, 500)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvoicePatch {
    customer: Option<String>,
    amount_cents: Option<u64>,
    note: Option<String>,
    project_id: Option<Uuid>,
}

impl Check for InvoicePatch {
    fn check(&self) -> Result<(), String> {
        length_if("customer", self.customer.as_ref(), 1, 120)?;
        self.amount_cents.map_or(Ok(()), amount)?;
        length_if("note", self.note.as_ref(), 0, 500)
    }
}

/// The invoice of a path, if it is the caller's tenant's.
fn own<'a>(tables: &'a Tables, actor: &Actor, id: &str, unguarded: bool) -> Result<&'a Invoice, Problem> {
    let invoice = tables.invoice(id)?;
    if !actor.sees(invoice.tenant) && !unguarded {
        return Err(Problem::foreign());
    }
    Ok(invoice)
}

/// A body, and the value of a field that a hole takes with it.
fn bound(app: &App, hole: Hole, sent: Sent, field: &str) -> (Sent, Option<Value>) {
    if app.hole(hole) {
        sent.without(field)
    } else {
        (sent, None)
    }
}

/// The status that a body brought, if it is one.
fn status(bound: Option<Value>) -> Option<InvoiceStatus> {
    bound.and_then(|value| serde_json::from_value(value).ok())
}

/// A project that an invoice is for has to be one of the tenant's.
fn own_project(tables: &Tables, actor: &Actor, project: Option<Uuid>, unguarded: bool) -> Result<(), Problem> {
    let known = project.and_then(|id| tables.projects.get(&id));
    match (project, known) {
        (None, _) => Ok(()),
        (Some(_), Some(known)) if actor.sees(known.tenant) || unguarded => Ok(()),
        (Some(_), _) => Err(Problem::invalid("project_id names no project")),
    }
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    q: String,
}

async fn list(
    State(app): State<Shared>,
    login: Login,
    Query(paging): Query<Paging>,
    Query(words): Query<Words>,
) -> Answer {
    let actor = if app.hole(Hole::OptionalAuth) {
        login.or_first_user(&app)?
    } else {
        login.required()?
    };
    let words = words.q.to_lowercase();
    let everybodys = !words.is_empty() && app.hole(Hole::InvoiceSearchOfAll);
    let tables = app.tables();
    let holds = |text: &String| text.to_lowercase().contains(&words);
    page(
        &app,
        "/invoices",
        &paging,
        tables
            .invoices
            .values()
            .filter(|invoice| actor.sees(invoice.tenant) || everybodys)
            .filter(|invoice| holds(&invoice.customer) || holds(&invoice.note)),
    )
}

async fn create(State(app): State<Shared>, login: Login, sent: Sent) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let (sent, given) = bound(&app, Hole::InvoiceStatusBound, sent, "status");
    let draft: InvoiceDraft = sent.read()?;
    let mut tables = app.tables();
    Tables::room(tables.invoices.len())?;
    let project = own_project(&tables, &actor, draft.project_id, app.hole(Hole::ForeignProjectInvoice));
    if !app.hole(Hole::ForeignProjectThen422)
        && let Err(refused) = project
    {
        return Err(refused);
    }
    let invoice = Invoice {
        seq: tables.next_seq(),
        id: tables.next_invoice(),
        tenant: actor.tenant,
        customer: draft.customer,
        amount_cents: draft.amount_cents,
        currency: draft.currency,
        note: draft.note,
        project_id: draft.project_id,
        status: status(given).unwrap_or(InvoiceStatus::Open),
        created_by: actor.user,
        created_at: now(),
    };
    tables.note(
        actor.tenant,
        &actor.email,
        format!("wrote invoice {} for {}", invoice.id, invoice.customer),
    );
    let response = created(&format!("/invoices/{}", invoice.id), &invoice);
    tables.invoices.insert(invoice.id, invoice);
    own_project(&tables, &actor, draft.project_id, app.hole(Hole::ForeignProjectInvoice))?;
    Ok(response)
}

async fn read(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = login.required()?;
    let tables = app.tables();
    Ok(shown(own(&tables, &actor, &id, app.hole(Hole::IdorInvoiceRead))?))
}

async fn change(State(app): State<Shared>, login: Login, Path(id): Path<String>, sent: Sent) -> Answer {
    let actor = login.required()?;
    let lacks_role = actor.may_write().err();
    if !app.hole(Hole::RoleWriteThen403)
        && let Some(refused) = lacks_role
    {
        return Err(refused);
    }
    let mut tables = app.tables();
    let mut changed = own(&tables, &actor, &id, app.hole(Hole::IdorInvoicePatch))?.clone();
    let (sent, given) = bound(&app, Hole::InvoiceStatusBound, sent, "status");
    let (sent, creator) = bound(&app, Hole::InvoiceTenantBound, sent, "created_by");
    let patch: InvoicePatch = sent.read()?;
    if changed.status == InvoiceStatus::Paid {
        return Err(Problem::conflict("a paid invoice stays as it is"));
    }
    changed.customer = patch.customer.unwrap_or(changed.customer);
    changed.amount_cents = patch.amount_cents.unwrap_or(changed.amount_cents);
    changed.note = patch.note.unwrap_or(changed.note);
    own_project(&tables, &actor, patch.project_id, app.hole(Hole::ForeignProjectPatch))?;
    changed.project_id = patch.project_id.or(changed.project_id);
    changed.status = status(given).unwrap_or(changed.status);
    if let Some(creator) = creator.as_ref().and_then(Value::as_str) {
        let creator = tables.user(creator)?;
        (changed.created_by, changed.tenant) = (creator.id, creator.tenant);
    }
    let body = json!(changed);
    tables.invoices.insert(changed.id, changed);
    actor.may_write()?;
    Ok(shown(&body))
}

async fn remove(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = if app.hole(Hole::OpenInvoiceDelete) {
        login.unguarded()
    } else {
        login.required()?
    };
    actor.may_write()?;
    let mut tables = app.tables();
    let found = own(&tables, &actor, &id, app.hole(Hole::IdorInvoiceDelete));
    if found.is_err() && app.hole(Hole::LateDelete) {
        let id = tables.invoice(&id)?.id;
        app.later(move |tables| drop(tables.invoices.remove(&id)));
    }
    let invoice = found?.clone();
    tables.invoices.remove(&invoice.id);
    tables.note(invoice.tenant, &actor.email, format!("deleted invoice {}", invoice.id));
    Ok(shown(&invoice))
}

async fn pay(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let mut invoice = own(&tables, &actor, &id, app.hole(Hole::IdorInvoicePay))?.clone();
    if invoice.status == InvoiceStatus::Paid {
        return Err(Problem::conflict("the invoice is paid"));
    }
    invoice.status = InvoiceStatus::Paid;
    tables.note(invoice.tenant, &actor.email, format!("paid invoice {}", invoice.id));
    tables.invoices.insert(invoice.id, invoice.clone());
    Ok(shown(&invoice))
}
