//! One token in 27 encodings and containers. Containers hold filler that compresses, and the token is not in their raw bytes: else a plain
//! search would find it, and the test would prove nothing.
#![allow(dead_code)]

#[path = "../../../artifact-text/tests/support/tar.rs"]
mod tar;
#[path = "../../../artifact-text/tests/support/zip.rs"]
mod zip;

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A file that holds the token.
pub struct Disguise {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    /// Whether the token stands in its bytes as it is.
    pub plain: bool,
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// An archive with one member that matters between others.
fn archive(name: &str, bytes: &[u8]) -> Vec<u8> {
    let other = zip::deflated("META-INF/MANIFEST.MF", filler(40).as_bytes());
    zip::zip(&[other, zip::deflated(name, bytes)], b"", b"")
}

fn filler(lines: usize) -> String {
    (0..lines)
        .map(|n| format!("function step{n}(state) {{ return state.next({n}); }}\n"))
        .collect()
}

/// A source file with the token in its middle.
fn script(token: &str) -> String {
    format!("{}const fetched = connect(\"{token}\");\n{}", filler(80), filler(80))
}

/// Strings of a program that are not of interest.
fn strings(token: &str) -> Vec<String> {
    let before = (0..40).map(|n| format!("onCreateView{n}"));
    let after = (0..40).map(|n| format!("setOnClickListener{n}"));
    before.chain([token.to_owned()]).chain(after).collect()
}

fn put(bytes: &mut [u8], at: usize, word: u32) {
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
}

/// Dalvik executable format: the string table is what matters.
fn dex(token: &str) -> Vec<u8> {
    let strings = strings(token);
    let mut bytes = b"dex\n035\0".to_vec();
    bytes.resize(0x70, 0);
    let mut at = 0x70 + 4 * strings.len() as u32;
    let mut data = Vec::new();
    for text in &strings {
        bytes.extend(at.to_le_bytes());
        data.push(text.len() as u8);
        data.extend(text.bytes().chain([0]));
        at += text.len() as u32 + 2;
    }
    bytes.extend(data);
    let length = bytes.len() as u32;
    for (place, word) in [
        (32, length),
        (36, 0x70),
        (40, 0x1234_5678),
        (0x38, strings.len() as u32),
        (0x3c, 0x70),
    ] {
        put(&mut bytes, place, word);
    }
    bytes
}

/// `resources.arsc` with one pool of strings (`ResourceTypes.h`).
fn arsc(token: &str, is_utf8: bool) -> Vec<u8> {
    let (mut places, mut data) = (Vec::new(), Vec::new());
    for text in strings(token) {
        places.push(data.len() as u32);
        if is_utf8 {
            data.extend([text.len() as u8, text.len() as u8]);
            data.extend(text.bytes().chain([0]));
        } else {
            data.extend((text.len() as u16).to_le_bytes());
            data.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        }
    }
    data.resize(data.len().next_multiple_of(4), 0);
    let start = 28 + 4 * places.len() as u32;
    let mut pool = vec![1, 0, 28, 0];
    let flags = if is_utf8 { 256 } else { 0 };
    for word in [start + data.len() as u32, places.len() as u32, 0, flags, start, 0] {
        pool.extend(word.to_le_bytes());
    }
    pool.extend(places.iter().flat_map(|place| place.to_le_bytes()));
    pool.extend(data);
    let mut table = vec![2, 0, 12, 0];
    table.extend((12 + pool.len() as u32).to_le_bytes());
    table.extend([0; 4]);
    table.extend(pool);
    table
}

/// Hermes bytecode of version 96: strings stand one behind the other without anything between.
fn hermes(token: &str) -> Vec<u8> {
    let strings = strings(token);
    let storage: String = strings.concat();
    let mut bytes = vec![0; 128];
    bytes[..8].copy_from_slice(&[0xc6, 0x1f, 0xbc, 0x03, 0xc1, 0x03, 0x19, 0x1f]);
    bytes.extend((strings.len() as u32).to_le_bytes());
    let mut offset = 0;
    for text in &strings {
        bytes.extend((offset << 1 | (text.len() as u32) << 24).to_le_bytes());
        offset += text.len() as u32;
    }
    bytes.extend(storage.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let length = bytes.len() as u32;
    for (place, word) in [
        (8, 96),
        (32, length),
        (44, 1),
        (52, strings.len() as u32),
        (60, storage.len() as u32),
    ] {
        put(&mut bytes, place, word);
    }
    bytes
}

/// A binary property list with one dictionary of one key.
fn plist(token: &str) -> Vec<u8> {
    let mut bytes = b"bplist00".to_vec();
    let mut string = |text: &str| {
        let at = bytes.len() as u8;
        bytes.extend([0x5f, 0x10, text.len() as u8]);
        bytes.extend(text.as_bytes());
        at
    };
    let (key, value) = (string("ServiceToken"), string(token));
    let dictionary = bytes.len() as u8;
    bytes.extend([0xd1, 0, 1]);
    let table = bytes.len() as u64;
    bytes.extend([key, value, dictionary]);
    bytes.extend([0, 0, 0, 0, 0, 0, 1, 1]);
    bytes.extend([3u64, 2, table].iter().flat_map(|number| number.to_be_bytes()));
    bytes
}

/// The beginning of a shared library, and its strings.
fn library(token: &str) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01\0".to_vec();
    bytes.resize(4096, 0);
    for text in strings(token) {
        bytes.extend(text.bytes().chain([0]));
    }
    bytes.resize(bytes.len() + 4096, 0);
    bytes
}

fn wide(text: &str, little: bool) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    let units = marked.encode_utf16();
    units
        .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
        .collect()
}

