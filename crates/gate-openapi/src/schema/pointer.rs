//! JSON pointers (RFC 6901) in URI fragment form, as `$ref` holds them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The value at a fragment such as `#/components/schemas/User`.
pub(super) fn follow<'a>(root: &'a Value, fragment: &str) -> Option<&'a Value> {
    let path = fragment.strip_prefix('#')?;
    if path.is_empty() {
        return Some(root);
    }
    path.strip_prefix('/')?.split('/').try_fold(root, |value, segment| {
        let segment = decode(segment);
        match value {
            Value::Object(map) => map.get(segment.as_ref()),
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

/// One segment of a fragment in plain text.
pub(super) fn decode(segment: &str) -> Cow<'_, str> {
    if !segment.contains(['%', '~']) {
        return Cow::Borrowed(segment);
    }
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    Cow::Owned(decoded.replace("~1", "/").replace("~0", "~"))
}

/// One segment of a pointer, escaped.
pub(crate) fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::follow;

    #[test]
    fn escapes_are_undone_in_the_right_order() {
        let root = json!({"paths": {"/a b/{id}": {"x~1": [10, 20]}}});
        assert_eq!(follow(&root, "#/paths/~1a%20b~1%7Bid%7D/x~01/1"), Some(&json!(20)));
        assert_eq!(follow(&root, "#/paths/nowhere"), None);
        assert_eq!(follow(&root, "#paths"), None);
        assert_eq!(follow(&root, "#"), Some(&root));
    }
}
