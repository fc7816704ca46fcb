//! Reads the value that a text gives to a name, in the many ways that code and settings have: `name = "value"`,
//! `"name": "value"`, `name => 'value'`, `<name>value</name>`, `define('name', 'value')`, `name: TYPE = "value"`, `--name value`.
//!
//! It knows no rule: it says where name and value are and how the value is written.

use std::ops::Range;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// After `=`, `:`, `:=`, `=>`.
    Set,
    /// After a comparison.
    Compared,
    /// The next argument: `define('name', 'value')`.
    Argument,
    /// The argument of a call of that name: `password("value")`.
    Call,
    /// Between tags.
    Element,
    /// After a blank.
    Blank,
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
    pub(crate) quoted: bool,
    pub(crate) form: Form,
    /// Part of an expression: something is added to the value, or filled into it.
    pub(crate) computed: bool,
}

const NAME: usize = 80;
const VALUE: usize = 4096;
const GAP: usize = 100;

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

/// The name around `at..end`.
pub(crate) fn name(text: &[u8], at: usize, end: usize) -> Range<usize> {
    let mut start = at;
    while start > 0 && at - start < NAME && is_name(text[start - 1]) {
        start -= 1;
    }
    let mut stop = end;
    while stop < text.len() && stop - end < NAME && is_name(text[stop]) {
        stop += 1;
    }
    while start < stop && matches!(text[start], b'-' | b'.') {
        start += 1;
    }
    while stop > start && matches!(text[stop - 1], b'-' | b'.') {
        stop -= 1;
    }
    start..stop
}

/// The value that `name` gets. `lines`: the text is one of settings, where a value may run to the end of its line.
pub(crate) fn value(text: &[u8], name: Range<usize>, lines: bool) -> Option<Assignment> {
    let mut reader = Reader {
        text,
        at: name.end,
        limit: text.len().min(name.end + GAP),
        called: first_argument(&text[name.start.saturating_sub(4)..name.start]),
    };
    let opened = name.start > 0 && text[name.start - 1] == b'<';
    let closing = reader.closing();
    let form = reader.separator(&text[name.clone()], opened, closing)?;
    // "nodes that pass `name`": the quotes of prose.
    if form == Form::Blank && text.get(reader.at) == Some(&b'`') {
        return None;
    }
    let limit = text.len().min(reader.at + VALUE);
    let (value, quoted, computed) = match form {
        Form::Element => {
            let end = reader.at + memchr::memchr(b'<', &text[reader.at..limit])?;
            (trim(text, reader.at..end), false, false)
        }
        Form::Argument | Form::Call => {
            let found = quoted(text, reader.at, limit)?;
            (found.0, true, found.1)
        }
        Form::Set | Form::Compared | Form::Blank => match quoted(text, reader.at, limit) {
            Some((value, computed)) => (value, true, computed),
            None => {
                let value = bare(text, reader.at, limit, &name, lines);
                (value, false, false)
            }
        },
    };
    (!value.is_empty()).then_some(Assignment {
        name,
        value,
        quoted,
        form,
        computed,
    })
}

/// `(` and a quote, perhaps with a blank between: other quoted words are elements of lists.
fn first_argument(before: &[u8]) -> bool {
    let before = before
        .strip_suffix(b"\"")
        .or(before.strip_suffix(b"'"))
        .unwrap_or_default();
    before
        .strip_suffix(b"\\")
        .unwrap_or(before)
        .trim_ascii_end()
        .ends_with(b"(")
}

