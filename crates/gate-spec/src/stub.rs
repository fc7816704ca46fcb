//! Lines to paste into a plan: what is known already filled in, ready to be completed by hand.
//!
//! Every line is YAML in flow style that a plan takes as it stands. Reports show them where a case could not be decided.

use gate_model::{IdentityName, OperationId, ResourceName};
use serde_json::{Map, Value, json};

use crate::{Body, Call, Effect, Identity, Method, Operation, ParamSource, RequestTemplate, Spec};

/// A body longer than this is not repeated in a line.
const MAX_BODY_CHARS: usize = 1_200;
/// Query parameters that a line names.
const MAX_QUERY: usize = 4;
/// Names for a user who is not there yet, the usual one first.
const STRANGERS: [&str; 4] = ["mallory", "eve", "oscar", "trudy"];

impl Spec {
    /// How an object of a kind is made: the request that is known, or the likeliest.
    pub fn stub_create(&self, kind: &ResourceName) -> String {
        let resource = self.resources.get(kind);
        let mut create = match resource.and_then(|resource| resource.create.as_ref()) {
            Some(call) => self.call(call),
            None => {
                let path = self
                    .collection(kind)
                    .unwrap_or_else(|| format!("/{}s", kind.as_str().replace('_', "-")));
                json!({ "post": path })
            }
        };
        if let Value::Object(fields) = &mut create
            && !["json", "form", "multipart", "text"]
                .iter()
                .any(|body| fields.contains_key(*body))
        {
            fields.insert("json".to_owned(), json!({ "name": "{{canary}}" }));
        }
        line(&json!({ "resources": { kind.as_str(): { "create": create } } }))
    }

    /// The same with a field that takes a private mark.
    pub fn stub_mark(&self, kind: &ResourceName) -> String {
        let create = self.resources.get(kind).and_then(|resource| resource.create.as_ref());
        let Some(mut create) = create.map(|call| self.call(call)) else {
            return self.stub_create(kind);
        };
        if let Value::Object(fields) = &mut create {
            let body = ["json", "form", "multipart"]
                .into_iter()
                .find(|body| fields.contains_key(*body))
                .unwrap_or("json");
            if let Value::Object(members) = fields.entry(body).or_insert_with(|| json!({})) {
                members.insert("name".to_owned(), Value::from("{{canary}}"));
            }
        }
        line(&json!({ "resources": { kind.as_str(): { "create": create } } }))
    }

    /// Which request reads an object of a kind.
    pub fn stub_read(&self, kind: &ResourceName) -> String {
        let path = self
            .reads(kind)
            .or_else(|| Some(format!("{}/{{id}}", self.collection(kind)?)))
            .unwrap_or_else(|| format!("/{kind}s/{{id}}"));
        line(&json!({ "resources": { kind.as_str(): { "read": format!("GET {path}") } } }))
    }

    /// Which request lists objects of a kind.
    pub fn stub_list(&self, kind: &ResourceName) -> String {
        let path = self.collection(kind).unwrap_or_else(|| format!("/{kind}s"));
        line(&json!({ "resources": { kind.as_str(): { "list": format!("GET {path}") } } }))
    }

    /// The id of an object that exists already.
    pub fn stub_owned(&self, kind: &ResourceName, owner: &IdentityName) -> String {
        line(&json!({ "resources": { kind.as_str(): { "owned": { owner.as_str(): 1 } } } }))
    }

    /// What an operation is called with: its parameters, its body or its query, as far as they are known.
    pub fn stub_request(&self, operation: &OperationId) -> String {
        let known = self.operations.get(operation).and_then(request_part);
        match known {
            Some((key, value)) => line(&json!({ "operations": { operation.as_str(): { key: value } } })),
            None => self.stub_skip(operation),
        }
    }

    /// Leaves an operation out.
    pub fn stub_skip(&self, operation: &OperationId) -> String {
        line(&json!({ "operations": { operation.as_str(): { "skip": "say here why it is left out" } } }))
    }

    /// A further identity: of another tenant where none is named, with the login that the others use.
    pub fn stub_identity(&self, tenant: Option<&str>) -> String {
        let name = STRANGERS
            .into_iter()
            .find(|name| !self.identities.contains_key(*name))
            .unwrap_or("another");
        let model = self
            .identities
            .values()
            .find(|identity| identity.login.is_some())
            .or_else(|| self.identities.values().next());
        let taken = |tenant: &str| self.identities.values().any(|known| known.tenant.as_str() == tenant);
        let other = tenant.unwrap_or(if taken("other") { "another" } else { "other" });
        let credentials = credentials(name, model, self.logins.len() > 1);
        format!("identities: {{ {name}: {{ tenant: {}, {credentials} }} }}", word(other))
    }

