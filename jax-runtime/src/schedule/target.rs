//! The machine as data: what a schedule may assume about the processor.

/// What a schedule may assume about the processor that runs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Width of a vector register in bytes.
    pub vector_bytes: usize,
    /// Worker threads.
    pub threads: usize,
    /// Whether a fused multiply-add is an instruction.
    pub fma: bool,
    /// Whether arithmetic takes an operand from memory at no cost: then constants need no registers.
    pub memory_operands: bool,
    /// First-level data cache of a core, in bytes.
    pub l1_bytes: usize,
    /// Second-level cache of a core, in bytes.
    pub l2_bytes: usize,
}

impl Target {
    /// The machine that this process runs on, through 128-bit code.
    pub fn host() -> Target {
        #[cfg(target_arch = "x86_64")]
        let fma = std::is_x86_feature_detected!("fma");
        #[cfg(not(target_arch = "x86_64"))]
        let fma = cfg!(target_arch = "aarch64");
        Target {
            vector_bytes: 16,
            threads: rayon::current_num_threads(),
            fma,
            memory_operands: cfg!(target_arch = "x86_64"),
            l1_bytes: 32 << 10,
            l2_bytes: 1 << 20,
        }
    }

    /// How many elements of this size fill a vector register.
    pub fn lanes(&self, element_bytes: usize) -> usize {
        (self.vector_bytes / element_bytes).max(1)
    }
}
