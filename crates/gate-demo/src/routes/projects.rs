//! Projects: list, create, read, replace, change, delete, archive, restore.

use std::time::Duration;

use axum::extract::{Path, Query, State, rejection::QueryRejection};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{created, done, shown};
use crate::{
    Hole,
    guard::{Actor, Login},
    input::{Check, Sent, length, length_if},
    openapi::{Operation, delete, get, patch, post, put},
    paging::{Paging, page},
    problem::{Answer, Problem},
    state::{App, Shared},
    tables::{Project, ProjectStatus, Role, Tables, Tenant, now},
};

/// How much a slow route takes longer.
const SLOWNESS: Duration = Duration::from_millis(400);

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("/projects", list)
            .named("listProjects", "projects", "Projects of the tenant.")
            .paged()
            .answers(200, "Projects, newest first.", "ProjectPage"),
        post("/projects", create)
            .named("createProject", "projects", "Start a project.")
            .restricted()
            .takes("ProjectDraft")
            .answers(201, "The new project.", "Project"),
        get("/projects/{projectId}", read)
            .named("getProject", "projects", "One project.")
            .answers(200, "The project.", "Project"),
        put("/projects/{projectId}", replace)
            .named("replaceProject", "projects", "Replace name and description.")
            .restricted()
            .takes("ProjectDraft")
            .answers(200, "The project.", "Project"),
        patch("/projects/{projectId}", change)
            .named("updateProject", "projects", "Change name or description.")
            .restricted()
            .takes("ProjectPatch")
            .answers(200, "The project.", "Project"),
        delete("/projects/{projectId}", remove)
            .named("deleteProject", "projects", "Delete a project with its documents.")
            .restricted()
            .answers_empty(204, "Deleted."),
        post("/projects/{projectId}/archive", archive)
            .named("archiveProject", "projects", "Archive a project.")
            .restricted()
            .answers(200, "The project.", "Project"),
        post("/projects/{projectId}/restore", restore)
            .named("restoreProject", "projects", "Bring an archived project back.")
            .restricted()
            .answers(200, "The project.", "Project"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectDraft {
    name: String,
    #[serde(default)]
    description: String,
}

impl Check for ProjectDraft {
    fn check(&self) -> Result<(), String> {
        length("name", &self.name, 1, 120)?;
        length("description", &self.description, 0, 2000)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectPatch {
    name: Option<String>,
    description: Option<String>,
}

impl Check for ProjectPatch {
    fn check(&self) -> Result<(), String> {
        length_if("name", self.name.as_ref(), 1, 120)?;
        length_if("description", self.description.as_ref(), 0, 2000)
    }
}

#[derive(Deserialize)]
struct Named {
    tenant: Option<Tenant>,
}

async fn list(
    State(app): State<Shared>,
    login: Login,
    Query(paging): Query<Paging>,
    named: Result<Query<Named>, QueryRejection>,
) -> Answer {
    let actor = if app.hole(Hole::OpenProjectList) {
        login.unguarded()
    } else {
        login.required()?
    };
    if app.hole(Hole::SlowProjectList) {
        tokio::time::sleep(SLOWNESS).await;
    }
    let named = named.ok().and_then(|Query(named)| named.tenant);
    let named = named.filter(|_| app.hole(Hole::ProjectsOfNamedTenant));
    let tables = app.tables();
    let visible = tables.projects.values().filter(|project| match named {
        Some(tenant) => project.tenant == tenant,
        None => actor.sees(project.tenant) || app.hole(Hole::IdorProjectList),
    });
    page(&app, "/projects", &paging, visible)
}

async fn create(State(app): State<Shared>, login: Login, sent: Sent) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let draft: ProjectDraft = sent.read()?;
    let mut tables = app.tables();
    Tables::room(tables.projects.len())?;
    let project = Project {
        seq: tables.next_seq(),
        id: Uuid::new_v4(),
        tenant: actor.tenant,
        name: draft.name,
        description: draft.description,
        status: ProjectStatus::Active,
        created_by: actor.user,
        created_at: now(),
        updated_at: now(),
    };
    wrote(&mut tables, &actor, &project, "created");
    let path = format!("/projects/{}", project.id);
    let mut body = json!(project);
    if app.hole(Hole::LeakConflictMessage)
        && let Some(other) = newest_of_others(&tables, &actor)
    {
        body["warning"] = json!(format!("the name is similar to {:?} of {:?}", other.name, other.tenant));
    }
    tables.projects.insert(project.id, project);
    Ok(created(&path, &body))
}

/// What the name is compared with by a check that forgets the tenant.
fn newest_of_others<'a>(tables: &'a Tables, actor: &Actor) -> Option<&'a Project> {
    tables
        .projects
        .values()
        .filter(|project| !actor.sees(project.tenant))
        .max_by_key(|project| project.seq)
}

