//! Places as CI services take them: files of the repository, relative to its root.

use gate_model::{FoundSecret, Location, RunReport};

use crate::Context;

/// Where a result points that has no place in a file of the repository.
const NOWHERE: &str = "launchgate.yml";

/// Makes places of a run.
pub(crate) struct Places {
    below: String,
    otherwise: String,
}

impl Places {
    pub(crate) fn of(report: &RunReport, context: &Context) -> Self {
        let mut places = Self {
            below: context.below.clone(),
            otherwise: NOWHERE.to_owned(),
        };
        let plan = report.plan.as_deref().and_then(|plan| places.in_repository(plan));
        if let Some(plan) = plan {
            places.otherwise = plan;
        }
        places
    }

    /// A path from the root of the repository; none for an address, a path on the target, or a file that is elsewhere.
    pub(crate) fn in_repository(&self, file: &str) -> Option<String> {
        let file = file.replace('\\', "/");
        let drive = file.as_bytes().get(1) == Some(&b':');
        if file.is_empty() || file.contains("://") || file.starts_with('/') || drive || file.contains('\0') {
            return None;
        }
        let mut steps: Vec<&str> = Vec::new();
        for step in self.below.split('/').chain(file.split('/')) {
            match step {
                "" | "." => {}
                ".." => {
                    steps.pop()?;
                }
                step => steps.push(step),
            }
        }
        (!steps.is_empty()).then(|| steps.join("/"))
    }

    /// The file and the line and column in it that a place stands for: the plan where it is elsewhere. Lines of a part within an
    /// archive are not those of the file.
    pub(crate) fn spot(&self, place: Option<&Location>, secret: Option<&FoundSecret>) -> Spot {
        let within = secret.is_some_and(|secret| !secret.parts.is_empty());
        let known = place.and_then(|place| Some((self.in_repository(&place.file)?, place.line, place.column)));
        let (file, line, column) = match known {
            Some((file, _, _)) if within => (file, 1, 1),
            Some(known) => known,
            None => (self.otherwise.clone(), 1, 1),
        };
        Spot {
            file,
            line: line.max(1),
            column: column.max(1),
        }
    }
}

/// A place in a file of the repository.
pub(crate) struct Spot {
    /// Its path from the root.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// From 1.
    pub(crate) column: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(below: &str) -> Places {
        Places {
            below: below.to_owned(),
            otherwise: NOWHERE.to_owned(),
        }
    }

    #[test]
    fn only_files_of_the_repository_are_places() {
        let root = places("");
        assert_eq!(root.in_repository("./a/../b/c.yml"), Some("b/c.yml".to_owned()));
        for elsewhere in ["/openapi.json", "https://a.test/x", "../x", "a/../../x", "C:\\x", ""] {
            assert_eq!(root.in_repository(elsewhere), None, "{elsewhere}");
        }
        let below = places("services/api");
        assert_eq!(below.in_repository("../plan.yml"), Some("services/plan.yml".to_owned()));
        assert_eq!(below.in_repository("a.py"), Some("services/api/a.py".to_owned()));
    }
}
