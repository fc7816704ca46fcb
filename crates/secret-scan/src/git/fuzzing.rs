//! Doors for the fuzz targets to what is private. Built with `--cfg fuzzing` only.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use gix::ObjectId;

use super::{delta, likeness, open, read};
use crate::finding::Finding;
use crate::layer::Survey;
use crate::scanner::Scanner;

fn scanner() -> &'static Scanner {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    SCANNER.get_or_init(Scanner::default)
}

/// Two bytes say how long the first text is; the rest is a difference from it, and a second text.
pub fn differences(bytes: &[u8]) {
    let Some((&[high, low], rest)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let (old, new) = rest.split_at(usize::from(u16::from_be_bytes([high, low])).min(rest.len()));
    if let Some((text, copies)) = delta::apply(old, new, 1 << 20, Vec::new()) {
        check(old, &text, &copies);
    }
    check(old, new, &likeness::copies(old, new));
}

fn check(old: &[u8], new: &[u8], copies: &[delta::Copied]) {
    for copied in copies {
        assert!(new[copied.to.clone()] == old[copied.from..copied.from + copied.to.len()]);
    }
    let prefilter = &scanner().prefilter;
    let (mut known, mut whole) = (Survey::of(prefilter, old), Survey::of(prefilter, new));
    known.tidy();
    whole.tidy();
    let part = delta::survey(prefilter, new, &known, copies);
    assert!(part.hits == whole.hits, "a keyword was lost or made up");
}

/// Makes a pack of what the bytes say, and compares.
pub fn history(bytes: &[u8]) {
    let folder = std::env::temp_dir().join(format!("fuzz-history-{}", std::process::id()));
    let Some(blobs) = repository(&folder, bytes) else {
        return;
    };
    let Ok(scan) = super::scan_history(scanner(), &folder, 1) else {
        return;
    };
    let key = |found: &Finding| {
        (
            found.rule.to_string(),
            found.secret.expose().to_vec(),
            found.path.to_string(),
        )
    };
    let found: BTreeSet<_> = scan.findings.iter().map(key).collect();
    let repository = open(&folder).unwrap();
    let mut naive = BTreeSet::new();
    let mut buffer = Vec::new();
    for (id, path) in blobs {
        let data = read(&repository, &id, &mut buffer).expect("what was scanned can be read");
        naive.extend(scanner().scan(path, data).findings.iter().map(key));
    }
    assert!(found == naive, "{} found, {} are there", found.len(), naive.len());
}

const PATHS: [&str; 3] = ["a.py", ".env", "b.json"];

/// Entries by their bytes: kind, two bytes of length, content. A commit for each; none if there is nothing.
fn repository(folder: &Path, bytes: &[u8]) -> Option<Vec<(ObjectId, &'static str)>> {
    let mut pack = Pack::default();
    let (mut blobs, mut rest, mut parent) = (Vec::new(), bytes, None);
    while let Some((&[kind, high, low], more)) = rest.split_first_chunk::<3>()
        && blobs.len() < 12
    {
        let (content, after) = more.split_at(usize::from(u16::from_be_bytes([high & 7, low])).min(more.len()));
        rest = after;
        let number = blobs.len();
        let blob = pack.blob(kind, content, &blobs);
        let path = PATHS[usize::from(kind >> 4) % 3];
        blobs.push((blob, path));
        let tree = [format!("100644 {path}\0").as_bytes(), blob.as_slice()].concat();
        let tree = pack.add(2, &[], &tree);
        let line = parent.map_or(String::new(), |parent: ObjectId| format!("parent {parent}\n"));
        let who = format!("A <a@b> {number} +0000");
        let commit = format!("tree {tree}\n{line}author {who}\ncommitter {who}\n\nx\n");
        parent = Some(pack.add(1, &[], commit.as_bytes()));
    }
    let head = parent?;
    let objects = folder.join("objects/pack");
    std::fs::create_dir_all(&objects).unwrap();
    std::fs::create_dir_all(folder.join("refs/heads")).unwrap();
    std::fs::write(folder.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    std::fs::write(
        folder.join("config"),
        "[core]\nrepositoryformatversion = 0\nbare = true\n",
    )
    .unwrap();
    std::fs::write(folder.join("refs/heads/main"), format!("{head}\n")).unwrap();
    pack.write(&objects);
    Some(blobs)
}

#[derive(Default)]
struct Pack {
    data: Vec<u8>,
    entries: Vec<(ObjectId, u32)>,
}

impl Pack {
    /// A whole blob, a difference by offset, or one by id.
    fn blob(&mut self, kind: u8, content: &[u8], blobs: &[(ObjectId, &str)]) -> ObjectId {
        let base = usize::from(kind >> 2 & 3) + 1;
        let Some((base, _)) = blobs.len().checked_sub(base).map(|at| blobs[at]) else {
            return self.add(3, &[], content);
        };
        match kind & 3 {
            0 | 1 => self.add(3, &[], content),
            2 => self.add(7, base.as_slice(), content),
            _ => {
                let from = self.entries.iter().find(|entry| entry.0 == base).unwrap().1;
                let mut distance = self.data.len() as u32 + 12 - from;
                let mut bytes = vec![distance as u8 & 0x7f];
                while distance >> 7 > 0 {
                    distance = (distance >> 7) - 1;
                    bytes.insert(0, 0x80 | distance as u8 & 0x7f);
                }
                self.add(6, &bytes, content)
            }
        }
    }

    fn add(&mut self, kind: u8, base: &[u8], content: &[u8]) -> ObjectId {
        let number = self.entries.len() as u8 + 1;
        let id = ObjectId::from_bytes_or_panic(&[number.wrapping_mul(97); 20]);
        self.entries.push((id, self.data.len() as u32 + 12));
        let mut size = content.len();
        let mut byte = kind << 4 | (size & 15) as u8;
        size >>= 4;
        while size > 0 {
            self.data.push(byte | 0x80);
            byte = (size & 0x7f) as u8;
            size >>= 7;
        }
        self.data.push(byte);
        self.data.extend(base);
        self.data.extend([0x78, 1, 1]);
        let length = content.len() as u16;
        self.data.extend(length.to_le_bytes());
        self.data.extend((!length).to_le_bytes());
        self.data.extend(content);
        let (mut a, mut b) = (1u32, 0u32);
        for byte in content {
            a = (a + u32::from(*byte)) % 65521;
            b = (b + a) % 65521;
        }
        self.data.extend((b << 16 | a).to_be_bytes());
        id
    }

    fn write(mut self, folder: &Path) {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend((self.entries.len() as u32).to_be_bytes());
        pack.extend(&self.data);
        pack.extend([0; 20]);
        std::fs::write(folder.join("pack-x.pack"), pack).unwrap();
        self.entries.sort();
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for byte in 0..=255u8 {
            let count = self
                .entries
                .iter()
                .filter(|entry| entry.0.as_slice()[0] <= byte)
                .count();
            index.extend((count as u32).to_be_bytes());
        }
        index.extend(self.entries.iter().flat_map(|entry| entry.0.as_slice().to_vec()));
        index.extend(self.entries.iter().flat_map(|_| [0; 4]));
        index.extend(self.entries.iter().flat_map(|entry| entry.1.to_be_bytes()));
        index.extend([0; 40]);
        std::fs::write(folder.join("pack-x.idx"), index).unwrap();
    }
}
