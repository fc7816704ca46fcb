//! Requests of the plan.

use gate_spec::{Body, JsonTemplate, Method, Part, RequestTemplate, Template};
use gate_yaml::join;
use indexmap::IndexMap;
use serde_json::Value;

use super::cx::{Cx, Named};
use super::values::{error_words, template};
use crate::derive::Routes;
use crate::raw::{Request, RequestOrText, Text};

/// A request and its path as the plan writes it.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) request: RequestTemplate,
    pub(crate) path: String,
}

impl Planned {
    /// What an operation is given by it: the query that stands in the path becomes query parameters.
    pub(crate) fn for_operation(&self) -> RequestTemplate {
        let mut request = self.request.clone();
        if let Some((_, query)) = self.path.split_once('?') {
            let query = query.split('#').next().unwrap_or_default();
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let pairs = pairs.filter_map(|(name, value)| Some((name.into_owned(), Template::parse_path(&value).ok()?)));
            request.query = pairs.chain(std::mem::take(&mut request.query)).collect();
        }
        request
    }
}

/// A request as a map or as text.
pub(crate) fn either(cx: &mut Cx<'_>, pointer: &str, raw: &RequestOrText, routes: &Routes<'_>) -> Option<Planned> {
    match raw {
        RequestOrText::Text(text) => from_text(cx, pointer, text, routes),
        RequestOrText::Map(map) => from_map(cx, pointer, &map.request, routes),
    }
}

/// `GET /me`.
pub(crate) fn from_text(cx: &mut Cx<'_>, pointer: &str, text: &str, routes: &Routes<'_>) -> Option<Planned> {
    let parts = text.trim().split_once(char::is_whitespace);
    let found = parts.and_then(|(method, path)| Some((method.parse::<Method>().ok()?, path.trim().to_owned())));
    let Some((method, path)) = found else {
        cx.error_help(
            pointer,
            "not a request: a method and a path are wanted",
            Some("write such as `GET /projects/{id}`".to_owned()),
        );
        return None;
    };
    one(cx, pointer, pointer, method, &path, routes)
}

/// `{ post: /x, json: … }`.
pub(crate) fn from_map(cx: &mut Cx<'_>, pointer: &str, raw: &Request, routes: &Routes<'_>) -> Option<Planned> {
    let methods: Vec<(Method, &str, &String)> = [
        (Method::Get, "get", &raw.get),
        (Method::Head, "head", &raw.head),
        (Method::Post, "post", &raw.post),
        (Method::Put, "put", &raw.put),
        (Method::Patch, "patch", &raw.patch),
        (Method::Delete, "delete", &raw.delete),
    ]
    .into_iter()
    .filter_map(|(method, key, path)| Some((method, key, path.as_ref()?)))
    .collect();
    let [(method, key, path)] = methods.as_slice() else {
        if methods.is_empty() && cx.broken(pointer) {
            return None;
        }
        let message = if methods.is_empty() {
            "a request without a method"
        } else {
            "a request with more than one method"
        };
        cx.error_key(
            pointer,
            message,
            Some("write exactly one of `get`, `head`, `post`, `put`, `patch` and `delete` with its path".to_owned()),
        );
        return None;
    };
    let mut planned = one(cx, pointer, &join(pointer, key), *method, path, routes)?;
    planned.request.query = texts(cx, &join(pointer, "query"), raw.query.as_ref());
    planned.request.headers = texts(cx, &join(pointer, "headers"), raw.headers.as_ref());
    let bodies = [
        raw.json.is_some(),
        raw.form.is_some(),
        raw.multipart.is_some(),
        raw.text.is_some(),
    ];
    if bodies.iter().filter(|given| **given).count() > 1 {
        cx.error_key(
            pointer,
            "a request with more than one body",
            Some("keep one of `json`, `form`, `multipart` and `text`".to_owned()),
        );
    }
    planned.request.body = body(cx, pointer, raw, &planned.request);
    Some(planned)
}

fn body(cx: &mut Cx<'_>, pointer: &str, raw: &Request, request: &RequestTemplate) -> Body {
    if let Some(value) = &raw.json {
        return json(cx, &join(pointer, "json"), value);
    }
    if let Some(fields) = &raw.form {
        return Body::Form(texts(cx, &join(pointer, "form"), Some(fields)));
    }
    if let Some(fields) = &raw.multipart {
        return Body::Multipart(parts(cx, &join(pointer, "multipart"), fields));
    }
    if let Some(text) = &raw.text {
        let media_type = request
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map_or_else(
                || "text/plain; charset=utf-8".to_owned(),
                |(_, value)| value.to_string(),
            );
        return Body::Text {
            media_type,
            text: template(cx, &join(pointer, "text"), text).unwrap_or_default(),
        };
    }
    Body::None
}

/// A JSON body.
pub(crate) fn json(cx: &mut Cx<'_>, pointer: &str, value: &Value) -> Body {
    match JsonTemplate::parse(value.clone()) {
        Ok(template) => Body::Json(template),
        Err(error) => {
            cx.error(pointer, error_words(&error));
            Body::None
        }
    }
}

/// Names with texts.
pub(crate) fn texts(cx: &mut Cx<'_>, pointer: &str, raw: Option<&IndexMap<String, Text>>) -> Vec<(String, Template)> {
    raw.into_iter()
        .flatten()
        .filter_map(|(name, text)| Some((name.clone(), template(cx, &join(pointer, name), &text.0)?)))
        .collect()
}

fn parts(cx: &mut Cx<'_>, pointer: &str, fields: &IndexMap<String, Value>) -> Vec<Part> {
    let mut out = Vec::new();
    for (name, value) in fields {
        let place = join(pointer, name);
        let part = match value {
            Value::Object(map) => {
                let text = |key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
                let (file, content, media_type) = (text("file"), text("content"), text("type"));
                let strange = map
                    .keys()
                    .find(|key| !matches!(key.as_str(), "file" | "content" | "type"));
                if let Some(strange) = strange {
                    let help = gate_yaml::remedy(strange, ["file", "content", "type"]);
                    cx.error_key(&join(&place, strange), "unknown key of a part", help);
                }
                Part {
                    name: name.clone(),
                    file_name: file.and_then(|file| template(cx, &join(&place, "file"), &file)),
                    media_type,
                    content: template(cx, &join(&place, "content"), &content.unwrap_or_default()).unwrap_or_default(),
                }
            }
            Value::String(text) => Part {
                name: name.clone(),
                file_name: None,
                media_type: None,
                content: template(cx, &place, text).unwrap_or_default(),
            },
            other => Part {
                name: name.clone(),
                file_name: None,
                media_type: None,
                content: Template::literal(other.to_string()),
            },
        };
        out.push(part);
    }
    out
}

fn one(
    cx: &mut Cx<'_>,
    pointer: &str,
    place: &str,
    method: Method,
    path: &str,
    routes: &Routes<'_>,
) -> Option<Planned> {
    let absolute = path.starts_with("http://") || path.starts_with("https://");
    if !path.starts_with('/') && !absolute {
        let help = cx.written(place, path).then(|| format!("write `/{path}`"));
        cx.error_help(place, "not a path: it does not begin with `/`", help);
        return None;
    }
    match Template::parse_path(&routes.wire(method, path)) {
        Ok(template) => {
            let mut request = RequestTemplate::new(method, template);
            request.source = cx.at(pointer);
            cx.requests.push(Named {
                place: place.to_owned(),
                method,
                path: path.to_owned(),
            });
            Some(Planned {
                request,
                path: path.to_owned(),
            })
        }
        Err(error) => {
            cx.error(place, error_words(&error));
            None
        }
    }
}
