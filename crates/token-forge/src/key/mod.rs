//! Keys: read from what people have, used to sign and to verify, and written in the forms that servers confuse.

mod der;
mod jwk;
mod public;
mod signing;
mod text;

use thiserror::Error;

pub use public::{Encoding, PublicKey};
pub use signing::SigningKey;
pub(crate) use signing::mac;

/// The longest text that is read as keys, in bytes.
pub const MAX_KEY_BYTES: usize = 256 * 1024;
/// How many keys of one text are read; further ones are left out.
pub const MAX_KEYS: usize = 32;
/// The largest RSA modulus, in bits. A larger one costs a verifier seconds.
const MAX_RSA_BITS: usize = 8192;

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Longer than [`MAX_KEY_BYTES`].
    #[error("a key text may have {MAX_KEY_BYTES} bytes")]
    TooLong,
    /// Nothing in the text is a key of a kind that signs tokens.
    #[error(
        "no key is in it (PEM, JWK, JWK set or certificate; RSA to {MAX_RSA_BITS} bits, P-256, P-384, P-521 or Ed25519)"
    )]
    NoKey,
    /// A private key behind a passphrase.
    #[error("the private key is encrypted; decrypt it first")]
    Encrypted,
}
