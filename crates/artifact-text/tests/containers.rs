//! Sound containers: every one is opened, nested ones too, and text is found with its place.

mod support;

use artifact_text::{Format, Kind, Unread, recognise};
use support::tar::{entry, entry_saying, file, tar};
use support::zip::{deflated, member, stored, zip};
use support::{TOKEN, bzip2, gzip, letter, read, read_slowly, shows, zstd};

/// The offset of the token in [`letter`].
fn token_at() -> u64 {
    let letter = String::from_utf8_lossy(&letter()).into_owned();
    letter.find(TOKEN).expect("it is there") as u64
}

#[test]
fn plain_text_is_given_as_it_is_with_lines() {
    let read = read("notes.txt", &letter());
    assert_eq!(read.places(TOKEN), [("notes.txt".to_owned(), token_at())]);
    assert_eq!(read.parts[0].kind, Kind::Text);
    assert_eq!(read.parts[0].first_line, Some(1));
    assert!(read.outcome.complete());
}

#[test]
fn every_container_gives_the_text_inside_with_its_offset() {
    let letter = letter();
    let zipped = zip(&[deflated("a/b.txt", &letter)], b"", b"");
    let tarred = tar(&[file("a/b.txt", &letter)]);
    let ar = [
        format!(
            "!<arch>\n{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            "b.txt/",
            0,
            0,
            0,
            644,
            letter.len()
        )
        .as_bytes(),
        &letter,
    ]
    .concat();
    let all = [
        ("x.zip", zipped.clone(), "x.zip!a/b.txt"),
        ("x.tar", tarred.clone(), "x.tar!a/b.txt"),
        ("x.a", ar, "x.a!b.txt"),
        ("x.gz", gzip(&letter), "x.gz"),
        ("x.bz2", bzip2(&letter), "x.bz2"),
        ("x.zst", zstd(&letter), "x.zst"),
        ("x.tgz", gzip(&tarred), "x.tgz!a/b.txt"),
        ("x.tar.zst", zstd(&tarred), "x.tar.zst!a/b.txt"),
        (
            "y.zip",
            zip(&[deflated("x.tgz", &gzip(&tarred))], b"", b""),
            "y.zip!x.tgz!a/b.txt",
        ),
        ("z.tgz", gzip(&tar(&[file("x.zip", &zipped)])), "z.tgz!x.zip!a/b.txt"),
    ];
    for (name, bytes, path) in all {
        let compressed = !matches!(recognise(&bytes), Format::Tar | Format::Ar | Format::Zstd);
        assert!(
            !compressed || !shows(&bytes),
            "{name} shows the token without being opened"
        );
        for read in [read(name, &bytes), read_slowly(name, &bytes)] {
            assert_eq!(read.places(TOKEN), [(path.to_owned(), token_at())], "{name}");
            assert!(read.outcome.complete(), "{name}: {:?}", read.outcome.notices);
        }
    }
}

#[test]
fn four_zips_in_each_other_are_opened() {
    let mut bytes = letter();
    for level in 0..4 {
        bytes = zip(&[deflated(&format!("{level}.zip"), &bytes)], b"", b"");
    }
    let read = read("x.zip", &bytes);
    assert_eq!(
        read.places(TOKEN),
        [("x.zip!3.zip!2.zip!1.zip!0.zip".to_owned(), token_at())]
    );
    assert!(read.outcome.complete());
}

#[test]
fn members_whose_sizes_follow_are_read() {
    let bytes = zip(
        &[
            deflated("a", &letter()).with_descriptor(),
            stored("b", &letter()).with_descriptor(),
        ],
        b"",
        b"",
    );
    let read = read("x.zip", &bytes);
    assert_eq!(read.paths(TOKEN), ["x.zip!a", "x.zip!b"]);
    assert!(read.outcome.complete(), "{:?}", read.outcome.notices);
}

#[test]
fn rarer_methods_of_zip_are_read() {
    let letter = letter();
    for (method, data) in [(12, bzip2(&letter)), (93, zstd(&letter))] {
        let bytes = zip(&[member("a", &letter, data, method)], b"", b"");
        let read = read("x.zip", &bytes);
        assert_eq!(
            read.places(TOKEN),
            [("x.zip!a".to_owned(), token_at())],
            "method {method}"
        );
        assert!(read.outcome.complete());
    }
}

