//! Tries, as somebody, every operation on alice's objects, and lists what was seen or changed that should not be.

use std::{collections::BTreeSet, time::Duration};

use gate_demo::Config;
use serde_json::{Value, json};

use crate::client::{Api, text};

/// In everything that alice writes here.
const CANARY: &str = "c4n4ry7f3e9b";

/// Objects of alice, by the names of their path parameters.
struct Objects {
    project: String,
    document: String,
    comment: String,
    invoice: String,
    file: String,
    item: String,
    vera: String,
}

async fn create(api: &Api, token: &str, path: &str, body: Value) -> String {
    let reply = api.post(token, path, body).await;
    assert_eq!(reply.status, 201, "{path}: {}", reply.body);
    let location = reply.header("location").expect("a created object has a location");
    let id = location.rsplit('/').next().expect("a last segment").to_owned();
    let named = &reply.json()["id"];
    assert!(named.is_null() || text(named) == id);
    id
}

impl Objects {
    async fn new(api: &Api, alice: &str) -> Self {
        let project = create(
            api,
            alice,
            "/projects",
            json!({ "name": CANARY, "description": CANARY }),
        )
        .await;
        let documents = format!("/projects/{project}/documents");
        let document = create(api, alice, &documents, json!({ "title": CANARY, "body": CANARY })).await;
        let comments = format!("{documents}/{document}/comments");
        let comment = create(api, alice, &comments, json!({ "text": CANARY })).await;
        let draft = json!({ "customer": CANARY, "amount_cents": 100, "currency": "EUR", "note": CANARY });
        let invoice = create(api, alice, "/invoices", draft).await;
        let file = text(&api.upload(Some(alice), "note.txt", CANARY).await.json()["id"]);
        let item = create(api, alice, "/synthetic/r0000/items", json!({ "name": CANARY })).await;
        let users = api.get(alice, "/admin/users").await.json();
        let vera = users["items"]
            .as_array()
            .expect("users")
            .iter()
            .find(|user| user["email"] == "vera@acme.test");
        let vera = text(&vera.expect("vera")["id"]);
        Self {
            project,
            document,
            comment,
            invoice,
            file,
            item,
            vera,
        }
    }

    /// A path template with the ids of these objects in it.
    fn path(&self, template: &str) -> String {
        [
            ("{projectId}", &self.project),
            ("{documentId}", &self.document),
            ("{commentId}", &self.comment),
            ("{invoiceId}", &self.invoice),
            ("{fileId}", &self.file),
            ("{itemId}", &self.item),
            ("{userId}", &self.vera),
        ]
        .into_iter()
        .fold(template.to_owned(), |path, (name, id)| path.replace(name, id))
    }

    /// All that alice sees of them.
    async fn snapshot(&self, api: &Api, alice: &str) -> String {
        let mut all = String::new();
        for path in [
            "/projects/{projectId}",
            "/projects/{projectId}/documents",
            "/projects/{projectId}/documents/{documentId}/comments",
            "/invoices/{invoiceId}",
            "/files/{fileId}",
            "/synthetic/r0000/items/{itemId}",
            "/admin/users",
        ] {
            let reply = api.get(alice, &self.path(path)).await;
            all.push_str(&format!("{path} {} {}\n", reply.status, reply.body));
        }
        all
    }
}

const READS: [&str; 19] = [
    "/me",
    "/activity",
    "/admin/users",
    "/admin/users/{userId}",
    "/projects",
    "/projects/{projectId}",
    "/projects/{projectId}/export",
    "/projects/{projectId}/documents",
    "/projects/{projectId}/documents/{documentId}",
    "/projects/{own}/documents/{documentId}",
    "/projects/{projectId}/documents/{documentId}/comments",
    "/projects/{projectId}/documents/{documentId}/comments/{commentId}",
    "/search?q=c4n4ry",
    "/invoices",
    "/invoices/{invoiceId}",
    "/files",
    "/files/{fileId}",
    "/synthetic/r0000/items",
    "/synthetic/r0000/items/{itemId}",
];

