//! The text inside of archives, build artefacts and mobile bundles, bounded in every respect.
//!
//! [`open`] takes the bytes of one file, opens whatever it is (archives nested in archives, bytecode, resource tables,
//! property lists, executables) and hands each piece of text that it finds to a sink, as a [`Part`]: the path inside of the
//! containers, the text, and for every byte of the text where it stands in the member that it came from. What is not read
//! (encrypted, cut off, larger than the [`Limits`], of a kind that nothing here reads) is in the [`Outcome`] as a
//! [`Notice`]. Nothing is passed over in silence, and nothing from inside of a file makes this crate panic, write a file, or
//! use more memory or work than the limits say.
//!
//! ```
//! use std::ops::ControlFlow;
//! use artifact_text::{Limits, open};
//!
//! let mut found = Vec::new();
//! let outcome = open("notes.txt", b"first\nsecond\n", &Limits::default(), &mut |part| {
//!     if let Some(at) = part.text.windows(6).position(|window| window == b"second") {
//!         found.push((part.path.to_owned(), part.line(at), part.origin(at)));
//!     }
//!     ControlFlow::Continue(())
//! });
//! assert_eq!(found, [("notes.txt".to_owned(), Some(2), 6)]);
//! assert!(outcome.complete());
//! ```
//!
//! This crate knows nothing of secrets, rules or reports. Names inside of archives are labels for people and are
//! never used as paths of a file system.

mod fields;
mod format;
mod limits;
mod lines;
mod meter;
mod notice;
mod open;
mod part;
mod read;
mod runs;
mod source;
mod windows;

mod ar;
mod compressed;
mod tables;
mod tar;
mod zip;

pub use format::{Format, recognise};
pub use limits::Limits;
pub use notice::{Notice, Outcome, Unread};
pub use open::{open, open_reader};
pub use part::{Kind, Part};
