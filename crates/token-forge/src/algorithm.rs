//! The algorithms that sign tokens (RFC 7518 section 3.1, RFC 8037, RFC 9864).

/// What kind of key an algorithm takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A shared secret.
    Hmac,
    /// RSA with PKCS #1 v1.5 padding.
    RsaPkcs1,
    /// RSA with PSS padding.
    RsaPss,
    /// ECDSA.
    Ec,
    /// Ed25519.
    Ed,
}

/// The hash below an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// An algorithm that this crate can sign and verify with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the registry of RFC 7518")]
pub enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    /// `EdDSA` or `Ed25519`; Ed448 is not known here.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm with its name in the registry.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::Hs256, "HS256"),
        (Self::Hs384, "HS384"),
        (Self::Hs512, "HS512"),
        (Self::Rs256, "RS256"),
        (Self::Rs384, "RS384"),
        (Self::Rs512, "RS512"),
        (Self::Ps256, "PS256"),
        (Self::Ps384, "PS384"),
        (Self::Ps512, "PS512"),
        (Self::Es256, "ES256"),
        (Self::Es384, "ES384"),
        (Self::Es512, "ES512"),
        (Self::EdDsa, "EdDSA"),
    ];

    /// The algorithm of a header's `alg`, which is case-sensitive (RFC 7515 section 4.1.1).
    pub fn named(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDsa);
        }
        let found = Self::ALL.iter().find(|(_, known)| *known == name)?;
        Some(found.0)
    }

    /// The name in the registry.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// What kind of key it takes.
    pub fn key_kind(self) -> KeyKind {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => KeyKind::Hmac,
            Self::Rs256 | Self::Rs384 | Self::Rs512 => KeyKind::RsaPkcs1,
            Self::Ps256 | Self::Ps384 | Self::Ps512 => KeyKind::RsaPss,
            Self::Es256 | Self::Es384 | Self::Es512 => KeyKind::Ec,
            Self::EdDsa => KeyKind::Ed,
        }
    }

    /// The hash that the message goes through. Ed25519 hashes inside; the value is not used for it.
    pub(crate) fn hash(self) -> Hash {
        match self {
            Self::Hs256 | Self::Rs256 | Self::Ps256 | Self::Es256 => Hash::Sha256,
            Self::Hs384 | Self::Rs384 | Self::Ps384 | Self::Es384 => Hash::Sha384,
            Self::Hs512 | Self::Rs512 | Self::Ps512 | Self::Es512 | Self::EdDsa => Hash::Sha512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_algorithm() {
        for (algorithm, name) in Algorithm::ALL {
            assert_eq!((algorithm.name(), Algorithm::named(name)), (name, Some(algorithm)));
        }
        assert_eq!(Algorithm::named("rs256"), None);
        assert_eq!(Algorithm::named("none"), None);
    }
}
