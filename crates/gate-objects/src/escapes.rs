//! Undoes the escapes by which a text carries another: JSON and JavaScript (RFC 8259 section 7), percent-encoding (RFC 3986
//! section 2.1), HTML character references, and the zero bytes of UTF-16.
//!
//! One pass undoes one layer of all of them. It never decides what a text means; it only gives a finder a second text to
//! look at, so that what is no valid escape stays as it is.

use memchr::memchr3_iter;

/// Digits of a numeric character reference that are read.
const MAX_REFERENCE_DIGITS: usize = 8;

/// Named references of characters that other encodings are made of. Letters and digits have no names.
const NAMED: [(&[u8], u8); 10] = [
    (b"amp;", b'&'),
    (b"percnt;", b'%'),
    (b"bsol;", b'\\'),
    (b"num;", b'#'),
    (b"semi;", b';'),
    (b"plus;", b'+'),
    (b"sol;", b'/'),
    (b"lowbar;", b'_'),
    (b"equals;", b'='),
    (b"quot;", b'"'),
];

/// The text with one layer of escapes undone; `None` where there is nothing that would change. Never longer than the text.
pub(crate) fn undone(bytes: &[u8]) -> Option<Vec<u8>> {
    let zeros = memchr::memchr(0, bytes).is_some();
    let first = memchr3_iter(b'\\', b'%', b'&', bytes).find(|&at| escape(&bytes[at..]).is_some());
    if first.is_none() && !zeros {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for at in memchr3_iter(b'\\', b'%', b'&', bytes) {
        // What was part of an escape begins none.
        if at < copied {
            continue;
        }
        if let Some((character, length)) = escape(&bytes[at..]) {
            out.extend_from_slice(&bytes[copied..at]);
            push(&mut out, character);
            copied = at + length;
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    if zeros {
        // Letters and digits are one byte and a zero, in either order.
        out.retain(|&byte| byte != 0);
    }
    Some(out)
}

/// A character of another alphabet only separates; a byte above 127 is kept as it is, so that nothing grows.
fn push(out: &mut Vec<u8>, character: u32) {
    out.push(u8::try_from(character).unwrap_or(b'?'));
}

/// The character that an escape at the beginning of a text stands for, and the escape's length.
fn escape(text: &[u8]) -> Option<(u32, usize)> {
    match text.first()? {
        b'%' => percent(text),
        b'\\' => backslash(text),
        b'&' => reference(text),
        _ => None,
    }
}

fn percent(text: &[u8]) -> Option<(u32, usize)> {
    match text.get(1)? {
        // What JavaScript's `escape` writes.
        b'u' | b'U' => Some((hex(text.get(2..6)?)?, 6)),
        _ => Some((hex(text.get(1..3)?)?, 3)),
    }
}

fn backslash(text: &[u8]) -> Option<(u32, usize)> {
    match text.get(1)? {
        b'u' if text.get(2) == Some(&b'{') => {
            let digits = text[3..]
                .iter()
                .take(6)
                .take_while(|byte| byte.is_ascii_hexdigit())
                .count();
            (text.get(3 + digits) == Some(&b'}')).then_some(())?;
            Some((hex(&text[3..3 + digits])?, digits + 4))
        }
        b'u' => Some((hex(text.get(2..6)?)?, 6)),
        b'x' => Some((hex(text.get(2..4)?)?, 4)),
        same @ (b'\\' | b'/') => Some((u32::from(*same), 2)),
        _ => None,
    }
}

fn reference(text: &[u8]) -> Option<(u32, usize)> {
    let rest = &text[1..];
    let Some(number) = rest.strip_prefix(b"#") else {
        let (name, character) = NAMED.iter().find(|(name, _)| {
            rest.get(..name.len())
                .is_some_and(|there| there.eq_ignore_ascii_case(name))
        })?;
        return Some((u32::from(*character), 1 + name.len()));
    };
    let (digits, radix, lead) = match number.first()? {
        b'x' | b'X' => (&number[1..], 16, 3),
        _ => (number, 10, 2),
    };
    let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
    let length = digits.iter().take(MAX_REFERENCE_DIGITS).take_while(is_digit).count();
    let value = u32::from_str_radix(std::str::from_utf8(&digits[..length]).ok()?, radix).ok()?;
    // Browsers do without the semicolon.
    let end = usize::from(digits.get(length) == Some(&b';'));
    Some((value, lead + length + end))
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(escaped: &str) -> Option<String> {
        undone(escaped.as_bytes()).map(|bytes| String::from_utf8(bytes).expect("ascii"))
    }

    #[test]
    fn each_escape_is_undone_once() {
        for escaped in [
            "\\u006c\\u0067",
            "\\x6c\\x67",
            "\\u{6c}\\u{67}",
            "%6c%67",
            "%6C%u0067",
            "&#108;&#103;",
            "&#x6C;&#X67;",
            "&#108&#103",
            "l\0g\0",
            "\0l\0g",
        ] {
            assert_eq!(text(escaped).as_deref(), Some("lg"), "{escaped:?}");
        }
        assert_eq!(text("%256c").as_deref(), Some("%6c"));
        assert_eq!(text("\\\\u006c").as_deref(), Some("\\u006c"));
        assert_eq!(text("&amp;#108;").as_deref(), Some("&#108;"));
        assert_eq!(text("a\\/b").as_deref(), Some("a/b"));
    }

    #[test]
    fn what_is_no_escape_stays() {
        for plain in [
            "",
            "100 % & more \\n \\\"",
            "%zz %",
            "\\u12",
            "&copy; &",
            "&#;",
            "&#x;",
            "\\",
            "\\u{}",
        ] {
            assert_eq!(text(plain), None, "{plain:?}");
        }
        assert_eq!(text("%zz%41").as_deref(), Some("%zzA"));
        assert_eq!(text("\\u20ac%41").as_deref(), Some("?A"));
    }
}
