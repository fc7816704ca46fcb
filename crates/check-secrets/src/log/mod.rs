//! `secrets/log`: does a log hold a secret, or what the run itself brought along?

use crate::artifact::look_at_file;
use crate::rulebook::Rulebook;
use crate::source::Source;
use crate::verdict::{Looked, Unable};

pub(crate) const PAGE: &str = include_str!("check.md");

/// The log as a file. An empty one is a log that nothing was written into, and says so.
pub(crate) fn look(rulebook: &Rulebook, source: &Source) -> Result<Looked, Unable> {
    look_at_file(rulebook, source, true)
}
