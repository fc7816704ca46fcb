//! Bounds on what one document may cost.

/// Bounds on size, depth and work. A document above a size bound is refused; above a work bound the rest is left out
/// with a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest text accepted, in bytes.
    pub max_bytes: usize,
    /// Deepest nesting kept; what lies deeper is read as null with a notice.
    pub max_depth: usize,
    /// Most values (scalars, lists, objects) in the document after YAML aliases are expanded.
    pub max_nodes: usize,
    /// Most steps of schema walking (references, `allOf` parts, properties) over the whole document.
    pub max_ref_expansions: usize,
    /// Most operations read.
    pub max_operations: usize,
    /// Most fields listed for one body or response.
    pub max_fields: usize,
    /// Most notices kept; a last one says how many were left out.
    pub max_notices: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 32 * 1024 * 1024,
            max_depth: 120,
            max_nodes: 3_000_000,
            max_ref_expansions: 4_000_000,
            max_operations: 20_000,
            max_fields: 400,
            max_notices: 1_000,
        }
    }
}
