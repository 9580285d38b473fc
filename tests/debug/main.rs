//! What helps to find a fault in a user's program: places that survive every transform.

mod spans;
