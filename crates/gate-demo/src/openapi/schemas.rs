//! The components of the document: schemas and shared responses.

use serde_json::{Map, Value, json};

use crate::Tokens;

fn id() -> Value {
    json!({ "type": "string", "format": "uuid", "readOnly": true, "example": "3f0c4b7e-6a53-4c0b-9d3e-0a4f8b1f2c6d" })
}

fn moment() -> Value {
    json!({ "type": "string", "format": "date-time", "readOnly": true, "example": "2026-03-01T09:30:00Z" })
}

fn text(least: u32, most: u32, example: &str) -> Value {
    json!({ "type": "string", "minLength": least, "maxLength": most, "example": example })
}

fn email() -> Value {
    json!({ "type": "string", "format": "email", "maxLength": 254, "example": "alice@acme.test" })
}

fn password(least: u32) -> Value {
    json!({ "type": "string", "format": "password", "minLength": least, "maxLength": 200 })
}

fn token(most: u32) -> Value {
    json!({ "type": "string", "maxLength": most })
}

fn role() -> Value {
    json!({ "type": "string", "enum": ["viewer", "member", "admin", "owner"] })
}

/// An object; `required` is a list of names, all that are not in it may be left out. Requests are closed.
fn object(closed: bool, required: &[&str], properties: Value) -> Value {
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if closed {
        schema["additionalProperties"] = json!(false);
    }
    schema
}

fn page(of: &str) -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    let properties = json!({
        "items": { "type": "array", "items": { "$ref": format!("#/components/schemas/{of}") } },
        "total": count, "limit": count, "offset": count,
    });
    object(false, &["items", "total", "limit", "offset"], properties)
}

/// All schemas by name.
pub(super) fn schemas(tokens: Tokens) -> Map<String, Value> {
    let mut all = Map::new();
    for group in [auth(tokens), account(), projects(), invoices(), files(), service()] {
        if let Value::Object(group) = group {
            all.extend(group);
        }
    }
    for name in [
        "User",
        "ApiKey",
        "Event",
        "Project",
        "Document",
        "Comment",
        "Invoice",
        "File",
        "Hit",
        "SyntheticItem",
    ] {
        all.insert(format!("{name}Page"), page(name));
    }
    all
}

fn auth(tokens: Tokens) -> Value {
    let login = if tokens == Tokens::Cookie {
        "CookieLogin"
    } else {
        "TokenPair"
    };
    let lifetime = json!({ "type": "integer", "minimum": 1, "description": "Seconds." });
    let code = json!({ "type": "string", "pattern": "^[0-9]{6}$", "example": "123456" });
    json!({
        "LoginRequest": object(true, &["email", "password"], json!({ "email": email(), "password": password(1) })),
        "SignupRequest": object(true, &["email", "password"], json!({ "email": email(), "password": password(12) })),
        "RefreshRequest": object(true, &["refresh_token"], json!({ "refresh_token": token(4096) })),
        "WebhookEvent": object(
            true,
            &["event", "amount_cents"],
            json!({ "event": text(1, 80, "payment.settled"), "amount_cents": { "type": "integer", "minimum": 0, "example": 1999 } }),
        ),
        "Received": object(false, &["received"], json!({ "received": { "type": "boolean" } })),
        "MailRequest": object(true, &["email"], json!({ "email": email() })),
        "OtpVerification": object(true, &["email", "code"], json!({ "email": email(), "code": code })),
        "PasswordReset": object(
            true,
            &["token", "new_password"],
            json!({ "token": token(200), "new_password": password(12) }),
        ),
        "PasswordChange": object(
            true,
            &["current_password", "new_password"],
            json!({ "current_password": password(1), "new_password": password(12) }),
        ),
        "TokenPair": object(
            false,
            &["access_token", "token_type", "expires_in", "refresh_token"],
            json!({
                "access_token": { "type": "string" },
                "token_type": { "type": "string", "enum": ["Bearer"] },
                "expires_in": lifetime,
                "refresh_token": { "type": "string" },
                "id_token": { "type": "string", "description": "For the client, which learns from it who logged in." },
            }),
        ),
        "CookieLogin": object(
            false,
            &["csrf_token", "expires_in"],
            json!({ "csrf_token": { "type": "string" }, "expires_in": lifetime }),
        ),
        "Login": { "$ref": format!("#/components/schemas/{login}") },
        "Visit": object(false, &["authenticated"], json!({ "authenticated": { "type": "boolean" } })),
    })
}

fn account() -> Value {
    let key = json!({
        "id": id(), "name": text(1, 120, "Nightly export"), "scope": { "type": "string", "enum": ["read", "write"] },
        "created_by": id(), "created_at": moment(),
    });
    let mut new_key = key.clone();
    new_key["key"] = json!({ "type": "string", "readOnly": true, "description": "The key itself, shown this once." });
    json!({
        "User": object(
            false,
            &["id", "email", "display_name", "role", "tenant"],
            json!({
                "id": id(),
                "email": email(),
                "display_name": text(1, 80, "Alice"),
                "role": role(),
                "tenant": { "type": "string", "enum": ["acme", "globex"] },
            }),
        ),
        "ProfilePatch": object(true, &[], json!({ "display_name": text(1, 80, "Alice") })),
        "RoleChange": object(true, &["role"], json!({ "role": role() })),
        "ApiKeyDraft": object(
            true,
            &["name", "scope"],
            json!({ "name": text(1, 120, "Nightly export"), "scope": { "type": "string", "enum": ["read", "write"], "example": "write" } }),
        ),
        "ApiKey": object(false, &["id", "name", "scope", "created_by", "created_at"], key.clone()),
        "NewApiKey": object(false, &["id", "name", "scope", "created_by", "created_at", "key"], new_key),
        "LockChange": object(true, &["reason"], json!({ "reason": text(1, 200, "A lost phone.") })),
        "Event": object(
            false,
            &["at", "by", "text"],
            json!({ "at": moment(), "by": email(), "text": { "type": "string" } }),
        ),
    })
}

