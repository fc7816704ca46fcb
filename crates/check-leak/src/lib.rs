//! Checks that watch the whole run for what nobody may be shown.

mod answers;
mod contact_data;
mod foreign_canary;
mod sensitive_fields;
mod users;

use gate_check::Check;

pub use contact_data::ContactData;
pub use foreign_canary::ForeignCanary;
pub use sensitive_fields::SensitiveFields;

/// The checks of this family.
pub fn checks() -> Vec<Box<dyn Check>> {
    vec![
        Box::new(ForeignCanary::new()),
        Box::new(SensitiveFields::new()),
        Box::new(ContactData::new()),
    ]
}
