//! Damages files of one format a given number of times and reads each within small limits: no panic, no limit passed.
//!
//! `cargo run --release -p artifact-text --example hammer -- TARGET COUNT [SEED]`, where the target is `archive`, `dex`, `arsc`, `axml`,
//! `hermes`, `plist` or `class`. A file that is read in a way not seen before (other notices, another number of parts or
//! members) becomes one of those that are damaged further. Input that breaks something is written to the folder for
//! temporary files, and the program ends with 1.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use artifact_text::{Limits, open, open_reader};

const MOST_KEPT: usize = 4000;
const MOST_BYTES: usize = 16 << 10;
/// Numbers on which readers of lengths and offsets stumble.
const NUMBERS: [u64; 14] = [
    0,
    1,
    2,
    4,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x00ff_ffff,
    0x7fff_ffff,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
    u64::MAX - 8,
];

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(target), Some(count)) = (
        arguments.first(),
        arguments.get(1).and_then(|count| count.parse::<u64>().ok()),
    ) else {
        writeln!(io::stderr(), "usage: hammer TARGET COUNT [SEED]")?;
        return Ok(ExitCode::from(2));
    };
    let seed = arguments.get(2).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let files = seeds(target)?;
    if files.is_empty() {
        writeln!(io::stderr(), "no fixture is of the target {target}")?;
        return Ok(ExitCode::from(2));
    }
    let mut hammer = Hammer {
        chance: Chance(seed),
        kept: files,
        seen: HashSet::new(),
        slowest: Duration::ZERO,
    };
    let started = Instant::now();
    for done in 0..count {
        let bytes = hammer.next();
        if let Err(why) = hammer.strike(&bytes) {
            let path = std::env::temp_dir().join(format!("hammer-{target}-{done}"));
            std::fs::write(&path, &bytes)?;
            writeln!(io::stderr(), "{target} {done}: {why}: {}", path.display())?;
            return Ok(ExitCode::FAILURE);
        }
    }
    let (ways, seconds) = (hammer.seen.len(), started.elapsed().as_secs_f64());
    let slowest = hammer.slowest.as_secs_f64() * 1000.0;
    writeln!(
        io::stdout(),
        "{target}: {count} executions in {seconds:.1} s, {ways} ways of being read, the slowest took {slowest:.1} ms"
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The fixtures of a target.
fn seeds(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let endings: &[&str] = match target {
        "archive" => &["zip", "apk", "gz", "bz2", "xz", "zst", "7z"],
        "hermes" => &["hbc"],
        target => &[target],
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths: Vec<_> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    let is_wanted = |path: &&std::path::PathBuf| {
        path.extension()
            .and_then(|ending| ending.to_str())
            .is_some_and(|ending| endings.contains(&ending))
    };
    let mut files: Vec<Vec<u8>> = paths
        .iter()
        .filter(is_wanted)
        .map(std::fs::read)
        .collect::<io::Result<_>>()?;
    if target == "archive" {
        files.extend(inflated(&files));
    }
    Ok(files)
}

/// What is inside of the compressed seeds: tar is never seen by damage otherwise.
fn inflated(files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let plain = |file: &Vec<u8>| {
        let mut bytes = Vec::new();
        let read: io::Result<usize> = match file.first() {
            Some(0x1f) => io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&file[..]), &mut bytes),
            Some(b'B') => io::Read::read_to_end(&mut bzip2::read::BzDecoder::new(&file[..]), &mut bytes),
            _ => return None,
        };
        read.ok().map(|_| bytes)
    };
    files.iter().filter_map(plain).collect()
}

/// A small generator, so that a seed says what is done.
struct Chance(u64);

impl Chance {
    fn number(&mut self) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.number() % bound.max(1) as u64) as usize
    }
}

struct Hammer {
    chance: Chance,
    kept: Vec<Vec<u8>>,
    seen: HashSet<u64>,
    slowest: Duration,
}

