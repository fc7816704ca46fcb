//! Names taken apart: `resetPassword` is `reset password`, `line-items` is one `line-item`.

/// The lower-case words of a name.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut lower_before = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            if !word.is_empty() {
                out.push(std::mem::take(&mut word));
            }
            lower_before = false;
            continue;
        }
        if c.is_uppercase() && lower_before && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        lower_before = c.is_lowercase() || c.is_numeric();
        word.extend(c.to_lowercase());
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// The name in lower case without what separates its words: `projectId` and `project_id` are one.
pub(super) fn squashed(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a parameter is called after the tenant that it selects: `X-Tenant-ID`, `orgSlug`, `workspace`. An account or a company
/// may be anything unless it is an id that is asked for.
pub(super) fn names_tenant(name: &str) -> bool {
    let mut parts = words(name);
    if parts.first().is_some_and(|first| first == "x") {
        parts.remove(0);
    }
    if parts.len() > 1 && matches!(parts[0].as_str(), "scope" | "current" | "active" | "selected") {
        parts.remove(0);
    }
    let identified = parts.len() > 1
        && matches!(
            parts[parts.len() - 1].as_str(),
            "id" | "uuid" | "slug" | "key" | "name" | "code"
        );
    if identified {
        parts.pop();
    }
    match parts.as_slice() {
        [one] => match one.as_str() {
            "tenant" | "tenantid" | "org" | "orgid" | "organization" | "organisation" | "workspace" => true,
            "account" | "company" => identified,
            _ => false,
        },
        _ => false,
    }
}

/// One of what a collection is called after, in kebab-case: `lineItems` is `line-item`.
pub(super) fn singular(name: &str) -> String {
    let mut parts = words(name);
    if let Some(last) = parts.last_mut() {
        *last = one(last);
    }
    if parts.is_empty() {
        "object".to_owned()
    } else {
        parts.join("-")
    }
}

fn one(word: &str) -> String {
    match word {
        "people" => return "person".to_owned(),
        "children" => return "child".to_owned(),
        "men" | "women" => return word.replace("men", "man"),
        "data" | "news" | "series" | "species" | "media" | "status" | "address" | "access" | "bus" => {
            return word.to_owned();
        }
        "movies" | "cookies" | "calories" => return word[..word.len() - 1].to_owned(),
        "indices" => return "index".to_owned(),
        "statuses" | "aliases" | "buses" | "viruses" | "bonuses" | "campuses" => {
            return word[..word.len() - 2].to_owned();
        }
        _ => {}
    }
    for (plural, single) in [
        ("ies", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
        ("zzes", "zz"),
    ] {
        if let Some(stem) = word.strip_suffix(plural)
            && stem.len() >= 2
        {
            return format!("{stem}{single}");
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 2 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart() {
        assert_eq!(words("resetPassword"), ["reset", "password"]);
        assert_eq!(words("sign-up_Form"), ["sign", "up", "form"]);
    }

    #[test]
    fn a_tenant_is_known_by_its_name() {
        for name in [
            "X-Tenant-ID",
            "x-organization-id",
            "X-Scope-OrgID",
            "tenant",
            "orgSlug",
            "workspace_id",
            "account_id",
            "companyCode",
        ] {
            assert!(names_tenant(name), "{name}");
        }
        for name in [
            "account",
            "X-Request-Id",
            "origin",
            "order_id",
            "organizer",
            "tenant_count",
            "id",
            "company",
            "X",
        ] {
            assert!(!names_tenant(name), "{name}");
        }
    }

    #[test]
    fn plurals_become_singular() {
        for (many, one) in [
            ("projects", "project"),
            ("lineItems", "line-item"),
            ("companies", "company"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("statuses", "status"),
            ("people", "person"),
            ("cases", "case"),
            ("bus", "bus"),
            ("pets", "pet"),
            ("batches", "batch"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
