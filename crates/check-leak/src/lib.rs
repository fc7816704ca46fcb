//! Checks that watch the whole run for what nobody may be shown.

mod foreign_canary;

use gate_check::Check;

pub use foreign_canary::ForeignCanary;

/// The checks of this family.
pub fn checks() -> Vec<Box<dyn Check>> {
    vec![Box::new(ForeignCanary::new())]
}
