//! The source "history": every blob that any reference reaches, each once. Commits and trees are walked from the oldest on, so that the
//! commit at which a blob is met first is the one that brought it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap as StdMap};
use std::path::Path;
use std::rc::Rc;

use gix::ObjectId;
use gix::hashtable::{HashMap, HashSet};

use super::objects::{Fetcher, Objects};
use super::trees::Kind;
use super::wanted::Wanted;
use super::{CommitNode, commit_info, failed, likeness, open, refuse_partial, shallow, versions};
use crate::judge::Setting;
use crate::scanner::Scanner;
use crate::tree::{Scan, ScanError, threads};

/// Scans every blob that a branch, a tag, a stash or `HEAD` reaches.
///
/// # Errors
/// When the clone is shallow or partial, or an object that is reached is missing or damaged.
pub fn scan_history(scanner: &Scanner, path: &Path, wanted_threads: usize) -> Result<Scan, ScanError> {
    let repository = open(path)?;
    if !shallow(&repository)?.is_empty() {
        return Err(failed(
            "the clone is shallow, most of its history is elsewhere; fetch it (`git fetch --unshallow`, `fetch-depth: 0`)",
        ));
    }
    refuse_partial(&repository)?;
    let tips = tips(&repository)?;
    let objects = Objects::open(&repository)?;
    let mut fetcher = Fetcher::new(&objects);
    let commits = all_commits(tips, &mut fetcher)?;
    if commits.is_empty() {
        return Err(failed("there is no commit yet; scan the tree or what is staged"));
    }
    let wanted = reachable(&mut fetcher, &commits)?;
    drop(fetcher);
    let (found, mut scan) = versions::scan(scanner, &objects, &wanted, threads(wanted_threads))?.into_parts();
    scan.stats.commits = commits.len() as u64;
    scan.plants_found = versions::plants_found(scanner, &objects);
    let mut fetcher = Fetcher::new(&objects);
    for (commit, mut finding) in found {
        let id = commits[commit as usize].id;
        finding.commit = Some(commit_info(id, &fetcher.read(&id)?));
        scan.findings.push(finding);
    }
    scan.findings
        .sort_by(|a, b| (&a.path, a.span.start, &a.rule).cmp(&(&b.path, b.span.start, &b.rule)));
    Ok(scan)
}

/// The commits that references lead to.
fn tips(repository: &gix::Repository) -> Result<Vec<ObjectId>, ScanError> {
    let references = repository
        .references()
        .map_err(|error| failed(format!("the references: {error}")))?;
    let mut tips: Vec<ObjectId> = Vec::new();
    for reference in references
        .all()
        .map_err(|error| failed(format!("the references: {error}")))?
    {
        // A reference that leads nowhere, or to a blob, brings no commit.
        if let Ok(mut reference) = reference
            && let Ok(commit) = reference.peel_to_commit()
        {
            tips.push(commit.id);
        }
    }
    tips.extend(repository.head_id().ok().map(gix::Id::detach));
    Ok(tips)
}

/// All commits that these reach: each after its parents, and else by time. Clocks of authors may be wrong.
fn all_commits(tips: Vec<ObjectId>, fetcher: &mut Fetcher<'_>) -> Result<Vec<CommitNode>, ScanError> {
    let mut open = tips;
    let mut numbers: HashMap<ObjectId, u32> = HashMap::default();
    let mut commits: Vec<CommitNode> = Vec::new();
    while let Some(id) = open.pop() {
        if numbers.contains_key(&id) {
            continue;
        }
        numbers.insert(id, commits.len() as u32);
        let node = CommitNode::parse(id, &fetcher.read(&id)?)?;
        open.extend(node.parents.iter().filter(|parent| !numbers.contains_key(*parent)));
        commits.push(node);
    }
    let mut waits: Vec<u32> = commits.iter().map(|commit| commit.parents.len() as u32).collect();
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); commits.len()];
    for (at, commit) in (0u32..).zip(&commits) {
        for parent in &commit.parents {
            children[numbers[parent] as usize].push(at);
        }
    }
    let ready = |at: u32| Reverse((commits[at as usize].time, at));
    let mut heap: BinaryHeap<Reverse<(i64, u32)>> = (0u32..)
        .zip(&waits)
        .filter(|(_, waits)| **waits == 0)
        .map(|(at, _)| ready(at))
        .collect();
    let mut order = Vec::with_capacity(commits.len());
    while let Some(Reverse((_, at))) = heap.pop() {
        order.push(at);
        for &child in &children[at as usize] {
            waits[child as usize] -= 1;
            if waits[child as usize] == 0 {
                heap.push(ready(child));
            }
        }
    }
    let mut commits: Vec<Option<CommitNode>> = commits.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|at| commits[at as usize].take()).collect())
}

