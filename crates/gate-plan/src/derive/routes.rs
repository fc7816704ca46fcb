//! Operations by method and path, whatever their parameters are called.

use std::collections::HashMap;

use gate_model::{Location, OperationId};
use gate_openapi as oas;
use gate_spec::{Body, Method, RequestTemplate};

/// An operation to derive from: of the document, written by hand in the plan, or both.
#[derive(Clone, Debug)]
pub(crate) struct Source<'d> {
    /// Its method.
    pub(crate) method: Method,
    /// Its path without base path and query, with `{param}`.
    pub(crate) path: String,
    /// What the document says.
    pub(crate) document: Option<&'d oas::Operation>,
    /// What the plan says it is called with.
    pub(crate) request: Option<RequestTemplate>,
    /// Where it stands.
    pub(crate) location: Option<Location>,
}

impl Source<'_> {
    /// Its id.
    pub(crate) fn id(&self) -> OperationId {
        OperationId::of(self.method.as_str(), &self.path)
    }
}

/// All operations and the base path that those of the document have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes<'d> {
    sources: Vec<Source<'d>>,
    by_key: HashMap<(Method, String), usize>,
    base: String,
}

impl<'d> Routes<'d> {
    /// Takes the operations of a document. `base` goes before their paths on the wire.
    pub(crate) fn of(document: Option<(&'d oas::Document, &str)>, base: String) -> Self {
        let mut routes = Self {
            base,
            ..Self::default()
        };
        let Some((document, file)) = document else {
            return routes;
        };
        for operation in &document.operations {
            let Ok(method) = operation.method.as_str().parse::<Method>() else {
                continue;
            };
            let line = operation
                .location
                .line
                .and_then(|line| u32::try_from(line).ok())
                .unwrap_or(1);
            routes.add(Source {
                method,
                path: operation.path.clone(),
                document: Some(operation),
                request: None,
                location: Some(Location::new(file, line, 1)),
            });
        }
        routes
    }

    /// Adds an operation, or gives the one that is there.
    pub(crate) fn add(&mut self, source: Source<'d>) -> usize {
        let key = (source.method, normal(&source.path));
        if let Some(index) = self.by_key.get(&key) {
            return *index;
        }
        self.sources.push(source);
        self.by_key.insert(key, self.sources.len() - 1);
        self.sources.len() - 1
    }

    /// The operation that a request is, by method and path; the path may hold the base path, placeholders and a query.
    pub(crate) fn find(&self, method: Method, path: &str) -> Option<usize> {
        let normal = normal(strip_query(path));
        self.by_key.get(&(method, normal.clone())).copied().or_else(|| {
            let rest = self.without_base(&normal)?;
            self.by_key.get(&(method, rest.to_owned())).copied()
        })
    }

    /// A path below the base path, without it.
    pub(crate) fn without_base<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.base.is_empty() {
            return None;
        }
        path.strip_prefix(self.base.as_str())
            .filter(|rest| rest.starts_with('/'))
    }

    /// What a path is on the wire: operations of the document have the base path before them.
    pub(crate) fn wire(&self, method: Method, path: &str) -> String {
        if self.base.is_empty() || !path.starts_with('/') {
            return path.to_owned();
        }
        let normal = normal(strip_query(path));
        match self.by_key.get(&(method, normal)) {
            Some(index) if self.sources[*index].document.is_some() => format!("{}{path}", self.base),
            _ => path.to_owned(),
        }
    }

    /// All of them.
    pub(crate) fn sources(&self) -> &[Source<'d>] {
        &self.sources
    }

    /// One of them.
    pub(crate) fn get(&self, index: usize) -> &Source<'d> {
        &self.sources[index]
    }

    /// Gives an operation what the plan writes for it: a body, query parameters, headers. What it was given first stays.
    pub(crate) fn give(&mut self, index: usize, request: &RequestTemplate) {
        let known = self.sources[index]
            .request
            .get_or_insert_with(|| RequestTemplate::new(request.method, request.path.clone()));
        if known.body == Body::None {
            known.body.clone_from(&request.body);
        }
        for (name, value) in &request.query {
            if !known.query.iter().any(|(known, _)| known == name) {
                known.query.push((name.clone(), value.clone()));
            }
        }
        for (name, value) in &request.headers {
            if !known.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                known.headers.push((name.clone(), value.clone()));
            }
        }
    }

    /// The operation with exactly this method and normal path.
    pub(crate) fn exact(&self, method: Method, normal: &str) -> Option<usize> {
        self.by_key.get(&(method, normal.to_owned())).copied()
    }
}

/// A path without its query.
pub(crate) fn strip_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// A path in which every placeholder is `{}` and no slash ends it.
pub(crate) fn normal(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        out.push('/');
        let mut rest = segment;
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            out.push_str("{}");
            rest = match rest[open..].find('}') {
                Some(close) => rest[open + close..].trim_start_matches('}'),
                None => "",
            };
        }
        out.push_str(rest);
    }
    if out.is_empty() {
        out.push('/');
    }
    out
}

/// The placeholders of a path in order, with the number of their segment: `{id}` and `{{id}}` alike.
pub(crate) fn placeholders(path: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for (number, segment) in strip_query(path)
        .split('/')
        .filter(|segment| !segment.is_empty())
        .enumerate()
    {
        let mut rest = segment;
        while let Some(open) = rest.find('{') {
            let inner = rest[open..].trim_start_matches('{');
            let Some(close) = inner.find('}') else { break };
            let name = inner[..close].trim();
            if !name.is_empty() {
                out.push((number, name.to_owned()));
            }
            rest = inner[close..].trim_start_matches('}');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_alike() {
        assert_eq!(normal("/a/{b}/c/{{d.e}}.json/"), "/a/{}/c/{}.json");
        assert_eq!(normal("/"), "/");
        assert_eq!(
            placeholders("/a/{b}/c/{{d.e}}?x={y}"),
            [(1, "b".to_owned()), (3, "d.e".to_owned())]
        );
    }
}
