//! The rows that every demo starts with: the users, and for each tenant a little of everything.

use uuid::Uuid;

use crate::{
    API_KEYS, CREDENTIALS,
    auth::hash_password,
    tables::{
        ApiKey, Comment, Currency, Document, Invoice, InvoiceStatus, KeyScope, Project, ProjectStatus, StoredFile,
        Tables, Tenant, User, now,
    },
};

/// Fresh tables.
pub(crate) fn tables() -> Tables {
    let mut tables = Tables::default();
    for credential in CREDENTIALS {
        let salt = rand::random();
        let user = User {
            seq: tables.next_seq(),
            id: Uuid::new_v4(),
            email: credential.email.to_owned(),
            display_name: capitalised(credential.name),
            role: credential.role,
            tenant: credential.tenant,
            salt,
            password_hash: hash_password(credential.password, &salt),
            disabled: false,
            removed: false,
        };
        tables.users.push(user);
    }
    for seeded in API_KEYS {
        let maker = tables.users.iter().find(|user| user.email == seeded.of);
        let Some((created_by, tenant)) = maker.map(|user| (user.id, user.tenant)) else {
            continue;
        };
        let key = ApiKey {
            seq: tables.next_seq(),
            id: Uuid::new_v4(),
            tenant,
            name: "seeded".to_owned(),
            scope: KeyScope::Write,
            value: seeded.value.to_owned(),
            revoked: seeded.revoked,
            created_by,
            created_at: now(),
        };
        tables.keys.insert(key.id, key);
    }
    fill(&mut tables, Tenant::Acme, "Anvil launch", "Roadrunner Logistics");
    fill(
        &mut tables,
        Tenant::Globex,
        "Hammock district",
        "Cypress Creek Utilities",
    );
    tables
}

fn fill(tables: &mut Tables, tenant: Tenant, name: &str, customer: &str) {
    let Some(owner) = tables
        .users
        .iter()
        .find(|user| user.tenant == tenant)
        .map(|user| user.id)
    else {
        return;
    };
    let (project, document, comment, file) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    let seq = tables.next_seq();
    tables.projects.insert(
        project,
        Project {
            seq,
            id: project,
            tenant,
            name: name.to_owned(),
            description: format!("What {customer} ordered."),
            status: ProjectStatus::Active,
            created_by: owner,
            created_at: now(),
            updated_at: now(),
        },
    );
    let seq = tables.next_seq();
    tables.documents.insert(
        document,
        Document {
            seq,
            id: document,
            tenant,
            project_id: project,
            title: format!("{name}: plan"),
            body: "First draft.".to_owned(),
            created_by: owner,
            created_at: now(),
            updated_at: now(),
        },
    );
    let seq = tables.next_seq();
    tables.comments.insert(
        comment,
        Comment {
            seq,
            id: comment,
            tenant,
            document_id: document,
            text: format!("{customer} wants this sooner."),
            created_by: owner,
            created_at: now(),
        },
    );
    let seq = tables.next_seq();
    let number = tables.next_invoice();
    tables.invoices.insert(
        number,
        Invoice {
            seq,
            id: number,
            tenant,
            customer: customer.to_owned(),
            amount_cents: 125_000,
            currency: Currency::Eur,
            note: format!("For {name}."),
            project_id: Some(project),
            status: InvoiceStatus::Open,
            created_by: owner,
            created_at: now(),
        },
    );
    let seq = tables.next_seq();
    let content = format!("{name}\n{customer}\n").into_bytes();
    tables.files.insert(
        file,
        StoredFile {
            seq,
            id: file,
            tenant,
            name: "offer.txt".to_owned(),
            size: content.len(),
            created_by: owner,
            created_at: now(),
            content: content.into(),
        },
    );
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}
