//! The program as a library: what `main` calls and what the workspace tests drive in process.

mod baseline;
pub mod checks;
mod ci_range;
pub mod cli;
pub mod commands;
pub mod environment;
pub mod fork;
pub mod gate;
mod history;
pub mod invocation;
pub mod load;
mod observed;
mod output;
mod progress;
mod remedy;
mod scrub;
mod secrets_place;
mod setup;
mod signals;
mod summary;
mod target_process;
mod tried;
