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
        for (name, from) in &step.capture {
            let Extract::JsonPath(path) = from else { return None };
            if name != "token" && name != "refresh_token" {
                return None;
            }
            fields.insert(name.clone(), Value::from(path.as_str()));
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

/// Where credentials go; `None` inside is the default, `None` outside something that is not written here.
fn sent(slots: &[CredentialSlot]) -> Option<Option<Value>> {
    Some(match slots {
        [] => None,
        [CredentialSlot::Jar] => Some(json!({ "cookies": "all" })),
        [CredentialSlot::Bearer(token)] => Some(json!({ "bearer": token.to_string() })),
        [CredentialSlot::Header { name, value }] => Some(json!({ "header": { name.as_str(): value.to_string() } })),
        [CredentialSlot::Query { name, value }] => Some(json!({ "query": { name.as_str(): value.to_string() } })),
        _ => return None,
    })
}
