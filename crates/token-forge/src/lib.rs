//! Takes tokens and keys apart, and forges the hostile variants of them: the corpus behind the checks of token validation.
//!
//! Pure functions over text. Nothing is sent, fetched, read from disk or logged here, and nothing is known of who asks. A [`Row`]
//! says where its rule comes from and what acceptance means; [`Row::forge`] makes its [`Variant`]s from a good token and
//! whatever else an [`Input`] has. Variants may be working credentials: their `Debug` shows labels alone.

mod algorithm;
pub mod attacker;
mod base64url;
mod forge;
mod format;
mod jws;
mod key;
pub mod listener;
mod row;
mod rows;
mod weak;

pub use algorithm::{Algorithm, KeyKind};
pub use forge::{Carrier, Forged, Input, OtherToken, Sent, Variant};
pub use format::{Format, Purpose};
pub use jws::{Jws, MAX_TOKEN_BYTES, Members};
pub use key::{Encoding, KeyError, MAX_KEY_BYTES, MAX_KEYS, PublicKey, SigningKey};
pub use row::{Acceptance, Family, Group, Need, Row, Severity};
pub use rows::{Grant, row, rows, with_grants_of};
pub use weak::{SecretClass, WeakSecret, weak_secret, weak_secret_count};
