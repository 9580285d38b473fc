//! Which uses of a variable are its last. The walk writes down uses, assignments, branches and exits in the order of
//! evaluation; here they are read backwards. Nothing of the syntax tree is known here.

/// A variable, numbered in the order of declaration.
pub(crate) type Var = usize;

/// A use that may move its variable, numbered in the order of evaluation.
pub(crate) type Use = usize;

/// One step of evaluation.
#[derive(Debug)]
pub(crate) enum Step {
    /// The variable is read; with a use if the read would move it.
    Read(Var, Option<Use>),
    /// The variable gets a new value, so the old one is not needed.
    Overwrite(Var),
    /// One of these happens.
    Branch(Vec<Vec<Step>>),
    /// The function is left.
    Exit,
}

/// For each use, whether its variable is read again, so that the use needs a duplicate.
pub(crate) fn duplicated(flow: &[Step], uses: Vec<bool>) -> Vec<bool> {
    let mut duplicated = uses;
    backwards(flow, &mut Live::default(), &mut duplicated);
    duplicated
}

fn backwards(flow: &[Step], live: &mut Live, duplicated: &mut [bool]) {
    for step in flow.iter().rev() {
        match step {
            Step::Read(var, moved) => {
                if let Some(moved) = moved {
                    duplicated[*moved] |= live.contains(*var);
                }
                live.insert(*var);
            }
            Step::Overwrite(var) => live.remove(*var),
            Step::Exit => *live = Live::default(),
            Step::Branch(arms) => {
                let after = std::mem::take(live);
                for arm in arms {
                    let mut before = after.clone();
                    backwards(arm, &mut before, duplicated);
                    live.extend(&before);
                }
            }
        }
    }
}

/// A set of variables, one bit each.
#[derive(Clone, Debug, Default)]
struct Live(Vec<u64>);

impl Live {
    fn contains(&self, var: Var) -> bool {
        self.0.get(var / 64).is_some_and(|word| word >> (var % 64) & 1 == 1)
    }

    fn insert(&mut self, var: Var) {
        if self.0.len() <= var / 64 {
            self.0.resize(var / 64 + 1, 0);
        }
        self.0[var / 64] |= 1 << (var % 64);
    }

    fn remove(&mut self, var: Var) {
        if let Some(word) = self.0.get_mut(var / 64) {
            *word &= !(1 << (var % 64));
        }
    }

    fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(word, more)| *word |= more);
    }
}
