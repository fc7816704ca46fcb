//! Scans the blobs of a history. Of a blob that is stored as a difference, or that is like the last of its path, only what is new is
//! searched, and what that may change around it.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::delta::{self, Copied};
use super::objects::{Fetcher, Objects, Place as Stored};
use super::pack::{Family, NONE, Order, Root};
use super::pack_file::Tools;
use super::wanted::{Blob, Collected, Wanted};
use super::{LARGEST, failed, likeness};
use crate::artefact;
use crate::decode;
use crate::finding::Finding;
use crate::judge::Place;
use crate::layer::Survey;
use crate::scanner::{Offset, PIECE, Scanner};
use crate::tree::{ScanError, Skipped, Unscanned};

/// What one thread may hold of bases whose other differences are still to come.
const HELD: usize = 24 << 20;
/// Buffers that are kept for the next blob, and the largest of them.
const SPARE: usize = 8;
const SPARE_BYTES: usize = 1 << 20;

/// Scans everything that is wanted.
pub(super) fn scan(
    scanner: &Scanner,
    objects: &Objects,
    wanted: &Wanted,
    threads: usize,
) -> Result<Collected, ScanError> {
    let order = Order::new(objects, wanted)?;
    let next = AtomicUsize::new(0);
    let shared = Mutex::new(Ok(Collected::default()));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(order.len()) {
            scope.spawn(|| {
                let mut own = Reader::new(scanner, objects, &order, wanted);
                let outcome = own.run(&next);
                let mut shared = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match (&mut *shared, outcome) {
                    (Ok(all), Ok(())) => all.join(own.collected),
                    (Ok(_), Err(error)) => *shared = Err(error),
                    (Err(_), _) => {}
                }
            });
        }
    });
    let mut collected = shared.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)?;
    rest(scanner, objects, wanted, &mut collected)?;
    Ok(collected)
}

/// The plants that are found by the way of everything else in a history. They are in memory only.
pub(super) fn plants_found(scanner: &Scanner, objects: &Objects) -> usize {
    let (order, mut wanted) = (Order::default(), Wanted::default());
    for (number, plant) in (1u32..).zip(&scanner.options.plants) {
        let mut id = gix::ObjectId::null(gix::hash::Kind::Sha1);
        id.as_mut_slice()[..4].copy_from_slice(&number.to_be_bytes());
        wanted.add(&id, 0, "", plant.path.as_bytes());
    }
    wanted.close();
    let mut reader = Reader::new(scanner, objects, &order, &wanted);
    for (number, plant) in (0u32..).zip(&scanner.options.plants) {
        let node = reader.examine(Some(number), NONE, plant.bytes.clone(), None);
        reader.retire(node);
    }
    let (found, _) = reader.collected.into_parts();
    let found: Vec<Finding> = found.into_iter().map(|(_, finding)| finding).collect();
    let plants = scanner.options.plants.iter();
    plants.filter(|plant| plant.is_among(&found)).count()
}

/// Scans what is left: differences from what is not in their pack, or whose bases did not fit.
fn rest(scanner: &Scanner, objects: &Objects, wanted: &Wanted, collected: &mut Collected) -> Result<(), ScanError> {
    let mut fetcher = Fetcher::new(objects);
    for (number, blob) in (0u32..).zip(wanted.blobs()) {
        if wanted.take(number) {
            let path = wanted.path_of(number);
            match fetcher.try_read(&blob.id)? {
                Some(data) => whole(scanner, path, &data, *blob, collected),
                None => too_large(path, *blob, collected),
            }
        }
    }
    Ok(())
}

fn too_large(path: &str, blob: Blob, collected: &mut Collected) {
    collected.scan.skipped.push(Skipped {
        kind: Unscanned::Bound,
        path: path.to_owned(),
        why: format!("blob {} is larger than {} MiB", blob.id, LARGEST >> 20),
    });
}

fn truncated(path: &str, blob: Blob) -> Skipped {
    Skipped {
        kind: Unscanned::Bound,
        path: path.to_owned(),
        why: format!(
            "blob {} is truncated: too many matches or too much encoded text",
            blob.id
        ),
    }
}

/// Scans one blob by itself.
fn whole(scanner: &Scanner, path: &str, data: &[u8], blob: Blob, collected: &mut Collected) {
    collected.scan.stats.blobs += 1;
    collected.scan.stats.bytes += data.len() as u64;
    scan_whole(scanner, path, data, blob, collected);
}

fn scan_whole(scanner: &Scanner, path: &str, data: &[u8], blob: Blob, collected: &mut Collected) {
    let scanned = scanner.scan(path, data);
    if scanned.truncated {
        collected.scan.skipped.push(truncated(path, blob));
    }
    collected.scan.skipped.extend(scanned.skipped);
    for found in scanned.findings {
        collected.add(found, blob);
    }
}