/// Writes with their bodies.
fn writes() -> Vec<(&'static str, &'static str, Option<Value>)> {
    let title = || Some(json!({ "title": "changed" }));
    let name = || Some(json!({ "name": "changed" }));
    vec![
        ("PUT", "/projects/{projectId}", name()),
        ("PATCH", "/projects/{projectId}", name()),
        ("DELETE", "/projects/{projectId}", None),
        ("POST", "/projects/{projectId}/archive", None),
        ("POST", "/projects/{projectId}/restore", None),
        ("POST", "/projects/{projectId}/documents", title()),
        ("PUT", "/projects/{projectId}/documents/{documentId}", title()),
        ("PATCH", "/projects/{projectId}/documents/{documentId}", title()),
        ("DELETE", "/projects/{projectId}/documents/{documentId}", None),
        (
            "POST",
            "/projects/{projectId}/documents/{documentId}/comments",
            Some(json!({ "text": "changed" })),
        ),
        (
            "DELETE",
            "/projects/{projectId}/documents/{documentId}/comments/{commentId}",
            None,
        ),
        ("PATCH", "/invoices/{invoiceId}", Some(json!({ "note": "changed" }))),
        ("DELETE", "/invoices/{invoiceId}", None),
        ("POST", "/invoices/{invoiceId}/pay", None),
        ("DELETE", "/files/{fileId}", None),
        ("PUT", "/synthetic/r0000/items/{itemId}", name()),
        ("DELETE", "/synthetic/r0000/items/{itemId}", None),
        ("PATCH", "/admin/users/{userId}/role", Some(json!({ "role": "member" }))),
    ]
}

/// Everything on alice's objects that the sweep tried with success, as `who METHOD path`. The own tenant's viewer reads
/// by right, so that only her writes are tried.
pub async fn breaches(config: Config) -> BTreeSet<String> {
    let api = Api::new(Config {
        synthetic_operations: 5,
        ..config
    });
    let (alice, mallory, vera) = (
        api.login("alice").await,
        api.login("mallory").await,
        api.login("vera").await,
    );
    let own = create(&api, &mallory, "/projects", json!({ "name": "of mallory" })).await;
    let mut found = BTreeSet::new();
    let actors = [
        ("anonymous", None),
        ("garbage", Some("garbage")),
        ("mallory", Some(&*mallory)),
    ];
    for (who, token) in actors {
        let objects = Objects::new(&api, &alice).await;
        for path in READS {
            let reply = api
                .send(token, "GET", &objects.path(path).replace("{own}", &own), None)
                .await;
            if [CANARY, "@acme.test"].iter().any(|text| reply.seen().contains(text)) {
                found.insert(format!("{who} GET {path}"));
            }
        }
        let reply = api
            .send(token, "POST", "/projects", Some(json!({ "name": "another" })))
            .await;
        if reply.seen().contains(CANARY) {
            found.insert(format!("{who} POST /projects"));
        }
    }
    for (who, token) in actors.into_iter().chain([("vera", Some(&*vera))]) {
        let mut objects = Objects::new(&api, &alice).await;
        for (method, path, body) in writes() {
            if path.ends_with("/restore") {
                api.send(
                    Some(&alice),
                    "POST",
                    &objects.path("/projects/{projectId}/archive"),
                    None,
                )
                .await;
            }
            let before = objects.snapshot(&api, &alice).await;
            api.send(token, method, &objects.path(path), body).await;
            // What comes late comes within a second; time is not the clock's here.
            tokio::time::sleep(Duration::from_millis(1_100)).await;
            if objects.snapshot(&api, &alice).await != before {
                found.insert(format!("{who} {method} {path}"));
                objects = Objects::new(&api, &alice).await;
            }
        }
    }
    found
}
