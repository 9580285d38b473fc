//! The staging front end.
