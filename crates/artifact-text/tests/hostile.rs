//! Archives that lie, bombs, and files that are cut off: what can be read is read, the rest is said, and no limit is passed.

mod support;

use std::ops::ControlFlow;
use std::time::Duration;

use artifact_text::{Limits, Unread, open};
use support::tar::{entry, entry_saying, file, tar};
use support::zip::{deflated, end, entry as listing, member, stored, zip};
use support::{TOKEN, bzip2, deflate, gzip, letter, read, read_slowly, read_within, shows, weigh, zstd};

fn malformed(read: &support::Read, why: &str) -> bool {
    let notices = read.notices();
    notices
        .iter()
        .any(|(_, unread)| matches!(unread, Unread::Malformed(said) if said.contains(why)))
}

#[test]
fn a_bomb_is_cut_at_the_ratio() {
    let zeros = vec![0; 32 << 20];
    for (name, bytes) in [
        ("zip", zip(&[deflated("zeros", &zeros)], b"", b"")),
        ("gz", gzip(&zeros)),
        ("bz2", bzip2(&zeros)),
        ("zst", zstd(&zeros)),
        ("gz in gz", gzip(&gzip(&zeros))),
    ] {
        let limits = Limits {
            max_ratio: 200,
            ..Limits::default()
        };
        let (_, outcome) = weigh(&bytes, &limits);
        assert!(
            outcome.notices.iter().any(|notice| notice.unread == Unread::RatioCap),
            "{name}: {outcome:?}"
        );
        assert!(outcome.total_bytes < 24 << 20, "{name}: {}", outcome.total_bytes);
    }
}

#[test]
fn a_bomb_is_no_reason_to_leave_out_its_neighbours() {
    let zeros = vec![0; 16 << 20];
    let limits = Limits {
        max_ratio: 100,
        ..Limits::default()
    };
    let members = [deflated("bomb", &zeros), deflated("letter", &letter())];
    let tarred = tar(&[file("bomb.gz", &gzip(&zeros)), file("letter", &letter())]);
    for bytes in [zip(&members, b"", b""), tarred.clone(), gzip(&tarred)] {
        let read = read_within("x", &bytes, &limits);
        assert_eq!(read.paths(TOKEN), ["x!letter"]);
        assert!(
            read.notices()
                .iter()
                .any(|(path, unread)| path.starts_with("x!bomb") && *unread == Unread::RatioCap)
        );
    }
}

#[test]
fn every_limit_is_kept_and_named() {
    let members: Vec<_> = (0..50)
        .map(|number| deflated(&format!("{number}"), &letter()))
        .collect();
    let bytes = zip(&members, b"", b"");
    let defaults = Limits::default;
    for (limits, unread) in [
        (
            Limits {
                max_entries: 7,
                ..defaults()
            },
            Unread::EntriesCap,
        ),
        (
            Limits {
                max_total_bytes: 20_000,
                ..defaults()
            },
            Unread::TotalCap,
        ),
        (
            Limits {
                max_time: Duration::ZERO,
                ..defaults()
            },
            Unread::TimeCap,
        ),
        (
            Limits {
                max_depth: 0,
                ..defaults()
            },
            Unread::DepthCap,
        ),
    ] {
        let (_, outcome) = weigh(&bytes, &limits);
        assert!(
            outcome.notices.iter().any(|notice| notice.unread == unread),
            "{unread}: {outcome:?}"
        );
        assert!(outcome.entries <= limits.max_entries && outcome.total_bytes <= limits.max_total_bytes);
        assert!(outcome.notices.len() < 4, "{outcome:?}");
    }
}

#[test]
fn depth_is_bounded_and_what_is_below_is_named() {
    let mut bytes = letter();
    for _ in 0..12 {
        bytes = gzip(&bytes);
    }
    let read = read("x", &bytes);
    assert_eq!(read.notices(), [("x".to_owned(), Unread::DepthCap)]);
    assert!(!read.has(TOKEN));
    // Not opened, but what is stored in it uncompressed is still seen.
    let shallow = Limits {
        max_depth: 0,
        ..Limits::default()
    };
    let read = read_within("x", &tar(&[file("a", &letter())]), &shallow);
    assert!(read.has(TOKEN) && !read.outcome.complete());
}

