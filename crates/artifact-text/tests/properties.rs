//! Properties that hold for any bytes: nothing panics, no limit is passed, and every place that is named exists.

mod support;

use std::ops::ControlFlow;
use std::time::Duration;

use artifact_text::{Limits, Outcome, open, open_reader};
use proptest::prelude::*;
use support::tar::{file, tar};
use support::zip::{deflated, stored, zip};
use support::{gzip, letter};

/// Files of every format, small.
fn samples() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file() && path.extension().is_some_and(|kind| kind != "md" && kind != "sh"))
        .collect();
    paths.sort();
    let mut samples: Vec<Vec<u8>> = paths.iter().filter_map(|path| std::fs::read(path).ok()).collect();
    let zipped = zip(
        &[deflated("a", &letter()), stored("b", &letter()).with_descriptor()],
        b"#!",
        b"note",
    );
    samples.push(tar(&[file("a", &letter()), file("b.zip", &zipped)]));
    samples.push(gzip(&zipped));
    samples.push(zipped);
    assert!(samples.len() > 25);
    samples
}

/// One way to damage a file.
#[derive(Debug, Clone)]
enum Damage {
    Set(usize, u8),
    Word(usize, u32),
    Cut(usize),
    Copy(usize, usize, usize),
    Insert(usize, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let word = prop_oneof![
        Just(0),
        Just(1),
        Just(u32::MAX),
        Just(0x7fff_ffff),
        Just(0xffff),
        any::<u32>(),
        0u32..4096
    ];
    prop_oneof![
        4 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        4 => (any::<usize>(), word).prop_map(|(at, word)| Damage::Word(at, word)),
        1 => any::<usize>().prop_map(Damage::Cut),
        1 => (any::<usize>(), any::<usize>(), 1usize..200).prop_map(|(from, to, size)| Damage::Copy(from, to, size)),
        1 => (any::<usize>(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let length = bytes.len().max(1);
    match damage {
        _ if bytes.is_empty() => {}
        Damage::Set(at, byte) => bytes[at % length] = *byte,
        Damage::Word(at, word) => {
            for (index, byte) in word.to_le_bytes().into_iter().enumerate() {
                bytes[(at % length + index) % length] = byte;
            }
        }
        Damage::Cut(at) => bytes.truncate(at % length),
        Damage::Copy(from, to, size) => {
            for index in 0..*size {
                bytes[(to % length + index) % length] = bytes[(from % length + index) % length];
            }
        }
        Damage::Insert(at, more) => {
            let at = at % length;
            bytes.splice(at..at, more.iter().copied());
        }
    }
}

fn limits() -> Limits {
    Limits {
        max_depth: 5,
        max_entries: 200,
        max_total_bytes: 4 << 20,
        max_held_bytes: 1 << 20,
        max_window_bytes: 1 << 20,
        max_time: Duration::from_secs(20),
        max_notices: 20,
        ..Limits::default()
    }
}

/// Reads within small limits and checks what has to hold of anything.
fn hold(bytes: &[u8], through_reader: bool) -> Result<Outcome, TestCaseError> {
    let limits = limits();
    let (mut text, mut parts, mut wrong) = (0, 0, None);
    let mut sink = |part: artifact_text::Part<'_>| {
        text += part.text.len();
        parts += 1;
        if part.repeated > part.text.len() || part.path.is_empty() || part.path.contains('\0') {
            wrong = Some(format!("{part:?}"));
        }
        let mut places = [0, part.text.len() / 2, part.text.len()].map(|at| part.origin(at));
        places.sort_unstable();
        if places[2] > limits.max_total_bytes + bytes.len() as u64 {
            wrong = Some(format!("{} is at {places:?}", part.path));
        }
        ControlFlow::Continue(())
    };
    let outcome = if through_reader {
        open_reader("x", &mut &*bytes, &limits, &mut sink)
    } else {
        open("x", bytes, &limits, &mut sink)
    };
    prop_assert!(wrong.is_none(), "{wrong:?}");
    prop_assert_eq!(outcome.parts, parts);
    prop_assert!(outcome.entries <= limits.max_entries);
    prop_assert!(outcome.total_bytes <= limits.max_total_bytes);
    prop_assert!(outcome.notices.len() <= limits.max_notices);
    // Each byte of the file or of a member is text at most a few times: as text, in both widths, and again.
    let most = 8 * (bytes.len() as u64 + outcome.total_bytes) + (64 << 10);
    prop_assert!(
        (text as u64) < most,
        "{text} bytes of text from {} and {outcome:?}",
        bytes.len()
    );
    Ok(outcome)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_within_the_limits(bytes in prop::collection::vec(any::<u8>(), 0..4000), slowly: bool) {
        hold(&bytes, slowly)?;
    }

    #[test]
    fn any_bytes_behind_any_mark_are_read_within_the_limits(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        sample in prop::sample::select(samples()),
        keep in 1usize..200,
    ) {
        let head = &sample[..keep.min(sample.len())];
        hold(&[head, &bytes].concat(), false)?;
    }

    #[test]
    fn damaged_files_are_read_within_the_limits(
        sample in prop::sample::select(samples()),
        damages in prop::collection::vec(damage(), 1..8),
        slowly: bool,
    ) {
        let mut bytes = sample;
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        hold(&bytes, slowly)?;
    }

    #[test]
    fn damaged_files_inside_of_archives_are_read_within_the_limits(
        sample in prop::sample::select(samples()),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let mut bytes = sample;
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        hold(&gzip(&tar(&[file("a", &bytes), file("b.zip", &zip(&[deflated("c", &bytes)], b"", b""))])), true)?;
    }

    #[test]
    fn what_a_reader_gives_is_what_the_bytes_give(sample in prop::sample::select(samples())) {
        let (whole, read) = (hold(&sample, false)?, hold(&sample, true)?);
        prop_assert_eq!(whole.notices, read.notices);
        prop_assert_eq!(whole.parts, read.parts);
    }
}
