//! The access policy: role -> scope -> operations.

use gate_model::{Location, OperationId};

use crate::Method;

/// Whose objects a grant covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The identity's own.
    Own,
    /// Those of its tenant.
    Tenant,
    /// Everybody's.
    Any,
}

/// A line of the policy.
#[derive(Clone, Debug)]
pub struct AccessRule {
    /// The role; `public` is everybody.
    pub role: String,
    /// Whose objects.
    pub scope: Scope,
    /// Which operations.
    pub pattern: OperationPattern,
    /// Why, where the plan says so.
    pub reason: Option<String>,
    /// Where it stands.
    pub source: Option<Location>,
}

/// `GET /projects/{id}`, `ANY /projects/**`, `* /health*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationPattern {
    /// The method; `None` is any.
    pub method: Option<Method>,
    /// Path segments; `*` is one segment, `**` any number, `{x}` one parameter.
    pub segments: Vec<String>,
}

/// The policy as a whole.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Whether the plan has an `access` section. Without one, tenants are isolated and nothing is red for being uncovered.
    pub declared: bool,
    /// The lines.
    pub rules: Vec<AccessRule>,
}

impl OperationPattern {
    /// Reads `METHOD PATH`.
    ///
    /// # Errors
    /// A fragment saying what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (method, path) = text
            .trim()
            .split_once(char::is_whitespace)
            .ok_or("expected a method and a path, such as `GET /projects/{id}`")?;
        let path = path.trim();
        let method = match method.to_ascii_uppercase().as_str() {
            "ANY" | "*" => None,
            name => Some(
                name.parse()
                    .map_err(|()| format!("`{method}` is not a method; use GET, POST, PUT, PATCH, DELETE or ANY"))?,
            ),
        };
        if !path.starts_with('/') {
            return Err(format!("`{path}` is not a path: it does not begin with `/`"));
        }
        Ok(Self {
            method,
            segments: segments(path).map(str::to_owned).collect(),
        })
    }

    /// Whether an operation is meant. Parameter names do not matter.
    pub fn matches(&self, operation: &OperationId) -> bool {
        if self
            .method
            .is_some_and(|method| !operation.method().eq_ignore_ascii_case(method.as_str()))
        {
            return false;
        }
        let path: Vec<&str> = segments(operation.path()).collect();
        matches(&self.segments, &path)
    }

    /// How specific it is: more is more specific. The most specific line wins.
    pub fn specificity(&self) -> (usize, usize) {
        let exact = self.segments.iter().filter(|segment| !segment.contains('*')).count();
        (
            exact * 2 + usize::from(!self.segments.iter().any(|segment| segment == "**")),
            usize::from(self.method.is_some()),
        )
    }
}

impl std::fmt::Display for OperationPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} /{}",
            self.method.map_or("ANY", Method::as_str),
            self.segments.join("/")
        )
    }
}

impl Access {
    /// The widest scope that one of these roles has on an operation; the most specific line of each role counts.
    pub fn scope(&self, roles: &[String], operation: &OperationId) -> Option<Scope> {
        roles
            .iter()
            .filter_map(|role| self.best(role, operation).map(|rule| rule.scope))
            .max()
    }

    /// The line that makes an operation public.
    pub fn public(&self, operation: &OperationId) -> Option<&AccessRule> {
        self.best("public", operation)
    }

    /// The line that grants these roles most on an operation.
    pub fn rule(&self, roles: &[String], operation: &OperationId) -> Option<&AccessRule> {
        let rules = roles.iter().filter_map(|role| self.best(role, operation));
        rules.max_by_key(|rule| rule.scope)
    }

    /// Whether any line covers the operation.
    pub fn covers(&self, operation: &OperationId) -> bool {
        self.rules.iter().any(|rule| rule.pattern.matches(operation))
    }

    fn best(&self, role: &str, operation: &OperationId) -> Option<&AccessRule> {
        self.rules
            .iter()
            .filter(|rule| rule.role == role && rule.pattern.matches(operation))
            .max_by_key(|rule| (rule.pattern.specificity(), rule.scope))
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('?')
        .next()
        .unwrap_or_default()
        .split('/')
        .filter(|segment| !segment.is_empty())
}

fn matches(pattern: &[String], path: &[&str]) -> bool {
    match (pattern.first().map(String::as_str), path.first()) {
        (None, None) => true,
        (Some("**"), _) => matches(&pattern[1..], path) || (!path.is_empty() && matches(pattern, &path[1..])),
        (Some(segment), Some(first)) => segment_matches(segment, first) && matches(&pattern[1..], &path[1..]),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn segment_matches(pattern: &str, segment: &str) -> bool {
    if pattern == "*" || (pattern.starts_with('{') && segment.starts_with('{')) {
        return true;
    }
    match pattern.split_once('*') {
        Some((prefix, suffix)) => {
            segment.len() >= prefix.len() + suffix.len() && segment.starts_with(prefix) && segment.ends_with(suffix)
        }
        None => pattern == segment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> OperationPattern {
        OperationPattern::parse(text).expect("a pattern")
    }

    #[test]
    fn patterns_match_whole_segments() {
        let op = OperationId::new("GET /projects/{projectId}/documents/{id}");
        assert!(pattern("ANY /projects/**").matches(&op));
        assert!(pattern("GET /projects/{p}/documents/{d}").matches(&op));
        assert!(pattern("get /projects/*/doc*/*").matches(&op));
        assert!(!pattern("POST /projects/**").matches(&op));
        assert!(!pattern("GET /projects/{p}").matches(&op));
        assert!(!pattern("GET /project**").matches(&op));
        assert!(OperationPattern::parse("FETCH /x").is_err());
        assert!(OperationPattern::parse("/x").is_err());
    }

    #[test]
    fn the_most_specific_line_wins() {
        let rule = |text: &str, scope| AccessRule {
            role: "viewer".to_owned(),
            scope,
            pattern: pattern(text),
            reason: None,
            source: None,
        };
        let access = Access {
            declared: true,
            rules: vec![
                rule("ANY /projects/**", Scope::Any),
                rule("GET /projects/{id}", Scope::Own),
            ],
        };
        let roles = ["viewer".to_owned()];
        assert_eq!(
            access.scope(&roles, &OperationId::new("GET /projects/{id}")),
            Some(Scope::Own)
        );
        assert_eq!(
            access.scope(&roles, &OperationId::new("GET /projects")),
            Some(Scope::Any)
        );
        assert_eq!(access.scope(&roles, &OperationId::new("GET /users")), None);
    }
}