/// The token in every disguise.
pub fn all(token: &str) -> Vec<Disguise> {
    let setting = |value: &str| format!("{{\n  \"endpoint\": \"a\",\n  \"value\": \"{value}\"\n}}\n").into_bytes();
    let config = format!("{{\"token\": \"{token}\"}}");
    let hex: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let escapes: String = token.chars().map(|one| format!("\\u{:04x}", one as u32)).collect();
    let minified = filler(6000).replace('\n', "");
    let half = minified.len() / 2;
    let minified = format!("{};k=\"{token}\";{}", &minified[..half], &minified[half..]);
    let script = script(token);
    let bytes = script.as_bytes();
    let inner = archive("src/app.js", bytes);
    let deep = ["b.zip", "c.zip", "d.zip"]
        .iter()
        .fold(inner.clone(), |inner, name| archive(name, &inner));
    let bundle = "assets/index.android.bundle";
    let made = [
        ("plain.js", bytes.to_vec()),
        ("minified.js", minified.into_bytes()),
        ("base64.json", setting(&STANDARD.encode(&config))),
        ("base64-twice.json", setting(&STANDARD.encode(STANDARD.encode(&config)))),
        (
            "base64url.json",
            setting(&URL_SAFE_NO_PAD.encode(format!("??>>{config}"))),
        ),
        ("hex.json", setting(&hex)),
        ("percent.json", setting(&percent)),
        ("escapes.json", setting(&escapes)),
        ("utf16le.txt", wide(&script, true)),
        ("utf16be.txt", wide(&script, false)),
        ("app.js.gz", gzip(bytes)),
        ("app.zip", inner.clone()),
        ("app.tar.gz", gzip(&tar::tar(&[tar::file("src/app.js", bytes)]))),
        ("app.tar.bz2", bzip2(&tar::tar(&[tar::file("src/app.js", bytes)]))),
        ("zip-in-zip.zip", archive("inner.zip", &inner)),
        ("zip-four-deep.zip", deep),
        ("app.jar", archive("application.properties", bytes)),
        ("bundle.apk", archive(bundle, bytes)),
        ("dex.apk", archive("classes.dex", &dex(token))),
        ("hermes.apk", archive(bundle, &hermes(token))),
        ("library.apk", archive("lib/arm64-v8a/libapp.so", &library(token))),
        ("resources-utf8.apk", archive("resources.arsc", &arsc(token, true))),
        ("resources-utf16.apk", archive("resources.arsc", &arsc(token, false))),
        ("base.aab", archive("base/assets/index.android.bundle", bytes)),
        ("bundle.ipa", archive("Payload/App.app/main.jsbundle", bytes)),
        ("plist.ipa", archive("Payload/App.app/Info.plist", &plist(token))),
        ("libapp.so", library(token)),
    ];
    made.into_iter()
        .map(|(name, bytes)| Disguise {
            plain: memchr::memmem::find(&bytes, token.as_bytes()).is_some(),
            name,
            bytes,
        })
        .collect()
}
