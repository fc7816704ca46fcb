//! The shape of a remark: what stays when the operation, ids and numbers of one case are taken out, so that three hundred
//! cases behind one dead limiter are one group.

use std::collections::BTreeSet;

use gate_model::Case;

use crate::foreign;

/// Stands in the place of what differs from case to case.
const HOLE: &str = "…";
/// A remark is compared by its beginning.
const MAX_CHARS: usize = 400;

/// The remark without what belongs to this case alone. Status codes stay: 429 and 500 are not the same trouble. `kinds` are
/// the kinds of objects of the run.
pub(crate) fn of(case: &Case, kinds: &BTreeSet<&str>, text: &str) -> String {
    let mut text = foreign::line(text, MAX_CHARS);
    if let Some(operation) = &case.operation {
        text = text.replace(operation.as_str(), HOLE);
        if operation.path().len() > 1 {
            text = text.replace(operation.path(), HOLE);
        }
    }
    let words: Vec<&str> = text.split(' ').collect();
    let mut out = String::with_capacity(text.len());
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        let before = index.checked_sub(1).map_or("", |before| words[before]);
        let after = words.get(index + 1).copied().unwrap_or_default();
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if kinds.contains(bare) {
            out.push_str(&word.replace(bare, HOLE));
        } else {
            out.push_str(&shape(word, counts(before, after)));
        }
    }
    out = out.replace(&format!(" an {HOLE}"), &format!(" a {HOLE}"));
    // The case's own operation was taken out whole, others but for their method.
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
        out = out.replace(&format!("{method} {HOLE}"), HOLE);
    }
    out
}

/// What stays of a word; `counts` says that a number in its place counts or measures something.
fn shape(word: &str, counts: bool) -> String {
    let edge = |c: char| !c.is_alphanumeric() && c != '/' && c != '-';
    let core = word.trim_matches(edge);
    if core.is_empty() {
        return word.to_owned();
    }
    if core.starts_with('/') || core.contains("://") || is_id(core) {
        return word.replace(core, HOLE);
    }
    let digits = core.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    if is_number && (counts || !is_status(core)) {
        return word.replace(digits, "#");
    }
    word.to_owned()
}

fn is_status(word: &str) -> bool {
    word.len() == 3 && matches!(word.parse::<u16>(), Ok(100..=599))
}

/// Whether a number between these words is a count or a measure, though it may look like a status: `after 250 requests`.
fn counts(before: &str, after: &str) -> bool {
    const MEASURED: [&str; 20] = [
        "attempts",
        "bytes",
        "cases",
        "exchanges",
        "failures",
        "identities",
        "items",
        "milliseconds",
        "ms",
        "objects",
        "of",
        "operations",
        "probes",
        "requests",
        "responses",
        "s",
        "samples",
        "seconds",
        "times",
        "tries",
    ];
    let after = after.trim_matches(|c: char| !c.is_alphanumeric());
    MEASURED.contains(&after) || matches!(before, "after" | "in" | "within" | "about" | "of" | "least" | "most")
}

/// A UUID, a hash, or another long run of hexadecimal digits.
fn is_id(word: &str) -> bool {
    word.len() >= 8
        && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
        && word.chars().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gate_model::{CheckId, OperationId};

    #[test]
    fn what_belongs_to_one_case_is_taken_out() {
        let check = CheckId::new("access/read-other-tenant");
        let case = |path: &str| Case::new(&check).with_operation(&OperationId::of("GET", path));
        let none = BTreeSet::new();
        let a = of(
            &case("/a/{id}"),
            &none,
            "GET /a/{id} was answered 429 after 1,204 requests in 31ms (id 9f86d081884c)",
        );
        let b = of(
            &case("/b"),
            &none,
            "GET /b was answered 429 after 7 requests in 2ms (id 00000000-1111-4222-8333-444455556666)",
        );
        assert_eq!(a, "… was answered 429 after # requests in #ms (id …)");
        assert_eq!(a, b);
        let other = of(
            &case("/b"),
            &none,
            "GET /b was answered 500 after 7 requests in 2ms (id 00112233)",
        );
        assert_ne!(a, other);
        let counted = |n: u32| {
            of(
                &case("/b"),
                &none,
                &format!("429 after {n} requests, {n} times in {n} ms"),
            )
        };
        assert_eq!(counted(3), counted(250));
    }

    #[test]
    fn who_it_was_stays() {
        let case = Case::new(&CheckId::new("auth/login"));
        let none = BTreeSet::new();
        assert_ne!(of(&case, &none, "alice: 401"), of(&case, &none, "bob: 401"));
    }

    #[test]
    fn kinds_of_objects_are_taken_out() {
        let case = Case::new(&CheckId::new("auth/anonymous"));
        let kinds = BTreeSet::from(["project", "invoice"]);
        let of = |text: &str| of(&case, &kinds, text);
        let shape = of("alice could not make a project: POST /projects answered 500");
        assert_eq!(shape, "alice could not make a …: … answered 500");
        assert_eq!(
            shape,
            of("alice could not make an invoice: POST /invoices answered 500")
        );
        assert_ne!(shape, of("alice could not make a file: POST /files answered 500"));
    }
}