/// Every blob below the trees of these commits, with the path and the commit at which it is met first. A tree is walked once for each
/// kind of folder that it is in: the same files may be tests in one place and the product in another.
fn reachable(fetcher: &mut Fetcher<'_>, commits: &[CommitNode]) -> Result<Wanted, ScanError> {
    let mut walk = Walk::default();
    for (number, commit) in (0u32..).zip(commits) {
        walk.tree(commit.tree, String::new(), Setting::Product);
        while let Some((tree, prefix, setting)) = walk.open.pop() {
            walk.read(fetcher, number, tree, prefix, setting)?;
        }
    }
    walk.wanted.close();
    Ok(walk.wanted)
}

#[derive(Default)]
struct Walk {
    /// By the rank of the folder's setting.
    seen: [HashSet<ObjectId>; Setting::COUNT],
    folders: StdMap<Vec<u8>, Setting>,
    open: Vec<(ObjectId, String, Setting)>,
    /// The last tree of each folder: most of the next is the same.
    last: StdMap<String, LastTree>,
    wanted: Wanted,
}

struct LastTree {
    data: Rc<Vec<u8>>,
    starts: Vec<u32>,
}

/// The folders of which the last tree is kept.
const FOLDERS: usize = 20_000;

impl Walk {
    fn tree(&mut self, id: ObjectId, prefix: String, setting: Setting) {
        if self.seen[setting.rank()].insert(id) {
            self.open.push((id, prefix, setting));
        }
    }

    fn read(
        &mut self,
        fetcher: &mut Fetcher<'_>,
        number: u32,
        tree: ObjectId,
        prefix: String,
        setting: Setting,
    ) -> Result<(), ScanError> {
        let data = fetcher.read(&tree)?;
        let last = self.last.remove(&prefix);
        let mut starts = Vec::with_capacity(last.as_ref().map_or(0, |last| last.starts.len()));
        // Whatever stands where an entry of the last tree begins, with the same bytes before or behind it, was looked at there.
        let (mut head, mut tail) = (0, 0);
        if let Some(last) = &last {
            head = likeness::same_head(&last.data, &data);
            tail = likeness::same_tail(&last.data[head..], &data[head..]);
        }
        let known = |start: usize, end: usize| match &last {
            Some(_) if end <= head => true,
            Some(last) if start + tail >= data.len() => {
                let there = (start + last.data.len()).checked_sub(data.len());
                there.is_some_and(|at| last.starts.binary_search(&(at as u32)).is_ok())
            }
            _ => false,
        };
        let mut rest: &[u8] = &data;
        while !rest.is_empty() {
            let start = data.len() - rest.len();
            let broken = || failed(format!("tree {tree} is damaged"));
            let (entry, after) = Entry::parse(rest, tree.kind().len_in_bytes()).ok_or_else(broken)?;
            rest = after;
            starts.push(start as u32);
            if known(start, data.len() - rest.len()) {
                continue;
            }
            match entry.kind {
                Kind::Tree => {
                    let own = self.setting_of(entry.name);
                    let below = if own.rank() > setting.rank() { own } else { setting };
                    if !self.seen[below.rank()].contains(entry.id) {
                        let name = String::from_utf8_lossy(entry.name);
                        self.tree(entry.id.to_owned(), format!("{prefix}{name}/"), below);
                    }
                }
                Kind::Other => {}
                Kind::Blob => self.wanted.add(entry.id, number, &prefix, entry.name),
            }
        }
        if self.last.len() < FOLDERS {
            self.last.insert(prefix, LastTree { data, starts });
        }
        Ok(())
    }

    fn setting_of(&mut self, folder: &[u8]) -> Setting {
        match self.folders.get(folder) {
            Some(setting) => *setting,
            None => {
                let setting = Setting::of_folder(&String::from_utf8_lossy(folder));
                self.folders.insert(folder.to_vec(), setting);
                setting
            }
        }
    }
}

/// One entry of a tree.
struct Entry<'a> {
    kind: Kind,
    name: &'a [u8],
    id: &'a gix::oid,
}

impl<'a> Entry<'a> {
    /// The first entry, and what is behind it: mode, a blank, the name, a zero, the bytes of the id.
    fn parse(bytes: &'a [u8], hash: usize) -> Option<(Self, &'a [u8])> {
        let blank = memchr::memchr(b' ', &bytes[..bytes.len().min(8)])?;
        let (mode, rest) = (&bytes[..blank], &bytes[blank + 1..]);
        let zero = memchr::memchr(0, rest)?;
        let (name, rest) = (&rest[..zero], &rest[zero + 1..]);
        let id = gix::oid::try_from_bytes(rest.get(..hash)?).ok()?;
        let kind = match mode {
            b"40000" | b"040000" => Kind::Tree,
            b"160000" => Kind::Other,
            _ if mode.iter().all(|digit| (b'0'..=b'7').contains(digit)) && mode.starts_with(b"1") => Kind::Blob,
            _ => return None,
        };
        Some((Self { kind, name, id }, &rest[hash..]))
    }
}
