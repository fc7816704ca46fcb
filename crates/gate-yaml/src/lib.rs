//! Reads YAML that people write by hand: a value, the place of each of its parts, and what is wrong with the line it
//! stands in, the nearest valid word beside it.
//!
//! Knows nothing of plans or any other kind of file: whoever reads one says what it is called and how large it may be.

mod diagnostic;
mod index;
mod load;
mod mistakes;

pub use diagnostic::{Diagnostic, Diagnostics, Severity, nearest, remedy};
pub use index::{Index, Span, join};
pub use load::{Bounds, MAX_DEPTH, MAX_NODES, load};
