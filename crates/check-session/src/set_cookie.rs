//! `Set-Cookie` as browsers read it (RFC 6265 section 5.2, and its successor for `SameSite` and the prefixes).

use gate_exchange::Exchange;

/// Header lines of one answer that are looked at, and bytes of each.
const MAX_LINES: usize = 50;
const MAX_BYTES: usize = 8192;

/// Which requests of other sites bring a cookie along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SameSite {
    /// None of them.
    Strict,
    /// Those that lead there, by a safe method.
    Lax,
    /// All.
    None,
    /// It does not say: browsers differ.
    Unsaid,
}

/// A cookie that an answer sets; its value is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    pub(crate) domain: Option<String>,
    pub(crate) path: Option<String>,
    /// It takes the cookie away.
    pub(crate) removes: bool,
}

impl SetCookie {
    /// The cookies that answers set, the last of each name.
    pub(crate) fn of(answers: &[Exchange]) -> Vec<Self> {
        let mut cookies: Vec<Self> = Vec::new();
        for answer in answers {
            let lines = answer
                .headers
                .iter()
                .filter(|(name, value)| name == "set-cookie" && value.len() <= MAX_BYTES);
            for cookie in lines.take(MAX_LINES).filter_map(|(_, value)| Self::parse(value)) {
                cookies.retain(|known| known.name != cookie.name);
                cookies.push(cookie);
            }
        }
        cookies
    }

    /// Reads one line.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let mut cookie = Self {
            name: name.trim().to_owned(),
            secure: false,
            http_only: false,
            same_site: SameSite::Unsaid,
            domain: None,
            path: None,
            removes: value.trim().is_empty(),
        };
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "samesite" => {
                    cookie.same_site = match value.to_ascii_lowercase().as_str() {
                        "strict" => SameSite::Strict,
                        "lax" => SameSite::Lax,
                        "none" => SameSite::None,
                        _ => SameSite::Unsaid,
                    }
                }
                "domain" if !value.is_empty() => {
                    cookie.domain = Some(value.trim_start_matches('.').to_ascii_lowercase());
                }
                "path" if value.starts_with('/') => cookie.path = Some(value.to_owned()),
                "max-age" if value.starts_with('-') || value == "0" => cookie.removes = true,
                _ => {}
            }
        }
        (!cookie.name.is_empty()).then_some(cookie)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_as_browsers_do() {
        let cookie =
            SetCookie::parse("sid=a=b; Path=/x; SECURE; HttpOnly ; samesite=lAx; Domain=.Acme.test").expect("a cookie");
        assert_eq!(
            cookie,
            SetCookie {
                name: "sid".to_owned(),
                secure: true,
                http_only: true,
                same_site: SameSite::Lax,
                domain: Some("acme.test".to_owned()),
                path: Some("/x".to_owned()),
                removes: false,
            }
        );
        let bare = SetCookie::parse("sid=1; SameSite=sometimes; Path=x; Domain=").expect("a cookie");
        assert_eq!((bare.same_site, bare.path, bare.domain), (SameSite::Unsaid, None, None));
        assert!(SetCookie::parse("sid=; Path=/").is_some_and(|cookie| cookie.removes));
        assert!(SetCookie::parse("sid=1; Max-Age=0").is_some_and(|cookie| cookie.removes));
        assert_eq!(SetCookie::parse("no cookie"), None);
        assert_eq!(SetCookie::parse("=value"), None);
    }
}