fn trim(text: &[u8], mut range: Range<usize>) -> Range<usize> {
    while range.start < range.end && text[range.start].is_ascii_whitespace() {
        range.start += 1;
    }
    while range.end > range.start && text[range.end - 1].is_ascii_whitespace() {
        range.end -= 1;
    }
    range
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    limit: usize,
    /// The name is the first argument of a call.
    called: bool,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.limit { self.text[at] } else { 0 }
    }

    fn starts(&self, wanted: &[u8]) -> bool {
        self.text[self.at..self.limit].starts_with(wanted)
    }

    fn blanks(&mut self) -> usize {
        let from = self.at;
        while matches!(self.peek(0), b' ' | b'\t') {
            self.at += 1;
        }
        self.at - from
    }

    /// What closes the name: quotes and brackets. Says whether the name was quoted.
    fn closing(&mut self) -> bool {
        let (mut quoted, mut bracket) = (false, false);
        for _ in 0..4 {
            match self.peek(0) {
                // `["name"]` closes the quote first; `[:name]'` ends some other text.
                b'"' | b'\'' | b'`' if bracket => return false,
                b'"' | b'\'' | b'`' => quoted = true,
                b']' => bracket = true,
                b'\\' | b'?' => {}
                _ => break,
            }
            self.at += 1;
        }
        quoted
    }

    fn separator(&mut self, name: &[u8], opened: bool, closing: bool) -> Option<Form> {
        if opened {
            return self.end_of_tag();
        }
        if let Some(form) = self.beside(closing) {
            return Some(form);
        }
        let blanks = self.blanks();
        match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'=', b'=', third) => self.take(if third == b'=' { 3 } else { 2 }, Form::Compared),
            (b'!', b'=', third) => self.take(if third == b'=' { 3 } else { 2 }, Form::Compared),
            (b'=', b'~', _) => None,
            (b'=', b'>', _) | (b':', b'=', _) | (b'?', b'=', _) | (b'<', b'-', _) => self.take(2, Form::Set),
            (b'|', b'|', b'=') | (b'?', b'?', b'=') => self.take(3, Form::Set),
            (b'=', ..) => self.take(1, Form::Set),
            (b':', b':', _) => None,
            (b':', ..) => {
                self.at += 1;
                self.annotation();
                self.gap(Form::Set)
            }
            (b',', ..) if closing && self.called => self.take(1, Form::Argument),
            (b'(', quote, _) if matches!(quote, b'"' | b'\'') && blanks == 0 => self.take(1, Form::Call),
            (0, ..) => None,
            _ if blanks > 0 && !closing && !name.is_empty() => Some(Form::Blank),
            _ => None,
        }
    }

    fn take(&mut self, bytes: usize, form: Form) -> Option<Form> {
        self.at += bytes;
        self.gap(form)
    }

    /// Blanks after the separator, and one line's end before a quote.
    fn gap(&mut self, form: Form) -> Option<Form> {
        self.blanks();
        let mark = self.at;
        if self.peek(0) == b'\\' && matches!(self.peek(1), b'\n' | b'\r') {
            self.at += 1;
        }
        if matches!(self.peek(0), b'\r' | b'\n') {
            while matches!(self.peek(0), b'\r' | b'\n' | b' ' | b'\t') {
                self.at += 1;
            }
            if !matches!(self.peek(0), b'"' | b'\'' | b'`') {
                self.at = mark;
            }
        }
        Some(form)
    }

    /// `: &str =`, `: string | null =`: the type of a variable before its value.
    fn annotation(&mut self) {
        let mut at = self.at;
        let stop = self.limit.min(at + 48);
        while at < stop && (self.text[at].is_ascii_alphanumeric() || b" &'_<>[]?|.:".contains(&self.text[at])) {
            at += 1;
        }
        let typed = self.text[self.at..at].iter().any(u8::is_ascii_alphabetic);
        let sets = at < stop && self.text[at] == b'=' && self.text.get(at + 1) != Some(&b'=');
        if typed && sets && self.text[self.at..at].iter().filter(|byte| **byte == b'\'').count() < 2 {
            self.at = at + 1;
        }
    }

    /// The rest of a tag that opened with the name.
    fn end_of_tag(&mut self) -> Option<Form> {
        let rest = &self.text[self.at..self.limit];
        let end = rest.iter().position(|byte| matches!(byte, b'>' | b'<' | b'\n'))?;
        if rest[end] != b'>' || (end > 0 && rest[end - 1] == b'/') || (end > 0 && !rest[0].is_ascii_whitespace()) {
            return None;
        }
        self.at += end + 1;
        if self.text[self.at..].starts_with(b"<![CDATA[") {
            self.at += 9;
        }
        Some(Form::Element)
    }

    /// `name="PASSWORD" value="x"`, `name: PASSWORD` and `value: x` on the next line, `"name": "PASSWORD", "value": "x"`,
    /// `<key>password</key><string>x`.
    fn beside(&mut self, closing: bool) -> Option<Form> {
        let mark = self.at;
        if self.starts(b"</") {
            let close = self.text[self.at..self.limit].iter().position(|byte| *byte == b'>')?;
            self.at += close + 1;
            while self.peek(0).is_ascii_whitespace() {
                self.at += 1;
            }
            for open in [b"<string>".as_slice(), b"<value>"] {
                if self.starts(open) {
                    self.at += open.len();
                    return Some(Form::Element);
                }
            }
            self.at = mark;
            return None;
        }
        let mut line = false;
        while matches!(self.peek(0), b',' | b' ' | b'\t' | b'\r' | b'\n') {
            line |= self.peek(0) == b'\n';
            self.at += 1;
        }
        if matches!(self.peek(0), b'"' | b'\'') && closing {
            self.at += 1;
        }
        let word = self.text[self.at..self.limit].get(..5).unwrap_or_default();
        if (line || closing) && self.at > mark && word.eq_ignore_ascii_case(b"value") {
            self.at += 5;
            if matches!(self.peek(0), b'"' | b'\'') {
                self.at += 1;
            }
            self.blanks();
            if matches!(self.peek(0), b':' | b'=') {
                self.at += 1;
                self.blanks();
                return Some(Form::Set);
            }
        }
        self.at = mark;
        None
    }
}

