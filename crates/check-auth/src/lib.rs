//! Checks of authentication: what is answered to missing, bad and old credentials.

mod anonymous;

use gate_check::Check;

pub use anonymous::Anonymous;

/// The checks of this family.
pub fn checks() -> Vec<Box<dyn Check>> {
    vec![Box::new(Anonymous::new())]
}
