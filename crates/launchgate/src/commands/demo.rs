//! `launchgate demo`: the embedded API, served, listed, or gated end to end.

use std::sync::Arc;

use anyhow::Context as _;
use gate_demo::{Config, Demo, Hole};
use gate_engine::Cancel;
use gate_model::SharedRedactor;
use gate_report::Console;

use super::run::{options, selection};
use crate::cli::{DemoArgs, DemoCommand, DemoServerArgs};
use crate::environment::AllowedVariables;
use crate::load::{self, LoadError};
use crate::progress::Progress;
use crate::{baseline, checks, gate, output, signals};

/// Serves the demo, lists its holes, or runs the gate against it.
pub(super) async fn demo(args: DemoArgs, console: Console) -> Result<u8, LoadError> {
    match &args.command {
        Some(DemoCommand::Holes) => {
            for hole in Hole::ALL {
                output::print(&format!("{hole:32}{}\n", hole.describe()));
            }
            Ok(0)
        }
        Some(DemoCommand::Plan { tokens }) => {
            output::print(&gate_demo::plan(*tokens));
            Ok(0)
        }
        Some(DemoCommand::Serve { listen, server }) => {
            let demo = Demo::start_on(*listen, config(server))
                .await
                .with_context(|| format!("failed to listen on {listen}"))?;
            output::print(&format!(
                "the demo API listens on {}; its document is at /openapi.json\n",
                demo.url()
            ));
            demo.serve().await.context("failed to serve the demo API")?;
            Ok(0)
        }
        None => {
            checks::judge(&selection(&args.gate))?;
            gated(&args, console).await
        }
    }
}

async fn gated(args: &DemoArgs, console: Console) -> Result<u8, LoadError> {
    // The file beside a plan is about another API.
    let known = match &args.baseline.file.baseline {
        Some(_) => Some(baseline::known(&args.baseline, std::path::Path::new("."))?),
        None => None,
    };
    let config = config(&args.server);
    let plan = gate_demo::plan(config.kind_of_tokens());
    let demo = Demo::start(config).await.context("failed to start the demo API")?;
    let environment = AllowedVariables::default().with("DEMO_URL", &demo.url());
    let draft = gate_plan::read("demo-plan.yml", &plan, &environment, None)?;
    let redactor = SharedRedactor::default();
    let cancel = Cancel::default();
    let interrupted = signals::watch(&cancel).context("failed to watch for signals")?;
    let fetching = options(&draft.outline(), &args.gate, None).client;
    let spec = Arc::new(load::finish(draft, std::path::Path::new("."), fetching, &redactor).await?);
    let progress = Progress::new(!args.gate.no_progress);
    let report = gate::run(
        Arc::clone(&spec),
        options(&spec, &args.gate, None),
        &redactor,
        &cancel,
        &progress,
    )
    .await
    .context("failed to address the demo API")?;
    let report = match &known {
        Some(known) => known.weigh(report, args.gate.fail_on, &redactor),
        None => report,
    };
    let code = output::finish(&report, &args.reports, &console);
    Ok(interrupted.exit_code().unwrap_or(code))
}

fn config(args: &DemoServerArgs) -> Config {
    let mut config = Config {
        tokens: args.tokens,
        signed_refresh: args.signed_refresh,
        synthetic_operations: args.synthetic,
        delay: args.delay,
        ..Config::default()
    };
    config.holes.extend(args.hole.iter().copied());
    config.sabotage.extend(args.sabotage.iter().copied());
    config
}
