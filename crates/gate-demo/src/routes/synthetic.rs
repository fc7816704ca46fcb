//! Generated resources `/synthetic/rNNNN/items` for measurements: five operations each, documented one by one and
//! served by one generic handler.

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use uuid::Uuid;

use super::{created, done, shown};
use crate::{
    guard::Login,
    input::{Check, Sent, length},
    openapi::{Operation, delete, get, post, put},
    paging::{Paging, page},
    problem::{Answer, Problem},
    state::{App, Shared},
    tables::{Item, Tables},
};

/// Operations of a full resource.
const OPERATIONS: usize = 5;
/// The generic paths.
const LIST: &str = "/synthetic/{resource}/items";
const ONE: &str = "/synthetic/{resource}/items/{itemId}";

/// What the router needs: five routes, or none.
pub(super) fn routed(operations: usize) -> Vec<Operation> {
    if operations == 0 {
        Vec::new()
    } else {
        resource("", LIST, ONE)
    }
}

/// What the document shows: exactly so many operations. The last resource may lack some.
pub(super) fn documented(operations: usize) -> Vec<Operation> {
    let mut all = Vec::new();
    for number in 0..operations.div_ceil(OPERATIONS) {
        let name = format!("r{number:04}");
        all.extend(resource(
            &name,
            &format!("/synthetic/{name}/items"),
            &format!("/synthetic/{name}/items/{{itemId}}"),
        ));
    }
    all.truncate(operations);
    all
}

/// The operations of one resource, in the order in which they are counted.
fn resource(name: &str, list_path: &str, one_path: &str) -> Vec<Operation> {
    let (list_path, one_path) = (list_path.to_owned(), one_path.to_owned());
    let called = |verb: &str| format!("{verb}Item_{name}");
    vec![
        post(list_path.clone(), create)
            .named(called("create"), "synthetic", "Create an item.")
            .restricted()
            .takes("SyntheticDraft")
            .answers(201, "The new item.", "SyntheticItem"),
        get(one_path.clone(), read)
            .named(called("get"), "synthetic", "One item.")
            .answers(200, "The item.", "SyntheticItem"),
        get(list_path, list)
            .named(called("list"), "synthetic", "Items of the tenant.")
            .paged()
            .answers(200, "Items, newest first.", "SyntheticItemPage"),
        put(one_path.clone(), replace)
            .named(called("replace"), "synthetic", "Replace an item.")
            .restricted()
            .takes("SyntheticDraft")
            .answers(200, "The item.", "SyntheticItem"),
        delete(one_path, remove)
            .named(called("delete"), "synthetic", "Delete an item.")
            .restricted()
            .answers_empty(204, "Deleted."),
    ]
}

/// The number of a resource, if operation number `place` of it is among those that exist.
fn number(app: &App, name: &str, place: usize) -> Result<usize, Problem> {
    let number: usize = name
        .strip_prefix('r')
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(Problem::no_route)?;
    let exists = number.saturating_mul(OPERATIONS).saturating_add(place) < app.config.synthetic_operations;
    if exists && name == format!("r{number:04}") {
        Ok(number)
    } else {
        Err(Problem::no_route())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SyntheticDraft {
    name: String,
    #[serde(default)]
    note: String,
}

impl Check for SyntheticDraft {
    fn check(&self) -> Result<(), String> {
        length("name", &self.name, 1, 120)?;
        length("note", &self.note, 0, 500)
    }
}

async fn create(State(app): State<Shared>, login: Login, Path(resource): Path<String>, sent: Sent) -> Answer {
    let number = number(&app, &resource, 0)?;
    let actor = login.required()?;
    actor.may_write()?;
    let draft: SyntheticDraft = sent.read()?;
    let mut tables = app.tables();
    Tables::room(tables.items.len())?;
    let seq = tables.next_seq();
    let item = Item {
        seq,
        id: Uuid::new_v4(),
        tenant: actor.tenant,
        name: draft.name,
        note: draft.note,
    };
    let response = created(&format!("/synthetic/{resource}/items/{}", item.id), &item);
    tables.items.insert((number, item.id), item);
    Ok(response)
}

async fn read(State(app): State<Shared>, login: Login, Path((resource, id)): Path<(String, String)>) -> Answer {
    let number = number(&app, &resource, 1)?;
    let actor = login.required()?;
    let tables = app.tables();
    let item = tables.item(number, &id)?;
    if !actor.sees(item.tenant) {
        return Err(Problem::foreign());
    }
    Ok(shown(item))
}

async fn list(
    State(app): State<Shared>,
    login: Login,
    Path(resource): Path<String>,
    Query(paging): Query<Paging>,
) -> Answer {
    let number = number(&app, &resource, 2)?;
    let actor = login.required()?;
    let tables = app.tables();
    let rows = tables
        .items
        .range((number, Uuid::nil())..=(number, Uuid::max()))
        .map(|(_, item)| item);
    let path = format!("/synthetic/{resource}/items");
    page(&app, &path, &paging, rows.filter(|item| actor.sees(item.tenant)))
}

async fn replace(
    State(app): State<Shared>,
    login: Login,
    Path((resource, id)): Path<(String, String)>,
    sent: Sent,
) -> Answer {
    let number = number(&app, &resource, 3)?;
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let item = tables.item(number, &id)?;
    if !actor.sees(item.tenant) {
        return Err(Problem::foreign());
    }
    let draft: SyntheticDraft = sent.read()?;
    let changed = Item {
        name: draft.name,
        note: draft.note,
        ..item.clone()
    };
    let response = shown(&changed);
    tables.items.insert((number, changed.id), changed);
    Ok(response)
}

async fn remove(State(app): State<Shared>, login: Login, Path((resource, id)): Path<(String, String)>) -> Answer {
    let number = number(&app, &resource, 4)?;
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let item = tables.item(number, &id)?;
    if !actor.sees(item.tenant) {
        return Err(Problem::foreign());
    }
    let id = item.id;
    tables.items.remove(&(number, id));
    Ok(done())
}
