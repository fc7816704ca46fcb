//! What is shared while one document is read: its root, the notices, the work left and what was computed already.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::pointer;
use super::{Depth, kind_word};
use crate::limits::Limits;
use crate::model::{BodyField, List, Location, Response, SpecVersion};
use crate::notice::{Notice, NoticeKind, NoticeLog};
use crate::sample::PatternCache;

/// Computed fields by the address of their schema and the depth asked for.
type FieldCache = HashMap<(usize, Depth), Arc<[BodyField]>>;

/// Longest chain of references between things that are not schemas.
const MAX_CHAIN: usize = 16;

/// The document being read.
pub(crate) struct Context<'a> {
    pub(crate) root: &'a Value,
    pub(crate) version: SpecVersion,
    pub(crate) limits: &'a Limits,
    notices: RefCell<NoticeLog>,
    here: RefCell<Location>,
    work_left: Cell<usize>,
    odd_seen: RefCell<HashSet<usize>>,
    /// Computed fields, lists and samples by the address of the schema they belong to.
    pub(super) fields: RefCell<FieldCache>,
    pub(super) lists: RefCell<HashMap<usize, Option<List>>>,
    pub(crate) samples: RefCell<HashMap<usize, Option<Value>>>,
    /// Read responses by the address of their object: most operations share a few.
    pub(crate) responses: RefCell<HashMap<usize, Vec<Arc<Response>>>>,
    said: Cell<usize>,
    pub(crate) patterns: PatternCache,
}

impl<'a> Context<'a> {
    pub(crate) fn new(root: &'a Value, version: SpecVersion, limits: &'a Limits) -> Self {
        Self {
            root,
            version,
            limits,
            notices: RefCell::new(NoticeLog::new(limits.max_notices)),
            here: RefCell::default(),
            work_left: Cell::new(limits.max_ref_expansions),
            odd_seen: RefCell::default(),
            fields: RefCell::default(),
            lists: RefCell::default(),
            samples: RefCell::default(),
            responses: RefCell::default(),
            said: Cell::new(0),
            patterns: PatternCache::default(),
        }
    }

    /// Grows with every notice, also with one that is left out: what was read without any can be read again without any.
    pub(crate) fn said(&self) -> usize {
        self.said.get()
    }

    /// From here on notices are about this place.
    pub(crate) fn enter(&self, location: Location) {
        *self.here.borrow_mut() = location;
    }

    pub(crate) fn finish(self) -> Vec<Notice> {
        self.notices.into_inner().finish()
    }

    pub(crate) fn notice(&self, kind: NoticeKind, message: impl Into<String>) {
        self.said.set(self.said.get() + 1);
        let here = self.here.borrow();
        let message = message.into();
        self.notices
            .borrow_mut()
            .add(format!("{} {message}", here.pointer), kind, &here, message);
    }

    /// A notice about the same thing is given once, however many operations use it.
    pub(crate) fn notice_once(&self, kind: NoticeKind, message: impl Into<String>) {
        self.said.set(self.said.get() + 1);
        let message = message.into();
        self.notices
            .borrow_mut()
            .add(message.clone(), kind, &self.here.borrow(), message);
    }

    /// Notices a part of a schema that is not what the specification asks for, once for each such part.
    pub(crate) fn odd(&self, part: &Value, keyword: &str, expected: &str) {
        self.said.set(self.said.get() + 1);
        if self.odd_seen.borrow_mut().insert(address(part)) {
            self.notice(
                NoticeKind::Ignored,
                format!(
                    "`{keyword}` is {} instead of {expected} and is ignored",
                    kind_word(part)
                ),
            );
        }
    }

    /// Takes some of the work allowed; false when none is left.
    pub(crate) fn charge(&self, steps: usize) -> bool {
        match self.work_left.get().checked_sub(steps) {
            Some(left) => {
                self.work_left.set(left);
                true
            }
            None => {
                self.work_left.set(0);
                self.notice_once(
                    NoticeKind::Limit,
                    format!(
                        "the schemas need more than {} steps; from here on they are read as anything",
                        self.limits.max_ref_expansions
                    ),
                );
                false
            }
        }
    }

    /// The target of a reference inside the document.
    pub(crate) fn resolve(&self, reference: &str) -> Option<&'a Value> {
        let shown = || reference.chars().take(200).collect::<String>();
        if reference.starts_with('#') {
            let target = pointer::follow(self.root, reference);
            if target.is_none() {
                self.notice(
                    NoticeKind::Reference,
                    format!("`$ref: {}` leads nowhere; read as anything", shown()),
                );
            }
            return target;
        }
        // Old documents name the schema alone.
        let bare = self.named_schema(reference);
        match bare {
            Some(_) => self.notice_once(
                NoticeKind::Repaired,
                format!("`$ref: {}` is read as the schema of that name", shown()),
            ),
            None => self.notice_once(
                NoticeKind::Reference,
                format!(
                    "`$ref: {}` leads out of the document and is not fetched; read as anything (bundle the document into \
                     one file)",
                    shown()
                ),
            ),
        }
        bare
    }

    fn named_schema(&self, name: &str) -> Option<&'a Value> {
        let components = self.root.get("components").and_then(|c| c.get("schemas"));
        [components, self.root.get("definitions")]
            .into_iter()
            .flatten()
            .find_map(|schemas| schemas.get(name))
    }

    /// The object a parameter, response, body or path item reference leads to, or the object itself.
    pub(crate) fn object(&self, value: &'a Value, what: &str) -> Option<&'a Map<String, Value>> {
        let mut value = value;
        for _ in 0..MAX_CHAIN {
            let Value::Object(map) = value else {
                if !value.is_null() {
                    self.notice(
                        NoticeKind::Ignored,
                        format!("{what} is {} instead of an object", kind_word(value)),
                    );
                }
                return None;
            };
            match map.get("$ref") {
                Some(Value::String(reference)) => value = self.resolve(reference)?,
                Some(other) => {
                    self.odd(other, "$ref", "a string");
                    return Some(map);
                }
                None => return Some(map),
            }
        }
        self.notice(
            NoticeKind::Reference,
            format!("the references of {what} go in a circle"),
        );
        None
    }
}

/// The address of a value tells it apart from every other while the document is borrowed.
pub(crate) fn address(value: &Value) -> usize {
    std::ptr::from_ref(value) as usize
}

/// The last segment of a reference: the schema's name.
pub(crate) fn ref_name(reference: &str) -> String {
    pointer::decode(reference.rsplit(['/', '#']).next().unwrap_or(reference)).into_owned()
}

pub(crate) use pointer::escape;
