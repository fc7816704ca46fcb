//! Whatever bytes come: no panic, spans within the text, and no secret in what a finding shows of itself.

use proptest::prelude::*;
use secret_scan::Scanner;

/// Pieces that lead into rules, decoders and readers of values, between arbitrary bytes.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "[A-Za-z0-9+/=_-]{0,80}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            "password = \"",
            "\" + x",
            "<Pass encoding=\"",
            "-----BEGIN PRIVATE KEY-----\n",
            "-----END",
            "://u:",
            "@host",
            "eyJ",
            ".eyJ",
            "ghp_",
            "%41%4",
            "\\u00",
            "\\x4",
            "AKIA",
            "api_key: |\n",
            "define('SECRET_KEY', '",
            "\0",
            "\r\n",
            "token=",
            "name: X_TOKEN\n  value: ",
            "sig=",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

thread_local! {
    static SCANNER: Scanner = Scanner::default();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_the_scanner(text in text(), path in prop::sample::select(vec!["a.py", ".env", "x.xml", "a.sql", ".netrc", "noname", "t/test_a.js"])) {
        let scanned = SCANNER.with(|scanner| scanner.scan(path, &text));
        for found in scanned.findings {
            prop_assert!(found.span.start < found.span.end && found.span.end <= text.len() as u64);
            prop_assert!(found.line >= 1 && found.column >= 1);
            let secret = found.secret.expose();
            let shown = format!("{found:?} {}", found.secret.sketch());
            // Words of rules and paths may be in a secret by chance; random ones are not.
            let random = |part: &&[u8]| part.iter().any(u8::is_ascii_digit) && part.iter().any(u8::is_ascii_uppercase);
            let leak = secret.windows(8).filter(random).any(|part| shown.as_bytes().windows(8).any(|window| window == part));
            prop_assert!(!leak, "{shown}");
        }
    }
}
