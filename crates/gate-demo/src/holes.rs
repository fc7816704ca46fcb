//! The security holes that can be switched on, one each. A hole is an `if` beside the guard that it breaks.

use std::{fmt, str::FromStr};

use crate::Tokens;

macro_rules! holes {
    ($($variant:ident $name:literal $text:literal,)*) => {
        /// One security hole of the demo; the name is kebab-case and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Hole {
            $(#[doc = $text] $variant,)*
        }

        impl Hole {
            /// Every hole, in the order of their families: authentication, reads, writes, leaks, tokens, sessions, recovery, webhooks,
            /// limits, latency.
            pub const ALL: &'static [Hole] = &[$(Hole::$variant,)*];

            /// The kebab-case name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Hole::$variant => $name,)* }
            }

            /// What the server does wrong, in one sentence.
            #[must_use]
            pub fn describe(&self) -> &'static str {
                match self { $(Hole::$variant => $text,)* }
            }
        }
    };
}

holes! {
    OpenProjectRead "open-project-read" "GET /projects/{projectId} is served without credentials.",
    OpenProjectList "open-project-list" "GET /projects is served without credentials.",
    OpenExport "open-export" "GET /projects/{projectId}/export is served without credentials.",
    OpenSearch "open-search" "GET /search is served without credentials.",
    OpenAdminUsers "open-admin-users" "GET /admin/users is served without credentials.",
    OpenInvoiceDelete "open-invoice-delete" "DELETE /invoices/{invoiceId} is carried out without credentials.",
    OpenDocumentUpdate "open-document-update" "PATCH of a document is carried out without credentials.",
    OptionalAuth "optional-auth" "GET /invoices without an Authorization header is answered as if the first user had asked.",
    IdorProjectRead "idor-project-read" "GET /projects/{projectId} does not compare tenants.",
    IdorDocumentRead "idor-document-read" "GET of a document checks the project of the path, then fetches the document by id whatever project it is in.",
    IdorDocumentParent "idor-document-parent" "GET of a document does not compare the tenant of the project in the path.",
    IdorCommentRead "idor-comment-read" "GET of a comment does not compare tenants.",
    IdorInvoiceRead "idor-invoice-read" "GET /invoices/{invoiceId} does not compare tenants.",
    IdorProjectList "idor-project-list" "GET /projects lists the projects of all tenants.",
    IdorDocumentList "idor-document-list" "GET /projects/{projectId}/documents does not compare tenants.",
    IdorSearch "idor-search" "GET /search looks into the objects of all tenants.",
    IdorExport "idor-export" "GET /projects/{projectId}/export does not compare tenants.",
    IdorFileDownload "idor-file-download" "GET /files/{fileId} does not compare tenants.",
    DenialLeaksObject "denial-leaks-object" "GET of a foreign project answers 403 with the project in its body.",
    IdorProjectPut "idor-project-put" "PUT /projects/{projectId} does not compare tenants.",
    IdorProjectPatch "idor-project-patch" "PATCH /projects/{projectId} does not compare tenants.",
    IdorProjectDelete "idor-project-delete" "DELETE /projects/{projectId} does not compare tenants.",
    IdorProjectArchive "idor-project-archive" "POST /projects/{projectId}/archive does not compare tenants.",
    IdorDocumentPut "idor-document-put" "PUT of a document does not compare tenants.",
    IdorDocumentPatch "idor-document-patch" "PATCH of a document does not compare tenants.",
    IdorDocumentDelete "idor-document-delete" "DELETE of a document does not compare tenants.",
    IdorInvoicePatch "idor-invoice-patch" "PATCH /invoices/{invoiceId} does not compare tenants.",
    IdorInvoiceDelete "idor-invoice-delete" "DELETE /invoices/{invoiceId} does not compare tenants.",
    IdorInvoicePay "idor-invoice-pay" "POST /invoices/{invoiceId}/pay does not compare tenants.",
    IdorCommentDelete "idor-comment-delete" "DELETE of a comment does not compare tenants.",
    WriteThen403 "write-then-403" "PATCH of a foreign project writes, then answers 403.",
    DeleteThen404 "delete-then-404" "DELETE of a foreign project deletes, then answers 404.",
    LateWrite "late-write" "PUT of a foreign project answers 403, and writes a second later.",
    LateDelete "late-delete" "DELETE of a foreign invoice answers 404, and deletes a second later.",
    LateCreate "late-create" "POST of a document to a foreign project answers 404, and makes it a second later.",
    IdorProjectCreateDocuments "idor-project-create-documents" "POST /projects/{projectId}/documents creates inside a foreign project.",
    ForeignProjectInvoice "foreign-project-invoice" "POST /invoices takes the project of another tenant.",
    ForeignProjectPatch "foreign-project-patch" "PATCH /invoices/{invoiceId} takes the project of another tenant.",
    ForeignProjectThen422 "foreign-project-then-422" "POST /invoices with the project of another tenant makes the invoice, then answers 422.",
    InvoiceStatusBound "invoice-status-bound" "POST and PATCH of an invoice store a status that is sent.",
    InvoiceTenantBound "invoice-tenant-bound" "PATCH /invoices/{invoiceId} stores whoever is sent as its creator, with the tenant of that user.",
    ProjectStatusBound "project-status-bound" "PATCH /projects/{projectId} takes unknown fields, and stores the status among them.",
    ProjectsOfNamedTenant "projects-of-named-tenant" "GET /projects lists the projects of the tenant in the query parameter tenant.",
    InvoiceSearchOfAll "invoice-search-of-all" "GET /invoices with a word to search for looks into the invoices of all tenants.",
    TenantHeaderBelieved "tenant-header-believed" "The tenant in the header X-Tenant-ID counts, not the one that the user is in.",
    TenantHeaderOnInvoiceRead "tenant-header-on-invoice-read" "GET /invoices/{invoiceId} takes the tenant from the header X-Tenant-ID.",
    RoleProjectDelete "role-project-delete" "DELETE /projects/{projectId} does not ask for a role.",
    RoleDocumentCreate "role-document-create" "POST of a document does not ask for a role.",
    RoleAdminUsers "role-admin-users" "GET /admin/users does not ask for a role.",
    RoleWriteThen403 "role-write-then-403" "PATCH /invoices/{invoiceId} by a viewer writes, then answers 403.",
    StrictProjectPatch "strict-project-patch" "PATCH /projects/{projectId} asks for the role of admin.",
    StrictFileRead "strict-file-read" "GET /files/{fileId} asks for the role of member.",
    LeakLastWriteHeader "leak-last-write-header" "GET /me carries the name of the project that anybody wrote last in X-Last-Change.",
    LeakActivity "leak-activity" "GET /activity shows the events of all tenants.",
    LeakConflictMessage "leak-conflict-message" "POST /projects warns of a similar name with the name of another tenant's project.",
    ShowsPasswordHash "shows-password-hash" "GET /admin/users/{userId} shows how the user's password is stored.",
    ShowsHashAtLogin "shows-hash-at-login" "A login answers with the whole user, and how the password is stored. Logins give tokens.",
    ShowsKeyAgain "shows-key-again" "GET /keys/{keyId} shows the key itself, as if it had just been made.",
    ShowsResetToken "shows-reset-token" "GET /me shows a token that sets the caller's password.",
    ShowsForeignContact "shows-foreign-contact" "GET /me names somebody of the other tenant with his e-mail address.",
    JwtSignatureIgnored "jwt-signature-ignored" "The signature of access tokens is not looked at.",
    JwtSignatureIgnoredOnInvoices "jwt-signature-ignored-on-invoices" "The signature of access tokens is not looked at under /invoices.",
    JwtAlgNone "jwt-alg-none" "An access token with the algorithm \"none\" needs no signature.",
    JwtAlgNoneMixedCase "jwt-alg-none-mixed-case" "The algorithm \"none\" is refused in this spelling alone; \"None\" and others need no signature.",
    JwtAlgNoneOnDocumentPatch "jwt-alg-none-on-document-patch" "PATCH of a document takes access tokens with the algorithm \"none\".",
    JwtEmptySignature "jwt-empty-signature" "An access token whose signature is empty is accepted.",
    JwtTwoSegments "jwt-two-segments" "An access token without the third segment is accepted.",
    JwtKeyConfusion "jwt-key-confusion" "The public RSA key, as PEM, checks tokens of HS256 too. Tokens are RS256.",
    JwtWeakSecret "jwt-weak-secret" "Tokens are signed with a secret that is in every dictionary. Tokens are HS256.",
    JwtEmbeddedJwk "jwt-embedded-jwk" "The key in the header of a token (jwk) checks it. Tokens are RS256.",
    JwtJkuFetched "jwt-jku-fetched" "The keys behind the address in the header of a token (jku, loopback only) are fetched and check it. Tokens are RS256.",
    JwtX5uFetched "jwt-x5u-fetched" "The address in the header of a token (x5u, loopback only) is fetched; the token is refused then. Tokens are RS256.",
    JwtX5cTrusted "jwt-x5c-trusted" "The certificate in the header of a token (x5c) checks it, whoever made it. Tokens are RS256.",
    JwtKidTraversal "jwt-kid-traversal" "The key id of a token is the path of a file whose content checks it. Tokens are HS256.",
    JwtKidSql "jwt-kid-sql" "The key id of a token is put into an SQL query for the key. Tokens are HS256.",
    JwtCritIgnored "jwt-crit-ignored" "A token with critical extensions that nobody knows is accepted.",
    JwtPsychicSignature "jwt-psychic-signature" "A signature of ECDSA whose numbers are zero is right for every token. Tokens are ES256.",
    JwtJsonSerialization "jwt-json-serialization" "A token in the JSON serialization is accepted; where it also holds a compact one, that one's claims count.",
    JwtDuplicateAlg "jwt-duplicate-alg" "A header may name two algorithms: one is compared with what is allowed, the other is used.",
    JwtExpIgnored "jwt-exp-ignored" "Access tokens never run out.",
    JwtExpIgnoredOnAdmin "jwt-exp-ignored-on-admin" "Access tokens never run out under /admin.",
    JwtExpMissing "jwt-exp-missing" "An access token without an end is accepted.",
    JwtExpString "jwt-exp-string" "An access token whose end is a text never runs out.",
    JwtNbfIgnored "jwt-nbf-ignored" "An access token is accepted before it begins (nbf).",
    JwtIatIgnored "jwt-iat-ignored" "An access token that was issued in the future is accepted.",
    JwtAudIgnored "jwt-aud-ignored" "An access token for another service is accepted.",
    JwtAudMissing "jwt-aud-missing" "An access token for nobody in particular is accepted.",
    JwtIssIgnored "jwt-iss-ignored" "An access token of another issuer is accepted, if the key is the same.",
    JwtIssMissing "jwt-iss-missing" "An access token without an issuer is accepted.",
    JwtIssPrefix "jwt-iss-prefix" "An issuer is accepted whose address only begins with the right one.",
    JwtIdTokenAccepted "jwt-id-token-accepted" "An ID token is accepted as an access token.",
    JwtRefreshTokenAccepted "jwt-refresh-token-accepted" "A refresh token is accepted as an access token. Refresh tokens are signed.",
    JwtRoleClaimBelieved "jwt-role-claim-believed" "The role in a token counts, not the one that the user has.",
    JwtTenantClaimBelieved "jwt-tenant-claim-believed" "The tenant in a token counts, not the one that the user is in.",
    JwtLongLived "jwt-long-lived" "Access tokens live ten years.",
    SchemeIgnored "scheme-ignored" "A token is accepted behind any word in the header Authorization, and without one.",
    TokenInQuery "token-in-query" "A token is accepted in the query parameter access_token.",
    AuthorizationTwice "authorization-twice" "Of two headers Authorization the second one counts.",
    EmptyBearerAccepted "empty-bearer-accepted" "The word Bearer without a token stands for the first user.",
    NullTokenAccepted "null-token-accepted" "The tokens \"null\" and \"undefined\" stand for the first user.",
    TwoCredentialsConfused "two-credentials-confused" "With any bearer token beside it, a cookie needs no token against cross-site requests. Logins give cookies.",
    RevokedKeyAccepted "revoked-key-accepted" "An API key goes on working after it was revoked.",
    KeyScopeIgnoredOnInvoices "key-scope-ignored-on-invoices" "An API key that may only read may do everything under /invoices.",
    KeyComparedByPrefix "key-compared-by-prefix" "Of an API key the first twelve characters are compared.",
    KeyInQuery "key-in-query" "An API key is accepted in the query parameter api_key.",
    ResetTokenReusable "reset-token-reusable" "A reset token sets a password as often as it is sent.",
    OtpReusable "otp-reusable" "A one-time code logs in as often as it is sent.",
    OtpNotSuperseded "otp-not-superseded" "Older one-time codes go on working after a newer one was mailed.",
    ResetTokenNeverExpires "reset-token-never-expires" "A reset token from long ago is accepted.",
    OtpOfAnyAccount "otp-of-any-account" "A one-time code is looked up by itself, and logs in whichever account the request names.",
    ResetTokenSequential "reset-token-sequential" "Reset tokens are numbers that count up.",
    ResetTokenOfMoment "reset-token-of-moment" "A reset token is the hash of the second in which it was asked for.",
    OtpShort "otp-short" "One-time codes of which only the last two digits are random.",
    ResetTokenInAnswer "reset-token-in-answer" "The answer to the request for a reset holds the token.",
    ResetLinkForwardedHost "reset-link-forwarded-host" "The link in a mail is made of the header X-Forwarded-Host.",
    ResetLinkHost "reset-link-host" "The link in a mail is made of the header Host.",
    LoginTellsAccounts "login-tells-accounts" "A login says that there is no such account.",
    LoginSlowForAccounts "login-slow-for-accounts" "A login takes 40 ms longer where the account exists.",
    SignupTellsAccounts "signup-tells-accounts" "A signup says that the address has an account already.",
    ResetTellsAccounts "reset-tells-accounts" "A request for a reset is answered 404 where there is no such account.",
    WebhookUnsigned "webhook-unsigned" "A webhook without a signature is accepted.",
    WebhookSignatureRemembered "webhook-signature-remembered" "A signature of a webhook that was right once is right for every body.",
    WebhookSignaturePrefix "webhook-signature-prefix" "Of a webhook's signature the first eight digits are compared.",
    WebhookAnySecret "webhook-any-secret" "A webhook that is signed with an empty secret is accepted.",
    WebhookStale "webhook-stale" "A webhook is accepted however old it is.",
    LogoutKeepsToken "logout-keeps-token" "POST /auth/logout ends nothing but the refresh token: access tokens and cookies are good until they run out.",
    LogoutKeepsRefresh "logout-keeps-refresh" "POST /auth/logout leaves the refresh token, which opens the session again. Logins give refresh tokens.",
    PasswordKeepsSessions "password-keeps-sessions" "A change of the password leaves the other sessions of the user.",
    DisableKeepsSessions "disable-keeps-sessions" "A user who is locked out keeps the sessions that are open.",
    RemovalKeepsSessions "removal-keeps-sessions" "A user who was taken out of the tenant keeps the sessions that are open.",
    RoleKeptBySessions "role-kept-by-sessions" "The role counts that the user had when the session was opened.",
    RefreshReused "refresh-reused" "A refresh token is taken again after it was used. Logins give refresh tokens.",
    RefreshReuseKeepsFamily "refresh-reuse-keeps-family" "A used refresh token is refused, and the session that it belonged to goes on. Logins give refresh tokens.",
    RefreshNotRotated "refresh-not-rotated" "A refresh gives the same refresh token again. Logins give refresh tokens.",
    SessionFixed "session-fixed" "A login goes on with the session that the browser names. Logins give cookies.",
    CookieReadByScripts "cookie-read-by-scripts" "The session cookie is not HttpOnly. Logins give cookies.",
    CookieInTheClear "cookie-in-the-clear" "The session cookie is not Secure. Logins give cookies.",
    CookieForAnySite "cookie-for-any-site" "The session cookie does not say SameSite. Logins give cookies.",
    CsrfTokenIgnored "csrf-token-ignored" "Unsafe requests with a cookie need no token, and may come from anywhere. Logins give cookies.",
    CsrfTokenOfAnybody "csrf-token-of-anybody" "The token that unsafe requests need may be the one of any session. Logins give cookies.",
    CsrfFormsTrusted "csrf-forms-trusted" "Only unsafe requests with JSON need a token; forms need none, and may come from anywhere. Logins give cookies.",
    LoginUnlimited "login-unlimited" "Failed logins are not counted.",
    LoginLimitHigh "login-limit-high" "Fifty failed logins are let through, where five are meant.",
    LoginLimitPerReplica "login-limit-per-replica" "Two processes count failed logins, each for itself, and take turns.",
    LoginLimitTrustsForwardedFor "login-limit-trusts-forwarded-for" "Failed logins are counted by account and by the address that X-Forwarded-For names.",
    LoginLimitByPath "login-limit-by-path" "The path of the login in upper case leads to it too, past what counts.",
    LoginLimitByRawEmail "login-limit-by-raw-email" "Failed logins are counted by the e-mail address as it was typed, and looked up in lower case.",
    LoginLimitByUserAgent "login-limit-by-user-agent" "Failed logins are counted by account and by the header User-Agent.",
    LoginLimitOfEverybody "login-limit-of-everybody" "The failed logins of one account lock all accounts.",
    LoginRightPasswordWhileLocked "login-right-password-while-locked" "The right password of a locked account logs in.",
    LoginRetryAfterLies "login-retry-after-lies" "A locked account is told to come back after one second, and is not let in then.",
    LoginNeverUnlocked "login-never-unlocked" "A locked account stays locked for good.",
    LoginRetryAfterGarbled "login-retry-after-garbled" "The Retry-After of a locked account is neither seconds nor a date.",
    OtpVerifyUnlimited "otp-verify-unlimited" "Wrong one-time codes are not counted.",
    ResetConfirmUnlimited "reset-confirm-unlimited" "Wrong reset tokens are not counted.",
    SlowProjectList "slow-project-list" "GET /projects takes 400 ms longer.",
    SlowProjectRead "slow-project-read" "GET /projects/{projectId} takes 400 ms longer.",
}

