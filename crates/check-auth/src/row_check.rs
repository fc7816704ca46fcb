//! A check whose question is decided by rows of the corpus.

use std::sync::Arc;

use gate_check::{Base, Check, Contribution, FindingText, ProbePlan, Prober, Refusal};
use gate_model::{Case, CheckPage};
use gate_spec::{Corpus, Operation, Spec};
use token_forge::{Row, row};

use crate::guards::{protected, sample};
use crate::inputs::Inputs;
use crate::rows::{Extent, Rows};

/// On which operations a check tries its rows.
#[derive(Clone, Copy)]
pub(crate) enum Breadth {
    /// These core rows on every protected operation, the last variant of each; all of its rows on the sample.
    Every(&'static [&'static str]),
    /// The same, with the core rows for which the plan gives what they need.
    EveryOf(fn(&Spec) -> &'static [&'static str]),
    /// All of its rows on the sample.
    Sample,
}

/// One question about forged credentials.
pub(crate) struct RowCheck {
    page: Arc<CheckPage>,
    breadth: Breadth,
    rows: Vec<&'static Row>,
    inputs: Arc<Inputs>,
}

impl RowCheck {
    /// A check with its page and the ids of its rows.
    pub(crate) fn new(page: &'static str, breadth: Breadth, rows: &[&str], inputs: &Arc<Inputs>) -> Self {
        Self {
            page: Arc::new(CheckPage::parse(page).expect("the page of the check is complete")),
            breadth,
            rows: rows.iter().map(|id| row(id).expect("the corpus has the row")).collect(),
            inputs: Arc::clone(inputs),
        }
    }

    fn probe(
        &self,
        operation: &Operation,
        rows: Vec<&'static Row>,
        extent: Extent,
        text: &Arc<FindingText>,
    ) -> ProbePlan {
        let rows = Rows::new(rows, extent, operation.effect.writes(), &self.page, &self.inputs);
        ProbePlan {
            case: Case::new(&self.page.id)
                .with_operation(&operation.id)
                .with_source(operation.source.clone()),
            operation: operation.id.clone(),
            prober: Prober::Altered(Base::Control, Arc::new(rows)),
            refusal: Refusal::Credential,
            text: Arc::clone(text),
        }
    }
}

impl Check for RowCheck {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let text = Arc::new(FindingText {
            page: Arc::clone(&self.page),
            verb: "reach",
        });
        let sampled: Vec<_> = match spec.settings.auth.corpus {
            Corpus::Every => protected(spec).map(|operation| &operation.id).collect(),
            Corpus::Guards(guards) => sample(spec, guards)
                .into_iter()
                .map(|operation| &operation.id)
                .collect(),
        };
        let core = match self.breadth {
            Breadth::Every(core) => core,
            Breadth::EveryOf(core) => core(spec),
            Breadth::Sample => &[],
        };
        let core: Vec<&'static Row> = self.rows.iter().copied().filter(|row| core.contains(&row.id)).collect();
        let mut contribution = Contribution::default();
        for operation in protected(spec) {
            let (rows, extent) = if sampled.contains(&&operation.id) {
                (self.rows.clone(), Extent::Every)
            } else {
                (core.clone(), Extent::Last)
            };
            if !rows.is_empty() {
                contribution.probes.push(self.probe(operation, rows, extent, &text));
            }
        }
        contribution
    }
}
