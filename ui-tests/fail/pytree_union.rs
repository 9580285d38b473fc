use jax::PyTree;

#[derive(PyTree)]
union Either {
    a: u32,
    b: f32,
}

fn main() {}
