//! Search over the tenant, and the export of a project.

use axum::{
    extract::{Path, Query, State},
    http::header,
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::shown;
use crate::{
    Hole,
    guard::Login,
    input::length,
    openapi::{Operation, get},
    problem::{Answer, Problem},
    state::Shared,
    tables::Tenant,
};

/// Hits that a search shows at most.
const MAX_HITS: usize = 50;

pub(super) fn operations() -> Vec<Operation> {
    let words = json!({ "type": "string", "minLength": 1, "maxLength": 200, "example": "plan" });
    vec![
        get("/search", search)
            .named(
                "search",
                "projects",
                "Projects, documents and invoices that hold a text.",
            )
            .query("q", true, "What to look for; case does not matter.", words)
            .answers(200, "At most 50 hits, newest first.", "HitPage"),
        get("/projects/{projectId}/export", export)
            .named("exportProject", "projects", "A project with its documents as CSV.")
            .answers_as("text/csv", "Kind, id, title, body.", json!({ "type": "string" })),
    ]
}

#[derive(Deserialize)]
struct SearchQuery {
    #[serde(default)]
    q: String,
}

#[derive(Serialize)]
struct Hit {
    #[serde(skip)]
    seq: u64,
    kind: &'static str,
    id: String,
    title: String,
}

async fn search(State(app): State<Shared>, login: Login, Query(query): Query<SearchQuery>) -> Answer {
    let actor = if app.hole(Hole::OpenSearch) {
        login.unguarded()
    } else {
        login.required()?
    };
    length("q", &query.q, 1, 200).map_err(Problem::invalid)?;
    let words = query.q.to_lowercase();
    let visible = |tenant: Tenant| actor.sees(tenant) || app.hole(Hole::IdorSearch);
    let holds = |texts: [&str; 2]| texts.iter().any(|text| text.to_lowercase().contains(&words));
    let tables = app.tables();
    let projects = tables
        .projects
        .values()
        .filter(|row| visible(row.tenant) && holds([&row.name, &row.description]));
    let documents = tables
        .documents
        .values()
        .filter(|row| visible(row.tenant) && holds([&row.title, &row.body]));
    let invoices = tables
        .invoices
        .values()
        .filter(|row| visible(row.tenant) && holds([&row.customer, &row.note]));
    let mut hits: Vec<Hit> = projects
        .map(|row| Hit {
            seq: row.seq,
            kind: "project",
            id: row.id.to_string(),
            title: row.name.clone(),
        })
        .chain(documents.map(|row| Hit {
            seq: row.seq,
            kind: "document",
            id: row.id.to_string(),
            title: row.title.clone(),
        }))
        .chain(invoices.map(|row| Hit {
            seq: row.seq,
            kind: "invoice",
            id: row.id.to_string(),
            title: row.customer.clone(),
        }))
        .collect();
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.seq));
    let total = hits.len();
    hits.truncate(MAX_HITS);
    Ok(shown(
        &json!({ "items": hits, "total": total, "limit": MAX_HITS, "offset": 0 }),
    ))
}

async fn export(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = if app.hole(Hole::OpenExport) {
        login.unguarded()
    } else {
        login.required()?
    };
    let tables = app.tables();
    let project = tables.project(&id)?;
    if !actor.sees(project.tenant) && !app.hole(Hole::IdorExport) {
        return Err(Problem::foreign());
    }
    let mut csv = String::from("kind,id,title,body\r\n");
    csv.push_str(&line(
        "project",
        &project.id.to_string(),
        &project.name,
        &project.description,
    ));
    for document in tables
        .documents
        .values()
        .filter(|document| document.project_id == project.id)
    {
        csv.push_str(&line(
            "document",
            &document.id.to_string(),
            &document.title,
            &document.body,
        ));
    }
    let disposition = format!("attachment; filename=\"project-{}.csv\"", project.id);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, &disposition),
    ];
    Ok((headers, csv).into_response())
}

fn line(kind: &str, id: &str, title: &str, body: &str) -> String {
    format!("{kind},{id},{},{}\r\n", cell(title), cell(body))
}

/// A quoted cell (RFC 4180). A spreadsheet must not take it for a formula (CWE-1236).
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}
