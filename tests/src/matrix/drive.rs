//! Runs the whole gate in process against a fresh demo on a port of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use check_secrets::Desk;
use gate_demo::Demo;
use gate_engine::Cancel;
use gate_model::{EventSink, RunEvent, RunReport, SharedRedactor};
use launchgate::environment::AllowedVariables;
use launchgate::gate::{self, GateOptions};
use launchgate::load::{self, LoadError};

use super::repository::Made;
use super::{Row, overlay, token};

/// A run that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(240);

/// What a run of the gate came to.
pub enum Started {
    /// It ran.
    Report(Box<RunReport>),
    /// The target did not even give its document.
    Silent(String),
    /// The plan was found to be wrong before anything was sent.
    Wrong(String),
}

/// A row that was run.
pub struct Ran {
    /// What came of it.
    pub started: Started,
    /// What no report may hold: passwords, keys, and every token that was given out.
    pub secrets: Vec<String>,
    /// The rows of the demo before and after.
    pub rows: (BTreeMap<String, String>, BTreeMap<String, String>),
    /// Wall time.
    pub took: Duration,
}

struct Nobody;

impl EventSink for Nobody {
    fn take(&self, _event: &RunEvent) {}
}

/// Runs a row.
///
/// # Errors
/// Where the demo does not start, the plan of the row is wrong or the run hangs.
pub async fn drive(row: &Row) -> Result<Ran, String> {
    let config = row.config();
    let plan = gate_demo::plan(config.kind_of_tokens());
    let demo = Demo::start(config).await.map_err(|error| error.to_string())?;
    let before = demo.inventory();
    let mut secrets = gate_demo::secrets();
    let repository = row
        .repository
        .as_ref()
        .map(|repository| repository.make(&mut secrets))
        .transpose()?;
    let began = Instant::now();
    let run = async {
        if row.down {
            let url = demo.url();
            demo.stop().await;
            return Ok::<_, String>((gated(row, &plan, &url, Vec::new(), repository.as_ref()).await?, None));
        }
        let variables = tokens(row, &demo, &mut secrets).await;
        let started = gated(row, &plan, &demo.url(), variables, repository.as_ref()).await?;
        Ok((started, Some(demo)))
    };
    let (started, demo) = tokio::time::timeout(PATIENCE, run)
        .await
        .map_err(|_| format!("the run was not over after {PATIENCE:?}"))??;
    let took = began.elapsed();
    let after = demo.as_ref().map_or_else(|| before.clone(), Demo::inventory);
    secrets.extend(demo.iter().flat_map(Demo::issued));
    if let Some(demo) = demo {
        demo.stop().await;
    }
    Ok(Ran {
        started,
        secrets,
        rows: (before, after),
        took,
    })
}

/// The static tokens that the row's plan names.
async fn tokens(row: &Row, demo: &Demo, secrets: &mut Vec<String>) -> Vec<(&'static str, String)> {
    let text = row.plan.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut variables = Vec::new();
    for (name, user) in [
        ("MALLORYS_TOKEN", "mallory"),
        ("EXPIRED_TOKEN", "mallory"),
        ("ALICES_TOKEN", "alice"),
    ] {
        if text.contains(&format!("${{{name}}}")) {
            let live = token::live(demo, user).await;
            let value = if name == "EXPIRED_TOKEN" {
                token::run_out(&live)
            } else {
                live
            };
            variables.push((name, value));
        }
    }
    secrets.extend(variables.iter().map(|(_, value)| value.clone()));
    variables
}

async fn gated(
    row: &Row,
    plan: &str,
    url: &str,
    variables: Vec<(&'static str, String)>,
    repository: Option<&Made>,
) -> Result<Started, String> {
    let mut environment = AllowedVariables::default().with("DEMO_URL", url);
    for (name, value) in &variables {
        environment = environment.with(name, value);
    }
    let text = overlay::plan(plan, row.plan.as_ref());
    let draft = match gate_plan::read("demo-plan.yml", &text, &environment, None) {
        Ok(draft) => draft,
        Err(wrong) => return Ok(Started::Wrong(wrong.to_string())),
    };
    let redactor = SharedRedactor::default();
    let fetching = GateOptions::of(&draft.outline()).client;
    let spec = match load::finish(draft, Path::new("."), fetching, &redactor).await {
        Ok(spec) => Arc::new(spec),
        Err(LoadError::TargetSilent(why)) => return Ok(Started::Silent(why)),
        Err(LoadError::Wrong(wrong)) => return Ok(Started::Wrong(wrong.to_string())),
        Err(other) => return Err(other.to_string()),
    };
    let mut options = GateOptions::of(&spec);
    if let Some(repository) = repository {
        options.desk = Arc::new(Desk::new(repository.place(), redactor.clone()));
    }
    if !row.latency {
        options.selection.skip.push("latency".to_owned());
    }
    if !row.recovery {
        options.selection.skip.push("rate-limit/recovery".to_owned());
    }
    let report = gate::run(spec, options, &redactor, &Cancel::default(), &Nobody)
        .await
        .map_err(|error| error.to_string())?;
    Ok(Started::Report(Box::new(report)))
}
