//! The security holes that can be switched on, one each. A hole is an `if` beside the guard that it breaks.

use std::{fmt, str::FromStr};

macro_rules! holes {
    ($($variant:ident $name:literal $text:literal,)*) => {
        /// One security hole of the demo; the name is kebab-case and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Hole {
            $(#[doc = $text] $variant,)*
        }

        impl Hole {
            /// Every hole, in the order of their families: authentication, reads, writes, leaks, latency.
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
    IdorProjectCreateDocuments "idor-project-create-documents" "POST /projects/{projectId}/documents creates inside a foreign project.",
    LeakLastWriteHeader "leak-last-write-header" "GET /me carries the name of the project that anybody wrote last in X-Last-Change.",
    LeakActivity "leak-activity" "GET /activity shows the events of all tenants.",
    LeakConflictMessage "leak-conflict-message" "POST /projects warns of a similar name with the name of another tenant's project.",
    SlowProjectList "slow-project-list" "GET /projects takes 400 ms longer.",
    SlowProjectRead "slow-project-read" "GET /projects/{projectId} takes 400 ms longer.",
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