    /// Says of an operation who may call it: anybody, with the reason, or a role.
    pub fn stub_public(&self, operation: &OperationId) -> String {
        let reason = "say here why anybody may call it";
        let public = json!({ "access": { "public": [{ "op": operation.as_str(), "reason": reason }] } });
        let role = self.identities.values().find_map(|identity| identity.roles.first());
        let role = role.map_or("member", String::as_str);
        format!("{}   # or `{role}: [\"{operation}\"]`, if only they may", line(&public))
    }

    /// What an identity may do, by which it can be shown to be served.
    pub fn stub_served(&self, name: &IdentityName) -> String {
        let lists = self.operations.values().filter(|operation| {
            operation.effect == Effect::List && operation.public.is_none() && operation.params.is_empty()
        });
        let identity = self.identities.get(name);
        let granted =
            |operation: &&Operation| identity.is_some_and(|identity| self.granted(identity, &operation.id).is_some());
        let operation = lists.filter(granted).map(|operation| operation.id.to_string()).next();
        let operation = operation.unwrap_or_else(|| "GET /what-it-may-read".to_owned());
        format!(
            "{}   # what serves {name}, or `nothing` where that is right",
            line(&json!({ "identities": { name.as_str(): { "served": operation } } }))
        )
    }

    /// The credentials of an identity, each from a variable.
    pub fn stub_credentials(&self, name: &IdentityName) -> String {
        let identity = self.identities.get(name);
        let credentials = credentials(name.as_str(), identity, self.logins.len() > 1);
        format!("identities: {{ {}: {{ {credentials} }} }}", word(name.as_str()))
    }

    /// An identity of a tenant that is there already, with a login of its own instead of fixed credentials.
    pub fn stub_login(&self) -> String {
        let tenant = self
            .identities
            .values()
            .next()
            .map_or("acme", |identity| identity.tenant.as_str());
        let user = r#"as: { email: "${SPARE_EMAIL}", password: "${SPARE_PASSWORD}" }, throw_away: true"#;
        let spare = format!("identities: {{ spare: {{ tenant: {}, {user} }} }}", word(tenant));
        if self.logins.is_empty() {
            let login = json!({ "logins": { "password": {
                "request": { "post": "/login", "json": { "email": "{{email}}", "password": "{{password}}" } },
                "token": "$.access_token",
            } } });
            format!("{}\n{spare}", line(&login))
        } else {
            spare
        }
    }

    /// How a session is renewed.
    pub fn stub_refresh(&self) -> String {
        let login = self
            .logins
            .keys()
            .next()
            .map_or("password", |name| name.split_whitespace().next().unwrap_or("password"));
        let refresh = json!({ "post": "/auth/refresh", "json": { "refresh_token": "{{refresh_token}}" } });
        line(&json!({ "logins": { login: { "refresh": refresh } } }))
    }

    /// A call as the plan writes it.
    pub(crate) fn call(&self, call: &Call) -> Value {
        let path = match &call.operation {
            Some(operation) => operation.path().to_owned(),
            None => braces(&call.request.path.to_string()),
        };
        request(&call.request, &path)
    }

    /// The path of the collection that objects of a kind are in.
    fn collection(&self, kind: &ResourceName) -> Option<String> {
        let resource = self.resources.get(kind)?;
        let path_of = |call: &Call| match &call.operation {
            Some(operation) => operation.path().to_owned(),
            None => braces(&call.request.path.to_string()),
        };
        let create = resource
            .create
            .as_ref()
            .filter(|call| call.request.method == Method::Post);
        create
            .or_else(|| resource.list())
            .map(|call| path_of(call).split('?').next().unwrap_or_default().to_owned())
            .or_else(|| {
                let path = self.reads(kind)?;
                let (collection, last) = path.rsplit_once('/')?;
                last.contains('{').then(|| collection.to_owned())
            })
            .filter(|path| path.len() > 1)
    }

    /// The path that addresses one object of a kind.
    fn reads(&self, kind: &ResourceName) -> Option<String> {
        let mut items = self
            .operations
            .values()
            .filter(|operation| operation.addressed() == Some(kind) && operation.id.path().ends_with('}'));
        items.next().map(|operation| operation.id.path().to_owned())
    }
}

