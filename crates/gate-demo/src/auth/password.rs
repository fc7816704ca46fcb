//! How passwords are kept and compared.

use sha2::{Digest, Sha256};

use crate::tables::User;

/// Rounds of the password hash. A real product takes Argon2 or scrypt; the demo starts hundreds of times in tests
/// and logs in several users each time, so that a login has to stay cheap.
const ROUNDS: usize = 64;

/// Stretches a password with its salt.
pub(crate) fn hash_password(password: &str, salt: &[u8; 16]) -> [u8; 32] {
    let mut hash: [u8; 32] = Sha256::new()
        .chain_update(salt)
        .chain_update(password)
        .finalize()
        .into();
    for _ in 0..ROUNDS {
        hash = Sha256::new().chain_update(salt).chain_update(hash).finalize().into();
    }
    hash
}

/// A password as a database would hold it, for the holes that show it.
pub(crate) fn stored_password(user: &User) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!(
        "pbkdf2_sha256${ROUNDS}${}${}",
        hex(&user.salt),
        hex(&user.password_hash)
    )
}

/// Compares without telling by its duration where the difference is.
pub(crate) fn same(left: &[u8; 32], right: &[u8; 32]) -> bool {
    left.iter()
        .zip(right)
        .fold(0, |difference, (a, b)| difference | (a ^ b))
        == 0
}