/// A quoted value at `at`, with prefixes such as `b"` and `@"`.
fn quoted(text: &[u8], mut at: usize, limit: usize) -> Option<(Range<usize>, bool)> {
    let mut computed = false;
    let mut prefix = 0;
    while at < limit
        && prefix < 3
        && matches!(
            text[at],
            b'b' | b'r' | b'u' | b'f' | b'L' | b'@' | b'$' | b'B' | b'R' | b'U' | b'F' | b'#' | b'&' | b'('
        )
    {
        computed |= matches!(text[at], b'f' | b'F' | b'$');
        at += 1;
        prefix += 1;
    }
    let escaped = text.get(at) == Some(&b'\\');
    at += usize::from(escaped);
    let quote = *text.get(at).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    let triple = text[at..].starts_with(&[quote; 3]);
    let start = at + if triple { 3 } else { 1 };
    let mut end = start;
    while end < limit {
        let byte = text[end];
        if escaped && byte == b'\\' && text.get(end + 1) == Some(&quote) {
            break;
        }
        if byte == b'\\' && !escaped {
            end += 2;
            continue;
        }
        if byte == quote && (!triple || text[end..].starts_with(&[quote; 3])) {
            break;
        }
        if byte == b'\n' && !triple {
            return None;
        }
        end += 1;
    }
    if end >= limit {
        return None;
    }
    let mut after = end + 1 + usize::from(escaped);
    while after < limit && matches!(text[after], b' ' | b'\t') {
        after += 1;
    }
    let rest = &text[after.min(text.len())..];
    computed |=
        rest.starts_with(b"+") || rest.starts_with(b"% ") || rest.starts_with(b".format") || rest.starts_with(b". ");
    Some((start..end, computed))
}

