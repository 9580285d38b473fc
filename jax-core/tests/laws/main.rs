//! Laws that every primitive obeys, run over all samples, and laws of composed transforms.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![allow(missing_docs, reason = "nothing here is public")]

mod batching;
mod check;
mod complete;
mod composed;
mod derivative;
mod loops;
mod oracle;
mod passes;
mod text;
