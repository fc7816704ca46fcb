//! Where paths and methods stand in the source text.

use std::collections::HashMap;

#[derive(Debug, Default)]
struct PathLines {
    line: usize,
    methods: Vec<(String, usize)>,
}

/// 1-based lines of path keys and method keys.
#[derive(Debug, Default)]
pub(crate) struct LineIndex {
    paths: HashMap<String, PathLines>,
    repeated: Vec<(usize, String)>,
}

impl LineIndex {
    pub(crate) fn add_path(&mut self, path: &str, line: usize) {
        match self.paths.get_mut(path) {
            Some(known) => {
                self.repeated.push((
                    line,
                    format!("path `{path}` is declared twice, first on line {}", known.line),
                ));
                *known = PathLines {
                    line,
                    methods: Vec::new(),
                };
            }
            None => {
                self.paths.insert(
                    path.to_owned(),
                    PathLines {
                        line,
                        methods: Vec::new(),
                    },
                );
            }
        }
    }

    pub(crate) fn add_method(&mut self, path: &str, method: &str, line: usize) {
        let Some(known) = self.paths.get_mut(path) else { return };
        if let Some((_, first)) = known.methods.iter_mut().find(|(name, _)| name == method) {
            self.repeated.push((
                line,
                format!("`{method}` of `{path}` is declared twice, first on line {first}"),
            ));
            *first = line;
        } else if known.methods.len() < 64 {
            known.methods.push((method.to_owned(), line));
        }
    }

    /// The line of a method key, or of the path key when `method` is unknown.
    pub(crate) fn line(&self, path: &str, method: Option<&str>) -> Option<usize> {
        let known = self.paths.get(path)?;
        let of_method = method.and_then(|method| known.methods.iter().find(|(name, _)| name == method));
        Some(of_method.map_or(known.line, |(_, line)| *line))
    }

    /// Paths and methods declared twice.
    pub(crate) fn take_repeated(&mut self) -> Vec<(usize, String)> {
        std::mem::take(&mut self.repeated)
    }
}
