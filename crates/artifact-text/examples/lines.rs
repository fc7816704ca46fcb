//! Shows what a file gives: `cargo run --release -p artifact-text --example lines -- FILE`. Text goes to standard output, each part
//! behind a line with its path, kind and place; what was not read and the figures go to standard error.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use artifact_text::{Limits, open};

fn main() -> io::Result<ExitCode> {
    let Some(path) = std::env::args().nth(1) else {
        writeln!(io::stderr(), "usage: lines FILE")?;
        return Ok(ExitCode::from(2));
    };
    let bytes = std::fs::read(&path)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut failed = Ok(());
    let mut text = 0;
    let started = Instant::now();
    let outcome = open(&path, &bytes, &Limits::default(), &mut |part| {
        text += part.text.len();
        failed = writeln!(out, "== {} {:?} at {}", part.path, part.kind, part.origin(0))
            .and_then(|()| out.write_all(part.text))
            .and_then(|()| writeln!(out));
        if failed.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    failed?;
    out.flush()?;
    for notice in &outcome.notices {
        writeln!(io::stderr(), "not read: {notice}")?;
    }
    writeln!(
        io::stderr(),
        "{:?}: {} members, {} bytes in, {} bytes of members, {text} bytes of text in {} parts, {:.3} s",
        outcome.format,
        outcome.entries,
        bytes.len(),
        outcome.total_bytes,
        outcome.parts,
        started.elapsed().as_secs_f64()
    )?;
    Ok(ExitCode::SUCCESS)
}
