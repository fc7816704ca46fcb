//! Starts the target where the plan says how, waits until it is ready, and ends it with the run.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use gate_spec::Spec;
use tokio::process::{Child, Command};

/// Between two questions whether the target is ready.
const PAUSE: Duration = Duration::from_millis(200);

/// A target that this run started. It is ended when this is dropped.
pub(crate) struct TargetProcess {
    child: Child,
    /// What it prints.
    pub(crate) log: PathBuf,
}

/// Starts the target, where the plan says how.
///
/// # Errors
/// Where the command cannot be run, ends early, or is not ready in time.
pub(crate) async fn start(spec: &Spec, folder: &std::path::Path) -> anyhow::Result<Option<TargetProcess>> {
    let Some(start) = &spec.target.start else {
        return Ok(None);
    };
    let nothing = |_: &str| None;
    let command = start.run.fill(&nothing).context("failed to read target.start.run")?;
    std::fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    let log = folder.join("target.log");
    let file = std::fs::File::create(&log).with_context(|| format!("failed to write {}", log.display()))?;
    let errors = file.try_clone().context("failed to share the target's log")?;
    let child = Command::new("sh")
        .arg("-c")
        .arg(format!("exec {command}"))
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        .kill_on_drop(true)
        .spawn()
        .context("failed to start the target with `sh -c`")?;
    let mut process = TargetProcess { child, log };
    process.wait_until_ready(spec).await?;
    Ok(Some(process))
}

impl TargetProcess {
    async fn wait_until_ready(&mut self, spec: &Spec) -> anyhow::Result<()> {
        use gate_exchange::{Actor, Client, Options, Outgoing, Purpose, Request, Target as _};
        let Some(start) = &spec.target.start else { return Ok(()) };
        let options = Options {
            timeout: Duration::from_secs(2),
            ..Options::from(&spec.settings.limits)
        };
        let redactor = gate_model::SharedRedactor::default();
        let client = Client::new(std::sync::Arc::new(spec.clone()), options, redactor)?;
        let nothing = |_: &str| None;
        let request = Request::fill(&start.ready, &nothing).context("failed to read target.start.ready")?;
        let deadline = Instant::now() + start.within;
        loop {
            if let Some(status) = self.child.try_wait().context("failed to watch the target")? {
                return Err(anyhow!(
                    "the target ended ({status}) before it was ready; its output is in {}",
                    self.log.display()
                ));
            }
            let outgoing = Outgoing::new(&Actor::anonymous(), Purpose::Setup, request.clone());
            if client.send(outgoing).await.is_ok_and(|exchange| exchange.is_success()) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(anyhow!(
                    "the target was not ready within {}; its output is in {}",
                    humantime::format_duration(start.within),
                    self.log.display()
                ));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Ends it.
    pub(crate) async fn end(mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::debug!(%error, "the target had ended by itself");
        }
    }
}
