//! A schema as the list of objects that constrain one value together.

use serde_json::{Map, Value};

use super::context::{Context, ref_name};
use super::kind_word;
use crate::notice::NoticeKind;

/// Most objects that may constrain one value.
const MAX_PARTS: usize = 200;

/// All objects that constrain one value: the schema, what it refers to, its `allOf` parts and one branch of each
/// `oneOf` and `anyOf`.
#[derive(Default)]
pub(crate) struct View<'a> {
    pub(crate) parts: Vec<&'a Map<String, Value>>,
    /// The name of the schema, when it is a reference.
    pub(crate) ref_name: Option<String>,
    /// How many usable branches the widest choice has; zero without a choice.
    pub(crate) branches: usize,
    /// A branch of a choice allows null.
    pub(crate) null_branch: bool,
    /// The schema is `false`: nothing fits.
    pub(crate) impossible: bool,
    /// The member that tells which branch was taken, and its value.
    pub(crate) discriminator: Option<(&'a str, String)>,
}

/// One member of an object: usually one schema, more when several parts describe it.
pub(crate) struct Prop<'a> {
    pub(crate) name: &'a str,
    pub(crate) schema: &'a Value,
    pub(crate) more: Vec<&'a Value>,
}

impl<'a> Prop<'a> {
    /// Whether the member's own schema says `required: true`, as drafts before the fourth did.
    pub(crate) fn is_marked_required(&self) -> bool {
        self.schema
            .as_object()
            .is_some_and(|map| get(map, "required") == Some(&Value::Bool(true)))
    }

    /// Whether the member's schema plainly says a type other than this one, so that no view is needed to rule it out.
    pub(crate) fn is_plainly_not(&self, word: &str) -> bool {
        self.more.is_empty()
            && self.schema.as_object().is_some_and(|map| match get(map, "type") {
                Some(Value::String(said)) => said != word,
                _ => false,
            })
    }

    pub(crate) fn view(&self, cx: &Context<'a>, pick: usize) -> View<'a> {
        let mut view = View::of(cx, self.schema, pick);
        for schema in &self.more {
            view.add(cx, schema, pick, false);
        }
        view
    }
}

impl<'a> View<'a> {
    /// The view of a schema in which every choice takes its branch number `pick` (counted round).
    pub(crate) fn of(cx: &Context<'a>, schema: &'a Value, pick: usize) -> Self {
        let mut view = View::default();
        view.add(cx, schema, pick, true);
        view
    }

    fn add(&mut self, cx: &Context<'a>, schema: &'a Value, pick: usize, top: bool) {
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(true) | Value::Null => return,
            Value::Bool(false) => {
                self.impossible = true;
                return;
            }
            other => {
                cx.odd(other, "schema", "an object");
                return;
            }
        };
        let known = self.parts.iter().any(|part| std::ptr::eq(*part, map));
        if known || self.parts.len() >= MAX_PARTS || !cx.charge(1) {
            return;
        }
        self.parts.push(map);
        for (keyword, value) in map {
            match (keyword.as_str(), value) {
                ("$ref", Value::String(reference)) => {
                    if top && self.ref_name.is_none() {
                        self.ref_name = Some(ref_name(reference));
                    }
                    if let Some(target) = cx.resolve(reference) {
                        self.add(cx, target, pick, top);
                    }
                }
                ("$ref", other) => cx.odd(other, "$ref", "a string"),
                ("allOf", Value::Array(all)) => {
                    // A single part is the usual way to say something beside a reference.
                    let top = top && all.len() == 1;
                    all.iter().for_each(|part| self.add(cx, part, pick, top));
                }
                ("oneOf" | "anyOf", Value::Array(branches)) => self.choose(cx, map, branches, pick),
                ("allOf" | "oneOf" | "anyOf", other) => cx.odd(other, keyword, "a list"),
                ("discriminator", _) if !map.contains_key("oneOf") && !map.contains_key("anyOf") => {
                    if let (Some(member), Some(name)) = (discriminator_member(value), &self.ref_name) {
                        self.discriminator = Some((member, mapped(value, name).unwrap_or_else(|| name.clone())));
                    }
                }
                _ => {}
            }
        }
    }

    fn choose(&mut self, cx: &Context<'a>, map: &'a Map<String, Value>, branches: &'a [Value], pick: usize) {
        let usable: Vec<&Value> = branches.iter().filter(|branch| !is_null_schema(branch)).collect();
        self.null_branch |= usable.len() < branches.len();
        self.branches = self.branches.max(usable.len());
        let Some(branch) = usable.get(pick % usable.len().max(1)) else {
            return;
        };
        let reference = branch.get("$ref").and_then(Value::as_str);
        if let (Some(reference), Some(discriminator)) = (reference, map.get("discriminator"))
            && let Some(member) = discriminator_member(discriminator)
        {
            let name = ref_name(reference);
            let value = mapped(discriminator, &name).unwrap_or(name);
            self.discriminator = Some((member, value));
        }
        self.add(cx, branch, pick, false);
    }