async fn read(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = if app.hole(Hole::OpenProjectRead) {
        login.unguarded()
    } else {
        login.required()?
    };
    if app.hole(Hole::SlowProjectRead) {
        tokio::time::sleep(SLOWNESS).await;
    }
    let tables = app.tables();
    let project = tables.project(&id)?;
    if !actor.sees(project.tenant) && !app.hole(Hole::IdorProjectRead) {
        if app.hole(Hole::DenialLeaksObject) {
            return Err(Problem::foreign_forbidden(Some(json!(project))));
        }
        return Err(Problem::foreign());
    }
    Ok(shown(project))
}

async fn replace(State(app): State<Shared>, login: Login, Path(id): Path<String>, sent: Sent) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let project = tables.project(&id)?;
    let foreign = !actor.sees(project.tenant) && !app.hole(Hole::IdorProjectPut);
    if foreign && !app.hole(Hole::LateWrite) {
        return Err(Problem::foreign());
    }
    let draft: ProjectDraft = sent.read()?;
    let changed = Project {
        name: draft.name,
        description: draft.description,
        ..project.clone()
    };
    if foreign {
        app.later(move |tables| drop(store(tables, &actor, changed, "replaced")));
        return Err(Problem::foreign_forbidden(None));
    }
    Ok(store(&mut tables, &actor, changed, "replaced"))
}

async fn change(State(app): State<Shared>, login: Login, Path(id): Path<String>, sent: Sent) -> Answer {
    let actor = login.required()?;
    actor.at_least(if app.hole(Hole::StrictProjectPatch) {
        Role::Admin
    } else {
        Role::Member
    })?;
    let mut tables = app.tables();
    let project = tables.project(&id)?;
    let foreign = !actor.sees(project.tenant) && !app.hole(Hole::IdorProjectPatch);
    if foreign && !app.hole(Hole::WriteThen403) {
        return Err(Problem::foreign());
    }
    let mut changed = project.clone();
    let mut sent = sent;
    if app.hole(Hole::ProjectStatusBound) {
        let given;
        (sent, given) = sent.without("status");
        (sent, _) = sent.without("created_by");
        changed.status = given
            .and_then(|value| serde_json::from_value(value).ok())
            .unwrap_or(changed.status);
    }
    let patch: ProjectPatch = sent.read()?;
    changed.name = patch.name.unwrap_or(changed.name);
    changed.description = patch.description.unwrap_or(changed.description);
    let response = store(&mut tables, &actor, changed, "changed");
    if foreign {
        return Err(Problem::foreign_forbidden(None));
    }
    Ok(response)
}

async fn remove(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = login.required()?;
    if !app.hole(Hole::RoleProjectDelete) {
        actor.may_write()?;
    }
    let mut tables = app.tables();
    let project = tables.project(&id)?;
    let foreign = !actor.sees(project.tenant) && !app.hole(Hole::IdorProjectDelete);
    if foreign && !app.hole(Hole::DeleteThen404) {
        return Err(Problem::foreign());
    }
    let (id, tenant, name) = (project.id, project.tenant, project.name.clone());
    tables.note(tenant, &actor.email, format!("deleted project {name}"));
    tables.remove_project(id);
    if foreign {
        return Err(Problem::foreign());
    }
    Ok(done())
}

async fn archive(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    set_status(
        &app,
        login,
        &id,
        ProjectStatus::Archived,
        app.hole(Hole::IdorProjectArchive),
    )
}

async fn restore(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    set_status(&app, login, &id, ProjectStatus::Active, false)
}

fn set_status(app: &App, login: Login, id: &str, status: ProjectStatus, unguarded: bool) -> Answer {
    let actor = login.required()?;
    actor.may_write()?;
    let mut tables = app.tables();
    let project = tables.project(id)?;
    if !actor.sees(project.tenant) && !unguarded {
        return Err(Problem::foreign());
    }
    let changed = Project {
        status,
        ..project.clone()
    };
    let verb = if status == ProjectStatus::Archived {
        "archived"
    } else {
        "restored"
    };
    Ok(store(&mut tables, &actor, changed, verb))
}

fn store(tables: &mut Tables, actor: &Actor, mut project: Project, verb: &str) -> axum::response::Response {
    project.updated_at = now();
    wrote(tables, actor, &project, verb);
    let response = shown(&project);
    tables.projects.insert(project.id, project);
    response
}

fn wrote(tables: &mut Tables, actor: &Actor, project: &Project, verb: &str) {
    tables.last_written = Some(project.name.clone());
    tables.note(project.tenant, &actor.email, format!("{verb} project {}", project.name));
}
