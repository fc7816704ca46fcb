//! Writes one token in 27 encodings and containers to a folder, for measuring other scanners beside ours: `disguises FOLDER`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../tests/disguises/mod.rs"]
mod disguises_of;
#[path = "../tests/support/mod.rs"]
#[allow(clippy::unwrap_used)]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> std::io::Result<ExitCode> {
    let Some(folder) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: disguises FOLDER");
        return Ok(ExitCode::from(2));
    };
    std::fs::create_dir_all(&folder)?;
    // Nobody issued it; it is made, not written here, so that a scan of this repository has nothing to find.
    let token = support::token(77);
    for one in disguises_of::all(&token) {
        std::fs::write(folder.join(one.name), &one.bytes)?;
    }
    println!("{token}");
    Ok(ExitCode::SUCCESS)
}
