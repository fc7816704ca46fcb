//! Operations that the plan names and the document does not know: often a slip, sometimes what the document leaves out.
//!
//! Where a name alone can mean nothing (a line of `access`, a budget, a `skip`) it is an error, said where it is read. Where a
//! request could be sent all the same, it is a warning with the operation that was probably meant, and only told where none is near.

use gate_model::Notice;
use gate_spec::Method;

use super::cx::{Cx, Named};
use crate::derive::{Routes, Source, normal, strip_query};
use crate::raw;

/// How alike two paths are where one is probably meant for the other.
const ALIKE: f64 = 0.75;
/// Parts of a plan whose requests often go where no document reaches: an identity provider, a mail catcher, a health check.
const ELSEWHERE: [&str; 4] = ["/logins/", "/identities/", "/target/", "/setup/"];

/// Says which requests of the plan are no operation of the document, once all that the plan adds is known.
pub(crate) fn requests(cx: &mut Cx<'_>, routes: &Routes<'_>, overrides: &[Option<usize>]) {
    for Named { place, method, path } in std::mem::take(&mut cx.requests) {
        let elsewhere = ELSEWHERE.iter().any(|part| place.starts_with(part));
        if elsewhere || !path.starts_with('/') || is_declared(routes, overrides, method, &path) {
            continue;
        }
        let shown = if cx.written(&place, &path) {
            format!("`{method} {path}` is")
        } else {
            "this request is".to_owned()
        };
        let text = format!("{shown} not in the OpenAPI document");
        let notice = match near(routes, method, &path) {
            Some(near) => Notice::warning(format!(
                "{text}; did you mean `{}`? If the document leaves it out, name it under `operations:`",
                near.id()
            )),
            None => Notice::info(text),
        };
        let at = cx.at(&place);
        cx.notices.push(notice.at(at));
    }
}

/// Says that an entry of `operations` is not in the document. Whether the operation is to be added: where nothing but what was
/// to be changed is said of it, nothing is left to add.
pub(crate) fn added(
    cx: &mut Cx<'_>,
    place: &str,
    key: &str,
    (method, path): (Method, &str),
    raw: &raw::Operation,
    routes: &Routes<'_>,
) -> bool {
    let near = near(routes, method, path).map(Source::id);
    let meant = near.as_ref().map(|near| format!("did you mean `{near}`?"));
    let only_changes = raw.skip.is_some() || matches!(raw.public, Some(raw::Public::Flag(false)));
    if only_changes && !describes(raw) {
        let help = meant.unwrap_or_else(|| "the document has no such operation; take the line away".to_owned());
        cx.error_key(
            place,
            format!("`{key}` matches no operation, so that nothing is changed"),
            Some(help),
        );
        return false;
    }
    let text = format!("`{key}` is not in the OpenAPI document and is added");
    let notice = match meant {
        Some(meant) => Notice::warning(format!("{text}; {meant}")),
        None => Notice::info(text),
    };
    let at = cx.at(place);
    cx.notices.push(notice.at(at));
    true
}

/// Whether an entry says what an operation does or is called with.
fn describes(raw: &raw::Operation) -> bool {
    raw.effect.is_some()
        || raw.resource.is_some()
        || !raw.params.is_empty()
        || raw.json.is_some()
        || raw.form.is_some()
        || raw.query.is_some()
        || raw.headers.is_some()
        || raw.produces.is_some()
}

/// Whether a request is an operation of the document or of the plan's own list; a path may be written with values in it.
fn is_declared(routes: &Routes<'_>, overrides: &[Option<usize>], method: Method, path: &str) -> bool {
    let declared = |index: usize| routes.get(index).document.is_some() || overrides.contains(&Some(index));
    if routes.find(method, path).is_some_and(declared) {
        return true;
    }
    let written = normal(strip_query(path));
    let written = routes.without_base(&written).unwrap_or(&written).to_owned();
    let sources = routes.sources().iter().enumerate();
    sources
        .filter(|(index, source)| source.method == method && declared(*index))
        .any(|(_, source)| fits(&normal(&source.path), &written))
}

/// Whether a path is one of a template: each placeholder stands for something.
fn fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) => {
                let (lead, rest) = wanted.split_once("{}").unwrap_or((wanted, ""));
                let filled = wanted.contains("{}") && given.len() > lead.len() + rest.len();
                let same = wanted == given || (filled && given.starts_with(lead) && given.ends_with(rest));
                if !same {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// The operation of the document that was probably meant: the same path with another method, else the path most alike.
fn near<'r, 'd>(routes: &'r Routes<'d>, method: Method, path: &str) -> Option<&'r Source<'d>> {
    let written = normal(strip_query(path));
    let written = routes.without_base(&written).unwrap_or(&written).to_owned();
    let known = || {
        routes
            .sources()
            .iter()
            .filter(|source| source.document.is_some())
            .take(5_000)
    };
    if let Some(other) = known().find(|source| source.method != method && normal(&source.path) == written) {
        return Some(other);
    }
    let alike = known().filter(|source| source.method == method).map(|source| {
        let path = normal(&source.path);
        (
            strsim::normalized_damerau_levenshtein(&written.to_lowercase(), &path.to_lowercase()),
            source,
        )
    });
    alike
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, source)| source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_values_is_one_of_its_template() {
        assert!(fits("/a/{}/c", "/a/{}/c") && fits("/a/{}/c", "/a/7/c") && fits("/f/{}.json", "/f/x.json"));
        assert!(!fits("/a/{}/c", "/a//c") && !fits("/a/{}", "/a/7/c") && !fits("/f/{}.json", "/f/.json"));
    }
}
