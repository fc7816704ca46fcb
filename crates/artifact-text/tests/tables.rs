//! Tables that lie: what they name once too often, where there is nothing, or without an end.

mod support;

use std::time::{Duration, Instant};

use artifact_text::{Kind, Limits, Unread};
use support::{Read, TOKEN, read, weigh};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn put(bytes: &mut [u8], at: usize, word: u32) {
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
}

/// A dex with `count` strings, each of which is said to stand at one of `places`, and `text` behind its tables.
fn dex(count: u32, places: impl Fn(u32) -> u32, text: &[u8]) -> Vec<u8> {
    let mut bytes = b"dex\n035\0".to_vec();
    bytes.resize(0x70, 0);
    put(&mut bytes, 36, 0x70);
    put(&mut bytes, 40, 0x1234_5678);
    put(&mut bytes, 0x38, count);
    put(&mut bytes, 0x3c, 0x70);
    for index in 0..count {
        bytes.extend((0x70 + 4 * count + places(index)).to_le_bytes());
    }
    bytes.extend(text);
    let length = bytes.len() as u32;
    put(&mut bytes, 32, length);
    bytes
}

/// A pool in UTF-8 or UTF-16 whose strings all stand at the beginning of `text`.
fn pool(count: u32, is_utf8: bool, text: &[u8]) -> Vec<u8> {
    let start = 28 + 4 * count;
    let mut bytes = vec![1, 0, 28, 0];
    for word in [
        start + text.len() as u32,
        count,
        0,
        if is_utf8 { 256 } else { 0 },
        start,
        0,
    ] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(vec![0; 4 * count as usize]);
    bytes.extend(text);
    bytes
}

fn chunk(kind: u16, head: u16, more: &[u8], inner: &[u8]) -> Vec<u8> {
    let mut bytes = [kind.to_le_bytes(), head.to_le_bytes()].concat();
    bytes.extend((8 + more.len() as u32 + inner.len() as u32).to_le_bytes());
    [&bytes, more, inner].concat()
}

/// A property list with one dictionary that has `pairs` times the same key and value.
fn list(pairs: u16, key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut bytes = b"bplist00".to_vec();
    let string = |bytes: &mut Vec<u8>, text: &[u8]| {
        let at = bytes.len() as u32;
        bytes.extend([0x5f, 0x12]);
        bytes.extend((text.len() as u32).to_be_bytes());
        bytes.extend(text);
        at
    };
    let places = [string(&mut bytes, key), string(&mut bytes, value), bytes.len() as u32];
    bytes.extend([0xdf, 0x11]);
    bytes.extend(pairs.to_be_bytes());
    bytes.extend(vec![0; usize::from(pairs)]);
    bytes.extend(vec![1; usize::from(pairs)]);
    let table = bytes.len() as u64;
    bytes.extend(places.iter().flat_map(|place| place.to_be_bytes()));
    bytes.extend([0, 0, 0, 0, 0, 0, 4, 1]);
    bytes.extend([3u64, 2, table].iter().flat_map(|number| number.to_be_bytes()));
    bytes
}

fn caps(read: &Read) -> bool {
    read.outcome
        .notices
        .iter()
        .any(|notice| notice.unread == Unread::TextCap)
}

#[test]
fn tables_that_name_the_same_text_again_and_again_are_cut_off() {
    let long = [b"\x01".as_slice(), &b"x".repeat(20_000), b"\0"].concat();
    let mut utf8 = vec![0x80 | 0x4e, 0x20, 0x80 | 0x4e, 0x20];
    utf8.extend(b"x".repeat(20_000));
    utf8.push(0);
    let utf16 = [&10_000u16.to_le_bytes()[..], &b"x\0".repeat(10_000), &[0, 0]].concat();
    let table = |pool: Vec<u8>| chunk(2, 12, &[0; 4], &pool);
    for (name, bytes) in [
        ("dex", dex(20_000, |_| 0, &long)),
        (
            "dex, one byte further each time",
            dex(20_000, |index| index, &b"x".repeat(20_000)),
        ),
        ("arsc", table(pool(20_000, true, &utf8))),
        ("arsc in UTF-16", table(pool(20_000, false, &utf16))),
        ("axml", chunk(3, 8, &[], &pool(20_000, true, &utf8))),
        ("plist", list(20_000, b"key", &b"x".repeat(20_000))),
    ] {
        let started = Instant::now();
        let read = read("x", &bytes);
        assert!(caps(&read), "{name}: {:?}", read.notices());
        let text: usize = read.parts.iter().map(|part| part.text.len()).sum();
        assert!(text < 20 * bytes.len(), "{name}: {text} of {}", bytes.len());
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{name}: {:?}",
            started.elapsed()
        );
    }
}

#[test]
fn the_clock_is_looked_at_between_steps() {
    let bytes = dex(2_000_000, |_| u32::MAX / 2, b"");
    let limits = Limits {
        max_time: Duration::from_millis(1),
        ..Limits::default()
    };
    let (_, outcome) = weigh(&bytes, &limits);
    assert!(
        outcome.notices.iter().any(|notice| notice.unread == Unread::TimeCap),
        "{outcome:?}"
    );
}

