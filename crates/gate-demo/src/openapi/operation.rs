//! One operation: method, path, handler and documentation in one place.

use std::borrow::Cow;

use axum::{
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};
use serde_json::{Map, Value, json};

use crate::state::Shared;

/// What is routed and documented.
pub(crate) struct Operation {
    method: Method,
    path: Cow<'static, str>,
    handler: MethodRouter<Shared>,
    id: Cow<'static, str>,
    tag: &'static str,
    summary: Cow<'static, str>,
    public: bool,
    parameters: Vec<Value>,
    body: Option<Value>,
    responses: Map<String, Value>,
}

macro_rules! methods {
    ($($name:ident $method:ident)*) => { $(
        /// An operation of this method.
        pub(crate) fn $name<H: Handler<T, Shared>, T: 'static>(
            path: impl Into<Cow<'static, str>>,
            handler: H,
        ) -> Operation {
            Operation::new(Method::$method, path.into(), on(MethodFilter::$method, handler))
        }
    )* };
}
methods!(get GET post POST put PUT patch PATCH delete DELETE);

fn reference(section: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{section}/{name}") })
}

fn json_content(schema: &str) -> Value {
    json!({ "application/json": { "schema": reference("schemas", schema) } })
}

impl Operation {
    fn new(method: Method, path: Cow<'static, str>, handler: MethodRouter<Shared>) -> Self {
        let parameters = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(path_parameter);
        let parameters: Vec<Value> = parameters.collect();
        let mut responses = Map::new();
        if !parameters.is_empty() {
            responses.insert("404".to_owned(), reference("responses", "NotFound"));
        }
        Self {
            method,
            path,
            handler,
            id: "".into(),
            tag: "",
            summary: "".into(),
            public: false,
            parameters,
            body: None,
            responses,
        }
    }

    /// Its name in the document: `operationId`, tag and summary.
    pub fn named(
        mut self,
        id: impl Into<Cow<'static, str>>,
        tag: &'static str,
        summary: impl Into<Cow<'static, str>>,
    ) -> Self {
        (self.id, self.tag, self.summary) = (id.into(), tag, summary.into());
        self
    }

    /// Needs no login.
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// Asks for a role, so that 403 is possible.
    pub fn restricted(self) -> Self {
        self.fails(403, "Forbidden")
    }

    /// A query parameter.
    pub fn query(mut self, name: &str, required: bool, description: &str, schema: Value) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "query", "required": required, "description": description, "schema": schema,
        }));
        self.fails(422, "Invalid")
    }

    /// A list in pages.
    pub fn paged(self) -> Self {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 });
        let offset = json!({ "type": "integer", "minimum": 0, "default": 0 });
        self.query("limit", false, "Items at most.", limit)
            .query("offset", false, "Items to skip.", offset)
    }

    /// Takes a JSON body of a schema.
    pub fn takes(mut self, schema: &str) -> Self {
        self.body = Some(json!({ "required": true, "content": json_content(schema) }));
        self.fails(400, "Malformed")
            .fails(415, "UnsupportedMediaType")
            .fails(422, "Invalid")
    }

    /// Takes a multipart form with one file.
    pub fn takes_file(mut self) -> Self {
        let schema = reference("schemas", "FileUpload");
        self.body = Some(json!({ "required": true, "content": { "multipart/form-data": { "schema": schema } } }));
        self.fails(400, "Malformed")
            .fails(413, "TooLarge")
            .fails(422, "Invalid")
    }

    /// Answers JSON of a schema.
    pub fn answers(mut self, status: u16, description: &str, schema: &str) -> Self {
        let mut response = json!({ "description": description, "content": json_content(schema) });
        if status == 201 {
            response["headers"] = location();
        }
        self.responses.insert(status.to_string(), response);
        self
    }

    /// Answers without a body; 201 names the new object in `Location`.
    pub fn answers_empty(mut self, status: u16, description: &str) -> Self {
        let mut response = json!({ "description": description });
        if status == 201 {
            response["headers"] = location();
        }
        self.responses.insert(status.to_string(), response);
        self
    }

    /// Answers something else than JSON.
    pub fn answers_as(mut self, media_type: &str, description: &str, schema: Value) -> Self {
        let mut content = Map::new();
        content.insert(media_type.to_owned(), json!({ "schema": schema }));
        self.responses.insert(
            "200".to_owned(),
            json!({ "description": description, "content": content }),
        );
        self
    }

    /// May fail in one of the shared ways.
    pub fn fails(mut self, status: u16, response: &str) -> Self {
        self.responses
            .insert(status.to_string(), reference("responses", response));
        self
    }

    pub fn method(&self) -> &Method {
        &self.method
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the router serves for it.
    pub fn into_route(self) -> (String, MethodRouter<Shared>) {
        (self.path.into_owned(), self.handler)
    }

    /// Its Operation Object. With cookies, unsafe methods can be refused for what else they lack.
    pub fn document(&self, cookies: bool) -> Value {
        let mut responses = self.responses.clone();
        let mut document = json!({ "operationId": self.id, "tags": [self.tag], "summary": self.summary });
        if self.public {
            document["security"] = json!([]);
        } else {
            responses.insert("401".to_owned(), reference("responses", "Unauthorized"));
            if cookies && !self.method.is_safe() {
                responses.insert("403".to_owned(), reference("responses", "Forbidden"));
            }
        }
        if !self.parameters.is_empty() {
            document["parameters"] = json!(self.parameters);
        }
        if let Some(body) = &self.body {
            document["requestBody"] = body.clone();
        }
        responses.sort_keys();
        document["responses"] = Value::Object(responses);
        document
    }
}

fn path_parameter(name: &str) -> Value {
    let schema = match name {
        "invoiceId" => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
        _ => json!({ "type": "string", "format": "uuid" }),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

fn location() -> Value {
    let schema = json!({ "type": "string", "format": "uri-reference" });
    json!({ "Location": { "description": "Path of the new object.", "required": true, "schema": schema } })
}