/// The part of a request that its plan line would say.
fn request_part(operation: &Operation) -> Option<(&'static str, Value)> {
    let unknown: Map<String, Value> = operation
        .params
        .iter()
        .filter_map(|(name, source)| match source {
            ParamSource::Unknown { sample } => Some((name.clone(), sample.clone())),
            _ => None,
        })
        .collect();
    if !unknown.is_empty() {
        return Some(("params", Value::Object(unknown)));
    }
    let body = || body(&operation.request.body).unwrap_or(("json", json!({})));
    if !operation.method().is_safe() && operation.effect != Effect::Delete {
        // A form with files cannot be written under `operations`.
        let is_form = matches!(operation.request.body, Body::Multipart(_) | Body::Text { .. });
        return (!is_form).then(body);
    }
    let sent = |name: &String| operation.request.query.iter().any(|(known, _)| known == name);
    let query: Map<String, Value> = operation
        .query_names
        .iter()
        .filter(|name| !sent(name))
        .take(MAX_QUERY)
        .map(|name| (name.clone(), Value::from("1")))
        .collect();
    (!query.is_empty()).then_some(("query", Value::Object(query)))
}

pub(crate) fn request(template: &RequestTemplate, path: &str) -> Value {
    let mut fields = Map::new();
    fields.insert(template.method.as_str().to_lowercase(), Value::from(path));
    if !template.query.is_empty() {
        let query: Map<String, Value> = template
            .query
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.to_string())))
            .collect();
        fields.insert("query".to_owned(), Value::Object(query));
    }
    if let Some((key, value)) = body(&template.body) {
        fields.insert(key.to_owned(), value);
    }
    Value::Object(fields)
}

/// The key and value of a body in the plan.
fn body(body: &Body) -> Option<(&'static str, Value)> {
    let (key, value) = match body {
        Body::None => return None,
        Body::Json(json) => ("json", json.raw().clone()),
        Body::Form(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), Value::from(value.to_string())));
            ("form", Value::Object(fields.collect()))
        }
        Body::Multipart(parts) => {
            let parts = parts.iter().map(|part| {
                let content = Value::from(part.content.to_string());
                let value = match &part.file_name {
                    Some(file) => json!({ "file": file.to_string(), "content": content }),
                    None => content,
                };
                (part.name.clone(), value)
            });
            ("multipart", Value::Object(parts.collect()))
        }
        Body::Text { text, .. } => ("text", Value::from(text.to_string())),
    };
    if value.to_string().chars().count() > MAX_BODY_CHARS && key == "json" {
        return Some((key, json!({ "name": "{{canary}}" })));
    }
    Some((key, value))
}

/// Credentials like another identity's, with variables in the place of the values.
fn credentials(name: &str, model: Option<&Identity>, several_logins: bool) -> String {
    let variable = |field: &str| {
        let words = format!("{name}_{field}");
        let upper: String = words
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        format!("\"${{{upper}}}\"")
    };
    let Some(model) = model.filter(|model| model.login.is_some() && !model.fields.is_empty()) else {
        return format!("token: {}", variable("token"));
    };
    let login = match &model.login {
        Some(login) if several_logins => format!("login: {}, ", word(login)),
        _ => String::new(),
    };
    let fields: Vec<String> = model
        .fields
        .iter()
        .map(|(field, _)| format!("{}: {}", word(field), variable(field)))
        .collect();
    format!("{login}as: {{ {} }}", fields.join(", "))
}

/// `{{id}}` of a template, as paths are written in a plan.
pub(crate) fn braces(path: &str) -> String {
    path.replace("{{", "{").replace("}}", "}")
}

/// A line of the plan: the outer key plain, the rest in flow style.
fn line(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| format!("{}: {}", word(key), flow(value)))
            .collect::<Vec<_>>()
            .join("\n"),
        other => flow(other),
    }
}

/// YAML in flow style (YAML 1.2 section 7.4); texts that are more than a word are quoted as in JSON.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}: {}", word(key), flow(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        // A text of the document is no variable of the plan.
        Value::String(text) => word(&text.replace("$$", "$$$$").replace("${", "$${")),
        other => other.to_string(),
    }
}

/// A text, bare where nothing in it could be read as something else.
pub(crate) fn word(text: &str) -> String {
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.'));
    let special = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if bare && !special {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_misread_is_quoted() {
        let value =
            json!({ "a": { "GET /x/{id}": { "on": "yes", "t": "{{canary}}", "p": "/a/b", "n": [1, "two words"] } } });
        assert_eq!(
            line(&value),
            r#"a: { "GET /x/{id}": { "on": "yes", t: "{{canary}}", p: /a/b, "n": [1, "two words"] } }"#
        );
    }

    #[test]
    fn variables_of_a_value_stay_text() {
        assert_eq!(flow(&Value::from("${HOME} costs $$5")), r#""$${HOME} costs $$$$5""#);
        assert_eq!(credentials("eve-2", None, false), r#"token: "${EVE_2_TOKEN}""#);
    }
}
