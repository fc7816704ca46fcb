//! What people read: a few lines where all is proven; root causes, worst first, where it is not.
//!
//! The verdict stands last, where the log of a CI job ends. Foreign text is cleaned and cut; nothing in it can move the
//! cursor, change a colour or speak to the CI service.

mod baseline;
mod causes;

mod page;
mod places;
mod remarks;
mod sources;
mod summary;
#[cfg(test)]
mod tests;

use gate_model::RunReport;

use crate::{foreign, root_causes};
use page::Page;

/// How a run is shown to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Console {
    /// Whether to colour, with ANSI escapes. Whoever prints decides by terminal and `NO_COLOR`.
    pub color: bool,
    /// Whether to show everything: passed and left-out cases, every exchange with its body, every notice.
    pub verbose: bool,
    /// Columns to wrap at. Command lines and plan lines are never wrapped, so that they can be copied.
    pub width: usize,
}

impl Default for Console {
    fn default() -> Self {
        Self {
            color: false,
            verbose: false,
            width: 100,
        }
    }
}

impl Console {
    /// The run as text that ends with a line end.
    pub fn render(&self, report: &RunReport) -> String {
        let mut page = Page::new(*self);
        let groups = root_causes(report);
        let (known, open) = crate::standing::apart(report, groups);
        causes::write(&mut page, report, &open);
        baseline::known(&mut page, report, &known);
        baseline::remarks(&mut page, report);
        if self.verbose {
            remarks::passed(&mut page, report);
        }
        remarks::notices(&mut page, report);
        remarks::leftovers(&mut page, report);
        sources::write(&mut page, report);
        summary::write(&mut page, report, &open);
        foreign::log_safe(&page.finish())
    }

    /// A scan for secrets as text: a line `path:line:column: rule title` for each finding, as compilers have it, so that editors
    /// find the place; then how much was looked at and the verdict.
    pub fn render_places(&self, report: &RunReport) -> String {
        let mut page = Page::new(*self);
        places::write(&mut page, report);
        remarks::notices(&mut page, report);
        sources::write(&mut page, report);
        places::verdict(&mut page, report);
        foreign::log_safe(&page.finish())
    }
}
