//! The data of the demo as plain rows, and the look-ups that answer 404. Who may see a row is decided in the routes.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    CREDENTIALS,
    auth::{hash_password, same},
    problem::Problem,
};

/// Rows per table; more are refused, so that a runaway client cannot fill the memory.
const MAX_ROWS: usize = 50_000;
/// Invoice numbers begin behind this one.
const FIRST_INVOICE: u64 = 1000;
/// Events kept for `GET /activity`.
const MAX_EVENTS: usize = 2_000;

/// A customer of the demo; nothing of one may be seen or changed by the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tenant {
    /// The tenant of alice, adam, bob and vera.
    Acme,
    /// The tenant of mallory, gil, mia and gus.
    Globex,
}

/// What a user may do within its tenant; each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads and writes.
    Member,
    /// Also lists users and changes roles below owner.
    Admin,
    /// Also grants and takes the role of owner.
    Owner,
}

/// A row that lists can hold.
pub(crate) trait Row: Serialize {
    /// Grows with every row that is made; lists are sorted by it.
    fn seq(&self) -> u64;
}

macro_rules! rows {
    ($($name:ident)*) => { $(impl Row for $name {
        fn seq(&self) -> u64 { self.seq }
    })* };
}
rows!(User ApiKey Project Document Comment Invoice StoredFile Event Item);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct User {
    #[serde(skip)]
    pub seq: u64,
    pub id: Uuid,
    pub email: String,
    pub display_name: String,
    pub role: Role,
    pub tenant: Tenant,
    #[serde(skip)]
    pub salt: [u8; 16],
    #[serde(skip)]
    pub password_hash: [u8; 32],
    /// Locked out: no login works.
    #[serde(skip)]
    pub disabled: bool,
    /// Taken out of the tenant: as good as not there.
    #[serde(skip)]
    pub removed: bool,
}

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyScope {
    /// Read what its maker may read.
    Read,
    /// Whatever its maker may do.
    Write,
}

