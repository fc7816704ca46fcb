//! Path templates, repaired where their meaning is plain.

use crate::notice::NoticeKind;
use crate::schema::Context;

/// Most characters of a path template.
const MAX_PATH: usize = 2_000;

/// A path template.
pub(super) struct Template {
    /// With `{param}`, beginning with a slash.
    pub(super) text: String,
    /// The parameters' names, in order, each once.
    pub(super) names: Vec<String>,
    /// The query that stood in the path key: names and values.
    pub(super) query: Vec<(String, String)>,
}

impl Template {
    /// The template with nameless parameters: equal for templates that match the same paths.
    pub(super) fn shape(&self) -> String {
        let mut shape = String::with_capacity(self.text.len());
        let mut inside = false;
        for c in self.text.chars() {
            match c {
                '{' => {
                    inside = true;
                    shape.push('{');
                }
                '}' => {
                    inside = false;
                    shape.push('}');
                }
                c if !inside => shape.push(c),
                _ => {}
            }
        }
        for (name, value) in &self.query {
            shape.push_str(&format!("?{name}={value}"));
        }
        shape
    }
}

/// Reads a path key. `None`, with a notice, when no request can be built from it.
pub(super) fn read(cx: &Context<'_>, key: &str) -> Option<Template> {
    let shown: String = key.chars().take(120).collect();
    let skip = |why: &str| {
        cx.notice(NoticeKind::Skipped, format!("path `{shown}` {why} and is not read"));
        None
    };
    if key.len() > MAX_PATH {
        return skip("is longer than 2000 bytes");
    }
    if key.chars().any(char::is_control) {
        return skip("holds control characters");
    }
    let mut path = key.trim();
    if let Some((before, _)) = path.split_once('#') {
        cx.notice(
            NoticeKind::Repaired,
            format!("the fragment of path `{shown}` is left out"),
        );
        path = before;
    }
    let mut query = Vec::new();
    // A query expression in braces (`/users{?page}`, RFC 6570) is handled with the braces.
    if let Some((before, after)) = path.split_once('?').filter(|(before, _)| !before.ends_with('{')) {
        cx.notice(
            NoticeKind::Repaired,
            format!("the query of path `{shown}` is read as query parameters"),
        );
        path = before;
        query = after
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
    }
    if let Some((scheme, rest)) = path.split_once("://").filter(|(scheme, _)| !scheme.contains('/')) {
        cx.notice(
            NoticeKind::Repaired,
            format!("path `{shown}` is a whole {scheme} address; only its path is read"),
        );
        path = rest.find('/').map_or("/", |at| &rest[at..]);
    }
    let mut template = Template {
        text: String::with_capacity(path.len() + 1),
        names: Vec::new(),
        query,
    };
    if !path.starts_with('/') {
        cx.notice(
            NoticeKind::Repaired,
            format!("path `{shown}` is read with a slash before it"),
        );
        template.text.push('/');
    }
    let mut repaired = false;
    let mut rest = path;
    while let Some(at) = rest.find(['{', '}']) {
        template.text.push_str(&rest[..at]);
        let inner_start = &rest[at + 1..];
        let Some(inner) = expression(inner_start).filter(|_| rest.as_bytes()[at] == b'{') else {
            return skip("has a brace without its partner");
        };
        rest = &inner_start[inner.len() + 1..];
        match plain_name(inner) {
            Some(name) => {
                repaired |= name != inner;
                template.text.push('{');
                template.text.push_str(name);
                template.text.push('}');
                if !template.names.iter().any(|known| known == name) {
                    template.names.push(name.to_owned());
                }
            }
            None if inner.starts_with(['?', '&']) => repaired = true,
            None => return skip("has a parameter without a name"),
        }
    }
    template.text.push_str(rest);
    repaired |= colons(&mut template);
    if repaired {
        cx.notice(
            NoticeKind::Repaired,
            format!("path `{shown}` is read as `{}`", template.text),
        );
    }
    Some(template)
}

/// The text up to the closing brace; braces inside, as in `{id:[0-9]{3}}`, are counted.
fn expression(text: &str) -> Option<&str> {
    let mut open = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(&text[..at]),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// The name in `{name}`, `{name:regex}`, `{name=projects/*}`, `{+name}` and `{name*}`.
fn plain_name(inner: &str) -> Option<&str> {
    if inner.starts_with(['?', '&']) {
        return None;
    }
    let name = inner.trim().trim_start_matches(['+', '*', '.', ';', '/']);
    let end = name.find([':', '=', '{', '*', '<', '(']).unwrap_or(name.len());
    let name = name[..end].trim().trim_end_matches(['*', '?']);
    (!name.is_empty()).then_some(name)
}

/// Segments such as `:id` become `{id}`.
fn colons(template: &mut Template) -> bool {
    if !template.text.contains("/:") {
        return false;
    }
    let mut names = Vec::new();
    let segments: Vec<String> = template
        .text
        .split('/')
        .map(|segment| match segment.strip_prefix(':') {
            Some(name) if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                names.push(name.to_owned());
                format!("{{{name}}}")
            }
            _ => segment.to_owned(),
        })
        .collect();
    if names.is_empty() {
        return false;
    }
    template.text = segments.join("/");
    template.names.extend(names);
    template.names.dedup();
    true
}
