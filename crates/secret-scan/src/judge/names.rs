//! What the name of a value says: that it is a password, that it is a random secret, or that it is about one.

use super::lists::WordList;

/// What a name promises of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// A password, chosen by people or machines.
    Password,
    /// A random value.
    Random,
}

static PASSWORD: WordList = WordList::new(
    "password passwd passphrase passcode passwort motdepasse contrasena senha pwd pass pw userpass dbpass dbpasswd \
     dbpwd pswd passwrd psw adminpass rootpass mypass",
);
static RANDOM: WordList = WordList::new(
    "secret token apikey secretkey accesskey authkey privatekey encryptionkey signingkey masterkey accountkey \
     storagekey sharedkey clientsecret appkey appsecret authtoken accesstoken refreshtoken bearertoken bearer \
     credential credentials secretaccesskey secretkeybase sessionkey hmackey jwtkey securekey cryptokey aeskey \
     cipherkey apitoken apisecret jwtsecret authorization auth servicekey serverkey webhooksecret consumersecret \
     oauthtoken licensekey salt subscriptionkey functionkey primarykey instrumentationkey sastoken xapikey \
     connectionkey deploykey userkey mapskey hashkey noncekey loggedinkey secureauthkey noncesalt loggedinsalt \
     authsalt secureauthsalt",
);
/// What may stand after the word without changing what it is.
static AFTER: WordList = WordList::new(
    "prod production dev development staging stage live local test default value val string str text plain raw b64 \
     base64 encoded enc current old new main primary secondary backup db database admin user root a b c env v const \
     constant hex bytes base 1 2 3 internal external master qa uat eu us global service account api app web server \
     client",
);
/// Before the word, these say that it is about something else, or that the value is no real one.
static BEFORE: WordList = WordList::new(
    "public pub csrf xsrf next page continuation sync cancellation cancel lexer parser foreign sort partition cache \
     no has is use enable show hide forgot forget invalid wrong bad missing require required min max num incorrect \
     fake dummy mock sample example syntax start end stop eos bos pad sep special unknown mask expected idempotency \
     object bucket index shard translation i18n label select without with should can needs need allow disable \
     verify check validate hash hashed encrypted by pass reset change",
);

/// The words of a name: `dbPassword_1` is `db`, `password`, `1`.
fn words(name: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = b'_';
    for (at, &byte) in name.iter().enumerate() {
        let next_lower = name.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        let begins = !byte.is_ascii_alphanumeric()
            || !previous.is_ascii_alphanumeric()
            || (byte.is_ascii_uppercase()
                && (previous.is_ascii_lowercase()
                    || previous.is_ascii_digit()
                    || (previous.is_ascii_uppercase() && next_lower)))
            || (byte.is_ascii_digit() != previous.is_ascii_digit());
        if byte.is_ascii_alphanumeric() {
            match words.last_mut() {
                Some(word) if !begins => word.push(byte.to_ascii_lowercase().into()),
                _ => words.push(char::from(byte.to_ascii_lowercase()).into()),
            }
        }
        previous = byte;
    }
    // `i18n`, `s3`, `oauth2`, `base64` come apart at the digits; only the words matter here.
    words
}

/// Whether the last words are, together, in the list: `secret`, `access`, `key`.
fn ends_with(words: &[String], list: &WordList) -> Option<usize> {
    (1..=words.len().min(3)).rev().find(|&count| {
        let joined = words[words.len() - count..].concat();
        list.contains(&joined)
    })
}

/// A word that ends in one of the long names, such as `mysqlpassword`.
fn compound(word: &str) -> Option<Promise> {
    let ends = |list: &[&str]| list.iter().any(|end| word.len() > end.len() && word.ends_with(end));
    if ends(&[
        "password",
        "passwd",
        "passphrase",
        "dbpass",
        "ftppass",
        "mailpass",
        "smtppass",
        "userpass",
        "passwort",
    ]) {
        Some(Promise::Password)
    } else if ends(&["secret", "apikey", "accesstoken", "authtoken", "secretkey"]) {
        Some(Promise::Random)
    } else {
        None
    }
}

/// What the name promises, if it is the name of a credential.
pub(crate) fn promise(name: &[u8]) -> Option<Promise> {
    let mut words = words(name);
    while words.len() > 1
        && words
            .last()
            .is_some_and(|word| AFTER.contains(word) || word.bytes().all(|byte| byte.is_ascii_digit()))
        && ends_with(&words, &PASSWORD).or(ends_with(&words, &RANDOM)).is_none()
    {
        words.pop();
    }
    let (promise, count) = if let Some(count) = ends_with(&words, &PASSWORD) {
        (Promise::Password, count)
    } else if let Some(count) = ends_with(&words, &RANDOM) {
        (Promise::Random, count)
    } else {
        (compound(words.last()?)?, 1)
    };
    let before = &words[..words.len() - count];
    let denied = before.iter().any(|word| BEFORE.contains(word));
    let about = words[words.len() - count..].concat();
    // A primary key is a column of a table unless it is one of a cloud account.
    let vague = about == "primarykey" || (about == "auth" && before.is_empty() && name.len() > 4);
    (!denied && !vague).then_some(promise)
}

#[cfg(test)]
mod tests {
    use super::{Promise, promise};

    #[test]
    fn names_of_credentials_are_known() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "spring.datasource.password",
            "mysql-root-password",
            "adminpassword",
            "PASSWORD_PROD",
            "userPass",
            "dbpasswd",
            "password1",
            "sshUserPassword",
        ] {
            assert_eq!(promise(name.as_bytes()), Some(Promise::Password), "{name}");
        }
        for name in [
            "secret",
            "client_secret",
            "API_KEY",
            "apiKey",
            "authToken",
            "SECRET_KEY_BASE",
            "awsSecretAccessKey",
            "x-api-key",
            "jwt_secret",
        ] {
            assert_eq!(promise(name.as_bytes()), Some(Promise::Random), "{name}");
        }
    }

    #[test]
    fn names_about_credentials_are_not() {
        for name in [
            "password_field",
            "passwordLength",
            "token_url",
            "secretName",
            "keyId",
            "bypass",
            "compass",
            "passed",
            "next_page_token",
            "public_key",
            "csrf_token",
            "isPassword",
            "forgotPassword",
            "max_tokens",
            "primary_key",
            "monkey",
            "author",
            "tokenizer",
            "fake_password",
        ] {
            assert_eq!(promise(name.as_bytes()), None, "{name}");
        }
    }
}