/// A value without quotes: to the end of its line in settings, else to whatever ends a word.
fn bare(text: &[u8], at: usize, limit: usize, name: &Range<usize>, lines: bool) -> Range<usize> {
    let line = text[..name.start]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let head = text[line..name.start].trim_ascii();
    let first = name.start - line < GAP
        && (head.is_empty()
            || [
                b"export".as_slice(),
                b"-",
                b"set",
                b"ENV",
                b"ARG",
                b"env",
                b"declare -x",
                b"$",
                b"setenv",
            ]
            .contains(&head));
    let mut end = at;
    if lines && first {
        while end < limit && !matches!(text[end], b'\n' | b'\r' | 0) {
            if text[end] == b'#' && end > at && matches!(text[end - 1], b' ' | b'\t') {
                break;
            }
            end += 1;
        }
    } else {
        while end < limit && !text[end].is_ascii_whitespace() && !b"\"'`,;<>&(){}[]|\\\0".contains(&text[end]) {
            end += 1;
        }
    }
    trim(text, at..end)
}

#[cfg(test)]
mod tests {
    use super::{Form, name, value};

    fn read(text: &str, word: &str, lines: bool) -> Option<(String, String, Form)> {
        let at = text.find(word).expect("the word is in the text");
        let found = value(text.as_bytes(), name(text.as_bytes(), at, at + word.len()), lines)?;
        Some((text[found.name].to_owned(), text[found.value].to_owned(), found.form))
    }

    #[test]
    fn what_prose_quotes_is_no_value() {
        assert_eq!(
            read("nodes that pass `includeN8nOAuth2` (not Wait)", "pass", false),
            None
        );
    }

    #[test]
    fn values_are_read_in_every_notation() {
        for (text, form) in [
            ("db_password = \"hunter2x\"", Form::Set),
            ("\"db_password\": \"hunter2x\",", Form::Set),
            ("'db_password' => 'hunter2x',", Form::Set),
            ("config[\"db_password\"] = 'hunter2x';", Form::Set),
            ("let db_password: &str = \"hunter2x\";", Form::Set),
            ("const db_password: string = `hunter2x`", Form::Set),
            ("db_password := \"hunter2x\"", Form::Set),
            ("define('db_password', 'hunter2x');", Form::Argument),
            ("db_password(\"hunter2x\")", Form::Call),
            ("<db_password>hunter2x</db_password>", Form::Element),
            ("<db_password type=\"plain\">hunter2x</db_password>", Form::Element),
            ("<add key=\"db_password\" value=\"hunter2x\"/>", Form::Set),
            ("- name: db_password\n  value: hunter2x\n", Form::Set),
            ("\"name\": \"db_password\", \"value\": \"hunter2x\"", Form::Set),
            ("<key>db_password</key>\n<string>hunter2x</string>", Form::Element),
            ("{\\\"db_password\\\": \\\"hunter2x\\\"}", Form::Set),
            ("tool --db_password hunter2x --go", Form::Blank),
            ("tool --db_password=hunter2x --go", Form::Set),
            ("url?db_password=hunter2x&a=b", Form::Set),
            ("Server=a;db_password=hunter2x;B=c", Form::Set),
            ("if db_password == \"hunter2x\" {", Form::Compared),
            ("db_password =\n    \"hunter2x\"", Form::Set),
        ] {
            let found = read(text, "password", false);
            assert_eq!(
                found,
                Some(("db_password".to_owned(), "hunter2x".to_owned(), form)),
                "{text}"
            );
        }
    }

    #[test]
    fn settings_run_to_the_end_of_the_line() {
        let found = read("export PASSWORD=a&b;c d # note\nX=1", "PASSWORD", true);
        assert_eq!(found.map(|found| found.1), Some("a&b;c d".to_owned()));
        let found = read("password: p@ss'word!x\n", "password", true);
        assert_eq!(found.map(|found| found.1), Some("p@ss'word!x".to_owned()));
    }

    #[test]
    fn what_is_no_value_is_none() {
        assert_eq!(read("std::password::new()", "password", false), None);
        assert_eq!(read("password,", "password", false), None);
        assert_eq!(read("password", "password", false), None);
        assert_eq!(read("<password/>", "password", false), None);
    }
}
