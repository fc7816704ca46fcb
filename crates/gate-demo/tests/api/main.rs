//! The demo against its promises: sound without a switch, one hole per switch, documented as served.

mod client;
mod document;
mod forgery;
mod holes;
mod sabotage;
mod serving;
mod sound;
mod sweep;
mod tokens;
