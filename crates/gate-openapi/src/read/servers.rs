//! Where the API lives, as far as the document says.

use serde_json::{Map, Value};

use crate::model::SpecVersion;
use crate::notice::NoticeKind;
use crate::schema::Context;

pub(super) struct Servers {
    pub(super) all: Vec<String>,
    pub(super) base_path: Option<String>,
}

/// Most servers kept.
const MAX_SERVERS: usize = 50;

pub(super) fn read(cx: &Context<'_>, root: &Map<String, Value>) -> Servers {
    let all = if cx.version == SpecVersion::Swagger2 {
        swagger(root)
    } else {
        openapi(cx, root)
    };
    let base_path = all.first().and_then(|url| path_of(url));
    Servers { all, base_path }
}

fn openapi(cx: &Context<'_>, root: &Map<String, Value>) -> Vec<String> {
    match root.get("servers") {
        Some(Value::Array(servers)) => servers
            .iter()
            .take(MAX_SERVERS)
            .filter_map(|server| address(cx, server))
            .collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(other) => {
            cx.odd(other, "servers", "a list");
            Vec::new()
        }
    }
}

fn address(cx: &Context<'_>, server: &Value) -> Option<String> {
    let url = server.as_str().or_else(|| server.get("url")?.as_str());
    let Some(url) = url else {
        cx.notice(NoticeKind::Ignored, "a server has no `url` and is ignored");
        return None;
    };
    let mut out = url.trim().to_owned();
    if let Some(variables) = server.get("variables").and_then(Value::as_object) {
        for (name, variable) in variables.iter().take(50) {
            let choice = variable.get("default").or_else(|| variable.get("enum")?.get(0));
            let value = match choice {
                Some(Value::String(text)) => text.clone(),
                Some(number @ Value::Number(_)) => number.to_string(),
                _ => continue,
            };
            out = out.replace(&format!("{{{name}}}"), &value);
        }
    }
    if out.contains('{') {
        cx.notice(
            NoticeKind::Ignored,
            "the address of a server has a variable without a default",
        );
    }
    Some(out)
}

fn swagger(root: &Map<String, Value>) -> Vec<String> {
    let text = |key: &str| root.get(key).and_then(Value::as_str).unwrap_or_default().trim();
    let (host, base) = (text("host"), text("basePath"));
    if host.is_empty() && base.is_empty() {
        return Vec::new();
    }
    let base = if base.is_empty() || base.starts_with('/') {
        base.to_owned()
    } else {
        format!("/{base}")
    };
    if host.is_empty() {
        return vec![base];
    }
    let schemes: Vec<&str> = root
        .get("schemes")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).take(MAX_SERVERS).collect())
        .unwrap_or_default();
    if schemes.is_empty() {
        return vec![format!("//{host}{base}")];
    }
    schemes
        .iter()
        .map(|scheme| format!("{scheme}://{host}{base}"))
        .collect()
}

/// The path of an address, without query, fragment and trailing slash; `None` for the root.
fn path_of(url: &str) -> Option<String> {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let path = match url.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => {
            rest.find('/').map_or("", |at| &rest[at..])
        }
        _ => url.trim_start_matches('.'),
    };
    let path = path.trim_matches('/');
    (!path.is_empty()).then(|| format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn base_paths() {
        assert_eq!(path_of("https://api.example.com/v1/"), Some("/v1".to_owned()));
        assert_eq!(path_of("https://api.example.com"), None);
        assert_eq!(path_of("//api.example.com/v2?x=1"), Some("/v2".to_owned()));
        assert_eq!(path_of("/api"), Some("/api".to_owned()));
        assert_eq!(path_of("api/v3"), Some("/api/v3".to_owned()));
        assert_eq!(path_of("./api"), Some("/api".to_owned()));
        assert_eq!(path_of("."), None);
        assert_eq!(path_of("/"), None);
        assert_eq!(path_of(""), None);
    }
}
