//! Jaxprs as JAX prints them.

use std::fmt;

use super::jaxpr::{ClosedJaxpr, Jaxpr};

impl fmt::Display for Jaxpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{ lambda ; {} args. let {} eqns }}", self.invars.len(), self.eqns.len())
    }
}

impl fmt::Display for ClosedJaxpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.jaxpr, f)
    }
}