    /// All values of a keyword, in order.
    pub(crate) fn all(&self, keyword: &'static str) -> impl Iterator<Item = &'a Value> + '_ {
        self.parts.iter().filter_map(move |part| get(part, keyword))
    }

    /// The first value of a keyword.
    pub(crate) fn first(&self, keyword: &'static str) -> Option<&'a Value> {
        self.parts.iter().find_map(|part| get(part, keyword))
    }

    /// Whether any part says `keyword: true`.
    pub(crate) fn is_true(&self, keyword: &'static str) -> bool {
        self.all(keyword).any(|value| value == &Value::Bool(true))
    }

    /// The members described, in order, each once.
    pub(crate) fn properties(&self, cx: &Context<'a>) -> Vec<Prop<'a>> {
        let mut props: Vec<Prop<'a>> = Vec::new();
        let mut index: Option<std::collections::HashMap<&'a str, usize>> = None;
        for (nth, value) in self.all("properties").enumerate() {
            let Value::Object(members) = value else {
                cx.odd(value, "properties", "an object");
                continue;
            };
            if !cx.charge(members.len()) {
                break;
            }
            if nth > 0 && index.is_none() {
                index = Some(props.iter().enumerate().map(|(at, prop)| (prop.name, at)).collect());
            }
            for (name, schema) in members {
                if !matches!(schema, Value::Object(_) | Value::Bool(_)) {
                    let shown: String = name.chars().take(80).collect();
                    cx.notice(
                        NoticeKind::Ignored,
                        format!(
                            "the schema of member `{shown}` is {} instead of an object; read as anything",
                            kind_word(schema)
                        ),
                    );
                }
                match index.as_mut().map(|index| index.entry(name)) {
                    Some(std::collections::hash_map::Entry::Occupied(at)) => props[*at.get()].more.push(schema),
                    Some(std::collections::hash_map::Entry::Vacant(free)) => {
                        free.insert(props.len());
                        props.push(Prop {
                            name,
                            schema,
                            more: Vec::new(),
                        });
                    }
                    None => props.push(Prop {
                        name,
                        schema,
                        more: Vec::new(),
                    }),
                }
            }
        }
        props
    }

    /// The names of the members that must be there.
    pub(crate) fn required(&self, cx: &Context<'a>) -> Vec<&'a str> {
        let mut names: Vec<&'a str> = Vec::new();
        for value in self.all("required") {
            match value {
                Value::Array(list) => {
                    for name in list {
                        match name.as_str() {
                            Some(name) if names.len() < 64 && names.contains(&name) => {}
                            Some(name) => names.push(name),
                            None => cx.odd(name, "required", "a list of strings"),
                        }
                    }
                }
                // Said of the member itself, as drafts before the fourth did; see `is_marked_required`.
                Value::Bool(_) => {}
                Value::String(name) => names.push(name),
                other => cx.odd(other, "required", "a list of strings"),
            }
        }
        names
    }

    /// Whether the schema marks itself as required, as JSON Schema drafts before the fourth did.
    pub(crate) fn is_marked_required(&self) -> bool {
        self.is_true("required")
    }
}

/// The value of a keyword. Most schemas are so small that looking is faster than hashing.
pub(crate) fn get<'a>(map: &'a Map<String, Value>, keyword: &str) -> Option<&'a Value> {
    if map.len() > 8 {
        return map.get(keyword);
    }
    map.iter().find(|(key, _)| *key == keyword).map(|(_, value)| value)
}

fn discriminator_member(discriminator: &Value) -> Option<&str> {
    discriminator
        .as_str()
        .or_else(|| discriminator.get("propertyName")?.as_str())
}

/// The value by which a discriminator's mapping names a schema.
fn mapped(discriminator: &Value, name: &str) -> Option<String> {
    let mapping = discriminator.get("mapping")?.as_object()?;
    mapping
        .iter()
        .find(|(_, target)| target.as_str().is_some_and(|t| ref_name(t) == name))
        .map(|(key, _)| key.clone())
}

fn is_null_schema(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(word)) => word == "null",
        Some(Value::Array(words)) => !words.is_empty() && words.iter().all(|word| word == "null"),
        Some(_) => false,
        None => {
            let only_null = schema
                .get("enum")
                .and_then(Value::as_array)
                .is_some_and(|v| !v.is_empty() && v.iter().all(Value::is_null));
            only_null || schema.get("const") == Some(&Value::Null)
        }
    }
}
