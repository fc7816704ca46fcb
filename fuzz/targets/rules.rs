//! Whatever stands in a text: no panic, spans within the text, the same findings again, and none of them shows its secret.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use secret_scan::Scanner;

const PATHS: [&str; 16] = [
    "a.py", ".env", "x.xml", "a.sql", ".netrc", "noname", "t/test_a.js", "Cargo.lock", "a.yml", ".pgpass", "wp-config.php", ".htpasswd",
    "settings.json", "a.md", ".npmrc", "id_rsa",
];

fuzz_target!(|bytes: &[u8]| {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    let scanner = SCANNER.get_or_init(Scanner::default);
    let Some((&first, text)) = bytes.split_first() else {
        return;
    };
    let path = PATHS[usize::from(first) % PATHS.len()];
    let scanned = scanner.scan(path, text);
    for found in &scanned.findings {
        assert!(found.column >= 1);
        assert!(found.span.start < found.span.end);
        if found.parts.is_empty() && scanned.skipped.is_empty() {
            assert!(found.span.end <= text.len() as u64, "{found:?}");
        }
        assert!(!found.secret.expose().is_empty());
    }
});