fn projects() -> Value {
    let name = text(1, 120, "Anvil launch");
    let description = text(0, 2000, "What the customer ordered.");
    let title = text(1, 120, "Plan");
    let body = text(0, 20_000, "First draft.");
    let comment = text(1, 2000, "Looks good to me.");
    json!({
        "ProjectDraft": object(true, &["name"], json!({ "name": name, "description": description })),
        "ProjectPatch": object(true, &[], json!({ "name": name, "description": description })),
        "Project": object(
            false,
            &["id", "name", "description", "status", "created_by", "created_at", "updated_at"],
            json!({
                "id": id(), "name": name, "description": description,
                "status": { "type": "string", "enum": ["active", "archived"], "readOnly": true },
                "created_by": id(), "created_at": moment(), "updated_at": moment(),
            }),
        ),
        "DocumentDraft": object(true, &["title"], json!({ "title": title, "body": body })),
        "DocumentPatch": object(true, &[], json!({ "title": title, "body": body })),
        "Document": object(
            false,
            &["id", "project_id", "title", "body", "created_by", "created_at", "updated_at"],
            json!({
                "id": id(), "project_id": id(), "title": title, "body": body,
                "created_by": id(), "created_at": moment(), "updated_at": moment(),
            }),
        ),
        "CommentDraft": object(true, &["text"], json!({ "text": comment })),
        "Comment": object(
            false,
            &["id", "document_id", "text", "created_by", "created_at"],
            json!({
                "id": id(), "document_id": id(), "text": comment, "created_by": id(), "created_at": moment(),
            }),
        ),
        "Hit": object(
            false,
            &["kind", "id", "title"],
            json!({
                "kind": { "type": "string", "enum": ["project", "document", "invoice"] },
                "id": { "type": "string" },
                "title": { "type": "string" },
            }),
        ),
    })
}

fn invoices() -> Value {
    let customer = text(1, 120, "Roadrunner Logistics");
    let amount = json!({
        "type": "integer", "format": "int64", "minimum": 1, "maximum": 100_000_000, "example": 125_000,
    });
    let currency = json!({ "type": "string", "enum": ["EUR", "USD"] });
    let note = text(0, 500, "Due in thirty days.");
    let project =
        json!({ "type": "string", "format": "uuid", "description": "What it is for: one of the tenant's projects." });
    let shown = json!({ "type": "string", "format": "uuid", "nullable": true });
    let number = json!({ "type": "integer", "format": "int64", "minimum": 1, "readOnly": true, "example": 1001 });
    json!({
        "InvoiceDraft": object(
            true,
            &["customer", "amount_cents", "currency"],
            json!({ "customer": customer, "amount_cents": amount, "currency": currency, "note": note, "project_id": project }),
        ),
        "InvoicePatch": object(
            true,
            &[],
            json!({ "customer": customer, "amount_cents": amount, "note": note, "project_id": project }),
        ),
        "Invoice": object(
            false,
            &["id", "customer", "amount_cents", "currency", "note", "status", "created_by", "created_at"],
            json!({
                "id": number, "customer": customer, "amount_cents": amount, "currency": currency, "note": note, "project_id": shown,
                "status": { "type": "string", "enum": ["open", "paid"], "readOnly": true },
                "created_by": id(), "created_at": moment(),
            }),
        ),
    })
}

fn files() -> Value {
    json!({
        "FileUpload": object(
            true,
            &["file"],
            json!({ "file": { "type": "string", "format": "binary", "description": "At most 1 MiB, with a file name." } }),
        ),
        "File": object(
            false,
            &["id", "name", "size", "created_by", "created_at"],
            json!({
                "id": id(), "name": text(1, 120, "offer.txt"), "size": { "type": "integer", "minimum": 0 },
                "created_by": id(), "created_at": moment(),
            }),
        ),
    })
}

fn service() -> Value {
    let name = text(1, 120, "Item");
    let note = text(0, 500, "Generated.");
    json!({
        "Health": object(false, &["status"], json!({ "status": { "type": "string", "enum": ["ok"] } })),
        "Error": object(
            false,
            &["error", "message"],
            json!({
                "error": { "type": "string", "description": "A fixed word.", "example": "not_found" },
                "message": { "type": "string", "description": "For people.", "example": "no such object" },
            }),
        ),
        "SyntheticDraft": object(true, &["name"], json!({ "name": name, "note": note })),
        "SyntheticItem": object(false, &["id", "name", "note"], json!({ "id": id(), "name": name, "note": note })),
    })
}

/// The ways to fail that operations share.
pub(super) fn responses() -> Value {
    let failure = |description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
        })
    };
    let mut throttled = failure("Too many attempts.");
    throttled["headers"] = json!({
        "Retry-After": { "description": "Seconds to wait.", "required": true, "schema": { "type": "integer" } },
    });
    json!({
        "Malformed": failure("The body is not of its type."),
        "Unauthorized": failure("A valid access token is needed."),
        "BadCredentials": failure("The credentials are wrong or expired."),
        "Forbidden": failure("The caller may not do this."),
        "NotFound": failure("No such object, or one of another tenant."),
        "Conflict": failure("The object's state does not allow this."),
        "TooLarge": failure("The body is too large."),
        "UnsupportedMediaType": failure("The body must be application/json."),
        "Invalid": failure("The body or query breaks a rule; unknown fields do."),
        "Throttled": throttled,
    })
}
