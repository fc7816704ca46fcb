//! Markdown as GitHub and GitLab show it: the summary of a job, and the comment of a pull or merge request.
//!
//! Foreign text stands in code spans and fenced blocks alone, where neither HTML nor links nor mentions nor references to issues
//! work, and cannot end them.

pub(crate) mod comment;
mod parts;
mod sheet;
pub(crate) mod summary;
mod words;

#[cfg(test)]
mod tests;
