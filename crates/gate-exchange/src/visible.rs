//! Makes foreign text harmless to look at: control and direction characters become visible, length is bounded.

/// Control characters other than line feed and tab, and characters that reorder or hide text, as `\u{1b}`.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hides = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
        if (c.is_control() && !matches!(c, '\n' | '\t')) || hides {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// The beginning of a text, at most so many bytes, cut between characters.
pub(crate) fn head(text: &str, max_bytes: usize) -> &str {
    &text[..floor(text, max_bytes)]
}

/// The largest character boundary that is not above `at`.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A text in one line, at most so many bytes, harmless.
pub(crate) fn one_line(text: &str, max_bytes: usize) -> String {
    let joined = head(text, max_bytes * 4)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let shown = visible(&joined);
    let cut = head(&shown, max_bytes);
    if cut.len() < shown.len() {
        format!("{cut}…")
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_overrides_are_seen() {
        assert_eq!(
            visible("a\u{1b}[31mb\u{202e}c\r\n\0"),
            "a\\u{1b}[31mb\\u{202e}c\\u{d}\n\\u{0}"
        );
        assert_eq!(head("añb", 2), "a");
        assert_eq!(one_line(" a\n  b ", 10), "a b");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
