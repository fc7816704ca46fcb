//! Files: upload as a multipart form, download as an attachment.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Path, Query, Request, State},
    http::header,
    response::IntoResponse,
};
use serde_json::json;
use uuid::Uuid;

use super::{created, done};
use crate::{
    Hole,
    guard::Login,
    openapi::{Operation, delete, get, post},
    paging::{Paging, page},
    problem::{Answer, Problem},
    state::Shared,
    tables::{StoredFile, Tables, now},
};

/// Bytes of one file at most.
const MAX_FILE: usize = 1024 * 1024;
/// Files kept at most, so that they cannot fill the memory.
const MAX_FILES: usize = 2_000;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("/files", list)
            .named("listFiles", "files", "Files of the tenant.")
            .paged()
            .answers(200, "Files, newest first.", "FilePage"),
        post("/files", upload)
            .named("uploadFile", "files", "Upload a file.")
            .restricted()
            .takes_file()
            .answers(201, "The new file.", "File"),
        get("/files/{fileId}", download)
            .named("downloadFile", "files", "Download a file.")
            .answers_as(
                "application/octet-stream",
                "Its content.",
                json!({ "type": "string", "format": "binary" }),
            ),
        delete("/files/{fileId}", remove)
            .named("deleteFile", "files", "Delete a file.")
            .restricted()
            .answers_empty(204, "Deleted."),
    ]
}

async fn list(State(app): State<Shared>, login: Login, Query(paging): Query<Paging>) -> Answer {
    let actor = login.required()?;
    let tables = app.tables();
    page(
        &app,
        "/files",
        &paging,
        tables.files.values().filter(|file| actor.sees(file.tenant)),
    )
}

/// The file part of a form, with its name made harmless.
async fn file_part(request: Request) -> Result<(String, Bytes), Problem> {
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| Problem::malformed("send multipart/form-data"))?;
    let broken = |error: axum::extract::multipart::MultipartError| {
        if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            Problem::too_large()
        } else {
            Problem::malformed("the form is broken")
        }
    };
    let mut found = None;
    while let Some(part) = form.next_field().await.map_err(broken)? {
        if part.name() != Some("file") || found.is_some() {
            return Err(Problem::invalid("the form has one part, file"));
        }
        let name = harmless(part.file_name().unwrap_or("file"));
        let content = part.bytes().await.map_err(broken)?;
        if content.len() > MAX_FILE {
            return Err(Problem::too_large());
        }
        found = Some((name, content));
    }
    found.ok_or_else(|| Problem::invalid("the form has one part, file"))
}

/// A file name without folders, and without anything that a header could not hold.
fn harmless(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().map(|c| {
        if c.is_ascii_alphanumeric() || "._- ".contains(c) {
            c
        } else {
            '_'
        }
    });
    let kept: String = kept.take(120).collect();
    if kept.trim_matches('.').trim().is_empty() {
        "file".to_owned()
    } else {
        kept
    }
}

async fn upload(State(app): State<Shared>, login: Login, request: Request) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let (name, content) = file_part(request).await?;
    let mut tables = app.tables();
    if tables.files.len() >= MAX_FILES {
        return Err(Problem::full());
    }
    Tables::room(tables.files.len())?;
    let file = StoredFile {
        seq: tables.next_seq(),
        id: Uuid::new_v4(),
        tenant: actor.tenant,
        name,
        size: content.len(),
        created_by: actor.user,
        created_at: now(),
        content,
    };
    tables.note(actor.tenant, &actor.email, format!("uploaded {}", file.name));
    let response = created(&format!("/files/{}", file.id), &file);
    tables.files.insert(file.id, file);
    Ok(response)
}

async fn download(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = login.required()?;
    if app.hole(Hole::StrictFileRead) {
        actor.may_write()?;
    }
    let tables = app.tables();
    let file = tables.file(&id)?;
    if !actor.sees(file.tenant) && !app.hole(Hole::IdorFileDownload) {
        return Err(Problem::foreign());
    }
    let disposition = format!("attachment; filename=\"{}\"", file.name);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
    ];
    Ok((headers, file.content.clone()).into_response())
}

async fn remove(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let file = tables.file(&id)?;
    if !actor.sees(file.tenant) {
        return Err(Problem::foreign());
    }
    let id = file.id;
    tables.files.remove(&id);
    Ok(done())
}