/// An API key: a program that acts for whoever made the key. The key itself is shown once, when it is made.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ApiKey {
    #[serde(skip)]
    pub seq: u64,
    pub id: Uuid,
    #[serde(skip)]
    pub tenant: Tenant,
    pub name: String,
    pub scope: KeyScope,
    #[serde(skip)]
    pub value: String,
    #[serde(skip)]
    pub revoked: bool,
    pub created_by: Uuid,
    pub created_at: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProjectStatus {
    Active,
    Archived,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Project {
    #[serde(skip)]
    pub seq: u64,
    pub id: Uuid,
    #[serde(skip)]
    pub tenant: Tenant,
    pub name: String,
    pub description: String,
    pub status: ProjectStatus,
    pub created_by: Uuid,
    pub created_at: String,
    pub updated_at: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Document {
    #[serde(skip)]
    pub seq: u64,
    pub id: Uuid,
    #[serde(skip)]
    pub tenant: Tenant,
    pub project_id: Uuid,
    pub title: String,
    pub body: String,
    pub created_by: Uuid,
    pub created_at: String,
    pub updated_at: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Comment {
    #[serde(skip)]
    pub seq: u64,
    pub id: Uuid,
    #[serde(skip)]
    pub tenant: Tenant,
    pub document_id: Uuid,
    pub text: String,
    pub created_by: Uuid,
    pub created_at: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum InvoiceStatus {
    Open,
    Paid,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Currency {
    #[serde(rename = "EUR")]
    Eur,
    #[serde(rename = "USD")]
    Usd,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Invoice {
    #[serde(skip)]
    pub seq: u64,
    pub id: u64,
    #[serde(skip)]
    pub tenant: Tenant,
    pub customer: String,
    pub amount_cents: u64,
    pub currency: Currency,
    pub note: String,
    pub project_id: Option<Uuid>,
    pub status: InvoiceStatus,
    pub created_by: Uuid,
    pub created_at: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct StoredFile {
    #[serde(skip)]
    pub seq: u64,
    pub id: Uuid,
    #[serde(skip)]
    pub tenant: Tenant,
    pub name: String,
    pub size: usize,
    pub created_by: Uuid,
    pub created_at: String,
    #[serde(skip)]
    pub content: axum::body::Bytes,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Event {
    #[serde(skip)]
    pub seq: u64,
    #[serde(skip)]
    pub tenant: Tenant,
    pub at: String,
    pub by: String,
    pub text: String,
}

/// A row of the synthetic resources.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Item {
    #[serde(skip)]
    pub seq: u64,
    pub id: Uuid,
    #[serde(skip)]
    pub tenant: Tenant,
    pub name: String,
    pub note: String,
}

/// All rows.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub users: Vec<User>,
    pub keys: BTreeMap<Uuid, ApiKey>,
    pub projects: BTreeMap<Uuid, Project>,
    pub documents: BTreeMap<Uuid, Document>,
    pub comments: BTreeMap<Uuid, Comment>,
    pub invoices: BTreeMap<u64, Invoice>,
    pub files: BTreeMap<Uuid, StoredFile>,
    /// Synthetic rows by the number of their resource.
    pub items: BTreeMap<(usize, Uuid), Item>,
    pub events: VecDeque<Event>,
    /// Name of the project that anybody wrote last; only a hole shows it.
    pub last_written: Option<String>,
    last_seq: u64,
    last_invoice: u64,
}

/// The present moment as RFC 3339 text.
pub(crate) fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}

/// An id as the path spells it; what is no UUID names nothing and is answered like an unknown object.
fn uuid(text: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text).map_err(|_| Problem::missing())
}

impl Tables {
    /// The next place in the order of creation.
    pub fn next_seq(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }

    /// The next invoice number; numbers count up over all tenants and are never used again.
    pub fn next_invoice(&mut self) -> u64 {
        self.last_invoice += 1;
        FIRST_INVOICE + self.last_invoice
    }

    /// Refuses to make a row in a table that is full.
    pub fn room(rows: usize) -> Result<(), Problem> {
        if rows < MAX_ROWS { Ok(()) } else { Err(Problem::full()) }
    }

    pub fn user(&self, id: &str) -> Result<&User, Problem> {
        let id = uuid(id)?;
        self.users
            .iter()
            .find(|user| user.id == id)
            .ok_or_else(Problem::missing)
    }

    pub fn project(&self, id: &str) -> Result<&Project, Problem> {
        self.projects.get(&uuid(id)?).ok_or_else(Problem::missing)
    }

    pub fn key(&self, id: &str) -> Result<&ApiKey, Problem> {
        let key = self.keys.get(&uuid(id)?);
        key.filter(|key| !key.revoked).ok_or_else(Problem::missing)
    }

    pub fn document(&self, id: &str) -> Result<&Document, Problem> {
        self.documents.get(&uuid(id)?).ok_or_else(Problem::missing)
    }

    pub fn comment(&self, id: &str) -> Result<&Comment, Problem> {
        self.comments.get(&uuid(id)?).ok_or_else(Problem::missing)
    }

    pub fn invoice(&self, id: &str) -> Result<&Invoice, Problem> {
        let id = id.parse().map_err(|_| Problem::missing())?;
        self.invoices.get(&id).ok_or_else(Problem::missing)
    }

    pub fn file(&self, id: &str) -> Result<&StoredFile, Problem> {
        self.files.get(&uuid(id)?).ok_or_else(Problem::missing)
    }

    pub fn item(&self, resource: usize, id: &str) -> Result<&Item, Problem> {
        self.items.get(&(resource, uuid(id)?)).ok_or_else(Problem::missing)
    }

    /// Removes a project with everything in it.
    pub fn remove_project(&mut self, id: Uuid) {
        self.projects.remove(&id);
        for invoice in self.invoices.values_mut() {
            invoice.project_id = invoice.project_id.filter(|project| *project != id);
        }
        let inside: Vec<Uuid> = self
            .documents
            .values()
            .filter(|row| row.project_id == id)
            .map(|row| row.id)
            .collect();
        for document in inside {
            self.remove_document(document);
        }
    }

    /// Removes a document with its comments.
    pub fn remove_document(&mut self, id: Uuid) {
        self.documents.remove(&id);
        self.comments.retain(|_, comment| comment.document_id != id);
    }

    /// Every row but the events, as text by kind and id.
    pub fn inventory(&self) -> BTreeMap<String, String> {
        let mut rows = BTreeMap::new();
        let mut put = |kind: &str, id: String, row: Value| rows.insert(format!("{kind} {id}"), row.to_string());
        for row in &self.users {
            let as_seeded = CREDENTIALS.iter().any(|seeded| {
                seeded.email == row.email && same(&hash_password(seeded.password, &row.salt), &row.password_hash)
            });
            put(
                "user",
                row.id.to_string(),
                json!([row, as_seeded, row.disabled, row.removed]),
            );
        }
        for row in self.projects.values() {
            put("project", row.id.to_string(), json!(row));
        }
        for row in self.keys.values().filter(|row| !row.revoked) {
            put("key", row.id.to_string(), json!(row));
        }
        for row in self.documents.values() {
            put("document", row.id.to_string(), json!(row));
        }
        for row in self.comments.values() {
            put("comment", row.id.to_string(), json!(row));
        }
        for row in self.invoices.values() {
            put("invoice", row.id.to_string(), json!(row));
        }
        for row in self.files.values() {
            put("file", row.id.to_string(), json!(row));
        }
        for ((resource, _), row) in &self.items {
            put(&format!("item {resource}"), row.id.to_string(), json!(row));
        }
        rows
    }

    /// Notes what somebody did, for `GET /activity` of the tenant.
    pub fn note(&mut self, tenant: Tenant, by: &str, text: String) {
        let seq = self.next_seq();
        self.events.push_back(Event {
            seq,
            tenant,
            at: now(),
            by: by.to_owned(),
            text,
        });
        if self.events.len() > MAX_EVENTS {
            self.events.pop_front();
        }
    }
}
