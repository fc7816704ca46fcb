//! Checks of sessions: how they begin, go on and end.
//!
//! Each is a script over sessions that nobody else uses, and runs while nobody else logs in. What a script does to a user
//! is taken back, also where it is broken off. It knows no token format and no cookie by name: what a session presents is kept
//! as it was, and the target is asked what it makes of it.

mod acts;
mod carriers;
mod cast;
mod cookie_flags;
mod cross_site_request;
mod deed;
mod ending;
mod ends_at_disable;
mod ends_at_expiry;
mod ends_at_logout;
mod ends_at_password_change;
mod ends_at_removal;
mod ends_at_role_change;
mod fixation;
mod refresh_after_logout;
mod refresh_rotation;
mod script;
mod set_cookie;
mod trading;
mod two_credentials;

use gate_check::Check;

/// The checks of this family.
pub fn checks() -> Vec<Box<dyn Check>> {
    vec![
        Box::new(cookie_flags::check()),
        Box::new(cross_site_request::check()),
        Box::new(two_credentials::check()),
        Box::new(fixation::check()),
        Box::new(ends_at_expiry::check()),
        Box::new(ends_at_logout::check()),
        Box::new(refresh_after_logout::check()),
        Box::new(refresh_rotation::check()),
        Box::new(ends_at_password_change::check()),
        Box::new(ends_at_role_change::check()),
        Box::new(ends_at_disable::check()),
        Box::new(ends_at_removal::check()),
    ]
}