#[test]
fn comments_extra_fields_and_names_of_a_zip_are_read() {
    let mut noted = stored("a", b"nothing");
    noted.extra = format!("\u{9}\u{9}\u{20}\0extra_{TOKEN}").into_bytes();
    let bytes = zip(&[noted], b"", format!("comment_{TOKEN}").as_bytes());
    let read = read("x.zip", &bytes);
    assert!(read.has(&format!("extra_{TOKEN}")));
    assert!(read.has(&format!("comment_{TOKEN}")));
    for (path, at) in read.places(TOKEN) {
        assert_eq!(path, "x.zip");
        assert_eq!(&bytes[at as usize..][..TOKEN.len()], TOKEN.as_bytes());
    }
}

#[test]
fn gzip_members_and_zstd_frames_are_read_to_the_last() {
    let first = b"first text\n".repeat(20);
    for (name, bytes) in [
        ("x.gz", [gzip(&first), gzip(&letter())].concat()),
        ("x.bz2", [bzip2(&first), bzip2(&letter())].concat()),
        (
            "x.zst",
            [zstd(&first), b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(&letter())].concat(),
        ),
    ] {
        let read = read(name, &bytes);
        assert_eq!(read.places(TOKEN), [(name.to_owned(), 220 + token_at())]);
        assert!(read.outcome.complete(), "{name}: {:?}", read.outcome.notices);
    }
}

#[test]
fn long_names_of_tar_are_known() {
    let long = format!("{}/end.txt", "deep/".repeat(40).trim_end_matches('/'));
    let record = format!(" path={long}\n");
    let length = record.len() + 3;
    let gnu = tar(&[
        entry("././@LongLink", b'L', format!("{long}\0").as_bytes()),
        file("cut", &letter()),
    ]);
    let pax = tar(&[
        entry("PaxHeaders/x", b'x', format!("{length}{record}").as_bytes()),
        file("cut", &letter()),
    ]);
    for bytes in [gnu, pax] {
        let read = read("x.tar", &bytes);
        assert_eq!(read.paths(TOKEN), [format!("x.tar!{long}")]);
        assert!(read.outcome.complete());
    }
}

#[test]
fn sizes_of_tar_may_be_binary_or_in_a_pax_header() {
    let letter = letter();
    let mut size = [0; 12];
    size[0] = 0x80;
    size[4..].copy_from_slice(&(letter.len() as u64).to_be_bytes());
    let record = format!("{} size={}\n", 12 + letter.len().to_string().len() - 3, letter.len());
    assert_eq!(
        Some(record.len()),
        record.split(' ').next().and_then(|length| length.parse::<usize>().ok())
    );
    let said_by_pax = [
        entry("p", b'x', record.as_bytes()),
        entry_saying("a", b'0', b"00000000000", &letter),
    ]
    .concat();
    for bytes in [tar(&[entry_saying("a", b'0', &size, &letter)]), tar(&[said_by_pax])] {
        let read = read(
            "x.tar",
            &[bytes, tar(&[file("after", b"this comes after it\n")])].concat(),
        );
        assert_eq!(read.places(TOKEN), [("x.tar!a".to_owned(), token_at())]);
        assert!(read.has("this comes after it"));
        assert!(read.outcome.complete(), "{:?}", read.outcome.notices);
    }
}

#[test]
fn what_cannot_be_opened_is_named() {
    let read = read("x.7z", b"7z\xbc\xaf\x27\x1c\0\x04rest of the archive");
    assert_eq!(read.notices(), [("x.7z".to_owned(), Unread::Unsupported("7z".into()))]);
}

#[test]
fn names_are_labels_without_tricks() {
    let members = [
        "../../etc/passwd",
        "/abs",
        "a\0b\u{1b}[31m",
        "x\u{202e}gpj.exe",
        &"n".repeat(3000),
    ]
    .map(|name| stored(name, &letter()));
    let read = read("x.zip", &zip(&members, b"", b""));
    let paths = read.paths(TOKEN);
    assert_eq!(paths.len(), 5);
    assert_eq!(
        paths
            .iter()
            .filter(|path| *path == "x.zip!etc/passwd" || *path == "x.zip!abs")
            .count(),
        2
    );
    for path in paths {
        assert!(!path.contains("..") && !path.contains(|char: char| char.is_control() || char == '\u{202e}'));
        assert!(path.chars().count() < 300);
    }
}
