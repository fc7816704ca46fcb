//! Plan lines of several cases as one text to paste: what stands under the same key comes under one key.

/// A line of a plan in flow style, taken apart.
struct Part<'a> {
    key: &'a str,
    /// What stands under the key: an entry of a map, or an item of a list.
    inner: &'a str,
    /// The entry's own key; none for an item.
    entry: Option<&'a str>,
    /// A remark with its `#`.
    remark: Option<&'a str>,
}

/// The lines as text, each once, `most` of them; how many were left out stands at the end.
pub(crate) fn merged<'a>(lines: impl Iterator<Item = &'a str>, most: usize) -> Vec<String> {
    let mut distinct: Vec<&str> = Vec::new();
    let mut more = 0;
    for line in lines {
        if distinct.contains(&line) {
            continue;
        }
        if distinct.len() < most {
            distinct.push(line);
        } else {
            more += 1;
        }
    }
    let mut blocks: Vec<(Option<&str>, Vec<&str>, Vec<Part<'_>>)> = Vec::new();
    for line in distinct {
        let Some(part) = take_apart(line) else {
            blocks.push((None, vec![line], Vec::new()));
            continue;
        };
        let open = blocks.iter_mut().find(|(key, _, parts)| {
            *key == Some(part.key)
                && parts.iter().all(|known| {
                    known.entry.is_some() == part.entry.is_some() && (part.entry.is_none() || known.entry != part.entry)
                })
        });
        match open {
            Some((_, lines, parts)) => {
                lines.push(line);
                parts.push(part);
            }
            None => blocks.push((Some(part.key), vec![line], vec![part])),
        }
    }
    let mut out = Vec::new();
    for (key, lines, parts) in blocks {
        match key {
            Some(key) if parts.len() > 1 => {
                out.push(format!("{key}:"));
                out.extend(parts.iter().map(|part| {
                    let bullet = if part.entry.is_some() { "" } else { "- " };
                    let remark = part.remark.map(|remark| format!("   {remark}")).unwrap_or_default();
                    format!("  {bullet}{}{remark}", part.inner)
                }));
            }
            _ => out.extend(lines.iter().flat_map(|line| line.lines()).map(str::to_owned)),
        }
    }
    if more > 0 {
        out.push(format!("# and {more} more like these, shown with -v"));
    }
    out
}

/// Takes `key: { entry: … }   # remark` or `key: [ item ]` apart; none where it is anything else.
fn take_apart(line: &str) -> Option<Part<'_>> {
    if line.contains('\n') {
        return None;
    }
    let (yaml, remark) = match line.split_once("   # ") {
        Some((yaml, rest)) => (yaml, Some(&line[line.len() - rest.len() - 2..])),
        None => (line, None),
    };
    let (key, value) = yaml.split_once(": ")?;
    if !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let value = value.trim();
    if let Some(inner) = value.strip_prefix("{ ").and_then(|value| value.strip_suffix(" }")) {
        let entry = only_key(inner)?;
        return Some(Part {
            key,
            inner,
            entry: Some(entry),
            remark,
        });
    }
    let inner = value.strip_prefix("[ ")?.strip_suffix(" ]")?;
    top_level(inner, ',').is_none().then_some(Part {
        key,
        inner,
        entry: None,
        remark,
    })
}

/// The key of the only entry of a flow map.
fn only_key(inner: &str) -> Option<&str> {
    let colon = top_level(inner, ':')?;
    top_level(&inner[colon + 1..], ',').is_none().then(|| &inner[..colon])
}

/// Where a character stands outside quotes, braces and brackets.
fn top_level(text: &str, wanted: char) -> Option<usize> {
    let mut depth = 0i32;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            c if c == wanted && depth == 0 => return Some(at),
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(lines: &[&str]) -> String {
        merged(lines.iter().copied(), 9).join("\n")
    }

    #[test]
    fn lines_under_one_key_become_one_part() {
        let text = merge(&[
            r#"operations: { "PUT /a/{id}": { json: { x: 1, y: 2 } } }   # or skip"#,
            r#"resources: { task: { create: { post: /tasks } } }"#,
            r#"operations: { "PUT /b": { json: {} } }"#,
            r#"operations: { "PUT /b": { json: {} } }"#,
            r#"operations: { "PUT /b": { skip: other } }"#,
            r#"cases: [ { as: bob, get: "/x/{{alice.y.id}}" } ]"#,
            r#"cases: [ { as: eve, get: /z } ]"#,
        ]);
        let wanted = "operations:\n  \"PUT /a/{id}\": { json: { x: 1, y: 2 } }   # or skip\n  \"PUT /b\": { json: {} }\n\
             resources: { task: { create: { post: /tasks } } }\n\
             operations: { \"PUT /b\": { skip: other } }\n\
             cases:\n  - { as: bob, get: \"/x/{{alice.y.id}}\" }\n  - { as: eve, get: /z }";
        assert_eq!(text, wanted);
    }

    #[test]
    fn what_is_no_flow_line_stays_as_it_is() {
        assert_eq!(merge(&["target:\n  pace: 5/s"]), "target:\n  pace: 5/s");
        assert_eq!(
            merge(&["a: { b: 1, c: 2 }", "a: { d: 3 }"]),
            "a: { b: 1, c: 2 }\na: { d: 3 }"
        );
    }
}