#[test]
fn strings_around_a_broken_one_are_read() {
    let text = format!("\x05first\0\x05{TOKEN}\0");
    let bytes = dex(3, |index| [0, 1 << 30, 7][index as usize], text.as_bytes());
    let read = read("x.dex", &bytes);
    for text in ["first\n", &format!("{TOKEN}\n")] {
        assert!(
            read.parts
                .iter()
                .any(|part| part.kind == Kind::DexStrings && part.text().contains(text))
        );
    }
    assert!(matches!(read.notices()[0].1, Unread::Malformed(_)));
}

#[test]
fn bytes_that_no_table_names_are_searched() {
    for name in [
        "main.dex",
        "main.class",
        "resources-utf16.arsc",
        "manifest.axml",
        "hermes-96.hbc",
        "native.so",
    ] {
        let bytes = [fixture(name), format!("\x01\x02{TOKEN}\x01").into_bytes()].concat();
        let read = read(name, &bytes);
        assert_eq!(
            read.places(TOKEN),
            [(name.to_owned(), bytes.len() as u64 - 1 - TOKEN.len() as u64)]
        );
    }
}

#[test]
fn what_is_cut_off_is_said_to_be() {
    for name in [
        "main.dex",
        "main.class",
        "resources-utf8.arsc",
        "manifest.axml",
        "hermes-96.hbc",
        "info.plist",
    ] {
        let bytes = fixture(name);
        for part in 1..16 {
            let cut = bytes.len() * part / 16;
            assert!(
                !read(name, &bytes[..cut.max(40)]).outcome.complete(),
                "{name} of {} cut at {cut}",
                bytes.len()
            );
        }
    }
}

#[test]
fn a_hermes_bundle_of_an_unknown_layout_is_named_and_searched() {
    let mut bytes = fixture("hermes-96.hbc");
    bytes[8] = 150;
    bytes[44] = 77;
    let read = read("main.jsbundle", &bytes);
    assert_eq!(
        read.notices()[0].1,
        Unread::Unsupported("Hermes bytecode version 150".into())
    );
    assert!(read.has("hermes-ascii-value-0601"));
}

#[test]
fn a_hermes_bundle_whose_storage_is_cut_off_gives_what_there_is() {
    let whole = fixture("hermes-96.hbc");
    let mut bytes = whole[..whole.len() / 2].to_vec();
    put(&mut bytes, 60, u32::MAX);
    let read = read("x", &bytes);
    assert!(
        read.outcome
            .notices
            .iter()
            .any(|notice| matches!(notice.unread, Unread::Malformed(_)))
    );
    for part in &read.parts {
        assert!(
            part.origins.values().all(|origin| *origin <= bytes.len() as u64),
            "{:?}",
            part.path
        );
    }
}

#[test]
fn an_encrypted_mach_o_is_said_to_be_also_inside_of_a_fat_one() {
    let image = |id: u32| {
        let mut words = vec![0xfeed_facf_u32, 0x0100_000c, 0, 2, 2, 48, 0, 0];
        words.extend([0x1b, 24, 0, 0, 0, 0]);
        words.extend([0x2c, 24, 0x4000, 0x1000, id, 0]);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        [&bytes, format!("\0{TOKEN}\0").as_bytes()].concat()
    };
    let fat = |image: &[u8]| {
        let words = [0xcafe_babe_u32, 1, 0x0100_000c, 0, 28, image.len() as u32, 0];
        let head: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        [&head, image].concat()
    };
    for (bytes, notices) in [
        (image(0), vec![]),
        (image(1), vec![("App".to_owned(), Unread::Encrypted)]),
        (fat(&image(0)), vec![]),
        (fat(&image(1)), vec![("App".to_owned(), Unread::Encrypted)]),
    ] {
        let read = read("App", &bytes);
        assert_eq!(read.notices(), notices);
        assert!(read.has(TOKEN));
    }
}

#[test]
fn strings_longer_than_their_length_can_say_are_whole() {
    // aapt keeps the low 15 bits of the length of long strings in UTF-8.
    let long = format!("{}{TOKEN}", "x".repeat(0x8000));
    let cut = (long.len() & 0x7fff) as u16;
    let length = [0x80 | (cut >> 8) as u8, cut as u8];
    let text = [&length, &length, long.as_bytes(), b"\0"].concat();
    let read = read("x", &chunk(2, 12, &[0; 4], &pool(1, true, &text)));
    assert!(read.parts[0].text().starts_with(&long) && read.outcome.complete());
}

/// A reference of 8 bytes may name an object so far away that its place in the table is no number any more.
#[test]
fn a_property_list_that_refers_beyond_all_numbers_is_read_as_far_as_it_goes() {
    let mut bytes = b"bplist00".to_vec();
    bytes.extend(b"\x53key\x58far-text\xd1");
    bytes.extend(0u64.to_be_bytes());
    bytes.extend((u64::MAX - 2).to_be_bytes());
    let table = bytes.len() as u64;
    bytes.extend([0, 8, 0, 12, 0, 21]);
    bytes.extend([0, 0, 0, 0, 0, 0, 2, 8]);
    bytes.extend([3u64, 2, table].iter().flat_map(|number| number.to_be_bytes()));
    assert!(!read("x", &bytes).places("far-text").is_empty());
}
