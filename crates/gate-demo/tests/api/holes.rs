//! Each switch opens its hole, and no other.

use std::collections::BTreeSet;

use gate_demo::{Config, Hole};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    client::{Api, text},
    sweep::breaches,
};

/// What the sweep finds behind a switch.
fn expected(hole: Hole) -> &'static [&'static str] {
    match hole {
        Hole::OpenProjectRead => &[
            "anonymous GET /projects/{projectId}",
            "garbage GET /projects/{projectId}",
        ],
        Hole::OpenProjectList => &["anonymous GET /projects", "garbage GET /projects"],
        Hole::OpenExport => &[
            "anonymous GET /projects/{projectId}/export",
            "garbage GET /projects/{projectId}/export",
        ],
        Hole::OpenSearch => &["anonymous GET /search?q=c4n4ry", "garbage GET /search?q=c4n4ry"],
        Hole::OpenAdminUsers => &["anonymous GET /admin/users", "garbage GET /admin/users"],
        Hole::OpenInvoiceDelete => &[
            "anonymous DELETE /invoices/{invoiceId}",
            "garbage DELETE /invoices/{invoiceId}",
        ],
        Hole::OpenDocumentUpdate => &[
            "anonymous PATCH /projects/{projectId}/documents/{documentId}",
            "garbage PATCH /projects/{projectId}/documents/{documentId}",
        ],
        Hole::OptionalAuth => &["anonymous GET /invoices"],
        Hole::IdorProjectRead | Hole::DenialLeaksObject => &["mallory GET /projects/{projectId}"],
        Hole::IdorDocumentRead => &["mallory GET /projects/{own}/documents/{documentId}"],
        Hole::IdorDocumentParent => &["mallory GET /projects/{projectId}/documents/{documentId}"],
        Hole::IdorCommentRead => &["mallory GET /projects/{projectId}/documents/{documentId}/comments/{commentId}"],
        Hole::IdorInvoiceRead => &["mallory GET /invoices/{invoiceId}"],
        Hole::IdorProjectList => &["mallory GET /projects"],
        Hole::IdorDocumentList => &["mallory GET /projects/{projectId}/documents"],
        Hole::IdorSearch => &["mallory GET /search?q=c4n4ry"],
        Hole::IdorExport => &["mallory GET /projects/{projectId}/export"],
        Hole::IdorFileDownload => &["mallory GET /files/{fileId}"],
        Hole::IdorProjectPut | Hole::LateWrite => &["mallory PUT /projects/{projectId}"],
        Hole::IdorProjectPatch | Hole::WriteThen403 => &["mallory PATCH /projects/{projectId}"],
        Hole::IdorProjectDelete | Hole::DeleteThen404 => &["mallory DELETE /projects/{projectId}"],
        Hole::IdorProjectArchive => &["mallory POST /projects/{projectId}/archive"],
        Hole::IdorDocumentPut => &["mallory PUT /projects/{projectId}/documents/{documentId}"],
        Hole::IdorDocumentPatch => &["mallory PATCH /projects/{projectId}/documents/{documentId}"],
        Hole::IdorDocumentDelete => &["mallory DELETE /projects/{projectId}/documents/{documentId}"],
        Hole::IdorInvoicePatch => &["mallory PATCH /invoices/{invoiceId}"],
        Hole::IdorInvoiceDelete | Hole::LateDelete => &["mallory DELETE /invoices/{invoiceId}"],
        Hole::IdorInvoicePay => &["mallory POST /invoices/{invoiceId}/pay"],
        Hole::IdorCommentDelete => {
            &["mallory DELETE /projects/{projectId}/documents/{documentId}/comments/{commentId}"]
        }
        Hole::IdorProjectCreateDocuments | Hole::LateCreate => &["mallory POST /projects/{projectId}/documents"],
        Hole::RoleProjectDelete => &["vera DELETE /projects/{projectId}"],
        Hole::RoleDocumentCreate => &["vera POST /projects/{projectId}/documents"],
        Hole::RoleWriteThen403 => &["vera PATCH /invoices/{invoiceId}"],
        Hole::LeakLastWriteHeader | Hole::ShowsForeignContact => &["mallory GET /me"],
        Hole::LeakActivity => &["mallory GET /activity"],
        Hole::LeakConflictMessage => &["mallory POST /projects"],
        // Slow routes leak nothing; what is wrong with tokens and sessions is tried elsewhere.
        _ => &[],
    }
}

#[tokio::test(start_paused = true)]
async fn each_switch_opens_exactly_its_hole() {
    let mut wrong = Vec::new();
    for hole in Hole::ALL {
        let found = breaches(Config::default().with_hole(*hole)).await;
        let expected: BTreeSet<String> = expected(*hole).iter().map(|text| (*text).to_owned()).collect();
        if found != expected {
            wrong.push(format!("{hole} opens {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn holes_that_refuse_in_words_refuse_by_status_too() {
    for (hole, method, status) in [
        (Hole::DenialLeaksObject, "GET", 403),
        (Hole::WriteThen403, "PATCH", 403),
        (Hole::DeleteThen404, "DELETE", 404),
        (Hole::LateWrite, "PUT", 403),
        (Hole::LeakActivity, "GET", 404),
    ] {
        let api = Api::new(Config::default().with_hole(hole));
        let (alice, mallory) = (api.login("alice").await, api.login("mallory").await);
        let id = text(&api.post(&alice, "/projects", json!({ "name": "mine" })).await.json()["id"]);
        let body = (method != "DELETE" && method != "GET").then(|| json!({ "name": "theirs" }));
        let reply = api.send(Some(&mallory), method, &format!("/projects/{id}"), body).await;
        assert_eq!(reply.status, status, "{hole}: {}", reply.body);
    }
}

#[tokio::test(start_paused = true)]
async fn slow_routes_are_slow_and_the_others_are_not() {
    for (hole, slow_list, slow_read) in [
        (Hole::SlowProjectList, 400, 0),
        (Hole::SlowProjectRead, 0, 400),
        (Hole::LeakActivity, 0, 0),
    ] {
        let api = Api::new(Config::default().with_hole(hole));
        let alice = api.login("alice").await;
        let begin = Instant::now();
        let list = api.get(&alice, "/projects").await.json();
        assert_eq!(begin.elapsed().as_millis(), slow_list, "{hole}");
        let begin = Instant::now();
        let path = format!("/projects/{}", text(&list["items"][0]["id"]));
        assert_eq!(api.get(&alice, &path).await.status, 200);
        assert_eq!(begin.elapsed().as_millis(), slow_read, "{hole}");
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    for hole in Hole::ALL {
        assert_eq!(hole.to_string().parse::<Hole>().ok(), Some(*hole));
        assert!(hole.describe().ends_with('.'));
    }
    assert!("idor-everything".parse::<Hole>().is_err());
}
