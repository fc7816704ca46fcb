//! What to do about a finding: prose, and behind an empty line the lines of a plan that declare what was found, which are copied and never
//! wrapped.

/// The prose and the plan's lines, empty where there are none.
pub(crate) fn parts(remedy: &str) -> (&str, &str) {
    match remedy.rsplit_once("\n\n") {
        Some((prose, lines)) if is_plan(lines) => (prose.trim_end(), lines.trim_end()),
        _ => (remedy, ""),
    }
}

/// Whether the first line is a key of a plan with something below it or behind it in flow style.
fn is_plan(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let Some((key, value)) = first.split_once(':') else {
        return false;
    };
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_key && (value.trim().is_empty() || value.trim_start().starts_with(['{', '[', '"']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_plan_are_told_from_prose() {
        let lines = "checks:\n  rate_limits:\n    - { operation: \"POST /login\", limit: 5 }";
        let remedy = format!("Limit it.\n\nAnd declare it.\n\n{lines}\n");
        assert_eq!(parts(&remedy), ("Limit it.\n\nAnd declare it.", lines));
        assert_eq!(
            parts("Limit it.\n\ndenied: { status: [422] }").1,
            "denied: { status: [422] }"
        );
        for prose in [
            "Limit it.",
            "Limit it.\n\nNote: this is prose.",
            "One.\n\nTwo",
            "",
            "\n\n",
        ] {
            assert_eq!(parts(prose), (prose, ""), "{prose:?}");
        }
    }
}