/// A blob from which others differ.
struct Node {
    next: u32,
    /// The number of its path, if it was judged.
    path: Option<u32>,
    data: Vec<u8>,
    known: Known,
}

/// What a path says, which all blobs of it share.
struct Facts {
    place: Place,
    rules: Vec<u16>,
    allowed: bool,
}

/// What is known of a text.
struct Known {
    survey: Survey,
    /// How it, or what it differs from, was judged: the survey then lacks what was no secret there.
    judged: Option<(Place, bool)>,
}

struct Reader<'a> {
    scanner: &'a Scanner,
    objects: &'a Objects,
    order: &'a Order,
    wanted: &'a Wanted,
    tools: Tools,
    difference: Vec<u8>,
    spare: Vec<Vec<u8>>,
    recent: Recent,
    facts: HashMap<u32, Rc<Facts>>,
    collected: Collected,
}

impl<'a> Reader<'a> {
    fn new(scanner: &'a Scanner, objects: &'a Objects, order: &'a Order, wanted: &'a Wanted) -> Self {
        Self {
            scanner,
            objects,
            order,
            wanted,
            tools: Tools::default(),
            difference: Vec::new(),
            spare: Vec::new(),
            recent: Recent::default(),
            facts: HashMap::new(),
            collected: Collected::default(),
        }
    }

    fn run(&mut self, next: &AtomicUsize) -> Result<(), ScanError> {
        let order = self.order;
        while let Some(lot) = order.lot(next.fetch_add(1, Ordering::Relaxed)) {
            for root in lot {
                self.root(*root)?;
            }
        }
        Ok(())
    }

    fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Nothing that is stored as a difference from it is left; the next of its path may be like it.
    fn retire(&mut self, node: Node) {
        let old = match node.path {
            Some(path) => self.recent.put(path, node.data, node.known),
            None => Some(node.data),
        };
        if let Some(old) = old.filter(|old| self.spare.len() < SPARE && old.capacity() <= SPARE_BYTES) {
            self.spare.push(old);
        }
    }

    /// A whole blob and everything that is stored as a difference from it.
    fn root(&mut self, root: Root) -> Result<(), ScanError> {
        let mut data = self.buffer();
        let (number, child) = match root.place {
            Stored::Loose => {
                let id = self.wanted.blobs()[root.number as usize].id;
                if self.objects.loose(&id, &mut self.tools, &mut data)?.is_none() {
                    return Ok(());
                }
                (Some(root.number), NONE)
            }
            Stored::Pack(pack, at) => {
                let file = &self.objects.packs[usize::from(pack)];
                if file.inflate(at, &mut self.tools, &mut data)?.is_none() {
                    return Ok(());
                }
                let child = self.order.families[usize::from(pack)].child[at as usize];
                (self.wanted.number(file.id(at)), child)
            }
        };
        let known = self.by_likeness(number, &data);
        let node = self.examine(number, child, data, known);
        match root.place {
            Stored::Pack(pack, _) if child != NONE => self.differences(pack, node)?,
            Stored::Pack(..) | Stored::Loose => self.retire(node),
        }
        Ok(())
    }

    /// Everything that is stored as a difference from `root`, or from that.
    fn differences(&mut self, pack: u16, root: Node) -> Result<(), ScanError> {
        let objects = self.objects;
        let file = &objects.packs[usize::from(pack)];
        let order = self.order;
        let Family { child, sibling } = &order.families[usize::from(pack)];
        let mut held = root.data.len();
        let mut open: Vec<Node> = vec![root];
        while let Some(mut top) = open.pop() {
            let at = top.next;
            if at == NONE || held > HELD {
                // What does not fit is left to the reader of the rest.
                held -= top.data.len();
                self.retire(top);
                continue;
            }
            top.next = sibling[at as usize];
            if file.inflate(at, &mut self.tools, &mut self.difference)?.is_none() {
                open.push(top);
                continue;
            }
            let buffer = self.buffer();
            let (data, copies) = delta::apply(&top.data, &self.difference, LARGEST as usize, buffer)
                .ok_or_else(|| failed(format!("blob {} is damaged", file.id(at))))?;
            let number = self.wanted.number(file.id(at));
            // A base of another path is often another text.
            let known = match much(&copies, &data) {
                true => self.survey(number, (&top.known, &copies), &data),
                false => None,
            };
            let known = match known {
                None => self.by_likeness(number, &data),
                known => known,
            };
            let node = self.examine(number, child[at as usize], data, known);
            if top.next == NONE {
                held -= top.data.len();
                self.retire(top);
            } else {
                open.push(top);
            }
            held += node.data.len();
            open.push(node);
        }
        Ok(())
    }

