//! Documents within projects: both ids of the path have to belong together, and to the caller's tenant.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{created, done, shown};
use crate::{
    Hole,
    guard::{Actor, Login},
    input::{Check, Sent, length, length_if},
    openapi::{Operation, delete, get, patch, post, put},
    paging::{Paging, page},
    problem::{Answer, Problem},
    state::Shared,
    tables::{Document, Project, Tables, now},
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("/projects/{projectId}/documents", list)
            .named("listDocuments", "projects", "Documents of a project.")
            .paged()
            .answers(200, "Documents, newest first.", "DocumentPage"),
        post("/projects/{projectId}/documents", create)
            .named("createDocument", "projects", "Add a document to a project.")
            .restricted()
            .takes("DocumentDraft")
            .answers(201, "The new document.", "Document"),
        get("/projects/{projectId}/documents/{documentId}", read)
            .named("getDocument", "projects", "One document.")
            .answers(200, "The document.", "Document"),
        put("/projects/{projectId}/documents/{documentId}", replace)
            .named("replaceDocument", "projects", "Replace title and body.")
            .restricted()
            .takes("DocumentDraft")
            .answers(200, "The document.", "Document"),
        patch("/projects/{projectId}/documents/{documentId}", change)
            .named("updateDocument", "projects", "Change title or body.")
            .restricted()
            .takes("DocumentPatch")
            .answers(200, "The document.", "Document"),
        delete("/projects/{projectId}/documents/{documentId}", remove)
            .named("deleteDocument", "projects", "Delete a document with its comments.")
            .restricted()
            .answers_empty(204, "Deleted."),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentDraft {
    title: String,
    #[serde(default)]
    body: String,
}

impl Check for DocumentDraft {
    fn check(&self) -> Result<(), String> {
        length("title", &self.title, 1, 120)?;
        length("body", &self.body, 0, 20_000)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentPatch {
    title: Option<String>,
    body: Option<String>,
}

impl Check for DocumentPatch {
    fn check(&self) -> Result<(), String> {
        length_if("title", self.title.as_ref(), 1, 120)?;
        length_if("body", self.body.as_ref(), 0, 20_000)
    }
}

/// The project of a path, if the caller may look into it.
fn parent<'a>(tables: &'a Tables, actor: &Actor, id: &str, unguarded: bool) -> Result<&'a Project, Problem> {
    let project = tables.project(id)?;
    if !actor.sees(project.tenant) && !unguarded {
        return Err(Problem::foreign());
    }
    Ok(project)
}

/// The document of a path, if it is in the project of the path and the caller may look into that.
pub(super) fn within<'a>(
    tables: &'a Tables,
    actor: &Actor,
    (project, document): (&str, &str),
    unguarded: bool,
) -> Result<&'a Document, Problem> {
    let project = parent(tables, actor, project, unguarded)?;
    let document = tables.document(document)?;
    if document.project_id != project.id {
        return Err(actor.hidden(document.tenant));
    }
    Ok(document)
}

async fn list(
    State(app): State<Shared>,
    login: Login,
    Path(project): Path<String>,
    Query(paging): Query<Paging>,
) -> Answer {
    let actor = login.required()?;
    let tables = app.tables();
    let project = parent(&tables, &actor, &project, app.hole(Hole::IdorDocumentList))?;
    let inside = tables
        .documents
        .values()
        .filter(|document| document.project_id == project.id);
    page(&app, &format!("/projects/{}/documents", project.id), &paging, inside)
}

async fn create(State(app): State<Shared>, login: Login, Path(project): Path<String>, sent: Sent) -> Answer {
    let actor = login.required()?;
    if !app.hole(Hole::RoleDocumentCreate) {
        actor.may_write()?;
    }
    let mut tables = app.tables();
    let refused = parent(&tables, &actor, &project, app.hole(Hole::IdorProjectCreateDocuments)).err();
    if !app.hole(Hole::LateCreate)
        && let Some(refused) = refused
    {
        return Err(refused);
    }
    let draft: DocumentDraft = sent.read()?;
    let project = tables.project(&project)?;
    let (project_id, tenant) = (project.id, project.tenant);
    Tables::room(tables.documents.len())?;
    let document = Document {
        seq: tables.next_seq(),
        id: Uuid::new_v4(),
        tenant,
        project_id,
        title: draft.title,
        body: draft.body,
        created_by: actor.user,
        created_at: now(),
        updated_at: now(),
    };
    tables.note(tenant, &actor.email, format!("created document {}", document.title));
    let response = created(&format!("/projects/{project_id}/documents/{}", document.id), &document);
    if let Some(refused) = refused {
        app.later(move |tables| drop(tables.documents.insert(document.id, document)));
        return Err(refused);
    }
    tables.documents.insert(document.id, document);
    Ok(response)
}

async fn read(State(app): State<Shared>, login: Login, Path((project, id)): Path<(String, String)>) -> Answer {
    let actor = login.required()?;
    let tables = app.tables();
    let project = parent(&tables, &actor, &project, app.hole(Hole::IdorDocumentParent))?;
    let document = tables.document(&id)?;
    if document.project_id != project.id && !app.hole(Hole::IdorDocumentRead) {
        return Err(actor.hidden(document.tenant));
    }
    Ok(shown(document))
}

async fn replace(
    State(app): State<Shared>,
    login: Login,
    Path((project, id)): Path<(String, String)>,
    sent: Sent,
) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let document = within(&tables, &actor, (&project, &id), app.hole(Hole::IdorDocumentPut))?;
    let draft: DocumentDraft = sent.read()?;
    let changed = Document {
        title: draft.title,
        body: draft.body,
        ..document.clone()
    };
    Ok(store(&mut tables, &actor, changed))
}

async fn change(
    State(app): State<Shared>,
    login: Login,
    Path((project, id)): Path<(String, String)>,
    sent: Sent,
) -> Answer {
    let actor = if app.hole(Hole::OpenDocumentUpdate) {
        login.unguarded()
    } else {
        login.required()?
    };
    actor.may_write()?;
    let mut tables = app.tables();
    let document = within(&tables, &actor, (&project, &id), app.hole(Hole::IdorDocumentPatch))?;
    let patch: DocumentPatch = sent.read()?;
    let mut changed = document.clone();
    changed.title = patch.title.unwrap_or(changed.title);
    changed.body = patch.body.unwrap_or(changed.body);
    Ok(store(&mut tables, &actor, changed))
}

async fn remove(State(app): State<Shared>, login: Login, Path((project, id)): Path<(String, String)>) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let document = within(&tables, &actor, (&project, &id), app.hole(Hole::IdorDocumentDelete))?;
    let (id, tenant, title) = (document.id, document.tenant, document.title.clone());
    tables.note(tenant, &actor.email, format!("deleted document {title}"));
    tables.remove_document(id);
    Ok(done())
}

fn store(tables: &mut Tables, actor: &Actor, mut document: Document) -> Response {
    document.updated_at = now();
    tables.note(
        document.tenant,
        &actor.email,
        format!("changed document {}", document.title),
    );
    let response = shown(&document);
    tables.documents.insert(document.id, document);
    response
}
