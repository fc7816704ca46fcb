//! Names of things. Each is a cheap-to-clone newtype, so that a check id is never passed where a case id is meant.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a text as it stands.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// A check: `family/name` in kebab-case, such as `access/read-other-tenant`. Never changes once published.
    CheckId
}
name! {
    /// A case: the unit that is counted, reported and baselined. Names relations, never hosts, ports, times or people.
    CaseId
}
name! {
    /// An identity of the plan, such as `alice`.
    IdentityName
}
name! {
    /// A tenant of the plan, such as `acme`.
    TenantName
}
name! {
    /// A kind of object, such as `project`.
    ResourceName
}
name! {
    /// An operation: method and path template, such as `GET /projects/{id}`.
    OperationId
}

impl CheckId {
    /// The part before the slash: `access` of `access/read-other-tenant`.
    pub fn family(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The part after the slash, or the whole where there is none.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or(&*self.0, |(_, name)| name)
    }
}

impl OperationId {
    /// Joins a method and a path template.
    pub fn of(method: &str, path: &str) -> Self {
        Self::new(format!("{method} {path}"))
    }

    /// The method: `GET`.
    pub fn method(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }

    /// The path template: `/projects/{id}`.
    pub fn path(&self) -> &str {
        self.0.split_once(' ').map_or("", |(_, path)| path)
    }
}
impl ResourceName {
    /// The name with its article, for sentences: `a project`, `an invoice`.
    pub fn with_article(&self) -> String {
        let lower = self.as_str().to_ascii_lowercase();
        // `u` is spoken as a vowel in `upload`, and not in `user` and `unit`.
        let soft_u = ["uni", "use", "usa", "uti", "uri", "url", "uuid"];
        let consonant = soft_u.iter().any(|start| lower.starts_with(start)) || lower.starts_with("one");
        let vowel = lower.starts_with(['a', 'e', 'i', 'o', 'u']) && !consonant || lower.starts_with("hour");
        format!("{} {self}", if vowel { "an" } else { "a" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_their_article() {
        for (name, said) in [
            ("project", "a project"),
            ("invoice", "an invoice"),
            ("account", "an account"),
            ("user", "a user"),
            ("upload", "an upload"),
        ] {
            assert_eq!(ResourceName::new(name).with_article(), said);
        }
    }
}
