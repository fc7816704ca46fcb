//! One token in every encoding that the engine undoes: found, with the way it was decoded and the span of the original text.
#![allow(clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secret_scan::{Decoder, Scanner};

/// A Slack bot token of no workspace.
fn token() -> String {
    [
        "xo",
        "xb-1234",
        "91827364-918273",
        "645091-q8ZrT2vX",
        "w0LpKd7Ym3Bn5Gh1",
    ]
    .concat()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn unicode(text: &str) -> String {
    text.chars()
        .map(|character| format!("\\u{:04x}", character as u32))
        .collect()
}

#[test]
fn a_token_is_found_in_every_encoding_with_its_way_and_span() {
    use Decoder::{Base64, Escapes, Hex, Percent};
    let token = token();
    let config = format!("{{\"bot\": \"{token}\"}}");
    let cases: Vec<(String, Vec<Decoder>)> = vec![
        (token.clone(), vec![]),
        (STANDARD.encode(&token), vec![Base64]),
        (STANDARD.encode(&config), vec![Base64]),
        (STANDARD_NO_PAD.encode(&config), vec![Base64]),
        (URL_SAFE.encode(&config), vec![Base64]),
        (URL_SAFE_NO_PAD.encode(format!("??>>{config}")), vec![Base64]),
        (STANDARD.encode(STANDARD.encode(&config)), vec![Base64, Base64]),
        (
            STANDARD.encode(STANDARD.encode(STANDARD.encode(&token))),
            vec![Base64, Base64, Base64],
        ),
        (hex(&token), vec![Hex]),
        (hex(&token).to_uppercase(), vec![Hex]),
        (percent(&token), vec![Percent]),
        (unicode(&token), vec![Escapes]),
        (STANDARD.encode(hex(&token)), vec![Base64, Hex]),
        (hex(&STANDARD.encode(&token)), vec![Hex, Base64]),
        (percent(&STANDARD.encode(&token)), vec![Percent, Base64]),
    ];
    let scanner = Scanner::default();
    for (encoded, way) in cases {
        let text = format!("first line\nvalue = \"{encoded}\"\n");
        let found = scanner.scan("src/a.js", text.as_bytes()).findings;
        let hit = found.iter().find(|found| found.secret.expose() == token.as_bytes());
        let hit = hit.unwrap_or_else(|| panic!("{way:?} of {encoded}: {found:?}"));
        assert_eq!(hit.decoders, way, "{encoded}");
        assert_eq!((hit.line, hit.column), (2, 10), "{way:?}");
        let span = hit.span.start as usize..hit.span.end as usize;
        assert!(
            encoded.starts_with(&text[span.clone()]) && text[span].len() + 3 > encoded.len(),
            "{way:?}"
        );
    }
}

#[test]
fn wide_text_is_read_in_both_orders_with_and_without_a_mark() {
    let text = format!("name = 'a'\r\nbot = '{}'\r\n", token());
    let scanner = Scanner::default();
    for (mark, little) in [(true, true), (true, false), (false, true), (false, false)] {
        let marked = if mark { format!("\u{feff}{text}") } else { text.clone() };
        let bytes: Vec<u8> = marked
            .encode_utf16()
            .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
            .collect();
        let found = scanner.scan("a.ini", &bytes).findings;
        assert_eq!(found.len(), 1, "mark {mark} little {little}");
        assert_eq!(
            (found[0].line, found[0].decoders.as_slice()),
            (2, [Decoder::Utf16].as_slice())
        );
        let span = found[0].span.start as usize..found[0].span.end as usize;
        assert_eq!(span.len(), token().len() * 2);
        assert_eq!(bytes[span].iter().filter(|byte| **byte != 0).count(), token().len());
    }
}

#[test]
fn layers_without_end_are_cut_and_said_to_be() {
    let mut text = token();
    for _ in 0..9 {
        text = STANDARD.encode(text);
    }
    let scanned = Scanner::default().scan("a.txt", text.as_bytes());
    assert!(scanned.truncated);
    assert!(scanned.findings.is_empty());
}

#[test]
fn a_secret_across_the_border_of_two_pieces_is_found_once_with_its_line() {
    let line = "0123456789 0123456789 0123456789 0123456789 0123456789 012345678\n";
    for shift in [-40i64, -20, 0, 16 * 1024 - 100] {
        let before = ((8 << 20) + shift) as usize;
        let mut text: String = line.chars().cycle().take(before - before % line.len()).collect();
        let lines = text.lines().count() as u32;
        text += &format!("bot = '{}'\n", token());
        text.extend(line.chars().cycle().take(line.len() * 1000));
        let found = Scanner::default().scan("a.txt", text.as_bytes()).findings;
        assert_eq!(found.len(), 1, "{shift}");
        assert_eq!((found[0].line, found[0].column), (lines + 1, 8), "{shift}");
    }
}
