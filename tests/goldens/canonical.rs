//! What two jaxprs that differ in the order of independent equations and in dead code have in common.

use std::collections::HashMap;
use std::fmt::Write;

use jax_core::ir::{Atom, Jaxpr, Param, Var};
use jax_core::transform::dce;

/// The program as text: only what the results need, each equation behind the operands that it needs first.
pub fn canonical(jaxpr: &Jaxpr) -> String {
    let jaxpr = dce(jaxpr);
    let mut writer = Writer { jaxpr: &jaxpr, names: HashMap::new(), text: String::new() };
    for &var in jaxpr.consts.iter().chain(&jaxpr.invars) {
        let name = writer.name(var);
        write!(writer.text, "{name} ").unwrap();
    }
    writer.text += "->\n";
    let outs: Vec<String> = jaxpr.outs.iter().map(|atom| writer.operand(atom)).collect();
    writer.text + &outs.join(" ")
}

struct Writer<'a> {
    jaxpr: &'a Jaxpr,
    names: HashMap<Var, String>,
    text: String,
}

impl Writer<'_> {
    fn name(&mut self, var: Var) -> String {
        let name = format!("%{}:{}", self.names.len(), self.jaxpr.aval(var));
        self.names.insert(var, name.clone());
        name
    }

    /// The operand's name, behind the equation that defines it.
    fn operand(&mut self, atom: &Atom) -> String {
        let var = match atom {
            Atom::Var(var) => *var,
            Atom::Lit(literal) => return format!("{}:{}", literal.value, literal.aval()),
        };
        if let Some(name) = self.names.get(&var) {
            return name.clone();
        }
        let jaxpr = self.jaxpr;
        let eqn = jaxpr.eqns.iter().find(|eqn| eqn.outputs.contains(&var)).unwrap();
        let inputs: Vec<String> = eqn.inputs.iter().map(|atom| self.operand(atom)).collect();
        let outputs: Vec<String> = eqn.outputs.iter().map(|&var| self.name(var)).collect();
        let params: String =
            eqn.prim.params().iter().map(|(name, param)| format!(" {name}={}", value(param))).collect();
        let line = format!("{} = {}{params} {}\n", outputs.join(" "), eqn.prim.name(), inputs.join(" "));
        self.text += &line;
        self.names[&var].clone()
    }
}

fn value(param: &Param) -> String {
    match param {
        Param::Jaxpr(closed) => format!("{{\n{}\n}}", canonical(&closed.jaxpr)),
        Param::Tuple(items) => format!("({})", items.iter().map(value).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
