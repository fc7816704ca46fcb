//! What was derived, as the plan would say it: whoever disagrees changes the line instead of looking up how to write one.

use serde_json::{Map, Value, json};

use crate::stub::{braces, flow, request, word};
use crate::{CredentialSlot, Extract, Login, LoginKind, Resource, Spec};

/// The usual names of a token, anywhere in the answer.
const ANY_TOKEN: &str = "$..['access_token','accessToken','token','jwt','auth_token','authToken','id_token']";

impl Spec {
    /// A kind of object as a line below `resources:`.
    pub fn written_resource(&self, resource: &Resource) -> String {
        let mut fields = Map::new();
        if let Some(parent) = &resource.parent {
            fields.insert("parent".to_owned(), Value::from(parent.as_str()));
        }
        if let Some(create) = &resource.create {
            fields.insert("create".to_owned(), self.call(create));
        }
        if let [Extract::JsonPath(path)] = resource.id.as_slice() {
            fields.insert("id".to_owned(), Value::from(path.as_str()));
        }
        let calls = [
            ("read", resource.read.as_ref()),
            ("list", resource.list()),
            ("delete", resource.delete.as_ref()),
        ];
        for (key, call) in calls {
            if let Some(operation) = call.and_then(|call| call.operation.as_ref()) {
                fields.insert(key.to_owned(), Value::from(operation.as_str()));
            }
        }
        format!("{}: {}", word(resource.name.as_str()), flow(&Value::Object(fields)))
    }
}

impl Spec {
    /// How a kind of object is made, as a line below `resources:`.
    pub fn written_create(&self, resource: &Resource) -> String {
        let mut fields = Map::new();
        if let Some(parent) = &resource.parent {
            fields.insert("parent".to_owned(), Value::from(parent.as_str()));
        }
        if let Some(create) = &resource.create {
            fields.insert("create".to_owned(), self.call(create));
        }
        format!("{}: {}", word(resource.name.as_str()), flow(&Value::Object(fields)))
    }
}

impl Login {
    /// The recipe as a line below `logins:`; `None` where it takes more than a request to say.
    pub fn written(&self) -> Option<String> {
        let LoginKind::Steps(steps) = &self.kind else {
            return None;
        };
        let [step] = steps.as_slice() else { return None };
        let mut fields = Map::new();
        let path = braces(&step.request.path.to_string());
        fields.insert("request".to_owned(), request(&step.request, &path));
        let mut captured = Map::new();
        for (name, from) in &step.capture {
            let (from, of_ours) = (place(from)?, matches!(name.as_str(), "token" | "refresh_token"));
            let into = if of_ours { &mut fields } else { &mut captured };
            into.insert(name.clone(), Value::from(from));
        }
        if !captured.is_empty() {
            fields.insert("capture".to_owned(), Value::Object(captured));
        }
        if step.capture.is_empty() && self.send.is_empty() {
            // Where the document is silent a token is looked for under its usual names; a recipe of the plan has to say it.
            fields.insert("token".to_owned(), Value::from(ANY_TOKEN));
        }
        if let Some(send) = sent(&self.send)? {
            fields.insert("send".to_owned(), send);
        }
        if let Some(whoami) = &self.whoami {
            fields.insert(
                "whoami".to_owned(),
                Value::from(format!("{} {}", whoami.request.method, whoami.request.path)),
            );
        }
        let name = if self.name.contains(' ') { "login" } else { &self.name };
        Some(format!("{}: {}", word(name), flow(&Value::Object(fields))))
    }
}

/// Where a value is in an answer, in the short form; none where it has none.
fn place(from: &Extract) -> Option<String> {
    match from {
        Extract::JsonPath(path) => Some(path.clone()),
        Extract::Header(name) => Some(format!("header {name}")),
        Extract::Cookie(name) => Some(format!("cookie {name}")),
        Extract::LastSegmentOf(_) | Extract::Regex(_) | Extract::Named(_) => None,
    }
}

/// Where credentials go; `None` inside is the default, `None` outside something that is not written here.
fn sent(slots: &[CredentialSlot]) -> Option<Option<Value>> {
    Some(match slots {
        [] => None,
        [CredentialSlot::Jar] => Some(json!({ "cookies": "all" })),
        [CredentialSlot::Jar, CredentialSlot::UnsafeHeader { name, value }] => {
            Some(json!({ "cookies": "all", "unsafe_headers": { name.as_str(): value.to_string() } }))
        }
        [CredentialSlot::Bearer(token)] => Some(json!({ "bearer": token.to_string() })),
        [CredentialSlot::Header { name, value }] => Some(json!({ "header": { name.as_str(): value.to_string() } })),
        [CredentialSlot::Query { name, value }] => Some(json!({ "query": { name.as_str(): value.to_string() } })),
        _ => return None,
    })
}
