//! Comments on documents: the second level of nesting. A new comment's id is in the `Location` header alone.

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use uuid::Uuid;

use super::{created_empty, documents::within, done, shown};
use crate::{
    Hole,
    guard::{Actor, Login},
    input::{Check, Sent, length},
    openapi::{Operation, delete, get, post},
    paging::{Paging, page},
    problem::{Answer, Problem},
    state::Shared,
    tables::{Comment, Tables, now},
};

const LIST: &str = "/projects/{projectId}/documents/{documentId}/comments";
const ONE: &str = "/projects/{projectId}/documents/{documentId}/comments/{commentId}";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(LIST, list)
            .named("listComments", "projects", "Comments on a document.")
            .paged()
            .answers(200, "Comments, newest first.", "CommentPage"),
        post(LIST, create)
            .named("createComment", "projects", "Comment on a document.")
            .restricted()
            .takes("CommentDraft")
            .answers_empty(201, "Created; see Location."),
        get(ONE, read)
            .named("getComment", "projects", "One comment.")
            .answers(200, "The comment.", "Comment"),
        delete(ONE, remove)
            .named("deleteComment", "projects", "Delete a comment.")
            .restricted()
            .answers_empty(204, "Deleted."),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommentDraft {
    text: String,
}

impl Check for CommentDraft {
    fn check(&self) -> Result<(), String> {
        length("text", &self.text, 1, 2000)
    }
}

/// The comment of a path, if all of the path belongs together and to the caller's tenant.
fn on_document<'a>(
    tables: &'a Tables,
    actor: &Actor,
    (project, document, comment): (&str, &str, &str),
    unguarded: bool,
) -> Result<&'a Comment, Problem> {
    let document = within(tables, actor, (project, document), unguarded)?;
    let comment = tables.comment(comment)?;
    if comment.document_id != document.id {
        return Err(actor.hidden(comment.tenant));
    }
    Ok(comment)
}

async fn list(
    State(app): State<Shared>,
    login: Login,
    Path((project, document)): Path<(String, String)>,
    Query(paging): Query<Paging>,
) -> Answer {
    let actor = login.required()?;
    let tables = app.tables();
    let document = within(&tables, &actor, (&project, &document), false)?;
    let path = format!("/projects/{}/documents/{}/comments", document.project_id, document.id);
    page(
        &app,
        &path,
        &paging,
        tables
            .comments
            .values()
            .filter(|comment| comment.document_id == document.id),
    )
}

async fn create(
    State(app): State<Shared>,
    login: Login,
    Path((project, document)): Path<(String, String)>,
    sent: Sent,
) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let document = within(&tables, &actor, (&project, &document), false)?.clone();
    let draft: CommentDraft = sent.read()?;
    Tables::room(tables.comments.len())?;
    let comment = Comment {
        seq: tables.next_seq(),
        id: Uuid::new_v4(),
        tenant: document.tenant,
        document_id: document.id,
        text: draft.text,
        created_by: actor.user,
        created_at: now(),
    };
    tables.note(
        document.tenant,
        &actor.email,
        format!("commented on {}", document.title),
    );
    let path = format!(
        "/projects/{}/documents/{}/comments/{}",
        document.project_id, document.id, comment.id
    );
    tables.comments.insert(comment.id, comment);
    Ok(created_empty(&path))
}

async fn read(
    State(app): State<Shared>,
    login: Login,
    Path((project, document, id)): Path<(String, String, String)>,
) -> Answer {
    let actor = login.required()?;
    let tables = app.tables();
    let unguarded = app.hole(Hole::IdorCommentRead);
    Ok(shown(on_document(
        &tables,
        &actor,
        (&project, &document, &id),
        unguarded,
    )?))
}

async fn remove(
    State(app): State<Shared>,
    login: Login,
    Path((project, document, id)): Path<(String, String, String)>,
) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let unguarded = app.hole(Hole::IdorCommentDelete);
    let id = on_document(&tables, &actor, (&project, &document, &id), unguarded)?.id;
    tables.comments.remove(&id);
    Ok(done())
}
