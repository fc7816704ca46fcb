//! Other spellings of the path and the method, which a router may take for the same route and a limiter for another. They go out
//! byte for byte.

use gate_spec::Method;

use crate::account::Account;
use crate::guess;

use super::{Same, Variant};

/// Path and query, the query with its question mark.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.find('?').map_or((path, ""), |at| path.split_at(at))
}

/// The spellings of a path, each with its name.
fn spellings(path: &str) -> Vec<(&'static str, String)> {
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
    let mut all = vec![
        ("a slash at the end of the path", format!("{path}/")),
        ("two slashes at the beginning of the path", format!("/{path}")),
        ("two slashes within the path", format!("{parent}//{last}")),
        ("a dot segment in the path", format!("{parent}/./{last}")),
        ("a way up in the path", format!("{parent}/{}/../{last}", guess::word())),
        ("a parameter in the path", format!("{path};a=b")),
        ("a suffix .json of the path", format!("{path}.json")),
        ("a space at the end of the path", format!("{path}%20")),
    ];
    let upper = path.to_ascii_uppercase();
    if upper != path {
        all.push(("the path in upper case", upper));
    }
    if let Some(first) = last.bytes().next().filter(u8::is_ascii_alphanumeric) {
        let rest = &last[1..];
        all.push(("an encoded letter in the path", format!("{parent}/%{first:02X}{rest}")));
        all.push((
            "a letter of the path encoded twice",
            format!("{parent}/%25{first:02X}{rest}"),
        ));
    }
    if path.ends_with('/') {
        all.retain(|(name, _)| !name.contains("within"));
    }
    all
}

/// All variants of path, query and method.
pub(super) fn variants(account: &Account) -> Vec<Variant> {
    let request = account.attempted();
    let (path, query) = split(&request.path);
    let mut variants: Vec<Variant> = spellings(path)
        .into_iter()
        .map(|(name, spelt)| {
            let mut request = account.attempted();
            request.path = format!("{spelt}{query}");
            variant(account, name, request, Same::Route)
        })
        .collect();
    let mut noisy = account.attempted();
    let separator = if query.is_empty() { '?' } else { '&' };
    noisy.path = format!("{path}{query}{separator}{}=1", guess::word());
    variants.push(variant(
        account,
        "a parameter in the query that means nothing",
        noisy,
        Same::Request,
    ));
    let method = request.method;
    for header in ["X-HTTP-Method-Override", "X-Method-Override"] {
        let mut other = account.attempted();
        other.method = if method == Method::Put {
            Method::Post
        } else {
            Method::Put
        };
        other.headers.push((header.to_owned(), method.as_str().to_owned()));
        let name = if header.starts_with("X-HTTP") {
            "another method and X-HTTP-Method-Override"
        } else {
            "another method and X-Method-Override"
        };
        variants.push(variant(account, name, other, Same::Route));
    }
    variants
}

fn variant(account: &Account, name: &str, request: gate_exchange::Request, proof: Same) -> Variant {
    Variant {
        name: name.to_owned(),
        outgoing: account.outgoing(request),
        proof,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_differ_from_the_path_and_from_each_other() {
        let all = spellings("/auth/login");
        let has = |path: &str| all.iter().any(|(_, spelt)| spelt == path);
        for path in [
            "/auth/login/",
            "//auth/login",
            "/auth//login",
            "/AUTH/LOGIN",
            "/auth/%6Cogin",
            "/auth/%256Cogin",
        ] {
            assert!(has(path), "{path} is missing: {all:?}");
        }
        assert!(!has("/auth/login"));
        let mut paths: Vec<&String> = all.iter().map(|(_, path)| path).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), all.len());
        assert_eq!(split("/a?b=c"), ("/a", "?b=c"));
    }
}