impl Hammer {
    /// A kept file with some damage.
    fn next(&mut self) -> Vec<u8> {
        let index = self.chance.below(self.kept.len());
        let mut bytes = self.kept[index].clone();
        for _ in 0..1 + self.chance.below(6) {
            self.damage(&mut bytes);
        }
        bytes.truncate(MOST_BYTES);
        bytes
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        let chance = &mut self.chance;
        if bytes.is_empty() {
            bytes.push(chance.number() as u8);
        }
        // Heads are where lengths and offsets are.
        let reach = if chance.below(2) == 0 {
            bytes.len()
        } else {
            bytes.len().min(256)
        };
        let at = chance.below(reach);
        match chance.below(9) {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => bytes[at] = chance.number() as u8,
            2 | 3 => {
                let number = NUMBERS[chance.below(NUMBERS.len())];
                write(bytes, at, &number.to_le_bytes()[..1 << chance.below(4)]);
            }
            4 => {
                let number = chance.below(bytes.len() * 2) as u32;
                write(bytes, at, &number.to_le_bytes());
            }
            5 => {
                let number = (NUMBERS[chance.below(NUMBERS.len())] as u32).to_be_bytes();
                write(bytes, at, &number);
            }
            6 => {
                let size = 1 + chance.below(64);
                let from = chance.below(bytes.len());
                let piece: Vec<u8> = bytes[from..].iter().take(size).copied().collect();
                if chance.below(2) == 0 {
                    write(bytes, at, &piece);
                } else {
                    bytes.splice(at..at, piece);
                }
            }
            7 => {
                let end = (at + 1 + chance.below(32)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let other = chance.below(self.kept.len());
                let other = &self.kept[other];
                let from = self.chance.below(other.len());
                let piece: Vec<u8> = other[from..].iter().take(1 + self.chance.below(200)).copied().collect();
                write(bytes, at, &piece);
            }
        }
    }

    /// Reads the bytes, and says what does not hold.
    fn strike(&mut self, bytes: &[u8]) -> Result<(), String> {
        let limits = Limits {
            max_depth: 4,
            max_entries: 100,
            max_total_bytes: 1 << 20,
            max_held_bytes: 1 << 18,
            max_window_bytes: 1 << 20,
            max_notices: 16,
            ..Limits::default()
        };
        let started = Instant::now();
        let through_reader = self.chance.below(4) == 0;
        let way =
            catch_unwind(AssertUnwindSafe(|| read(bytes, &limits, through_reader))).map_err(|_| "it panics")??;
        self.slowest = self.slowest.max(started.elapsed());
        if self.seen.insert(way) && self.kept.len() < MOST_KEPT {
            self.kept.push(bytes.to_vec());
        }
        Ok(())
    }
}

fn write(bytes: &mut [u8], at: usize, piece: &[u8]) {
    for (byte, new) in bytes[at..].iter_mut().zip(piece) {
        *byte = *new;
    }
}

/// Reads within the limits, checks that they hold, and answers with a number for the way it went.
fn read(bytes: &[u8], limits: &Limits, through_reader: bool) -> Result<u64, String> {
    let mut way = DefaultHasher::new();
    let (mut text, mut far) = (0, 0);
    let mut sink = |part: artifact_text::Part<'_>| {
        part.kind.hash(&mut way);
        text += part.text.len() as u64;
        far = far.max(part.origin(part.text.len())).max(part.origin(0));
        ControlFlow::Continue(())
    };
    let outcome = if through_reader {
        open_reader("x", &mut &*bytes, limits, &mut sink)
    } else {
        open("x", bytes, limits, &mut sink)
    };
    let most = 8 * (bytes.len() as u64 + outcome.total_bytes) + (64 << 10);
    if outcome.entries > limits.max_entries || outcome.total_bytes > limits.max_total_bytes {
        return Err(format!("a limit was passed: {outcome:?}"));
    }
    if outcome.notices.len() > limits.max_notices || text > most {
        return Err(format!("{text} bytes of text, {outcome:?}"));
    }
    if far > bytes.len() as u64 + limits.max_total_bytes {
        return Err(format!("a part is said to be at {far}"));
    }
    for notice in &outcome.notices {
        std::mem::discriminant(&notice.unread).hash(&mut way);
        notice.unread.to_string().hash(&mut way);
    }
    (outcome.format, outcome.entries.min(4), text.checked_ilog2()).hash(&mut way);
    Ok(way.finish())
}
