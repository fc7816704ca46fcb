//! How much work and memory one file may cost.

use std::time::Duration;

/// Bounds for one call of [`open`](crate::open). The defaults suit a scan of foreign files on a small machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many containers may be nested in each other; a `.tar.gz` counts as two. At most 32 are ever followed.
    pub max_depth: u32,
    /// How many members of all containers are read.
    pub max_entries: u64,
    /// How many bytes of members are read, inflated or stored, on all levels together, plus the text that is made of them.
    pub max_total_bytes: u64,
    /// How many times larger than its compressed form a member may be, once it has passed eight mebibytes (CWE-409).
    pub max_ratio: u64,
    /// How many bytes of members are held in memory at a time, on all levels together. Formats that have to be held whole
    /// (zip inside of an archive, dex, resources) are not opened beyond; everything else is read in windows.
    pub max_held_bytes: usize,
    /// How much memory a decompressor may ask for (the window of Zstandard, xz and LZMA). One inside of another may have half
    /// of what that one may, so that all together have less than twice as much. `xz -9` asks for 65 mebibytes.
    pub max_window_bytes: usize,
    /// How long the call may take, the sink's time included. It is looked at between pieces of at most one mebibyte.
    pub max_time: Duration,
    /// How many notices are kept; the outcome counts the others.
    pub max_notices: usize,
    /// The shortest run of printable characters in a binary that counts as text.
    pub min_run_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_depth: 10,
            max_entries: 200_000,
            max_total_bytes: 1 << 30,
            max_ratio: 500,
            max_held_bytes: 64 << 20,
            max_window_bytes: 72 << 20,
            max_time: Duration::from_secs(30),
            max_notices: 1000,
            min_run_chars: 6,
        }
    }
}

impl Limits {
    /// The depth that is followed: each level takes a few kibibytes of the stack, so that there is a bound to the bound.
    pub(crate) fn depth(&self) -> u32 {
        self.max_depth.min(32)
    }
}
