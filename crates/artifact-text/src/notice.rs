//! What was not read, and what opening a file came to.

use std::borrow::Cow;
use std::fmt;

use crate::Format;

/// Why a member, or the rest of it, was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unread {
    /// It is encrypted.
    Encrypted,
    /// It ends before its format says that it does.
    Truncated,
    /// It grew beyond [`max_ratio`](crate::Limits::max_ratio): probably a bomb (CWE-409).
    RatioCap,
    /// [`max_entries`](crate::Limits::max_entries) was reached; what follows was not read.
    EntriesCap,
    /// [`max_depth`](crate::Limits::max_depth) was reached: what it contains was not opened.
    DepthCap,
    /// It, or the window that its compression needs, is larger than what may be held.
    MemoryCap,
    /// [`max_total_bytes`](crate::Limits::max_total_bytes) was reached; what follows was not read.
    TotalCap,
    /// [`max_time`](crate::Limits::max_time) was reached; what follows was not read.
    TimeCap,
    /// Its tables name far more text than it has bytes. What was beyond was not read.
    TextCap,
    /// It is not what its format asks for.
    Malformed(Cow<'static, str>),
    /// Nothing here reads this format or compression method.
    Unsupported(Cow<'static, str>),
}

impl Unread {
    pub(crate) fn malformed(why: &'static str) -> Self {
        Self::Malformed(Cow::Borrowed(why))
    }

    pub(crate) fn unsupported(what: &'static str) -> Self {
        Self::Unsupported(Cow::Borrowed(what))
    }

    /// Whether nothing at all is read any more.
    pub(crate) fn ends_everything(&self) -> bool {
        matches!(self, Self::EntriesCap | Self::TotalCap | Self::TimeCap)
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encrypted => "encrypted",
            Self::Truncated => "truncated",
            Self::RatioCap => "compressed beyond the limit of the ratio",
            Self::EntriesCap => "the limit of entries was reached",
            Self::DepthCap => "nested beyond the limit of the depth",
            Self::MemoryCap => "larger than what may be held in memory",
            Self::TotalCap => "the limit of bytes was reached",
            Self::TimeCap => "the limit of time was reached",
            Self::TextCap => "its tables name far more text than it has bytes",
            Self::Malformed(why) => return write!(f, "malformed: {why}"),
            Self::Unsupported(what) => return write!(f, "not supported: {what}"),
        })
    }
}

/// Something that was not read, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Where: the path of the member inside of its containers, as in [`Part::path`](crate::Part::path).
    pub path: String,
    /// Why.
    pub unread: Unread,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.unread)
    }
}

/// What opening a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the file is.
    pub format: Format,
    /// How many members of containers were read, on all levels.
    pub entries: u64,
    /// How many bytes of members were read, inflated or stored, on all levels, plus the text that was made of them.
    pub total_bytes: u64,
    /// How many parts the sink was given.
    pub parts: u64,
    /// What was not read, in the order in which it was met.
    pub notices: Vec<Notice>,
    /// How many notices were left out of `notices` for [`max_notices`](crate::Limits::max_notices).
    pub notices_left_out: u64,
    /// Whether the sink asked to stop.
    pub stopped: bool,
}

impl Outcome {
    /// Whether everything was read.
    pub fn complete(&self) -> bool {
        self.notices.is_empty() && self.notices_left_out == 0 && !self.stopped
    }
}
