//! A progress bar on a terminal.

use std::io::IsTerminal as _;
use std::sync::Mutex;

use gate_model::{EventSink, OutcomeKind, RunEvent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how far a run is; silent where stderr is no terminal.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    counts: Mutex<(usize, usize)>,
}

impl Progress {
    /// A bar, where it is wanted and stderr is a terminal.
    pub(crate) fn new(wanted: bool) -> Self {
        let bar = (wanted && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{elapsed_precise} [{bar:30}] {pos}/{len} cases {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self {
            bar,
            counts: Mutex::default(),
        }
    }
}

impl EventSink for Progress {
    fn take(&self, event: &RunEvent) {
        let Some(bar) = &self.bar else { return };
        match event {
            RunEvent::Started { cases, .. } => bar.set_length(*cases as u64),
            RunEvent::Decided(result) => {
                let mut counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match result.outcome.kind() {
                    OutcomeKind::Fail => counts.0 += 1,
                    OutcomeKind::Inconclusive => counts.1 += 1,
                    OutcomeKind::NotTestable | OutcomeKind::Skipped => return,
                    OutcomeKind::Pass => {}
                }
                bar.inc(1);
                if *counts != (0, 0) {
                    bar.set_message(format!("{} failed, {} undecided", counts.0, counts.1));
                }
            }
            RunEvent::Finished(_) => bar.finish_and_clear(),
            RunEvent::Notice(_) | RunEvent::Identity(_) | RunEvent::Leftover(_) => {}
        }
    }
}
