//! A canary is found in whatever an answer makes of it, and nothing else is taken for one.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gate_model::IdentityName;
use gate_objects::{Canaries, Canary, Shape};
use proptest::prelude::*;

/// What servers, frameworks and proxies do to a text on its way out.
#[derive(Clone, Copy, Debug)]
enum Code {
    Upper,
    JsonEscapes,
    JavaScriptEscapes,
    Decimal,
    Hexadecimal,
    Percent,
    Utf16Le,
    Utf16Be,
    Hex,
    UpperHex,
    Base64(usize),
    Base64Url(usize),
}

const CODES: [Code; 16] = [
    Code::Upper,
    Code::JsonEscapes,
    Code::JavaScriptEscapes,
    Code::Decimal,
    Code::Hexadecimal,
    Code::Percent,
    Code::Utf16Le,
    Code::Utf16Be,
    Code::Hex,
    Code::UpperHex,
    Code::Base64(0),
    Code::Base64(1),
    Code::Base64(2),
    Code::Base64Url(0),
    Code::Base64Url(1),
    Code::Base64Url(2),
];

impl Code {
    fn write(self, bytes: &[u8]) -> Vec<u8> {
        let each =
            |write: &dyn Fn(u8) -> String| bytes.iter().map(|&byte| write(byte)).collect::<String>().into_bytes();
        match self {
            Self::Upper => bytes.to_ascii_uppercase(),
            Self::JsonEscapes => each(&|byte| format!("\\u{byte:04x}")),
            Self::JavaScriptEscapes => each(&|byte| format!("\\x{byte:02X}")),
            Self::Decimal => each(&|byte| format!("&#{byte};")),
            Self::Hexadecimal => each(&|byte| format!("&#x{byte:x};")),
            Self::Percent => each(&|byte| format!("%{byte:02X}")),
            Self::Utf16Le => bytes.iter().flat_map(|&byte| [byte, 0]).collect(),
            Self::Utf16Be => bytes.iter().flat_map(|&byte| [0, byte]).collect(),
            Self::Hex => each(&|byte| format!("{byte:02x}")),
            Self::UpperHex => each(&|byte| format!("{byte:02X}")),
            Self::Base64(before) => STANDARD.encode([&b"<<"[..before], bytes].concat()).into_bytes(),
            Self::Base64Url(before) => URL_SAFE_NO_PAD.encode([&b"??"[..before], bytes].concat()).into_bytes(),
        }
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    proptest::sample::select(vec![Shape::Full, Shape::Word, Shape::Short, Shape::Digits, Shape::Uuid])
}

fn planted(shape: Shape) -> (Canaries, Canary) {
    let canaries = Canaries::new();
    let canary = canaries.mint(&IdentityName::new("alice"), None, shape);
    (canaries, canary)
}

fn found(canaries: &Canaries, bytes: &[u8]) -> Vec<String> {
    let found = canaries.find(bytes).into_iter();
    found.map(|(canary, _)| canary.secret.clone()).collect()
}

#[test]
fn every_pair_of_encodings_is_seen_through() {
    for shape in [Shape::Full, Shape::Word, Shape::Short, Shape::Digits, Shape::Uuid] {
        let (canaries, canary) = planted(shape);
        for inner in CODES {
            let once = inner.write(canary.text.as_bytes());
            assert_eq!(
                found(&canaries, &once),
                std::slice::from_ref(&canary.secret),
                "{shape:?} {inner:?}"
            );
            // An upper-cased encoding is another text.
            for outer in CODES.into_iter().filter(|outer| !matches!(outer, Code::Upper)) {
                let twice = outer.write(&once);
                assert_eq!(
                    found(&canaries, &twice),
                    std::slice::from_ref(&canary.secret),
                    "{shape:?} {inner:?} in {outer:?}: {}",
                    String::from_utf8_lossy(&twice)
                );
            }
        }
    }
}

#[test]
fn a_download_is_opened() {
    let (canaries, canary) = planted(Shape::Full);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(canary.text.as_bytes()).expect("memory");
    let mut file = encoder.finish().expect("memory");
    assert_eq!(found(&canaries, &file), std::slice::from_ref(&canary.secret));
    file.truncate(file.len() - 4);
    assert_eq!(
        found(&canaries, &file),
        [canary.secret],
        "one that was broken off, as well"
    );
}

#[test]
fn escapes_of_single_characters_and_of_many_kinds_are_seen_through() {
    let (canaries, canary) = planted(Shape::Word);
    for at in 0..canary.text.len() {
        let (before, after) = canary.text.split_at(at);
        let byte = after.as_bytes()[0];
        for escape in [
            format!("\\u{byte:04X}"),
            format!("%{byte:02x}"),
            format!("&#{byte}"),
            format!("&amp;#{byte};"),
            format!("%25{byte:02x}"),
            format!("\\\\u{byte:04x}"),
        ] {
            let text = format!("{{\"name\":\"{before}{escape}{}\"}}", &after[1..]);
            // A reference without its end runs on into the digits that follow.
            if !escape.ends_with(';')
                && escape.starts_with("&#")
                && after[1..].starts_with(|c: char| c.is_ascii_digit())
            {
                continue;
            }
            assert_eq!(
                found(&canaries, text.as_bytes()),
                std::slice::from_ref(&canary.secret),
                "{text}"
            );
        }
    }
}

#[test]
fn a_hostile_text_costs_little() {
    let (canaries, _) = planted(Shape::Uuid);
    for piece in [
        "%25",
        "\\\\",
        "&amp;",
        "%2525",
        "\0",
        "YWFhYWFhYWFhYWFh",
        "6161616161",
        "&#x26;",
        "\\u005c",
        "a",
    ] {
        let text = piece.repeat(1024 * 1024 / piece.len());
        let begun = std::time::Instant::now();
        assert!(found(&canaries, text.as_bytes()).is_empty());
        let took = begun.elapsed();
        assert!(took.as_secs() < 20, "{piece:?} took {took:?}");
    }
}

proptest! {
    #[test]
    fn whatever_stands_around_it(
        shape in shapes(),
        inner in proptest::sample::select(CODES.to_vec()),
        outer in proptest::sample::select(CODES[1..].to_vec()),
        before in "[ -~]{0,40}",
        after in "[ -~]{0,40}",
        key in "[a-z]{0,9}",
    ) {
        let (canaries, canary) = planted(shape);
        let inside = [b"{\"", key.as_bytes(), b"\":\"", &inner.write(canary.text.as_bytes()), b"\"}"].concat();
        let text = [before.as_bytes(), b"\"", &outer.write(&inside), b"\" ", after.as_bytes()].concat();
        prop_assert_eq!(found(&canaries, &text), [canary.secret]);
    }

    #[test]
    fn what_is_none_is_not_found(
        shape in shapes(),
        code in proptest::sample::select(CODES.to_vec()),
        noise in proptest::collection::vec(any::<u8>(), 0..400),
        text in "[ -~]{0,400}",
    ) {
        let (canaries, canary) = planted(shape);
        let other = planted(shape).1;
        let cut = &canary.text.as_bytes()[..canary.text.len() - 1];
        for bytes in [&noise[..], text.as_bytes(), &code.write(cut), &code.write(other.text.as_bytes()), &code.write(&noise)] {
            prop_assert_eq!(found(&canaries, bytes), Vec::<String>::new());
        }
    }
}