impl Hole {
    /// Whether the hole makes sense where logins give this.
    #[must_use]
    pub fn fits(self, tokens: Tokens) -> bool {
        match self {
            Self::JwtWeakSecret | Self::JwtKidTraversal | Self::JwtKidSql => tokens == Tokens::Hs256,
            Self::JwtKeyConfusion
            | Self::JwtEmbeddedJwk
            | Self::JwtJkuFetched
            | Self::JwtX5uFetched
            | Self::JwtX5cTrusted => tokens == Tokens::Rs256,
            Self::JwtPsychicSignature => tokens == Tokens::Es256,
            Self::TwoCredentialsConfused
            | Self::SessionFixed
            | Self::CookieReadByScripts
            | Self::CookieInTheClear
            | Self::CookieForAnySite
            | Self::CsrfTokenIgnored
            | Self::CsrfTokenOfAnybody
            | Self::CsrfFormsTrusted => tokens == Tokens::Cookie,
            Self::LogoutKeepsRefresh
            | Self::RefreshReused
            | Self::RefreshReuseKeepsFamily
            | Self::RefreshNotRotated
            | Self::ShowsHashAtLogin => tokens != Tokens::Cookie,
            hole if hole.name().starts_with("jwt-") => tokens.is_jwt(),
            Self::SchemeIgnored
            | Self::TokenInQuery
            | Self::AuthorizationTwice
            | Self::EmptyBearerAccepted
            | Self::NullTokenAccepted => tokens != Tokens::Cookie,
            _ => true,
        }
    }

    /// What logins give where this hole is open: what was asked for, if it fits.
    #[must_use]
    pub fn with(self, tokens: Tokens) -> Tokens {
        let mut all = [tokens].into_iter().chain(Tokens::ALL);
        all.find(|kind| self.fits(*kind)).unwrap_or(tokens)
    }
}

impl fmt::Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No hole has this name.
#[derive(Debug, thiserror::Error)]
#[error("no hole of the demo is called {0:?}")]
pub struct UnknownHole(pub String);

impl FromStr for Hole {
    type Err = UnknownHole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Hole::ALL
            .iter()
            .copied()
            .find(|hole| hole.name() == text)
            .ok_or_else(|| UnknownHole(text.to_owned()))
    }
}
