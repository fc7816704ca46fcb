//! Real files made by real tools (`fixtures/README.md`): strings come out whole, with what names them, from where they stand.

mod support;

use artifact_text::{Kind, Unread};
use support::{Read, read, read_slowly};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn opened(name: &str) -> Read {
    let read = read(name, &fixture(name));
    assert!(read.outcome.complete(), "{name}: {:?}", read.outcome.notices);
    read
}

/// The lines of one kind.
fn lines(read: &Read, kind: Kind) -> Vec<String> {
    let parts = read.parts.iter().filter(|part| part.kind == kind);
    parts
        .flat_map(|part| part.text().lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

/// That `text` is a line, and that the origin of each of its characters is where `bytes` has it.
fn assert_line(read: &Read, kind: Kind, name: &str, text: &str, encoded: &[u8]) {
    assert!(
        lines(read, kind).iter().any(|line| line == text),
        "{text:?} is none of {:#?}",
        lines(read, kind)
    );
    let bytes = fixture(name);
    let places = read.places(text);
    let sound = places.iter().any(|(_, at)| bytes[*at as usize..].starts_with(encoded));
    assert!(sound, "{text:?} stands at none of {places:?}");
}

#[test]
fn dex_gives_strings_and_named_constants() {
    let read = opened("main.dex");
    for text in ["dex-constant-value-0401", "dex-code-value-0403"] {
        assert_line(&read, Kind::DexStrings, "main.dex", text, text.as_bytes());
    }
    let wide = "Grüße 👋 nul\0dex-wide-value-0402";
    let encoded = b"Gr\xc3\xbc\xc3\x9fe \xed\xa0\xbd\xed\xb1\x8b nul\xc0\x80dex-wide-value-0402";
    assert_line(&read, Kind::DexStrings, "main.dex", wide, encoded);
    let lines = lines(&read, Kind::DexStrings);
    assert!(
        lines.contains(&"SERVICE_KEY = \"dex-constant-value-0401\"".to_owned()),
        "{lines:#?}"
    );
    assert!(lines.contains(&format!("WIDE = \"{wide}\"")), "{lines:#?}");
    // Behind characters of other lengths, the place is exact as well.
    let bytes = fixture("main.dex");
    let (_, at) = read.places("dex-wide-value-0402")[0];
    assert!(bytes[at as usize..].starts_with(b"dex-wide-value-0402"));
}

#[test]
fn class_files_give_strings_and_named_constants() {
    let read = opened("main.class");
    let text = "class-code-value-0503";
    assert_line(&read, Kind::ClassStrings, "main.class", text, text.as_bytes());
    let lines = lines(&read, Kind::ClassStrings);
    assert!(
        lines.contains(&"SERVICE_KEY = \"class-constant-value-0501\"".to_owned()),
        "{lines:#?}"
    );
    assert!(
        lines.contains(&"WIDE = \"Grüße 👋 nul\0class-wide-value-0502\"".to_owned()),
        "{lines:#?}"
    );
}

#[test]
fn resource_tables_give_named_strings_from_both_kinds_of_pool() {
    let bytes = fixture("resources-utf16.arsc");
    let shows = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(!shows(b"resource-value-0201"), "the pool is not in UTF-16");
    assert!(shows(&utf16("resource-value-0201", u16::to_le_bytes)));
    for (name, encode) in [
        (
            "resources-utf8.arsc",
            (|text| text.as_bytes().to_vec()) as fn(&str) -> Vec<u8>,
        ),
        ("resources-utf16.arsc", |text| utf16(text, u16::to_le_bytes)),
    ] {
        let read = opened(name);
        for (key, value) in [
            ("service_key", "resource-value-0201"),
            ("greeting", "Grüße, 你好, 👋 resource-value-0202"),
            ("endpoints", "resource-array-value-0203"),
            ("endpoints", "resource-array-value-0204"),
        ] {
            let lines = lines(&read, Kind::Resources);
            let line = format!("{key} = \"{value}\"");
            assert!(lines.contains(&line), "{name}: {line} is none of {lines:#?}");
            let (_, at) = read.places(value)[0];
            assert!(
                fixture(name)[at as usize..].starts_with(&encode(value)),
                "{name}: {value} is not at {at}"
            );
        }
    }
}

#[test]
fn binary_xml_is_written_as_xml() {
    let manifest = lines(&opened("manifest.axml"), Kind::BinaryXml);
    let wanted = "<meta-data name=\"org.example.MAPS_KEY\" value=\"manifest-value-0101\">";
    assert!(manifest.iter().any(|line| line == wanted), "{manifest:#?}");
    assert!(
        manifest.iter().any(|line| line.contains(" exported=\"true\"")),
        "{manifest:#?}"
    );
    let layout = lines(&opened("layout.axml"), Kind::BinaryXml);
    assert!(
        layout.iter().any(|line| line.contains("text=\"layout-value-0301\"")),
        "{layout:#?}"
    );
}

#[test]
fn hermes_bundles_of_every_version_give_whole_strings() {
    let letters = "abcdefghijklmnopqrstuvwxyz";
    for version in [74, 84, 89, 96, 98, 99] {
        let name = format!("hermes-{version}.hbc");
        let read = opened(&name);
        let long = format!("hermes-long-value-0603-begins-{}-ends-0603", letters.repeat(8));
        for text in ["hermes-ascii-value-0601", "ascii-value-0601", &long] {
            assert_line(&read, Kind::HermesStrings, &name, text, text.as_bytes());
        }
        let wide = format!(
            "你好-hermes-long-wide-value-0604-begins-{}-ends-0604",
            letters.repeat(8)
        );
        for text in ["Grüße-你好-hermes-wide-value-0602", &wide] {
            assert_line(&read, Kind::HermesStrings, &name, text, &utf16(text, u16::to_le_bytes));
        }
    }
}

#[test]
fn binary_property_lists_give_keys_with_values() {
    let read = opened("info.plist");
    let lines = lines(&read, Kind::BinaryPlist);
    for line in [
        "ServiceKey = \"plist-ascii-value-0801\"",
        "Greeting = \"Grüße 👋 plist-wide-value-0802\"",
        "Hosts = \"plist-array-value-0803\"",
        "Key = \"plist-deep-value-0805\"",
        "InnerKey = \"plist-inner-value-0804\"",
    ] {
        assert!(lines.iter().any(|other| other == line), "{line} is none of {lines:#?}");
    }
    assert!(read.paths("plist-inner-value-0804")[0].starts_with("info.plist!(data at "));
    let bytes = fixture("info.plist");
    for text in ["Grüße 👋 plist-wide-value-0802", "plist-wide-value-0802"] {
        let (_, at) = read.places(text)[0];
        assert!(bytes[at as usize..].starts_with(&utf16(text, u16::to_be_bytes)));
    }
}

#[test]
fn executables_give_printable_strings_of_both_widths() {
    let read = opened("native.so");
    for text in ["native-ascii-value-0701", "native-wide-value-0702"] {
        assert!(
            lines(&read, Kind::BinaryStrings).iter().any(|line| line == text),
            "{text}"
        );
    }
}

#[test]
fn archives_of_every_tool_and_method_are_opened() {
    for (name, member) in [
        ("methods.zip", "!method-0.txt"),
        ("methods.zip", "!method-8.txt"),
        ("methods.zip", "!method-12.txt"),
        ("methods.zip", "!method-14.txt"),
        ("wide.zip", "!wide.txt"),
        ("deflate64.zip", "!text"),
        ("text.zst", ""),
        ("text.xz", ""),
        ("pax.tar.gz", "!deep/"),
        ("gnu.tar.bz2", "!deep/"),
    ] {
        let opened = opened(name);
        let slowly = read_slowly(name, &fixture(name));
        let wanted = format!("{name}{member}");
        for read in [&opened, &slowly] {
            let paths = read.paths("archived-value-0901");
            assert!(
                paths.iter().any(|path| path.starts_with(&wanted)),
                "{wanted}: {paths:?}"
            );
        }
    }
    assert!(opened("pax.tar.gz").paths("archived-value-0901")[0].ends_with("ümlaut.txt"));
}

#[test]
fn all_of_an_app_is_read() {
    let read = opened("app.apk");
    for (text, path) in [
        (
            "MAPS_KEY\" value=\"manifest-value-0101\"",
            "app.apk!AndroidManifest.xml",
        ),
        ("service_key = \"resource-value-0201\"", "app.apk!resources.arsc"),
        ("SERVICE_KEY = \"dex-constant-value-0401\"", "app.apk!classes.dex"),
        (
            "Grüße-你好-hermes-wide-value-0602",
            "app.apk!assets/index.android.bundle",
        ),
        ("native-wide-value-0702", "app.apk!lib/x86_64/libnative.so"),
    ] {
        assert!(
            read.paths(text).iter().any(|found| found == path),
            "{text}: {:?}",
            read.paths(text)
        );
    }
}

#[test]
fn what_is_encrypted_is_said_to_be() {
    for name in ["encrypted-old.zip", "encrypted-aes.zip"] {
        let read = read(name, &fixture(name));
        assert_eq!(read.notices(), [(format!("{name}!text"), Unread::Encrypted)]);
        assert!(!read.has("archived-value-0901"));
    }
    let read = read("text.7z", &fixture("text.7z"));
    assert_eq!(
        read.notices(),
        [("text.7z".to_owned(), Unread::Unsupported("7z".into()))]
    );
}
