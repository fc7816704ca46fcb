//! The one sanitiser. Text that a target, a plan or a result file brought is bounded and made visible here before it reaches
//! a reader, so that it can neither steer a terminal, nor forge a line of a log, nor end an element of a report.

use std::fmt::Write as _;

/// Whether a reader would act on the character instead of showing it: controls of C0 and C1, bidirectional overrides and
/// marks, invisible separators and tags, and code points that XML 1.0 forbids or that are no characters at all.
fn acts(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' => true,
        '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => true,
        '\u{fdd0}'..='\u{fdef}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => (c as u32) & 0xfffe == 0xfffe,
    }
}

/// The text with line ends as `\n` and every acting character written out as `\u{1b}`, at most `max` characters of it.
/// What was left out is said at the end.
pub(crate) fn block(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max) + 32);
    let mut chars = text.char_indices().peekable();
    let mut taken = 0;
    while let Some((at, c)) = chars.next() {
        if taken >= max {
            let _ = write!(out, "… ({} more bytes)", text.len() - at);
            return out;
        }
        taken += 1;
        match c {
            '\r' => {
                if !matches!(chars.peek(), Some((_, '\n'))) {
                    out.push('\n');
                }
            }
            _ if acts(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Like [`block`], on one line: runs of white space become one space.
pub(crate) fn line(text: &str, max: usize) -> String {
    // Cut before joining, so that a megabyte of blanks costs no more than `max` characters; blanks count.
    let cut = block(text, max);
    let mut out = String::with_capacity(cut.len());
    for word in cut.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// A cleaned text made harmless to what reads the logs of CI services line by line: workflow commands of GitHub (`::error`,
/// `##[group]`), of Azure (`##vso[`) and of TeamCity (`##teamcity[`).
pub(crate) fn log_safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let trimmed = line.trim_start();
        let (indent, rest) = line.split_at(line.len() - trimmed.len());
        out.push_str(indent);
        let rest = match rest.strip_prefix("::") {
            Some(after) => {
                out.push_str(": :");
                after
            }
            None => rest,
        };
        for c in rest.chars() {
            if c == '#' && out.ends_with('#') {
                out.push(' ');
            }
            out.push(c);
        }
    }
    out
}

/// A cleaned text without attachments: GitLab and Jenkins turn `[[ATTACHMENT|path]]` into a link to a file.
pub(crate) fn unattached(text: &str) -> String {
    text.replace("[[ATTACHMENT|", "[[ATTACHMENT |")
}

/// A cleaned text as the content of a CDATA section, which the crate `junit-report` writes as it stands: `]]>` is divided
/// between two sections, and attachments are broken.
pub(crate) fn cdata(text: &str) -> String {
    unattached(text).replace("]]>", "]]]]><![CDATA[>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acting_characters_are_written_out() {
        assert_eq!(
            block("a\u{1b}[31mb\0c\u{202e}d\u{9b}", 100),
            "a\\u{1b}[31mb\\u{0}c\\u{202e}d\\u{9b}"
        );
        assert_eq!(block("a\r\nb\rc\u{ffff}\u{10fffe}", 100), "a\nb\nc\\u{ffff}\\u{10fffe}");
        assert_eq!(
            block("\\ud800 stays as it was sent", 100),
            "\\ud800 stays as it was sent"
        );
        assert_eq!(block("Grüße, 世界 👩‍👧", 100), "Grüße, 世界 👩‍👧");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let long = "é".repeat(1 << 20);
        assert_eq!(block(&long, 3), format!("ééé… ({} more bytes)", (1 << 21) - 6));
        assert_eq!(line("a \n\t b", 100), "a b");
        assert!(line(&"x\n".repeat(1 << 20), 50).len() < 100);
    }

    #[test]
    fn log_commands_are_broken() {
        assert_eq!(
            log_safe("  ::error::x\na::b ##[group]"),
            "  : :error::x\na::b # #[group]"
        );
        assert!(!log_safe("####[x").contains("##["));
        assert!(!log_safe("###[x").contains("##["));
    }

    #[test]
    fn cdata_cannot_be_ended() {
        assert_eq!(cdata("x]]>y"), "x]]]]><![CDATA[>y");
        let document = format!("<a><![CDATA[{}]]></a>", cdata("]]>]]]>]]]]><![CDATA[>"));
        let parsed = roxmltree::Document::parse(&document).expect("well-formed");
        let text: String = parsed.root_element().children().filter_map(|n| n.text()).collect();
        assert_eq!(text, "]]>]]]>]]]]><![CDATA[>");
    }
}
