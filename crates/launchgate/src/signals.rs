//! SIGINT and SIGTERM: the first ends the run and cleans up, the second ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use gate_engine::Cancel;
use tokio::signal::unix::{SignalKind, signal};

/// The exit code that a signal asks for: 128 and its number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupted(Arc<AtomicU8>);

impl Interrupted {
    /// The exit code, where a signal came.
    pub(crate) fn exit_code(&self) -> Option<u8> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            code => Some(code),
        }
    }
}

/// Watches for signals from now on.
///
/// # Errors
/// Where the signals cannot be watched.
pub(crate) fn watch(cancel: &Cancel) -> std::io::Result<Interrupted> {
    let interrupted = Interrupted::default();
    let (code, cancel) = (interrupted.clone(), cancel.clone());
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        loop {
            let exit = tokio::select! {
                received = interrupt.recv() => received.map(|()| 130),
                received = terminate.recv() => received.map(|()| 143),
            };
            let Some(exit) = exit else { return };
            if cancel.is_set() {
                std::process::exit(i32::from(exit));
            }
            code.0.store(exit, Ordering::SeqCst);
            cancel.set();
        }
    });
    Ok(interrupted)
}
