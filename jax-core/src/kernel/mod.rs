//! The closed language that primitives lower to and that a backend sees: scalar operations over the points
//! of a loop nest, and blocks of nests with loops and branches.
//!
//! No name of an array primitive appears here, and nothing here knows about tracing or derivatives.

pub mod body;
pub mod expand;
pub mod host;
pub mod interp;
pub mod interval;
pub mod nest;
pub mod op;
pub mod parse;
pub mod print;
pub mod program;
pub mod verify;

pub use body::{Body, Id, Node};
pub use expand::expand;
pub use host::{Call, HostArg, HostFn};
pub use nest::{Combine, Nest, Reduction, Sink, Ty};
pub use op::{Binary, Op, Unary};
pub use program::{Block, Branch, Buf, Carry, Loop, LoopKind, Program, Sort, Step};
