//! What a first plan is made of.

use gate_model::Secret;

/// What the user gave.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The address of the API.
    pub url: String,
    /// Its OpenAPI document; looked for on the API where there is none.
    pub document: Option<Document>,
    /// Two users who must not see each other's objects.
    pub people: [Person; 2],
    /// The header that tokens go into as they are; `Authorization: Bearer` where there is none.
    pub token_header: Option<String>,
}

/// An OpenAPI document.
#[derive(Clone, Debug)]
pub enum Document {
    /// A file: its path from the plan's folder, and what it says.
    File {
        /// The path, as the plan will name it.
        path: String,
        /// The text.
        text: String,
    },
    /// An address, or a path on the API.
    Place(String),
}

/// A user, and how he logs in.
#[derive(Clone, Debug)]
pub struct Person {
    /// The letter of his variables: `A` or `B`.
    pub letter: char,
    /// His credentials.
    pub credential: Credential,
}

/// Credentials.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A login with a name and a password.
    Password {
        /// An e-mail address or a user name.
        user: String,
        /// The password.
        password: Secret<String>,
    },
    /// A token that needs no login.
    Token(Secret<String>),
}

impl Person {
    /// The variable that his secret is read from.
    pub fn variable(&self) -> String {
        match self.credential {
            Credential::Password { .. } => format!("LAUNCHGATE_PASSWORD_{}", self.letter),
            Credential::Token(_) => format!("LAUNCHGATE_TOKEN_{}", self.letter),
        }
    }

    pub(crate) fn secret(&self) -> &Secret<String> {
        match &self.credential {
            Credential::Password { password, .. } => password,
            Credential::Token(token) => token,
        }
    }

    /// The name of the field of a login, and what is in it.
    pub(crate) fn user(&self) -> Option<(&'static str, &str)> {
        match &self.credential {
            Credential::Password { user, .. } if user.contains('@') => Some(("email", user)),
            Credential::Password { user, .. } => Some(("username", user)),
            Credential::Token(_) => None,
        }
    }
}