#[test]
fn memory_is_bounded_and_what_is_larger_is_read_in_pieces() {
    let limits = Limits {
        max_held_bytes: 64 << 10,
        ..Limits::default()
    };
    let filler: Vec<u8> = (0..400_000u32)
        .flat_map(|number| number.wrapping_mul(0x9e37_79b9).to_le_bytes())
        .collect();
    let large = [filler.clone(), format!("\0{TOKEN}\0").into_bytes(), filler].concat();
    let read = read_within("x", &gzip(&large), &limits);
    assert!(read.has(TOKEN) && read.outcome.complete());
    let zipped = zip(&[deflated("a", &letter()), stored("b", &large)], b"", b"");
    let read = read_within("x", &gzip(&zipped), &limits);
    assert!(
        read.notices().contains(&("x".to_owned(), Unread::MemoryCap)),
        "{:?}",
        read.notices()
    );
    assert!(read.has(TOKEN));
}

#[test]
fn notices_are_counted_beyond_their_limit() {
    let members: Vec<_> = (0..50)
        .map(|number| stored(&format!("{number}"), &letter()).encrypted())
        .collect();
    let members: Vec<_> = members
        .into_iter()
        .map(|member| support::zip::Member { crc: 1, ..member })
        .collect();
    let limits = Limits {
        max_notices: 10,
        ..Limits::default()
    };
    let (_, outcome) = weigh(&zip(&members, b"", b""), &limits);
    assert_eq!((outcome.notices.len(), outcome.notices_left_out), (10, 40));
    assert!(!outcome.complete());
}

