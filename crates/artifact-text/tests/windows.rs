//! Long content: pieces overlap, so that nothing falls between two of them, and offsets and lines stay right.

mod support;

use artifact_text::Kind;
use support::tar::{file, tar};
use support::{TOKEN, gzip, read, read_slowly};

const MEBIBYTE: usize = 1 << 20;

/// Text of `length` bytes without line ends, or with one each hundred bytes, with the token at `at`.
fn long(length: usize, at: usize, lines: bool, wrap: &[u8]) -> Vec<u8> {
    let letter = |index: usize| {
        if lines && index % 100 == 99 {
            b'\n'
        } else {
            b'a' + (index % 23) as u8
        }
    };
    let mut bytes: Vec<u8> = (0..length).map(letter).collect();
    let token = [wrap, TOKEN.as_bytes(), wrap].concat();
    bytes[at..at + token.len()].copy_from_slice(&token);
    bytes
}

#[test]
fn a_word_across_the_border_of_two_pieces_is_whole_with_its_place_and_line() {
    for lines in [true, false] {
        for at in [
            MEBIBYTE - 10,
            MEBIBYTE - 1,
            MEBIBYTE,
            2 * MEBIBYTE - 40_000,
            2 * MEBIBYTE - 16_400,
        ] {
            let bytes = long(3 * MEBIBYTE, at, lines, b"\"");
            let packed = gzip(&tar(&[file("long.js", &bytes)]));
            for (path, read) in [("x", read("x", &bytes)), ("x!long.js", read_slowly("x", &packed))] {
                assert!(read.outcome.complete());
                assert_eq!(read.places(TOKEN), [(path.to_owned(), at as u64 + 1)]);
                let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
                for part in &read.parts {
                    assert!(part.text.len() <= MEBIBYTE + 1);
                    let Some(found) = part.text().find(TOKEN) else { continue };
                    let before = part.text[..found].iter().filter(|byte| **byte == b'\n').count() as u64;
                    assert_eq!(part.first_line.map(|first| first + before), Some(line));
                }
            }
        }
    }
}

#[test]
fn pieces_of_text_cover_all_of_it_and_say_what_they_repeat() {
    let bytes = long(4 * MEBIBYTE, 77, true, b"");
    let read = read("x", &bytes);
    let fresh: Vec<u8> = read
        .parts
        .iter()
        .flat_map(|part| part.text[part.repeated..].to_vec())
        .collect();
    assert!(fresh == bytes);
    for part in &read.parts {
        let first = part.origins[&0] as usize;
        assert!(bytes[first..].starts_with(&part.text));
    }
    assert!(
        read.parts[1..]
            .iter()
            .all(|part| part.repeated > 7000 && part.repeated <= 16 << 10)
    );
}

#[test]
fn runs_across_the_border_of_two_pieces_are_whole_and_given_once() {
    let wide: Vec<u8> = TOKEN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (at, token) in [
        (MEBIBYTE - 10, TOKEN.as_bytes().to_vec()),
        (MEBIBYTE - 11, wide.clone()),
        (MEBIBYTE - 12, wide),
        (MEBIBYTE - 16_384 - 10, TOKEN.as_bytes().to_vec()),
    ] {
        let mut bytes = vec![1; 3 * MEBIBYTE];
        bytes[0] = 0;
        bytes[at..at + token.len()].copy_from_slice(&token);
        for read in [read("x", &bytes), read_slowly("x", &gzip(&bytes))] {
            assert_eq!(read.places(TOKEN), [("x".to_owned(), at as u64)]);
            let all: String = read.parts.iter().map(support::Given::text).collect();
            assert_eq!(all, format!("{TOKEN}\n"));
        }
    }
}

#[test]
fn a_run_longer_than_a_piece_is_given_in_overlapping_pieces() {
    let mut bytes = long(4 * MEBIBYTE, 2 * MEBIBYTE - 7, false, b"");
    bytes[0] = 0;
    let read = read("x", &bytes);
    assert_eq!(read.places(TOKEN), [("x".to_owned(), 2 * MEBIBYTE as u64 - 7)]);
    let all: usize = read.parts.iter().map(|part| part.text.len()).sum();
    assert!(all < bytes.len() + 5 * (16 << 10) + 10, "{all}");
}

#[test]
fn utf16_text_is_text_in_both_orders() {
    let text = format!("Grüße\r\n👋 {TOKEN}\n{}", "and so on\n".repeat(100_000));
    for (mark, order) in [
        (b"\xff\xfe", u16::to_le_bytes as fn(u16) -> [u8; 2]),
        (b"\xfe\xff", u16::to_be_bytes),
    ] {
        let bytes: Vec<u8> = mark
            .iter()
            .copied()
            .chain(text.encode_utf16().flat_map(order))
            .collect();
        let read = read("x", &bytes);
        assert!(read.outcome.complete());
        assert_eq!(read.parts[0].kind, Kind::Utf16Text);
        let at = 2 + 2 * "Grüße\r\n👋 ".encode_utf16().count() as u64;
        assert_eq!(read.places(TOKEN), [("x".to_owned(), at)]);
        assert_eq!(read.parts[0].first_line, Some(1));
        let last = read.parts.last().expect("there are parts");
        let lines = last.text().matches('\n').count() as u64;
        assert_eq!(last.first_line, Some(100_003 - lines));
    }
}

#[test]
fn utf16_in_binaries_is_found_in_both_orders() {
    for order in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
        let wide: Vec<u8> = TOKEN.encode_utf16().flat_map(order).collect();
        for before in [&b"\x01\x02\x00"[..], b"\x00\x01", b"\x00\x00\x00", b""] {
            for after in [&b"\x01\x02"[..], b"\x00\x00\x01", b""] {
                let bytes = [before, &wide, after].concat();
                assert!(
                    read("x", &[b"\0", &bytes[..]].concat()).has(TOKEN),
                    "{before:?} {after:?}"
                );
            }
        }
    }
}
