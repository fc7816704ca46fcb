//! The plan of a demo that runs, and a client of it: what tests of clean-up begin with.

use std::path::Path;
use std::sync::Arc;

use gate_demo::{Config, Demo};
use gate_exchange::{Client, Options};
use gate_model::SharedRedactor;
use gate_spec::Spec;

use crate::environment::AllowedVariables;
use crate::load;

/// The plan that the demo comes with, with the demo's document.
pub(super) async fn spec(demo: &Demo) -> Spec {
    let environment = AllowedVariables::default().with("DEMO_URL", &demo.url());
    let plan = gate_demo::plan(Config::default().kind_of_tokens());
    let draft = gate_plan::read("demo-plan.yml", &plan, &environment, None).expect("the plan of the demo");
    let options = Options::from(&draft.outline().settings.limits);
    load::finish(draft, Path::new("."), options, &SharedRedactor::default())
        .await
        .expect("the document of the demo")
}

/// A client that has not logged in yet.
pub(super) fn client(spec: &Spec) -> Client {
    let options = Options::from(&spec.settings.limits);
    Client::new(Arc::new(spec.clone()), options, SharedRedactor::default()).expect("a client")
}