    /// The survey of a text from that of the one it differs from, if that one was judged the same way.
    fn survey(&mut self, number: Option<u32>, base: (&Known, &[Copied]), data: &[u8]) -> Option<Known> {
        let (known, copies) = base;
        let usable = match (known.judged, number) {
            (Some(judged), Some(number)) => (self.facts(number).place, is_binary(data)) == judged,
            _ => true,
        };
        usable.then(|| Known {
            survey: delta::survey(&self.scanner.prefilter, data, &known.survey, copies),
            judged: known.judged,
        })
    }

    /// The survey of a text from the last that was seen of its path.
    fn by_likeness(&mut self, number: Option<u32>, data: &[u8]) -> Option<Known> {
        let path = self.wanted.blobs()[number? as usize].path;
        let (old, known) = self.recent.take(path)?;
        let copies = likeness::copies(&old, data);
        let found = match much(&copies, data) {
            true => self.survey(number, (&known, &copies), data),
            false => None,
        };
        self.recent.put(path, old, known);
        found
    }

    fn facts(&mut self, number: u32) -> Rc<Facts> {
        let path = self.wanted.path_of(number);
        let scanner = self.scanner;
        let facts = self.facts.entry(self.wanted.blobs()[number as usize].path);
        let facts = facts.or_insert_with(|| {
            Rc::new(Facts {
                place: Place::of(path),
                rules: scanner.file_rules(path),
                allowed: scanner.options.allow.covers_path(path),
            })
        });
        facts.clone()
    }

    fn examine(&mut self, number: Option<u32>, next: u32, data: Vec<u8>, known: Option<Known>) -> Node {
        let known = known.unwrap_or_else(|| {
            let mut survey = Survey::of(&self.scanner.prefilter, &data);
            survey.tidy();
            Known { survey, judged: None }
        });
        let mut node = Node {
            next,
            path: None,
            data,
            known,
        };
        let Some(number) = number.filter(|number| self.wanted.take(*number)) else {
            return node;
        };
        let facts = self.facts(number);
        let wanted = self.wanted;
        let (path, blob) = (wanted.path_of(number), wanted.blobs()[number as usize]);
        self.collected.scan.stats.blobs += 1;
        self.collected.scan.stats.bytes += node.data.len() as u64;
        if facts.allowed {
            return node;
        }
        if node.data.len() > PIECE || decode::utf16(&node.data).is_some() || artefact::is_container(&node.data) {
            scan_whole(self.scanner, path, &node.data, blob, &mut self.collected);
            return node;
        }
        let survey = &mut node.known.survey;
        if !survey.is_empty() || !facts.rules.is_empty() {
            let (matches, cut) = self.scanner.judge(facts.place, &node.data, survey, &facts.rules);
            if cut {
                self.collected.scan.skipped.push(truncated(path, blob));
            }
            survey.keep(&self.scanner.prefilter, &matches, delta::REACH);
            for found in self.scanner.findings(path, &node.data, matches, Offset::default()) {
                self.collected.add(found, blob);
            }
        }
        node.known.judged = Some((facts.place, is_binary(&node.data)));
        node.path = Some(blob.path);
        node
    }
}

/// Whether most of a text is copied.
fn much(copies: &[Copied], data: &[u8]) -> bool {
    copies.iter().map(|copied| copied.to.len()).sum::<usize>() > data.len() / 2
}

/// As the scanner tells binaries.
fn is_binary(data: &[u8]) -> bool {
    memchr::memchr(0, &data[..data.len().min(8000)]).is_some()
}

/// The last text of each path, as many as there is room for.
#[derive(Default)]
struct Recent {
    texts: HashMap<u32, (Vec<u8>, Known)>,
    order: VecDeque<u32>,
    bytes: usize,
}

/// What one thread may keep of the last texts, and the largest of them.
const RECENT: usize = 12 << 20;
const RECENT_TEXT: usize = 2 << 20;

impl Recent {
    fn take(&mut self, path: u32) -> Option<(Vec<u8>, Known)> {
        let found = self.texts.remove(&path)?;
        self.bytes -= found.0.capacity();
        Some(found)
    }

    /// Keeps a text and gives a buffer that is free now.
    fn put(&mut self, path: u32, text: Vec<u8>, known: Known) -> Option<Vec<u8>> {
        if text.len() > RECENT_TEXT {
            return Some(text);
        }
        let mut free = self.take(path).map(|(old, _)| old);
        self.bytes += text.capacity();
        self.texts.insert(path, (text, known));
        self.order.push_back(path);
        while (self.bytes > RECENT || self.order.len() > 4 * self.texts.len() + 64)
            && let Some(oldest) = self.order.pop_front()
        {
            // What was put again since stands farther back too.
            if self.bytes > RECENT
                && oldest != path
                && let Some((old, _)) = self.take(oldest)
            {
                free = Some(old);
            }
        }
        free
    }
}
