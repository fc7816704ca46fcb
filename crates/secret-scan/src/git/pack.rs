//! In which order the blobs of a history are read: those of one path after the other, each base before what is stored as its
//! difference, so that a blob costs what differs from one that was read before, and not its size.

use super::objects::{Objects, Place};
use super::pack_file::Base;
use super::wanted::Wanted;
use crate::tree::ScanError;

/// Ends a list of children.
pub(super) const NONE: u32 = u32::MAX;
/// So many blobs of one path are one piece of work.
const LOT: usize = 64;

/// Which entries of a pack are read, and what is stored as a difference from each.
pub(super) struct Family {
    /// First child of each entry and next child of the same parent; `NONE` ends.
    pub(super) child: Vec<u32>,
    pub(super) sibling: Vec<u32>,
}

/// A blob that is read whole, with everything that is stored as a difference from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Root {
    pub(super) place: Place,
    /// The number of a loose blob.
    pub(super) number: u32,
}

/// All the work.
#[derive(Default)]
pub(super) struct Order {
    /// By number of the pack.
    pub(super) families: Vec<Family>,
    roots: Vec<Root>,
    /// Where each lot ends.
    ends: Vec<usize>,
}

impl Order {
    pub(super) fn new(objects: &Objects, wanted: &Wanted) -> Result<Self, ScanError> {
        let mut families: Vec<Family> = objects
            .packs
            .iter()
            .map(|pack| Family {
                child: vec![NONE; pack.len()],
                sibling: vec![NONE; pack.len()],
            })
            .collect();
        let mut needed: Vec<Vec<bool>> = objects.packs.iter().map(|pack| vec![false; pack.len()]).collect();
        let mut roots: Vec<(u32, Root)> = Vec::new();
        let mut raw = Vec::new();
        for (number, blob) in (0u32..).zip(wanted.blobs()) {
            let Place::Pack(pack, mut at) = objects.place(&blob.id) else {
                let place = Place::Loose;
                roots.push((blob.path, Root { place, number }));
                continue;
            };
            let at_pack = usize::from(pack);
            // Up to a base that is known; whatever leads in a circle or out of the pack has no root and is read by itself later.
            while !std::mem::replace(&mut needed[at_pack][at as usize], true) {
                match objects.packs[at_pack].base(at, &mut raw)? {
                    Base::Entry(base) => {
                        let family = &mut families[at_pack];
                        family.sibling[at as usize] = family.child[base as usize];
                        family.child[base as usize] = at;
                        at = base;
                    }
                    Base::None => {
                        let place = Place::Pack(pack, at);
                        roots.push((blob.path, Root { place, number: NONE }));
                        break;
                    }
                    Base::Elsewhere => break,
                }
            }
        }
        roots.sort_by_key(|(path, root)| (*path, root.place, root.number));
        let mut ends = Vec::new();
        let mut begin = 0;
        for at in 1..=roots.len() {
            if at == roots.len() || roots[at].0 != roots[at - 1].0 || at - begin == LOT {
                ends.push(at);
                begin = at;
            }
        }
        Ok(Self {
            families,
            roots: roots.into_iter().map(|(_, root)| root).collect(),
            ends,
        })
    }

    /// How many lots there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Roots that are likely alike.
    pub(super) fn lot(&self, at: usize) -> Option<&[Root]> {
        let end = *self.ends.get(at)?;
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.roots[begin..end])
    }
}
