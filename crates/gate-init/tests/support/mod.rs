//! What a founder gives, and the plan that is made of it.

use gate_init::{Asked, Credential, Document, Hint, Made, Person};
use gate_model::Secret;

/// Two users with these names and passwords.
pub fn people(users: [(&str, &str); 2]) -> [Person; 2] {
    let [a, b] = users.map(|(user, password)| Credential::Password {
        user: user.to_owned(),
        password: Secret::new(password.to_owned()),
    });
    [
        Person {
            letter: 'A',
            credential: a,
        },
        Person {
            letter: 'B',
            credential: b,
        },
    ]
}

/// What a founder gives.
pub fn asked(url: String, document: Option<&str>, people: [Person; 2]) -> Asked {
    Asked {
        url,
        document: document.map(|text| Document::File {
            path: "api.json".to_owned(),
            text: text.to_owned(),
        }),
        people,
        token_header: None,
    }
}

/// The plan with one hint.
pub fn text(made: &Made) -> String {
    let hint = Hint {
        cases: 3,
        what: "no signing key is given".to_owned(),
        add: Some("tokens: { signing_key: \"${TEST_SIGNING_KEY}\" }".to_owned()),
    };
    made.text(&[hint]).unwrap_or_else(|wrong| panic!("{wrong}"))
}