#[test]
fn the_sink_can_stop() {
    let members: Vec<_> = (0..50)
        .map(|number| deflated(&format!("{number}"), &letter()))
        .collect();
    let mut parts = 0;
    let outcome = open("x", &zip(&members, b"", b""), &Limits::default(), &mut |_| {
        parts += 1;
        if parts == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!((parts, outcome.parts), (3, 3));
    assert!(outcome.stopped && !outcome.complete() && outcome.notices.is_empty());
}

#[test]
fn a_member_that_only_its_own_header_tells_of_is_found() {
    for hidden in [
        deflated("hidden", &letter()).unlisted(),
        deflated("hidden", &letter()).unlisted().with_descriptor(),
        stored("hidden", &letter()).unlisted().with_descriptor(),
    ] {
        let bytes = zip(
            &[stored("a", b"nothing here"), hidden, stored("b", b"nor here")],
            b"",
            b"",
        );
        let read = read("x.zip", &bytes);
        assert_eq!(read.paths(TOKEN), ["x.zip!hidden"]);
        assert!(read.has("nor here"));
    }
}

#[test]
fn a_directory_that_lies_about_sizes_hides_nothing() {
    let mut short = deflated("a", &letter());
    short.central.packed = 5;
    short.local.packed = 5;
    short.size = 1;
    let mut none = deflated("a", &letter());
    none.central.packed = 0;
    let mut long = deflated("a", &letter());
    long.central.packed = u32::MAX - 1;
    for lying in [short, none, long] {
        let bytes = zip(
            &[
                lying,
                deflated("b", b"the neighbour is here too, and here again, and here"),
            ],
            b"",
            b"",
        );
        let read = read("x.zip", &bytes);
        assert_eq!(read.paths(TOKEN), ["x.zip!a"]);
        assert!(read.has("the neighbour is here"), "{:?}", read.notices());
    }
}

#[test]
fn where_directory_and_header_name_different_methods_both_are_read() {
    let mut one = deflated("a", &letter());
    one.central.method = 0;
    let mut other = deflated("a", &letter());
    other.local.method = 0;
    for lying in [one, other] {
        let read = read("x.zip", &zip(&[lying], b"", b""));
        assert!(read.has(TOKEN));
        assert!(malformed(&read, "different methods"));
    }
}

#[test]
fn what_is_stored_but_declared_otherwise_is_read() {
    for method in [8, 97, 77] {
        let read = read("x.zip", &zip(&[member("a", &letter(), letter(), method)], b"", b""));
        assert!(read.has(TOKEN), "method {method}");
        assert!(!read.outcome.complete(), "method {method}");
    }
}

#[test]
fn a_flag_alone_encrypts_nothing() {
    let read = read("x.zip", &zip(&[deflated("a", &letter()).encrypted()], b"", b""));
    assert_eq!(read.paths(TOKEN), ["x.zip!a"]);
    assert!(read.outcome.complete());
}

#[test]
fn members_that_overlap_are_read_once_and_named() {
    // The classic: each header stands in the data of the one before, so that each member inflates all that follow.
    let kernel = deflate(&vec![b'k'; 1 << 20]);
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for number in 0..200 {
        let mut one = member(&format!("{number}"), b"", kernel.clone(), 8);
        one.central.packed = (kernel.len() + (200 - number) * 40) as u32;
        one.size = 1 << 20;
        let header = &zip(
            &[support::zip::Member {
                data: Vec::new(),
                ..one.clone()
            }],
            b"",
            b"",
        )[..30 + one.name.len()];
        directory.extend(listing(&one, bytes.len() as u32));
        bytes.extend(header);
    }
    bytes.extend(&kernel);
    let start = bytes.len() as u32;
    bytes.extend(&directory);
    bytes.extend(end(200, directory.len() as u32, start, b""));
    let (_, outcome) = weigh(&bytes, &Limits::default());
    let overlaps = outcome
        .notices
        .iter()
        .filter(|notice| notice.to_string().contains("overlaps"));
    assert_eq!(overlaps.count(), 199);
    assert!(outcome.total_bytes < 8 << 20, "{}", outcome.total_bytes);
}

#[test]
fn a_directory_may_point_beyond_the_file() {
    let (one, gone) = (deflated("a", &letter()), deflated("gone", &letter()));
    let sound = zip(std::slice::from_ref(&one), b"", b"");
    let data = &sound[..31 + one.data.len()];
    let directory = [listing(&one, 0), listing(&gone, 1 << 20)].concat();
    let bytes = [
        data,
        &directory,
        &end(2, directory.len() as u32, data.len() as u32, b""),
    ]
    .concat();
    let read = read("x.zip", &bytes);
    assert_eq!(read.paths(TOKEN), ["x.zip!a"]);
    assert!(malformed(&read, "no header where the directory says"));
}

#[test]
fn the_same_bytes_under_many_names_are_read_once() {
    let one = deflated("a", &letter());
    let header = zip(std::slice::from_ref(&one), b"", b"");
    let data = &header[..31 + one.data.len()];
    let directory = listing(&one, 0).repeat(5000);
    let bytes = [
        data,
        &directory,
        &end(5000, directory.len() as u32, data.len() as u32, b""),
    ]
    .concat();
    let read = read("x.zip", &bytes);
    assert_eq!(read.paths(TOKEN), ["x.zip!a"]);
    assert_eq!(read.outcome.entries, 1);
}

#[test]
fn a_zip_behind_or_before_something_else_is_opened() {
    let zipped = zip(&[deflated("a", &letter())], b"", b"");
    let script = format!("#!/bin/sh\n# script_{TOKEN}\nexit 0\n");
    let prefixed = zip(&[deflated("a", &letter())], script.as_bytes(), b"");
    let behind = [script.as_bytes(), &zipped].concat();
    let compressed = [gzip(&letter()), zipped.clone()].concat();
    let twice = [zipped.clone(), zip(&[deflated("b", &letter())], b"", b"")].concat();
    let garbage = [zipped.clone(), b"garbage\0".repeat(20)].concat();
    for (bytes, member) in [
        (prefixed, "x!a"),
        (behind, "x!a"),
        (twice.clone(), "x!a"),
        (twice, "x!b"),
        (garbage, "x!a"),
    ] {
        let read = read("x", &bytes);
        assert!(
            read.paths(TOKEN).contains(&member.to_owned()),
            "{:?}",
            read.paths(TOKEN)
        );
        assert!(read.has(&format!("script_{TOKEN}")) || !shows(&bytes));
    }
    let read = read("x", &compressed);
    assert!(!read.paths(TOKEN).is_empty() && read.paths(TOKEN).contains(&"x!(behind the end)!a".to_owned()));
}

#[test]
fn a_second_end_record_hides_nothing() {
    let decoy = zip(&[stored("decoy", b"nothing to see here")], b"", b"");
    let real = zip(&[deflated("a", &letter())], b"", &decoy);
    assert_eq!(read("x.zip", &real).paths(TOKEN), ["x.zip!a"]);
}

#[test]
fn a_file_that_is_cut_off_is_never_called_complete() {
    let letter = letter();
    let zipped = zip(&[deflated("a", &letter), deflated("b", &letter)], b"", b"");
    let tarred = tar(&[file("a", &letter)]);
    for (name, bytes, from) in [
        ("x.zip", zipped, usize::MAX),
        ("x.gz", gzip(&letter), usize::MAX),
        ("x.bz2", bzip2(&letter), usize::MAX),
        ("x.zst", zstd(&letter), usize::MAX),
        ("x.tgz", gzip(&tarred), usize::MAX),
        // The padding and the end mark of tar may be left out.
        ("x.tar", tarred, 512 + letter.len()),
    ] {
        assert!(read(name, &bytes).outcome.complete());
        // Before that, it is not yet the format.
        let first = if name == "x.tar" { 513 } else { 10 };
        for cut in (first..bytes.len().min(from)).step_by(11) {
            for read in [read(name, &bytes[..cut]), read_slowly(name, &bytes[..cut])] {
                assert!(!read.outcome.complete(), "{name} of {} bytes cut at {cut}", bytes.len());
            }
        }
    }
}

#[test]
fn what_comes_before_the_damage_is_given() {
    let letter: Vec<u8> = [letter(), letter(), letter()].concat();
    let whole = gzip(&letter);
    let cut = read("x.gz", &whole[..whole.len() - 12]);
    assert!(cut.has(TOKEN));
    assert_eq!(cut.notices(), [("x.gz".to_owned(), Unread::Truncated)]);
    let mut broken = whole.clone();
    let last = broken.len() - 6;
    broken[last] ^= 0xff;
    let read = read("x.gz", &broken);
    assert_eq!(read.places(TOKEN).len(), 3);
    assert!(
        matches!(read.notices()[0].1, Unread::Malformed(_)),
        "{:?}",
        read.notices()
    );
}

#[test]
fn tar_that_lies_is_read_as_far_as_it_goes() {
    let negative = entry_saying("a", b'0', &[0xff; 12], &letter());
    let huge = entry_saying("a", b'0', b"77777777777", &letter());
    let nonsense = entry_saying("a", b'0', b"many\0", &letter());
    let mut unsummed = file("a", &letter());
    unsummed[150] ^= 1;
    for (what, lying) in [
        ("negative", negative),
        ("huge", huge),
        ("nonsense", nonsense),
        ("unsummed", unsummed),
    ] {
        let bytes = tar(&[file("first", b"what comes first\n"), lying]);
        for read in [read("x.tar", &bytes), read_slowly("x.tar", &bytes)] {
            assert!(read.has("what comes first"), "{what}");
            assert!(!read.outcome.complete(), "{what}");
        }
    }
}

#[test]
fn tar_hides_nothing_behind_types_and_zeros() {
    let link = entry("link", b'2', &letter());
    let folder = entry("folder/", b'5', &letter());
    let odd = entry("odd", b'Z', &letter());
    let zeros = [file("a", b"first\n"), vec![0; 2048], file("late", &letter())].concat();
    let mut sparse = entry("sparse", b'S', b"");
    sparse[482] = 1;
    let mut map = vec![0; 512];
    map[504] = 0;
    let sum: u32 = sparse[..148]
        .iter()
        .chain(&sparse[156..512])
        .map(|byte| u32::from(*byte))
        .sum::<u32>()
        + 8 * 32;
    sparse[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let sparse = [sparse, map, file("after", &letter())].concat();
    let pax = entry("p", b'x', format!("{} comment={TOKEN}\n", 13 + TOKEN.len()).as_bytes());
    for (bytes, path) in [
        (link, "x!link"),
        (folder, "x!folder"),
        (odd, "x!odd"),
        (zeros, "x!late"),
        (sparse, "x!after"),
        (pax, "x!(pax header)"),
    ] {
        let read = read("x", &tar(&[bytes]));
        assert_eq!(read.paths(TOKEN), [path.to_owned()], "{:?}", read.notices());
    }
}
