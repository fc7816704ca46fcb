//! How a verdict is proven: controls, brackets, procedures, watchers.
//!
//! Three shapes make verdicts and nothing else does. A [`Bracket`] asks a control before and after its probes and shows
//! each prober's session alive on both sides. A [`Procedure`] ends with a closing proof of its own. A [`Watcher`] has
//! seen the whole run, and passes only where its control was seen too. The types carry the rules:
//!
//! A verdict cannot be made outside of `close`:
//!
//! ```compile_fail
//! let verdict = gate_check::Verdict { case: "x".into(), outcome: gate_model::Outcome::Pass { proof: String::new() } };
//! ```
//!
//! A probe needs an open control; a bracket by itself takes none:
//!
//! ```compile_fail
//! async fn f(mut bracket: gate_check::Bracket<'_>, probe: gate_check::Probe) {
//!     bracket.probe(probe).await;
//! }
//! ```
//!
//! A control cannot be kept past its bracket:
//!
//! ```compile_fail
//! async fn f<'t>(mut bracket: gate_check::Bracket<'t>, wanted: gate_check::GrantedRead) {
//!     let held = bracket.hold(wanted).await.unwrap();
//!     bracket.close().await;
//!     held.reask().await;
//! }
//! ```
//!
//! And a procedure does not close without its proof:
//!
//! ```compile_fail
//! fn f(procedure: gate_check::Procedure, judgement: gate_check::Judgement) {
//!     procedure.close(judgement);
//! }
//! ```

mod acts;
mod aimed;
mod alike;
mod alive_book;
mod alter;
mod altered;
mod answer;
mod ask;
mod assemble;
mod bracket;
mod carriers;
mod check;
mod control;
mod finding;
mod judge;
mod judgement;
mod key_acts;
mod listed;
mod looks;
mod marks;
mod procedure;
mod run;
mod served;
mod standing;
mod state;
mod stop;
mod subject;
pub mod testkit;
mod turns;
mod undo_book;
mod walk;
mod watcher;

pub use acts::{Person, action_request, doer};
pub use aimed::Aimed;
pub use alike::alike;
pub use alive_book::AliveBook;
pub use alter::{Alter, Made, NoAltered};
pub use answer::{Answer, Refusal};
pub use ask::{ask, ask_fresh};
pub use assemble::{Assembled, assemble};
pub use bracket::{Asked, Bracket, Closed, Held, Probe};
pub use carriers::{CarrierBook, Carriers, carriers};
pub use check::{Base, Check, Clock, Contribution, Ctx, Group, Lane, ProbePlan, Prober, RunGroup, SystemClock};
pub use control::{After, Control, GrantedRead, GuardOnly, MadeByOwner, OwnersWalk, OwnersWrite, Suspects};
pub use finding::FindingText;
pub use judgement::{Judgement, Verdict};
pub use key_acts::{key_maker, key_revocation};
pub use marks::{Marks, Shown, foreign_canary};
pub use procedure::{ClosingProof, Procedure};
pub use served::{ServedBook, shown_served};
pub use standing::{OwnSession, Standing, logged_in, standing, standing_as, standing_on};
pub use state::{State, StateChange};
pub use stop::Stop;
pub use subject::{Subject, subject_of};
pub use turns::{Turn, Turns};
pub use undo_book::{Debt, UndoBook, passing_password};
pub use walk::walk;
pub use watcher::{Watched, Watcher};
