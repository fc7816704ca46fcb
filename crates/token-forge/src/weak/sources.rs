//! The printed secrets: `dictionary.txt` with its sources.

use std::sync::LazyLock;

use super::{SecretClass, WeakSecret};

static DICTIONARY: LazyLock<Vec<(&'static str, WeakSecret)>> = LazyLock::new(|| read(include_str!("dictionary.txt")));

/// Every printed secret with where it is printed.
pub(super) fn printed() -> impl Iterator<Item = (&'static str, WeakSecret)> {
    DICTIONARY.iter().copied()
}

fn read(text: &'static str) -> Vec<(&'static str, WeakSecret)> {
    let mut section = None;
    let mut entries = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        if let Some(found) = heading(line) {
            section = Some(found);
        } else if let Some(found) = section {
            entries.push((line, found));
        }
    }
    entries
}

fn heading(line: &'static str) -> Option<WeakSecret> {
    let (class, source) = line.strip_prefix('[')?.split_once("] ")?;
    let class = match class {
        "documentation-sample" => SecretClass::DocumentationSample,
        "product-default" => SecretClass::ProductDefault,
        "common-word" => SecretClass::CommonWord,
        _ => return None,
    };
    Some(WeakSecret { class, source })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_entry_has_a_source_and_stands_once() {
        let entries: Vec<_> = printed().collect();
        let texts: BTreeSet<&str> = entries.iter().map(|(text, _)| *text).collect();
        assert_eq!(texts.len(), entries.len());
        assert!(entries.len() > 300, "{}", entries.len());
        for (text, found) in entries {
            assert!(!found.source.is_empty() && !text.starts_with('['), "{text}");
        }
    }
}
